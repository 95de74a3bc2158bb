//! The typed deployment: every name is resolved, every value has its type.
//!
//! Only `check/` makes it, and only if it has found no error. `plan/` and `emit/` read it.

mod duration;
mod names;
mod probe;
mod settings;
mod status;
mod template;

pub use duration::Duration;
pub use names::{Name, NameError, Port};
pub use probe::{
    Budget, Expectation, Gate, Method, OnFailure, Part, Question, Relation, Subject, Verify,
};
pub use settings::{
    Driver, DriverFile, DriverKind, DriverUse, GivenPart, Quoting, SettingValue, variable,
};
pub use status::StatusSet;
pub use template::{Piece, Template, Variable};

use crate::source::Span;
use crate::stdlib;

/// One `app`, with all information for its script.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name, which the script, the state folder and the units also have.
    pub name: Name,
    /// The place of `app NAME` in the source.
    pub span: Span,
    /// The app's folder on the host. An absolute path without placeholders.
    pub root: String,
    /// The folder that receives the files of a deployment. An absolute path. `{root}/staging` unless a target sets
    /// another one.
    pub staging: String,
    /// How the script gets the right to change the proxy.
    pub privilege: Privilege,
    /// Values given at deploy time, in the order of the file.
    pub inputs: Vec<Input>,
    /// The two colors, in the order of the file. A first deploy goes to the first color.
    pub colors: [Color; 2],
    /// The files that are copied into a new release.
    pub artifact: Option<Artifact>,
    /// The services of a color, at least one. A bare `run` becomes a service named [`App::DEFAULT_SERVICE`].
    pub services: Vec<Service>,
    /// Resources that both colors use, in the order of the file. They exist or are made before a color starts, and are
    /// never stopped.
    pub shared: Vec<DriverUse>,
    /// How the proxy is pointed at a color.
    pub switch: DriverUse,
    /// The checks through the proxy after the switch.
    pub verify: Verification,
    /// How the previous color is drained and stopped.
    pub cleanup: Cleanup,
    /// The user's own steps, grouped by the moment when they run.
    pub steps: Steps,
    /// The steps that run when the outcome is known.
    pub outcomes: Vec<OutcomeStep>,
    /// How long a second deploy waits for the first. Zero: it does not wait.
    pub lock_wait: Duration,
    /// The callers for which files are generated.
    pub targets: Vec<DriverUse>,
}

impl App {
    /// The name of the service in an app with a bare `run`.
    pub const DEFAULT_SERVICE: &'static str = "app";

    /// All uses of drivers whose functions the script calls.
    pub fn drivers(&self) -> impl Iterator<Item = &DriverUse> {
        let steps = &self.steps;
        let steps = steps
            .before_start
            .iter()
            .chain(&steps.before_switch)
            .chain(&steps.after_switch)
            .chain(&steps.after_verify)
            .chain(&steps.after_stop)
            .chain(self.outcomes.iter().map(|outcome| &outcome.step));
        let notified = steps.filter_map(|step| match &step.run {
            StepRun::Notify(used) => Some(used),
            StepRun::Exec(_) | StepRun::Shell(_) => None,
        });
        let services = self.services.iter().map(|service| &service.run);
        services
            .chain([&self.switch])
            .chain(&self.shared)
            .chain(notified)
    }

    /// The user's own drivers whose functions the script calls. Each occurs once, and a base comes before the drivers
    /// that extend it.
    #[must_use]
    pub fn own_drivers(&self) -> Vec<&Driver> {
        let mut drivers: Vec<&Driver> = Vec::new();
        for used in self.drivers() {
            let bases: Vec<&Driver> = used.driver.chain().collect();
            for driver in bases.into_iter().rev() {
                let same = |other: &&Driver| other.kind == driver.kind && other.name == driver.name;
                let ours = stdlib::driver_path(driver.kind, driver.name.as_str()).is_some();
                if !ours && !drivers.iter().any(same) {
                    drivers.push(driver);
                }
            }
        }
        drivers
    }

    /// The other color.
    #[must_use]
    pub fn other(&self, color: &Color) -> &Color {
        if self.colors[0].name == color.name {
            &self.colors[1]
        } else {
            &self.colors[0]
        }
    }
}

/// How the script writes, tests and reloads the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// As the script's own user.
    Own,
    /// Through `sudo -n`.
    Sudo,
}

/// A value given at deploy time.
#[derive(Clone, Debug)]
pub struct Input {
    /// `[A-Za-z_][A-Za-z0-9_]*`, also the environment variable's name.
    pub name: String,
    /// The values that it accepts.
    pub ty: InputType,
    /// The default, as text.
    pub default: Option<String>,
    /// A `KEY=value` file on the host, which is read if the environment has no value. An absolute path.
    pub file: Option<String>,
    /// Its place in the source.
    pub span: Span,
}

