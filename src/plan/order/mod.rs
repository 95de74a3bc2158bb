//! The order of every command, written once: programs of lines, and the table of what comes first after a run that was cut short.
//!
//! `emit` writes them into scripts, `deployc plan` prints them, the walk proves the laws on them, and the log of a real run is held
//! against them.

mod action;
mod build;
mod calls;
mod program;
mod recovery;
mod ways;
mod words;

pub use action::{Action, Extent, Intent, Outcome, Place, Side};
pub use calls::{Call, Core, deadlines};
pub use program::{Home, Line, Otherwise, Program, ProgramName, Step, Way};
pub use recovery::{Answer, Kind, Phase, Reservation, recovery};

use crate::model::App;

/// The order of every command of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// All programs, in the order in which they are printed; each name once.
    pub programs: Vec<Program>,
}

impl Plan {
    /// What is done for `app`.
    #[must_use]
    pub fn new(app: &App) -> Self {
        build::plan(app)
    }

    /// The programs that are the same in every app: the runtime has them.
    #[must_use]
    pub fn same_in_all() -> Vec<Program> {
        build::same_in_all()
    }

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
