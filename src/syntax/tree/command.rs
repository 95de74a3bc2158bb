//! The user's own steps: `before`, `after`, `on`, `build`.

use super::{Body, DriverUse, Text, Value};
use crate::model::{Outcome, When};

/// `before start { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// When they run.
    pub when: When,
    /// The steps.
    pub body: Body<Command>,
}

/// `on success { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// After which end of the deployment they run.
    pub outcome: Outcome,
    /// The steps.
    pub body: Body<OnItem>,
}

/// What stands in `on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnItem {
    /// `exec …`, `shell …`
    Command(Command),
    /// `notify DRIVER { … }`
    Notify(DriverUse),
}

/// A step of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// `exec` or `shell`, and what is run.
    pub run: CommandRun,
    /// `in DIR`, `within D`; `None` without a block.
    pub options: Option<Body<CommandOption>>,
}

/// What a step of the user's runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandRun {
    /// `exec ["prog", "arg"]`
    Exec(Value),
    /// `shell """…"""`: nothing in it is a placeholder
    Shell(Text),
}

/// What stands in the block of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOption {
    /// `in "{slot}"`
    In(Value),
    /// `within 5m`
    Within(Value),
}
