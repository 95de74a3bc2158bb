//! The resting states of a host between two commands, and how the tests make them.

use crate::fault::{Fault, How};
use crate::stand::Stand;

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
    /// Somebody has put the fragment of the first color there, and nothing runs.
    ByHand,
    /// Somebody has put a text there that contains only the addresses of the first color, and nothing runs.
    Edited,
    /// Somebody has started the first color and put a text of their own there.
    Started,
}

impl State {
    /// All states.
    pub const ALL: [Self; 11] = [
        Self::Empty,
        Self::One,
        Self::Two,
        Self::Three,
        Self::Prepared,
        Self::Switched,
        Self::Draining,
        Self::Swapping,
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
            Self::ByHand => "by-hand",
            Self::Edited => "edited",
            Self::Started => "started",
        }
    }

    /// Whether a shape can be in this state. A file written by hand contains addresses, so the proxy must route to a
    /// service. On a stand an address without a port always answers. With such an address no state looks as if nothing
    /// runs.
    pub fn suits(self, stand: &Stand) -> bool {
        let answers = stand.answers();
        match self {
            Self::ByHand => !answers,
            Self::Edited => !answers && stand.addresses().is_ok(),
            Self::Started => stand.addresses().is_ok(),
            _ => true,
        }
    }

    /// The state that this one begins with.
    fn base(self) -> Option<Self> {
        match self {
            Self::Empty | Self::ByHand | Self::Edited | Self::Started => None,
            Self::One => Some(Self::Empty),
            Self::Two | Self::Switched | Self::Draining => Some(Self::One),
            Self::Three | Self::Prepared | Self::Swapping => Some(Self::Two),
        }
    }

    /// Makes the state, on an empty stand.
    ///
    /// # Errors
    /// If a command does not do what it should.
    pub fn make(self, stand: &Stand) -> Result<(), String> {
        let good = |command: &str| {
            let ran = stand.run_before(&[command], None);
            match ran.code {
                Some(0) => Ok(()),
                code => Err(format!(
                    "{command} exits {code:?}:\n{}\n{}",
                    ran.said, ran.log
                )),
            }
        };
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
            Self::ByHand => {
                let color = stand.shape.before.app.colors[0].name.as_str();
                stand.load(stand.shape.before.fragment(color));
                Ok(())
            }
            Self::Edited => {
                stand.load(&stand.addresses()?);
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
