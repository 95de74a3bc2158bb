//! Recovery: what a command does first about an interrupted run. It depends on the journal.

use super::{Command, ProgramName, Way};

/// The state of the journal between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// No deployment is in progress.
    Idle,
    /// A new color is being made. Users do not see it.
    Preparing,
    /// A color is ready and waits for its `switch`. This is a normal state, not a crash.
    Prepared,
    /// Between the rename and the commit. The file on the disk and the configuration in force may differ.
    Swapping,
    /// The switch succeeded. The old color is still there.
    Switched,
    /// The old color is live again. The new color drains.
    Returning,
    /// The script adopts a color that it did not make. Nothing was swapped yet.
    Adopting,
    /// The script removes the app. Nothing was swapped yet.
    Removing,
}

impl Phase {
    /// All phases.
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::Preparing,
        Self::Prepared,
        Self::Swapping,
        Self::Switched,
        Self::Returning,
        Self::Adopting,
        Self::Removing,
    ];

    /// Returns the word in the script. The journal of a removal has `remove_` before `swapping` and `switched`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Preparing => "preparing",
            Self::Prepared => "prepared",
            Self::Swapping => "swapping",
            Self::Switched => "switched",
            Self::Returning => "returning",
            Self::Adopting => "adopting",
            Self::Removing => "removing",
        }
    }
}

/// The command that wrote the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `deploy`, `prepare`, `switch`, and `restart`, which is undone in the same way
    Deploy,
    /// `rollback`
    Rollback,
    /// `rollback RELEASE`, which makes a release as a deployment does
    RollbackTo,
    /// `adopt`
    Adopt,
    /// `remove`
    Remove,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Deploy,
        Self::Rollback,
        Self::RollbackTo,
        Self::Adopt,
        Self::Remove,
    ];

    /// Returns whether the command made a release.
    #[must_use]
    pub fn makes_release(self) -> bool {
        matches!(self, Self::Deploy | Self::RollbackTo)
    }

    /// Returns the word in the journal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::RollbackTo => "rollback_to",
            Self::Adopt => "adopt",
            Self::Remove => "remove",
        }
    }
}

/// The owner of a prepared color. In other phases it is [`Reservation::Mine`] if the command names no other deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reservation {
    /// It belongs to this command: the command names the same deployment, or it is a `switch` or `abort` without a
    /// name.
    Mine,
    /// It belongs to another deployment.
    Held,
    /// The reservation is over: its time has ended, or the host was booted since.
    Over,
}

impl Reservation {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Mine, Self::Held, Self::Over];

    /// Returns the word in the script.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Held => "held",
            Self::Over => "over",
        }
    }
}

/// What a command does about the journal that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// The command begins.
    Proceed,
    /// There is nothing to do. The command has succeeded.
    Nothing,
    /// Wrong usage: no color is prepared. Exit 2.
    Usage,
    /// Another deployment is in progress. Exit 4.
    Refuse,
    /// The command runs this program first. Then it reads the journal again.
    Undo(ProgramName),
    /// The command runs this program first. Then it begins, whether the program succeeded or not.
    Try(ProgramName),
    /// The command runs this program instead of its own, and ends with it.
    Instead(ProgramName),
}

impl Answer {
    /// Returns the word in the script's table.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Proceed => "proceed".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Usage => "usage".to_owned(),
            Self::Refuse => "refuse".to_owned(),
            Self::Undo(program) => format!("undo:{}", program.function()),
            Self::Try(program) => format!("try:{}", program.function()),
            Self::Instead(program) => format!("instead:{}", program.function()),
        }
    }

    /// Returns the program that the command runs.
    #[must_use]
    pub fn program(self) -> Option<ProgramName> {
        match self {
            Self::Undo(program) | Self::Try(program) | Self::Instead(program) => Some(program),
            Self::Proceed | Self::Nothing | Self::Usage | Self::Refuse => None,
        }
    }
}

/// Returns what `command` does when it finds this journal.
#[must_use]
pub fn recovery(command: Command, phase: Phase, kind: Kind, reservation: Reservation) -> Answer {
    use Command as C;
    use ProgramName as P;
    // After a boot the live color matters most. For `adopt`, the command itself may have to repair the proxy's file.
    let first = |program| match command {
        C::Resume | C::Adopt => Answer::Try(program),
        _ => Answer::Undo(program),
    };
    match (phase, kind) {
        (Phase::Idle, _) => match command {
            C::Switch => Answer::Usage,
            C::Abort | C::Cleanup => Answer::Nothing,
            _ => Answer::Proceed,
        },
        (Phase::Adopting | Phase::Removing, _)
        | (Phase::Preparing | Phase::Returning, Kind::Adopt) => Answer::Undo(P::Way(Way::LetGo)),
        (Phase::Preparing | Phase::Returning, _) => first(P::RecoverEndNew),
        (Phase::Prepared, _) => match (reservation, command) {
            (Reservation::Over, _) => first(P::RecoverEndNew),
            (_, C::Resume | C::Adopt) | (Reservation::Mine, C::Switch | C::Abort) => {
                Answer::Proceed
            }
            (Reservation::Mine, C::Deploy | C::Prepare) => Answer::Undo(P::RecoverEndNew),
            _ => Answer::Refuse,
        },
        // After a boot the color of an adoption may be down. Only `resume` can then start it.
        (Phase::Swapping, Kind::Adopt) if command == C::Resume => {
            Answer::Try(P::Way(Way::UndoAdopt))
        }
        (Phase::Swapping, Kind::Adopt) => Answer::Undo(P::Way(Way::UndoAdopt)),
        (Phase::Swapping, Kind::Remove) => Answer::Undo(P::RecoverKept),
        (Phase::Swapping, Kind::Deploy) if command == C::Rollback => {
            Answer::Instead(P::RecoverRollback)
        }
        (Phase::Swapping, _) => Answer::Undo(P::RecoverSwap),
        (Phase::Switched, Kind::Adopt) => Answer::Undo(P::RecoverAdopted),
        (Phase::Switched, Kind::Remove) => Answer::Undo(P::RecoverRemoved),
        (Phase::Switched, _) => match (command, reservation) {
            (
                C::Switch | C::Abort | C::Cleanup | C::Rollback | C::RollbackTo,
                Reservation::Held,
            ) => Answer::Refuse,
            (C::Switch | C::Abort, _) => Answer::Nothing,
            (C::Cleanup | C::Rollback | C::Resume | C::Adopt, _) => Answer::Proceed,
            _ => Answer::Undo(P::Cleanup),
        },
    }
}
