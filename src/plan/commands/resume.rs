//! The program of `resume`.

use super::super::program_builder::Lines;
use super::super::{Action, Extent, Otherwise, Program, ProgramName, Side};

pub(super) fn resume() -> Program {
    let mut lines = Lines::new();
    lines
        .otherwise(Otherwise::Refuse)
        .step(Action::FindLive)
        .otherwise(Otherwise::Person)
        .step(Action::Ensures(Side::Old))
        .step(Action::StartMissing(Side::Old, Extent::Whole))
        .step(Action::Gates(Side::Old))
        .step(Action::Dial(Side::Old));
    lines.named(ProgramName::Resume)
}
