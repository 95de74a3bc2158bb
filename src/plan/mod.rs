//! Model → plan: phases, steps, what a failure of each does, and how long all of it may take.
//!
//! A plan is data. The script's order of steps is written from it, `deployc plan` prints it, and
//! the laws can be shown to hold by walking it.

mod action;
mod back;
mod build;
mod callers;
pub mod limits;
pub mod order;
mod proof;
mod recovery;
mod rollback;
mod table;
pub mod walk;
mod words;
mod worst;

pub use action::{Action, Intent, Place, Side};
pub use callers::{Caller, Command, callers, check_limits};
pub use proof::check_laws;
pub use recovery::{Answer, Entry, Recovery, Reservation};
pub use table::table;
pub use words::describe;
pub use worst::{Path, WayBack, WorstCase};

use crate::model::{App, Duration};
use crate::source::Span;

/// What a deployment of an app does, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Nothing that users see: from the lock to the last probe.
    pub prepare: Phase,
    /// From the test of the proxy as it is to the commit.
    pub switch: Phase,
    /// What happens to the previous color.
    pub cleanup: Phase,
    /// Back to the release that served before, through the same gates and the same swap; a cleanup
    /// follows.
    pub rollback: Phase,
    /// What stops a prepared color.
    pub abort: Phase,
    /// What brings the live color up after a boot.
    pub resume: Phase,
    /// What each command does first about an interrupted run.
    pub recovery: Recovery,
    /// The user's steps when the outcome is known; failing they warn.
    pub outcomes: Vec<Step>,
}

/// A phase and its steps in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Which.
    pub name: PhaseName,
    /// In order; the next begins when the one before is done.
    pub steps: Vec<Step>,
}

/// Construct, phase and command have one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhaseName {
    /// `prepare`
    Prepare,
    /// `switch`
    Switch,
    /// `cleanup`
    Cleanup,
    /// `rollback`
    Rollback,
    /// `abort`
    Abort,
    /// `resume`
    Resume,
}

impl PhaseName {
    /// The command's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Switch => "switch",
            Self::Cleanup => "cleanup",
            Self::Rollback => "rollback",
            Self::Abort => "abort",
            Self::Resume => "resume",
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// Which words of the source asked for it; `None` for the core's own.
    pub span: Option<Span>,
    /// The longest that it takes before it is given up.
    pub worst: Duration,
    /// What its failure does.
    pub on_failure: Failure,
}

/// What the failure of a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The deployment stops before anything was touched.
    Refuse,
    /// The deployment stops; what was started is stopped again. Nothing that users saw had changed.
    Stop(WayBack),
    /// The previous color gets the traffic again, then the new one is stopped.
    GoBack(WayBack),
    /// It is said, and the next step follows.
    Warn,
    /// It is said, and the phase ends here: the journal keeps what is left for the next command.
    Later,
    /// Only a person can decide: exit 5.
    Person,
}

impl Failure {
    /// The way back.
    #[must_use]
    pub fn way_back(&self) -> Option<&WayBack> {
        match self {
            Self::Stop(way) | Self::GoBack(way) => Some(way),
            Self::Refuse | Self::Warn | Self::Later | Self::Person => None,
        }
    }
}

/// What a deployment of `app` does.
#[must_use]
pub fn plan(app: &App) -> Plan {
    build::Builder::new(app).plan()
}

#[cfg(test)]
mod tests;
