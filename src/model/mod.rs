//! The typed deployment: what the user meant, every name resolved, every value of its type.
//!
//! Made only by `check/`, and only when no error was found; `plan/` and `emit/` read it.

mod contract;
pub mod defaults;
mod duration;
mod names;
mod probe;
mod settings;
mod status;
mod template;

pub use contract::Function;
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

/// One `app`: everything that its script needs to know.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name: the script's, the state folder's, the units'.
    pub name: Name,
    /// Where `app NAME` stands.
    pub span: Span,
    /// The app's folder on the host: absolute, no placeholder left.
    pub root: String,
    /// Where the caller puts what is to be deployed: absolute. `{root}/staging` unless a target says otherwise.
    pub staging: String,
    /// How the script may touch the proxy.
    pub privilege: Privilege,
    /// Values given at deploy time, in the order of the file.
    pub inputs: Vec<Input>,
    /// The two colors, in the order of the file: a first deploy goes to the first.
    pub colors: [Color; 2],
    /// What is copied into a new release.
    pub artifact: Option<Artifact>,
    /// What a color consists of; at least one. A bare `run` makes one named [`defaults::SERVICE`].
    pub services: Vec<Service>,
    /// What both colors need: there, or made, before a color starts; never stopped. In the order of the file.
    pub shared: Vec<DriverUse>,
    /// How the proxy is pointed at a color.
    pub switch: DriverUse,
    /// What is asked through the proxy after the switch.
    pub verify: Verification,
    /// What happens to the previous color.
    pub cleanup: Cleanup,
    /// The user's own steps, by their place.
    pub steps: Steps,
    /// What runs when the outcome is known.
    pub outcomes: Vec<OutcomeStep>,
    /// How long a second deploy waits for the first; zero: not at all.
    pub lock_wait: Duration,
    /// The callers that files are made for.
    pub targets: Vec<DriverUse>,
}

impl App {
    /// Every use of a driver whose functions the script calls.
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

    /// The user's own drivers whose functions the script calls, each once, those that others extend first.
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

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &Name) -> Option<&Service> {
        self.services.iter().find(|service| service.name == *name)
    }

    /// The color that is not `color`.
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
    /// What is accepted.
    pub ty: InputType,
    /// Taken when nothing is given, as text.
    pub default: Option<String>,
    /// A `KEY=value` file on the host, absolute, asked when the environment has nothing.
    pub file: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// What an input accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputType {
    /// Any text without NUL.
    String,
    /// Any text, never shown.
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

impl InputType {
    /// As the language writes it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Secret => "secret",
            Self::Path => "path",
            Self::Url => "url",
            Self::Int => "int",
            Self::Port => "port",
            Self::Duration => "duration",
            Self::Bool => "bool",
            Self::OneOf(_) => "one_of",
            Self::Matching(_) => "matching",
        }
    }
}

/// One of the two colors.
#[derive(Clone, Debug)]
pub struct Color {
    /// Its name.
    pub name: Name,
    /// Port by service, in the order of [`App::services`]; services without a port are absent.
    pub ports: Vec<(Name, Port)>,
    /// `let`s that stand in the color, as text.
    pub lets: Vec<(String, String)>,
    /// Where it stands.
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

/// What is copied into a new release.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// A path on the host, absolute, `*` and `?` allowed in its last part; a folder ends in `/`.
    pub pattern: Template,
    /// Where it stands.
    pub span: Span,
}

/// A part of a color that is started, probed and stopped by itself.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// How it starts, stops and is recognised.
    pub run: DriverUse,
    /// How the proxy reaches it (`host:port`); `None` for a worker without a port.
    pub address: Option<Template>,
    /// The gates on the idle color; every one must pass. May be empty for a worker only.
    pub gates: Vec<Gate>,
    /// How long it has after TERM.
    pub stop_within: Duration,
    /// When a worker is handed over.
    pub handover: Handover,
    /// Where it stands.
    pub span: Span,
}

/// When the new service starts and the old one stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The new one starts in `prepare`, the old one stops in `cleanup`.
    Overlap,
    /// In `switch`, after `verify`: the old one stops, then the new one starts.
    Exclusive,
}

