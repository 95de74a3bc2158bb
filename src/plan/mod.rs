//! Model → plan: the order of every command, written once.
//!
//! A plan is data: programs of lines, and the table of what comes first after a run that was cut short. `emit` writes them into
//! scripts, `deployc plan` prints them, the walk proves the laws on them, and the log of a real run is held against them.

mod action;
mod build;
mod builder;
mod callers;
mod calls;
mod command;
mod deadlines;
pub mod limits;
mod listing;
mod program;
mod proof;
mod recovery;
mod steps;
mod table;
pub mod walk;
mod ways;
mod words;
mod worst;

pub use action::{Action, Extent, Intent, Occasion, Outcome, Side};
pub use build::{plan, same_in_all};
pub use callers::{Caller, callers, check_limits};
pub use calls::Call;
pub use command::Command;
pub use deadlines::deadlines;
pub use limits::Core;
pub use listing::{Block, listing};
pub use program::{Home, Line, Otherwise, Program, ProgramName, Step, Way};
pub use proof::check_laws;
pub use recovery::{Answer, Kind, Phase, Reservation, recovery};
pub use steps::Planned;
pub use table::table;

/// The order of every command of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// All programs, in the order in which they are written; each name once.
    pub programs: Vec<Program>,
}

impl Plan {
    /// The program of that name.
    ///
    /// # Panics
    /// When there is none: a plan has each.
    #[must_use]
    pub fn program(&self, name: ProgramName) -> &Program {
        self.programs
            .iter()
            .find(|program| program.name == name)
            .expect("a plan has every program")
    }
}

#[cfg(test)]
mod tests;
