//! The program of `adopt`.

use super::super::program_builder::Lines;
use super::super::{Action, Extent, Intent, Otherwise, Program, ProgramName, Side, Way};

pub(super) fn adopt() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Refuse)
        .step(Action::FindAdoptable)
        .step(Action::CheckHost)
        .step(Action::PreflightProxy)
        .step(Action::ReadInputs)
        .step(Action::CheckQuestions)
        .step(Action::PutOffJournal)
        .step(Action::Journal(Intent::Adopting))
        .way(Way::LetGo)
        .step(Action::MakeAdopted)
        .step(Action::Gates(Side::New))
        .step(Action::TestAsItIs)
        .step(Action::StillLive)
        .step(Action::Dial(Side::New))
        .step(Action::Persist(Side::New, Extent::Whole))
        .step(Action::KeepResuming)
        .point_proxy_at(Side::New, Otherwise::Way(Way::UndoAdopt))
        .step(Action::Verifies(Side::New))
        .step(Action::CommitAdopted);
    lines.named(ProgramName::Adopt)
}
