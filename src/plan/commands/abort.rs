//! The program of `abort`.

use super::super::program_builder::Lines;
use super::super::{Action, Extent, Otherwise, Program, ProgramName, Side};

pub(super) fn abort() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Person)
        .step(Action::Stop(Side::New, Extent::Whole))
        .otherwise(Otherwise::Warn)
        .step(Action::PersistOff(Side::New))
        .step(Action::CloseJournal)
        .step(Action::Sweep);
    lines.named(ProgramName::Abort)
}
