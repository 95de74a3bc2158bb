//! The user's own steps: `before`, `after`, `on`, `build`.

use super::{Body, DriverUse, Text, Value};
use crate::model::{Outcome, When};
use crate::source::Span;

/// `before start { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The moment when they run.
    pub when: When,
    /// The steps.
    pub body: Body<Command>,
}

/// `on success { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// The outcome after which they run.
    pub outcome: Outcome,
    /// The steps.
    pub body: Body<OnItem>,
}

/// A statement in an `on` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnItem {
    /// `exec …`, `shell …`
    Command(Command),
    /// `notify DRIVER { … }`
    Notify(DriverUse),
}

/// A step of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// `exec` or `shell`, with the command.
    pub run: CommandRun,
    /// Its block with `in DIR`, `within D`, `once` and `warn`. `None` without a block.
    pub options: Option<Body<CommandOption>>,
}

/// The command of a user's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandRun {
    /// `exec ["prog", "arg"]`
    Exec(Value),
    /// `shell """…"""`: the text has no placeholders
    Shell(Text),
}

/// A statement in the block of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOption {
    /// `in "{slot}"`
    In(Value),
    /// `within 5m`
    Within(Value),
    /// `once`
    Once(Span),
    /// `warn`
    Warn(Span),
}
