//! The ways back, and the recoveries of an interrupted run.

use super::program_builder::{Builder, Lines};
use super::{Action, Extent, Intent, Otherwise, Outcome, Program, ProgramName, Side, Way};

/// Stops the new color.
pub(super) fn end_new() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Later)
        .step(Action::Stop(Side::New, Extent::Whole))
        .otherwise(Otherwise::Warn)
        .step(Action::PersistOff(Side::New))
        .step(Action::CloseJournal)
        .step(Action::Sweep);
    lines.named(ProgramName::Way(Way::EndNew))
}

impl Builder<'_> {
    /// Goes back from a swap, whether it is in force or not. The run itself does this, or the next run after a crash.
    pub(super) fn go_back(&self) -> Program {
        let first = self.exclusive().map(|service| service.span);
        let mut lines = Lines::new();
        lines.way(Way::StayOnNew).step(Action::Gates(Side::Old));
        self.proxy(&mut lines, Action::Dial(Side::Old));
        lines
            .otherwise(Otherwise::Person)
            .point_proxy_at(Side::Old, Otherwise::Person)
            .at(Action::MoveExclusive(Side::Old), first)
            .otherwise(Otherwise::Warn)
            .step(Action::Journal(Intent::Returning))
            .at(Action::Drain(Side::New), self.app.cleanup.span)
            .run(ProgramName::Way(Way::EndNew));
        lines.named(ProgramName::Way(Way::GoBack))
    }

    /// The old color is down. The exclusive services belong to the live color, so they move before the commit.
    pub(super) fn stay_on_new(&self) -> Program {
        let first = self.exclusive().map(|service| service.span);
        let mut lines = Lines::new();
        lines
            .otherwise(Otherwise::Person)
            .step(Action::StartMissing(Side::New, Extent::Overlap))
            .step(Action::Gates(Side::New));
        self.proxy(&mut lines, Action::Dial(Side::New));
        lines
            .point_proxy_at(Side::New, Otherwise::Person)
            .step(Action::Journal(Intent::Handing))
            .at(Action::MoveExclusive(Side::New), first)
            .step(Action::Persist(Side::New, Extent::Whole))
            .step(Action::Commit)
            .step(Action::Verifies(Side::New));
        lines.named(ProgramName::Way(Way::StayOnNew))
    }
}

/// Returns the ways back and the recoveries that are the same for all apps, in the order in which the runtime has them.
pub(super) fn same_in_all() -> Vec<Program> {
    vec![
        undo_adopt(),
        let_go(),
        put_back(),
        recover_end_new(),
        recover_swap(),
        recover_rollback(),
        recover_adopted(),
        recover_kept(),
        recover_removed(),
    ]
}

/// The way back of `remove`: writes the app's file again if its color passes its gates.
fn put_back() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Person)
        .step(Action::Gates(Side::Old))
        .step(Action::Dial(Side::Old))
        .point_proxy_at(Side::Old, Otherwise::Person)
        .run(ProgramName::Way(Way::LetGo));
    lines.named(ProgramName::Way(Way::PutBack))
}

/// After an interrupted removal: starts the programs that a reboot has ended, then keeps the app.
fn recover_kept() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Warn)
        .step(Action::StartMissing(Side::Old, Extent::Overlap))
        .run(ProgramName::Way(Way::PutBack));
    lines.named(ProgramName::RecoverKept)
}

/// Stops what is left of a removed app. `persist off` must succeed: the next step removes the state, and then no command
/// can switch off the start at boot.
fn recover_removed() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Person)
        .step(Action::Drain(Side::Old))
        .step(Action::Stop(Side::Old, Extent::Whole))
        .step(Action::ClearIdle)
        .step(Action::PersistOff(Side::Old))
        .step(Action::CloseJournal);
    lines.named(ProgramName::RecoverRemoved)
}

/// The way back of `adopt`: the proxy's file gets its earlier content back.
fn undo_adopt() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Person)
        .step(Action::Gates(Side::New))
        .step(Action::Dial(Side::New))
        .point_proxy_at(Side::Old, Otherwise::Person)
        .run(ProgramName::Way(Way::LetGo));
    lines.named(ProgramName::Way(Way::UndoAdopt))
}

/// The end of a failed adoption or removal: the color keeps running as it was, and only the journal is closed.
fn let_go() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Warn)
        .step(Action::CloseJournal)
        .step(Action::Sweep);
    lines.named(ProgramName::Way(Way::LetGo))
}

/// Stops a new color that users no longer see, after its drain.
fn recover_end_new() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Warn)
        .step(Action::Drain(Side::New))
        .run(ProgramName::Way(Way::EndNew));
    lines.named(ProgramName::RecoverEndNew)
}

/// After an interrupted switch: starts the programs that a reboot has ended, then goes back.
fn recover_swap() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Warn)
        .step(Action::StartMissing(Side::Old, Extent::Overlap))
        .run(ProgramName::Way(Way::GoBack))
        .otherwise(Otherwise::Warn)
        .step(Action::Record(Outcome::Failed));
    lines.named(ProgramName::RecoverSwap)
}

/// The same if the command is `rollback`. The way back of the switch is then the rollback, so it is recorded as good.
fn recover_rollback() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Warn)
        .step(Action::StartMissing(Side::Old, Extent::Overlap))
        .run(ProgramName::Way(Way::GoBack))
        .otherwise(Otherwise::Warn)
        .step(Action::Record(Outcome::Ok));
    lines.named(ProgramName::RecoverRollback)
}

/// After an adoption that was killed after its commit: writes the pointers and the journal.
fn recover_adopted() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Later)
        .step(Action::FinishAdopted);
    lines.named(ProgramName::RecoverAdopted)
}
