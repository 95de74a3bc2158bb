//! Probes and verifies: questions, expectations and time limits.

use super::{Duration, Name, StatusSet, Template, VerifyName};
use crate::source::Span;

/// A probe of a service of the idle color.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name.
    pub name: Name,
    /// The questions. All must pass in the same try. Not empty.
    pub questions: Vec<Question>,
    /// The number of tries and their times.
    pub budget: Budget,
    /// Its place in the source.
    pub span: Span,
}

/// A check through the proxy after the switch.
#[derive(Clone, Debug)]
pub struct Verify {
    /// Its name. `verify`, `verify-2`, … if the user gave none. The questions of a `verify` in a service have the port
    /// and the address of this service.
    pub name: VerifyName,
    /// The questions.
    pub questions: Vec<Question>,
    /// The number of tries and their times.
    pub budget: Budget,
    /// The effect of a failure.
    pub on_failure: OnFailure,
    /// Its place in the source.
    pub span: Span,
}

/// The effect of a failing `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The switch goes back.
    SwitchBack,
    /// The script only warns.
    Warn,
}

/// A question in one try, and the expected answer.
#[derive(Clone, Debug)]
pub struct Question {
    /// The target of the question.
    pub subject: Subject,
    /// All must hold.
    pub expectations: Vec<Expectation>,
    /// Its place in the source.
    pub span: Span,
}

/// The target of a question.
#[derive(Clone, Debug)]
pub enum Subject {
    /// An HTTP request.
    Http {
        /// The method.
        method: Method,
        /// The URL.
        url: Template,
        /// Name and value, in order.
        headers: Vec<(Template, Template)>,
        /// The body of a `post`.
        body: Option<Template>,
        /// Connect to this `host:port`, but keep the host name of the URL.
        via: Option<Template>,
        /// The file on the host with the certificates that an `https` server may have besides those that the host
        /// knows. An absolute path.
        ca: Option<Template>,
    },
    /// A TCP connection to `host:port`.
    Tcp(Template),
    /// A command on the host. Not empty.
    Exec(Vec<Template>),
    /// A command inside the color, through its driver. Not empty.
    ExecInside(Vec<Template>),
    /// The driver's own verdict.
    Healthy,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `get`
    Get,
    /// `head`
    Head,
    /// `post`
    Post,
}

impl Method {
    /// The method with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Every method.
    pub const ALL: [Self; 3] = [Self::Get, Self::Head, Self::Post];

    /// The words of all methods.
    pub const WORDS: [&'static str; 3] = [
        Self::ALL[0].word(),
        Self::ALL[1].word(),
        Self::ALL[2].word(),
    ];

    /// The word in the language. The script's `expect` gets the same word, so it has no blank.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Post => "post",
        }
    }
}

/// A condition for an answer.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// The status is in the set. Every HTTP question has this condition.
    Status(StatusSet),
    /// The answer comes from the expected color.
    Color,
    /// A comparison of a part of the answer with a text.
    Content {
        /// The part.
        part: Part,
        /// The comparison.
        relation: Relation,
        /// The text.
        value: Template,
    },
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// The body, without the line ends at its end.
    Body,
    /// A header's value.
    Header(Template),
    /// The scalar at a path such as `a.b[0]` in a JSON body, as text.
    Json(String),
}

/// A comparison of a part of an answer with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The part contains the text.
    Contains,
    /// Both are equal.
    Equals,
    /// A piece of the part matches the text, which is a POSIX extended regular expression.
    Matches,
}

impl Relation {
    /// The relation with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Every relation.
    pub const ALL: [Self; 3] = [Self::Contains, Self::Equals, Self::Matches];

    /// The words of all relations.
    pub const WORDS: [&'static str; 3] = [
        Self::ALL[0].word(),
        Self::ALL[1].word(),
        Self::ALL[2].word(),
    ];

    /// The word in the language. The script's `expect` gets the same word, so it has no blank.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Equals => "equals",
            Self::Matches => "matches",
        }
    }
}

/// The number of tries of a probe, and their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The time from the start of one try to the start of the next.
    pub every: Duration,
    /// The limit for all tries together, `after` included. With `attempts N` it is `after` + N × the larger of `every`
    /// and `timeout`.
    pub within: Duration,
    /// The maximum number of tries. `None`: as many as fit into `within`.
    pub attempts: Option<u32>,
    /// The limit for one try.
    pub timeout: Duration,
    /// The wait before the first try.
    pub after: Duration,
    /// The required number of passes in a row.
    pub passes: u32,
}

/// The checks through the proxy after the switch.
#[derive(Clone, Debug)]
pub enum Verification {
    /// At least one check: those of the app in the order of the file, then those of the services.
    Checks(Vec<Verify>),
    /// `verify none "reason"`
    None {
        /// The reason why there is no check.
        reason: String,
        /// Its place in the source.
        span: Span,
    },
}

impl Verification {
    /// Adds the checks of the services.
    #[must_use]
    pub fn with(self, more: impl Iterator<Item = Verify>) -> Self {
        match self {
            Self::Checks(checks) => Self::Checks(checks.into_iter().chain(more).collect()),
            none @ Self::None { .. } => none,
        }
    }

    /// The checks, in order. Empty if there is no check.
    #[must_use]
    pub fn checks(&self) -> &[Verify] {
        match self {
            Self::Checks(checks) => checks,
            Self::None { .. } => &[],
        }
    }
}
