//! The typed deployment: every name is resolved, every value has its type.
//!
//! Only `check/` makes this model, and only if it has found no error. `plan/` and `emit/` read it.

mod app;
mod cleanup;
mod color;
mod contract;
pub mod defaults;
mod driver;
mod driver_use;
mod duration;
mod host_path;
mod input;
mod names;
mod probe;
mod service;
mod status;
mod template;
mod user_steps;

pub use app::{App, Artifact, Privilege};
pub use cleanup::{Cleanup, Previous};
pub use color::Color;
pub use contract::Function;
pub use driver::{Driver, DriverFile, DriverKind, Quoting, variable};
pub use driver_use::{DriverUse, GivenPart, SettingValue};
pub use duration::Duration;
pub use host_path::HostPath;
pub use input::{Input, InputType};
pub use names::{Name, NameError, Port, VariableName, VerifyName};
pub use probe::{
    Budget, Expectation, Gate, Method, OnFailure, Part, Question, Relation, Subject, Verification,
    Verify,
};
pub use service::{Handover, Service};
pub use status::StatusSet;
pub use template::{Piece, Template, Variable};
pub use user_steps::{Outcome, OutcomeStep, Runs, Step, StepFailure, StepRun, Steps, When};
