//! The user's own steps.

use super::{DriverUse, Duration, Template};
use crate::source::Span;

/// The moment at which the user's own steps run.
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

    /// The moment with these two words: `before` or `after`, and `start`, `switch`, `verify` or `stop`.
    #[must_use]
    pub fn of(side: &str, what: &str) -> Option<Self> {
        let same = |one: &Self| one.words().split_once(' ') == Some((side, what));
        Self::ALL.into_iter().find(same)
    }

    /// The words in the language.
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

impl Steps {
    /// The steps that run at this moment.
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

/// One step of the user.
#[derive(Clone, Debug)]
pub struct Step {
    /// The command.
    pub run: StepRun,
    /// The folder in which it runs. `None` means `{root}`.
    pub folder: Option<Template>,
    /// Its time limit.
    pub within: Duration,
    /// The commands in which it runs.
    pub runs: Runs,
    /// The effect of its failure.
    pub on_failure: StepFailure,
    /// Its place in the source.
    pub span: Span,
}

/// The commands in which a user's step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// In every command that runs its block, such as `before switch`.
    Always,
    /// Only when a release is deployed, not when it serves again: `rollback`, `restart`.
    Once,
}

/// The effect of a failing step of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepFailure {
    /// The effect depends on the block: `before switch` goes back, `after verify` only warns.
    OfPlace,
    /// The script only warns.
    Warn,
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

impl Outcome {
    /// The outcome with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Always];

    /// The word in the language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Always => "always",
        }
    }
}