/// The values that an input accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputType {
    /// Any text without NUL.
    String,
    /// Any text. It is never printed.
    Secret,
    /// An absolute path.
    Path,
    /// `http://` or `https://`
    Url,
    /// A decimal integer.
    Int,
    /// 1 to 65535.
    Port,
    /// `500ms`, `10s`, `5m`, `1h`.
    Duration,
    /// `true` or `false`.
    Bool,
    /// One of these words.
    OneOf(Vec<String>),
    /// A POSIX extended regular expression that the whole value matches.
    Matching(String),
}

/// One of the two colors.
#[derive(Clone, Debug)]
pub struct Color {
    /// Its name.
    pub name: Name,
    /// Port by service, in the order of [`App::services`]; services without a port are absent.
    pub ports: Vec<(Name, Port)>,
    /// The `let`s of this color, as text.
    pub lets: Vec<(String, String)>,
    /// Its place in the source.
    pub span: Span,
}

impl Color {
    /// The port of a service in this color.
    #[must_use]
    pub fn port(&self, service: &Name) -> Option<Port> {
        self.ports
            .iter()
            .find(|(name, _)| name == service)
            .map(|(_, port)| *port)
    }
}

/// The files that are copied into a new release.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// An absolute path on the host. Its last part may contain `*` and `?`. A folder ends in `/`.
    pub pattern: Template,
    /// Its place in the source.
    pub span: Span,
}

/// One program of a color. Each service is started, probed and stopped separately.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// How it starts, stops and is recognised.
    pub run: DriverUse,
    /// The address by which the proxy reaches it (`host:port`). `None` for a worker without a port.
    pub address: Option<Template>,
    /// The gates on the idle color. All must pass. Only a worker may have none.
    pub gates: Vec<Gate>,
    /// The time between TERM and KILL.
    pub stop_within: Duration,
    /// When the old worker stops and the new one starts.
    pub handover: Handover,
    /// Its place in the source.
    pub span: Span,
}

/// When the new service starts and the old one stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The new service starts in `prepare`; the old one stops in `cleanup`.
    Overlap,
    /// In `switch`, after `verify`, the old service stops; then the new one starts.
    Exclusive,
}

/// The checks through the proxy after the switch.
#[derive(Clone, Debug)]
pub enum Verification {
    /// At least one check, in the order of the file.
    Checks(Vec<Verify>),
    /// `verify none "reason"`
    None {
        /// The reason why there is no check.
        reason: String,
        /// Its place in the source.
        span: Span,
    },
}

/// How the previous color is drained and stopped after the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// The longest time that the old color gets for its open requests.
    pub drain: Duration,
    /// Whether it is stopped after the drain.
    pub previous: Previous,
    /// The place of `cleanup` in the source. `None` if the app has no `cleanup` block.
    pub span: Option<Span>,
}

/// Whether the previous color is stopped after the drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It is stopped after the drain.
    Stopped,
    /// `keep warm`: it runs until the next `prepare` needs its color.
    KeptWarm,
}

/// The user's own steps, grouped by the moment when they run.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// Before the new color starts. A failure ends the deployment.
    pub before_start: Vec<Step>,
    /// Before the swap. A failure ends the deployment.
    pub before_switch: Vec<Step>,
    /// After the swap is in force. A failure goes back.
    pub after_switch: Vec<Step>,
    /// After `verify`. A failure is only a warning.
    pub after_verify: Vec<Step>,
    /// After the previous color has stopped. A failure is only a warning.
    pub after_stop: Vec<Step>,
}

/// One step of the user.
#[derive(Clone, Debug)]
pub struct Step {
    /// The command.
    pub run: StepRun,
    /// The folder in which it runs. `None` means `{root}`.
    pub folder: Option<Template>,
    /// Its time limit.
    pub within: Duration,
    /// Its place in the source.
    pub span: Span,
}

impl Step {
    /// The default time limit of a step.
    pub const DEFAULT_WITHIN: Duration = Duration::from_millis(60_000);
}

/// The command of a user's step.
#[derive(Clone, Debug)]
pub enum StepRun {
    /// A program with its arguments. Not empty.
    Exec(Vec<Template>),
    /// A text for `bash`, unchanged.
    Shell(String),
    /// A notification through a driver. Only in `on`.
    Notify(DriverUse),
}

/// A step that runs when the outcome is known.
#[derive(Clone, Debug)]
pub struct OutcomeStep {
    /// The outcome after which it runs.
    pub when: Outcome,
    /// The command.
    pub step: Step,
}

/// When an [`OutcomeStep`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The new color serves.
    Success,
    /// The new color does not serve.
    Failure,
    /// In both cases.
    Always,
}
