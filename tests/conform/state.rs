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
    /// Somebody has put the fragment of the first color there, and nothing runs.
    ByHand,
    /// Somebody has put a text there that contains only the addresses of the first color, and nothing runs.
    Edited,
    /// Somebody has started the first color and put a text of their own there.
    Started,
}

impl State {
    /// All states.
    pub const ALL: [Self; 10] = [
        Self::Empty,
        Self::One,
        Self::Two,
        Self::Three,
        Self::Prepared,
        Self::Switched,
        Self::Draining,
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
            Self::ByHand => "by-hand",
            Self::Edited => "edited",
            Self::Started => "started",
        }
    }

    /// Whether a shape can be in this state. A text by hand needs addresses. On a stand an address without a port
    /// always accepts connections, so a state in which nothing runs is not possible with it.
    pub fn suits(self, stand: &Stand) -> bool {
        let app = &stand.shape.before.app;
        let mut services = app.services.iter();
        let answers = services.any(|service| {
            service.address.is_some() && app.colors[0].port(&service.name).is_none()
        });
        match self {
            Self::ByHand => !answers,
            Self::Edited => !answers && stand.addresses().is_ok(),
            Self::Started => stand.addresses().is_ok(),
            _ => true,
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
        let deploys = match self {
            Self::Empty | Self::ByHand | Self::Edited | Self::Started => 0,
            Self::One | Self::Switched | Self::Draining => 1,
            Self::Two | Self::Prepared => 2,
            Self::Three => 3,
        };
        for _ in 0..deploys {
            good("deploy")?;
        }
        match self {
            Self::Empty | Self::One | Self::Two | Self::Three => {}
            Self::Prepared => good("prepare")?,
            Self::Switched => {
                good("prepare")?;
                good("switch")?;
            }
            Self::Draining => {
                let calls = stand.rehearse("deploy");
                let drains = calls.iter().position(|call| call == "switch.draining");
                let call = 1 + drains.ok_or("a deploy does not drain")?;
                let how = How::Kill;
                stand.run_before(&["deploy"], Some(Fault { how, call }));
            }
            Self::ByHand => {
                let color = stand.shape.before.app.colors[0].name.as_str();
                stand.load(stand.shape.before.fragment(color));
            }
            Self::Edited => stand.load(&stand.addresses()?),
            Self::Started => {
                let text = stand.addresses()?;
                stand.start_by_hand()?;
                stand.load(&text);
            }
        }
        Ok(())
    }
}
