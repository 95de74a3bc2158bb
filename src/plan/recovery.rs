//! What a command does first about a run that was cut short: by what the journal says.

use super::{Command, ProgramName, Way};

/// What the journal says between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing is under way.
    Idle,
    /// A new color is made; users see nothing of it.
    Preparing,
    /// A color is ready and waits for its `switch`: a resting state, not a crash.
    Prepared,
    /// Between the rename and the commit: disk and force may differ.
    Swapping,
    /// The switch was good; the old color is still there.
    Switched,
    /// The old color serves again; the new one drains.
    Returning,
    /// What somebody else made becomes this script's; nothing was swapped yet.
    Adopting,
    /// The app goes away; nothing was swapped yet.
    Removing,
}

impl Phase {
    /// All.
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

    /// As the journal says it.
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

/// Which command made the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `deploy`, `prepare`, `switch`; `restart`, which is undone as they are.
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
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Deploy,
        Self::Rollback,
        Self::RollbackTo,
        Self::Adopt,
        Self::Remove,
    ];

    /// Whether a release was made for it.
    #[must_use]
    pub fn makes_release(self) -> bool {
        matches!(self, Self::Deploy | Self::RollbackTo)
    }

    /// As the journal says it.
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

/// Whose a prepared color is; for another phase [`Reservation::Mine`] where the command names no other deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reservation {
    /// This command's: it names the same deployment, or it is a `switch` or an `abort` that names none.
    Mine,
    /// Another deployment's.
    Held,
    /// Nobody's any more: its time is over, or the host was booted since.
    Over,
}

impl Reservation {
    /// All.
    pub const ALL: [Self; 3] = [Self::Mine, Self::Held, Self::Over];

    /// As the script says it.
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
    /// It begins.
    Proceed,
    /// There is nothing to do: the command has succeeded.
    Nothing,
    /// Wrong usage: nothing is prepared. Exit 2.
    Usage,
    /// Another deployment is at work. Exit 4.
    Refuse,
    /// This comes first; then the journal is looked at again.
    Undo(ProgramName),
    /// This comes first; then the command begins, whatever came of it.
    Try(ProgramName),
    /// This is what the command is for: it ends with it.
    Instead(ProgramName),
}

impl Answer {
    /// As the script's table says it.
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

    /// The program that it runs.
    #[must_use]
    pub fn program(self) -> Option<ProgramName> {
        match self {
            Self::Undo(program) | Self::Try(program) | Self::Instead(program) => Some(program),
            Self::Proceed | Self::Nothing | Self::Usage | Self::Refuse => None,
        }
    }
}

/// What `command` does when it finds that in the journal.
#[must_use]
pub fn recovery(command: Command, phase: Phase, kind: Kind, reservation: Reservation) -> Answer {
    use Command as C;
    use ProgramName as P;
    // After a boot what serves comes first, and what the file says may be for `adopt` to put right.
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
        // After a boot the color that was to be adopted may be down: then only `resume` can start it.
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
