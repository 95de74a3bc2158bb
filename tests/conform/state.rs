//! How a host rests between two commands, and how it comes to that.

use crate::fault::{Fault, How};
use crate::stand::Stand;

/// A resting state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing was ever deployed.
    Empty,
    /// One deploy.
    One,
    /// Two deploys.
    Two,
    /// Three deploys: the first one's release is kept, and no color is it.
    Three,
    /// Two deploys, and a color that waits for its `switch`.
    Prepared,
    /// `prepare` and `switch` after a deploy: the cleanup has not begun.
    Switched,
    /// A deploy that was killed while it drained.
    Draining,
    /// Somebody has put the first color's fragment there, and nothing runs.
    ByHand,
    /// Somebody has put a text there that only has the first color's addresses in it, and nothing runs.
    Edited,
    /// Somebody has started the first color and put a text of their own there.
    Started,
}

impl State {
    /// All.
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

    /// As `--state` calls it.
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

    /// Whether a shape can be in it: a text by hand has addresses; and what has an address without a port is always answered on a stand, so
    /// that nobody could say that nothing runs.
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

    /// Makes it, on an empty stand.
    ///
    /// # Errors
    /// When a command does not do what it should.
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
