//! What leads from one state to the next.

use super::color::Color;
use super::effect::End;
use super::graph::Exit;
use super::run::Begin;

/// What leads from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The first state.
    Fresh,
    /// A command begins.
    Begins(Begin),
    /// A step ends so. Steps that change nothing outside of the process follow; each is done, until the last one of them
    /// fails.
    Step {
        node: u16,
        end: End,
        failed: Option<u16>,
    },
    /// The run dies before a step.
    Dies(u16),
    /// What happens to the host meanwhile.
    Meanwhile(Meanwhile),
}

/// What happens to a host by itself, and what people do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meanwhile {
    /// A color does not pass its gates any more.
    Sickens(Color),
    /// All that runs in a color ends.
    Ends(Color),
    /// Another program reloads the proxy.
    ForeignReload,
    /// The host is booted.
    Reboot,
    /// A reservation is too old.
    Expires,
    /// Somebody else takes the place of the idle color.
    Stranger,
    /// What older workers answered is answered.
    Answered,
    /// Somebody lays a file there that leads to nothing of ours.
    TextLaid,
    /// Somebody starts a color and writes the proxy's file.
    ByHand,
    /// Somebody edits the proxy's file and reloads.
    Edited,
    /// What was deployed was deployed by an older deploy.bg, with other services.
    Older,
}

/// Where a state leads on a day without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Good {
    /// To that state.
    To(u32),
    /// The command ends, and what it leaves has the colors' names changed or not.
    Ended(Exit, u32, bool),
    /// It is not looked at yet, or it is between two commands.
    Unknown,
}