impl Handover {
    /// What a word says.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 2] = [Self::Overlap, Self::Exclusive];

    /// As the language writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Exclusive => "exclusive",
        }
    }
}

/// What is asked through the proxy after the switch.
#[derive(Clone, Debug)]
pub enum Verification {
    /// At least one; in order.
    Checks(Vec<Verify>),
    /// `verify none "reason"`
    None {
        /// Why nothing is asked.
        reason: String,
        /// Where it stands.
        span: Span,
    },
}

impl Verification {
    /// The checks, in order; none where nothing is asked.
    #[must_use]
    pub fn checks(&self) -> &[Verify] {
        match self {
            Self::Checks(checks) => checks,
            Self::None { .. } => &[],
        }
    }
}

/// What happens to the previous color after the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// At most so long for what the old color still answers.
    pub drain: Duration,
    /// Whether it is stopped then.
    pub previous: Previous,
    /// Where `cleanup` stands; `None` when all of it is default.
    pub span: Option<Span>,
}

/// What becomes of the previous color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It is stopped after the drain.
    Stopped,
    /// `keep warm`: it runs until the next `prepare` needs its place.
    KeptWarm,
}

/// When steps of the user's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// `before start`
    BeforeStart,
    /// `before switch`
    BeforeSwitch,
    /// `after switch`
    AfterSwitch,
    /// `after verify`
    AfterVerify,
    /// `after stop`
    AfterStop,
}

impl When {
    const ALL: [Self; 5] = [
        Self::BeforeStart,
        Self::BeforeSwitch,
        Self::AfterSwitch,
        Self::AfterVerify,
        Self::AfterStop,
    ];

    /// What two words say: `before` or `after`, and what of.
    #[must_use]
    pub fn of(side: &str, what: &str) -> Option<Self> {
        let same = |one: &Self| one.words().split_once(' ') == Some((side, what));
        Self::ALL.into_iter().find(same)
    }

    /// As the language writes it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::BeforeStart => "before start",
            Self::BeforeSwitch => "before switch",
            Self::AfterSwitch => "after switch",
            Self::AfterVerify => "after verify",
            Self::AfterStop => "after stop",
        }
    }
}

/// The user's own steps by their place.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// Before the new color starts; failing stops the deployment.
    pub before_start: Vec<Step>,
    /// Before the swap; failing stops the deployment.
    pub before_switch: Vec<Step>,
    /// After the swap is in force; failing goes back.
    pub after_switch: Vec<Step>,
    /// After `verify`; failing warns.
    pub after_verify: Vec<Step>,
    /// After the previous color has stopped; failing warns.
    pub after_stop: Vec<Step>,
}

impl Steps {
    /// Those that run then.
    pub fn at_mut(&mut self, when: When) -> &mut Vec<Step> {
        match when {
            When::BeforeStart => &mut self.before_start,
            When::BeforeSwitch => &mut self.before_switch,
            When::AfterSwitch => &mut self.after_switch,
            When::AfterVerify => &mut self.after_verify,
            When::AfterStop => &mut self.after_stop,
        }
    }
}

/// One step of the user's.
#[derive(Clone, Debug)]
pub struct Step {
    /// What runs.
    pub run: StepRun,
    /// In which folder; `None`: in `{root}`.
    pub folder: Option<Template>,
    /// How long it may take.
    pub within: Duration,
    /// Where it stands.
    pub span: Span,
}

/// What a step of the user's runs.
#[derive(Clone, Debug)]
pub enum StepRun {
    /// A program with its arguments; not empty.
    Exec(Vec<Template>),
    /// A text for `bash`, as it stands.
    Shell(String),
    /// A notification through a driver; only in `on`.
    Notify(DriverUse),
}

/// A step that runs when the outcome is known.
#[derive(Clone, Debug)]
pub struct OutcomeStep {
    /// When.
    pub when: Outcome,
    /// What.
    pub step: Step,
}

/// When an [`OutcomeStep`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The new color serves.
    Success,
    /// It does not.
    Failure,
    /// In both cases.
    Always,
}

impl Outcome {
    /// What a word says.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Always];

    /// As the language writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Always => "always",
        }
    }
}
