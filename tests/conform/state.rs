//! The resting states of a host between two commands, and how the tests make them.

use crate::Command;
use crate::fault::{Fault, How};
use crate::stand::{Ran, Stand};

/// A resting state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing was ever deployed.
    Empty,
    /// After one deploy.
    One,
    /// After two deploys.
    Two,
    /// After three deploys. The release of the first one is kept, and no color uses it.
    Three,
    /// After two deploys and a `prepare`, before its `switch`.
    Prepared,
    /// After a deploy, `prepare` and `switch`, before the cleanup.
    Switched,
    /// After a deploy that was killed during its drain.
    Draining,
    /// After two deploys and a third one that was killed in its swap: the file routes to the third deploy's color, and
    /// the proxy still serves the second deploy's color.
    Swapping,
    /// After one deploy by the script that makes the states, and one by the script under test, whose description is
    /// another one.
    Changed,
    /// After two deploys. Somebody has put the fragment of the color before back, and has not reloaded the proxy.
    PutBack,
    /// Somebody has put the fragment of the first color there, and nothing runs. An address without a port answers all
    /// the same on a stand, so the script takes such a color for live.
    ByHand,
    /// Somebody has put a text there that contains only the addresses of the first color, and nothing runs, as above.
    Edited,
    /// Somebody has started the first color and put a text of their own there.
    Started,
}

impl State {
    /// All states.
    pub const ALL: [Self; 13] = [
        Self::Empty,
        Self::One,
        Self::Two,
        Self::Three,
        Self::Prepared,
        Self::Switched,
        Self::Draining,
        Self::Swapping,
        Self::Changed,
        Self::PutBack,
        Self::ByHand,
        Self::Edited,
        Self::Started,
    ];

    /// The name of the state for `--state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::One => "one",
            Self::Two => "two",
            Self::Three => "three",
            Self::Prepared => "prepared",
            Self::Switched => "switched",
            Self::Draining => "draining",
            Self::Swapping => "swapping",
            Self::Changed => "changed",
            Self::PutBack => "put-back",
            Self::ByHand => "by-hand",
            Self::Edited => "edited",
            Self::Started => "started",
        }
    }

    /// Whether a shape can be in this state. What somebody has started by hand is found by its address, so the proxy must
    /// route to a service.
    pub fn suits(self, stand: &Stand) -> bool {
        match self {
            Self::Changed => stand.shape.before.single != stand.shape.after.single,
            Self::Started => stand.addresses().is_ok(),
            _ => true,
        }
    }

    /// The state that this one begins with.
    fn base(self) -> Option<Self> {
        match self {
            Self::Empty | Self::ByHand | Self::Edited | Self::Started => None,
            Self::One => Some(Self::Empty),
            Self::Two | Self::Switched | Self::Draining | Self::Changed => Some(Self::One),
            Self::Three | Self::Prepared | Self::Swapping | Self::PutBack => Some(Self::Two),
        }
    }

    /// Makes the state, on an empty stand.
    ///
    /// # Errors
    /// If a command does not do what it should.
    pub fn make(self, stand: &Stand) -> Result<(), String> {
        let is_good = |ran: &Ran| match ran.code {
            Some(0) => Ok(()),
            code => Err(format!("exit {code:?}:\n{}\n{}", ran.said, ran.log)),
        };
        let good = |command: &str| is_good(&stand.run_before(&[command], None));
        let killed = |how: How, key: &str| {
            let calls = stand.rehearse("deploy");
            let found = calls.iter().position(|call| call == key);
            let call = 1 + found.ok_or_else(|| format!("a deploy does not call {key}"))?;
            stand.run_before(&["deploy"], Some(Fault { how, call }));
            Ok(())
        };
        if let Some(base) = self.base() {
            stand.rest(base)?;
        }
        match self {
            Self::Empty => Ok(()),
            Self::One | Self::Two | Self::Three => good("deploy"),
            Self::Prepared => good("prepare"),
            Self::Switched => good("prepare").and_then(|()| good("switch")),
            Self::Draining => killed(How::Kill, "switch.draining"),
            Self::Swapping => killed(How::KillLate, "switch.swap"),
            Self::Changed => is_good(&stand.run(Command::Deploy, None)),
            Self::PutBack => {
                let live = stand.color_of(&stand.world().force);
                let mut colors = stand.shape.before.app.colors.iter();
                let earlier = colors.find(|color| Some(color.name.as_str()) != live.as_deref());
                let earlier = earlier.ok_or("an app has two colors")?;
                stand.write(
                    "proxy.conf",
                    stand.shape.before.fragment(earlier.name.as_str()),
                );
                Ok(())
            }
            Self::ByHand => {
                let color = stand.shape.before.app.colors[0].name.as_str();
                stand.load(stand.shape.before.fragment(color));
                Ok(())
            }
            Self::Edited => {
                // If the proxy routes to no service, the text names no color.
                let text = stand.addresses();
                stand.load(&text.unwrap_or_else(|_| "# by hand\n".to_owned()));
                Ok(())
            }
            Self::Started => {
                let text = stand.addresses()?;
                stand.start_by_hand()?;
                stand.load(&text);
                Ok(())
            }
        }
    }
}
