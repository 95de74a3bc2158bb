//! The script's commands that do something, and the programs of each.

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
    /// `deploy`: the three in a row
    Deploy,
    /// `rollback`, its cleanup included
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
    /// Those that change something: they take the lock, and look at what an earlier run has left.
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

    /// What it runs, one after the other, as if it were one program. None for what only looks.
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

    /// What follows its failure, a refusal included: exit 1, 3 and 5.
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

    /// From its name, if it is one that a caller's event can run.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "doctor" => Self::Doctor,
            "prepare" => Self::Prepare,
            "switch" => Self::Switch,
            "cleanup" => Self::Cleanup,
            "deploy" => Self::Deploy,
            _ => return None,
        })
    }

    /// The function of the script that runs it.
    #[must_use]
    pub fn function(self) -> String {
        format!("command.{}", self.name())
    }

    /// Its name in the script; of `rollback RELEASE` one of its own.
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
