//! The commands of the script, and the programs of each.

use super::ProgramName;

/// A command of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// `doctor`
    Doctor,
    /// `prepare`
    Prepare,
    /// `switch`
    Switch,
    /// `cleanup`
    Cleanup,
    /// `deploy`: `prepare`, `switch` and `cleanup` in a row
    Deploy,
    /// `rollback`, with its cleanup
    Rollback,
    /// `rollback RELEASE`
    RollbackTo,
    /// `restart`
    Restart,
    /// `remove`
    Remove,
    /// `abort`
    Abort,
    /// `resume`
    Resume,
    /// `adopt`
    Adopt,
}

impl Command {
    /// The commands that change something. They take the lock and check for an interrupted run.
    pub const ALL: [Self; 11] = [
        Self::Deploy,
        Self::Prepare,
        Self::Switch,
        Self::Cleanup,
        Self::Rollback,
        Self::RollbackTo,
        Self::Restart,
        Self::Remove,
        Self::Abort,
        Self::Resume,
        Self::Adopt,
    ];

    /// Returns the programs of the command. They run in a row, as one program. The list is empty for a command that
    /// only checks.
    #[must_use]
    pub fn programs(self) -> &'static [ProgramName] {
        match self {
            Self::Doctor => &[],
            Self::Deploy => &[ProgramName::Deploy],
            Self::Prepare => &[ProgramName::Prepare, ProgramName::Reserve],
            Self::Switch => &[ProgramName::TakeUp, ProgramName::Switch],
            Self::Cleanup => &[ProgramName::Cleanup],
            Self::Rollback => &[ProgramName::Rollback],
            Self::RollbackTo => &[ProgramName::RollbackTo],
            Self::Restart => &[ProgramName::Restart],
            Self::Remove => &[ProgramName::Remove],
            Self::Abort => &[ProgramName::Abort],
            Self::Resume => &[ProgramName::Resume],
            Self::Adopt => &[ProgramName::Adopt],
        }
    }

    /// Returns the program that runs after a failure or refusal: exit 1, 3 and 5.
    #[must_use]
    pub fn after_failure(self) -> Option<ProgramName> {
        match self {
            Self::Deploy
            | Self::Prepare
            | Self::Switch
            | Self::Rollback
            | Self::RollbackTo
            | Self::Restart => Some(ProgramName::Failed),
            Self::Doctor
            | Self::Cleanup
            | Self::Remove
            | Self::Abort
            | Self::Resume
            | Self::Adopt => None,
        }
    }

    /// Returns the commands that a caller's event can run. An event gives no RELEASE.
    pub fn of_events() -> impl Iterator<Item = Self> {
        let all = [Self::Doctor].into_iter().chain(Self::ALL);
        all.filter(|command| *command != Self::RollbackTo)
    }

    /// Returns the command with that name, if a caller's event can run it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::of_events().find(|command| command.name() == name)
    }

    /// Returns the function of the script that runs the command.
    #[must_use]
    pub fn function(self) -> String {
        format!("command.{}", self.name())
    }

    /// Returns the command's name in the script. `rollback RELEASE` has its own name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Doctor => "doctor",
            Self::Prepare => "prepare",
            Self::Switch => "switch",
            Self::Cleanup => "cleanup",
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::RollbackTo => "rollback_to",
            Self::Restart => "restart",
            Self::Remove => "remove",
            Self::Abort => "abort",
            Self::Resume => "resume",
            Self::Adopt => "adopt",
        }
    }
}
