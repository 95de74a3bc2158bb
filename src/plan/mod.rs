//! From the model to the plan: the order of every command, written once.
//!
//! A plan is data: programs of lines, and the table of recoveries after an interrupted run. `emit` writes them into
//! scripts, `deployc plan` prints them, the walk proves the laws on them, and tests compare the log of a real run with
//! them.

mod action;
mod action_time;
mod caller_limits;
mod command;
mod commands;
mod law_finding;
pub mod limits;
mod listing;
mod longest_path;
mod order;
mod planned_step;
mod program;
mod program_builder;
mod proxy_lock;
mod recovery;
mod release_limits;
mod script_deadlines;
mod table;
pub mod walk;
mod ways;
mod words;

pub use action::{Action, Extent, Intent, Occasion, Outcome, Side};
pub use action_time::Call;
pub use caller_limits::{Caller, callers, check_limits};
pub use command::Command;
pub use law_finding::check_laws;
pub use limits::Core;
pub use listing::{Block, listing};
pub use order::{plan, same_in_all};
pub use planned_step::Planned;
pub use program::{Home, Line, Otherwise, Program, ProgramName, Step, Way};
pub use recovery::{Answer, Kind, Phase, Reservation, recovery};
pub use script_deadlines::deadlines;
pub use table::table;

/// The order of every command of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// All programs, in the order in which they are written. Each name occurs once.
    pub programs: Vec<Program>,
}

impl Plan {
    /// Returns the program of that name.
    ///
    /// # Panics
    /// If there is no such program. A plan has every program.
    #[must_use]
    pub fn program(&self, name: ProgramName) -> &Program {
        self.programs
            .iter()
            .find(|program| program.name == name)
            .expect("a plan has every program")
    }
}

#[cfg(test)]
mod runtime_tests;
#[cfg(test)]
mod tests;
