//! The runs in a deployment's log on the host.

use deployc::plan::Command;

use crate::trace::{self, Event};

/// A run, read from its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The command.
    pub command: Command,
    /// The events.
    pub events: Vec<Event>,
}

/// Reads a deployment's log. Returns `None` if the log is empty or has no known command.
pub fn read_log(text: &str) -> Option<Logged> {
    let (_, command) = text.lines().next()?.split_once(" command: ")?;
    let (command, _) = command.split_once(',')?;
    Some(Logged {
        command: named(command)?,
        events: trace::read(text),
    })
}

fn named(name: &str) -> Option<Command> {
    use Command as C;
    let all = [
        C::Deploy,
        C::Prepare,
        C::Switch,
        C::Cleanup,
        C::Rollback,
        C::Abort,
        C::Resume,
        C::Adopt,
    ];
    all.into_iter().find(|command| command.name() == name)
}
