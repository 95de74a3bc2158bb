//! The events that lead from one state to the next.

use super::color::Color;
use super::effect::End;
use super::graph::Exit;
use super::run::Begin;

/// An event that leads from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The first state.
    Fresh,
    /// A command begins.
    Begins(Begin),
    /// A step ends with `end`. The steps after it that change nothing outside of the process belong to the event. All
    /// of them are done, except for the last if it is `failed`.
    Step {
        node: u16,
        end: End,
        failed: Option<u16>,
    },
    /// The run dies before a step.
    Dies(u16),
    /// An event on the host.
    Meanwhile(Meanwhile),
}

/// Events on a host that are not steps of a run, and actions of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meanwhile {
    /// A color does not pass its gates any more.
    Sickens(Color),
    /// All programs of a color end.
    Ends(Color),
    /// Another program reloads the proxy.
    ForeignReload,
    /// The host is booted.
    Reboot,
    /// A reservation expires.
    Expires,
    /// A foreign program takes the place of the idle color.
    Stranger,
    /// The older workers of the proxy have answered their requests.
    Answered,
    /// A person writes a proxy file that does not route to the app.
    TextLaid,
    /// A person starts a color and writes the proxy's file.
    ByHand,
    /// A person edits the proxy's file and reloads the proxy.
    Edited,
    /// The releases come from an older deploy.bg, with other services.
    Older,
}

/// The next state if no fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Good {
    /// The run continues in that state.
    To(u32),
    /// The command ends with that exit and leaves that state. The `bool` is whether the names of the colors are swapped
    /// in it.
    Ended(Exit, u32, bool),
    /// The state is not visited yet, or it is between two commands.
    Unknown,
}
