//! The program of `remove`.

use super::super::program_builder::Lines;
use super::super::{Action, Intent, Otherwise, Program, ProgramName, Side, Way};

/// The proxy's route to the app is removed before any service stops. All services stop before the script removes the
/// state that it needs to stop them.
pub(super) fn remove() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Refuse)
        .step(Action::FindRemovable)
        .step(Action::CheckHost)
        .step(Action::TestAsItIs)
        .step(Action::Journal(Intent::Removing))
        .way(Way::LetGo)
        .step(Action::SaveWayBack)
        .step(Action::StillLive)
        .point_proxy_at(Side::Nothing, Otherwise::Way(Way::PutBack))
        .step(Action::CommitRemoved)
        .run(ProgramName::RecoverRemoved)
        .otherwise(Otherwise::Person)
        .step(Action::RemoveState);
    lines.named(ProgramName::Remove)
}
