//! The programs of `rollback`, `rollback RELEASE` and `restart`. Their end, `serve_release`, is in `order.rs`.

use super::super::program_builder::Lines;
use super::super::{Action, Intent, Otherwise, Program, ProgramName, Way};

pub(super) fn rollback() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Refuse)
        .step(Action::ChooseEarlier)
        .step(Action::CheckHost)
        .step(Action::PreflightProxy)
        .step(Action::PutOffJournal)
        .step(Action::Journal(Intent::Preparing))
        .run(ProgramName::ServeRelease);
    lines.named(ProgramName::Rollback)
}

pub(super) fn rollback_to() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Refuse)
        .step(Action::ChooseKept)
        .step(Action::CheckHost)
        .step(Action::PreflightProxy);
    copied(&mut lines);
    lines.named(ProgramName::RollbackTo)
}

pub(super) fn restart() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Refuse)
        .step(Action::ChooseLive)
        .step(Action::CheckHost)
        .step(Action::PreflightProxy)
        .step(Action::InputsAgain);
    copied(&mut lines);
    lines.named(ProgramName::Restart)
}

/// Adds the steps for a copied release. No step names a service of the current app, because the release may have
/// others.
fn copied(lines: &mut Lines) {
    lines
        .step(Action::TestAsItIs)
        .step(Action::NoStranger)
        .step(Action::Journal(Intent::Preparing))
        .way(Way::EndNew)
        .step(Action::CopyRelease)
        .step(Action::SyncRelease)
        .step(Action::ClearIdle)
        .step(Action::PortsAreFree)
        .run(ProgramName::ServeRelease);
}
