//! A broken script, and how its fault shows.

use crate::Command;
use crate::fault::How;
use crate::state::State;

/// A change of a script's text.
pub enum Edit {
    /// Removes the lines that begin with this text.
    Drop(&'static str),
    /// Adds the second text as a line after each line that begins with the first text.
    After(&'static str, &'static str),
    /// Adds the second text as a line before each line that begins with the first text.
    Before(&'static str, &'static str),
    /// Replaces the first text by the second.
    Change(&'static str, &'static str),
}

/// The world before the command.
pub enum Given {
    /// Nothing special.
    Nothing,
    /// A color runs but is not healthy.
    Sick(&'static str),
    /// The proxy cannot reach a color.
    Deaf(&'static str),
    /// A color does not answer through the proxy as expected.
    Refused(&'static str),
    /// The proxy still answers requests from before a reload for some time.
    Draining,
    /// Somebody has pointed the proxy at the prepared color.
    Pointed,
}

/// A broken script, and how its fault shows.
pub struct Broken {
    /// The law that it breaks. `once`: an exclusive service runs twice. `kept`: something good is lost. `boot`: after a
    /// reboot other services start than those that serve. `walk`: its trace is not a walk of the plan, or the plan ends
    /// with another exit code.
    pub law: &'static str,
    /// A description of the fault.
    pub what: &'static str,
    /// The edits that cause the fault.
    pub edits: &'static [Edit],
    /// The shape of the script.
    pub shape: &'static str,
    /// The state at the start.
    pub state: State,
    /// The world before the command.
    pub given: Given,
    /// The command that is run.
    pub command: Command,
    /// The fault, and the end of the name of its call. Each such call gets the fault in turn, until a complaint is
    /// made.
    pub fault: Option<(How, &'static str)>,
    /// The command that is run after it, and that must succeed.
    pub then: Option<Command>,
    /// A part of the complaint that must be made.
    pub says: &'static str,
}
