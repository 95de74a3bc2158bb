//! Probes and verifies: questions, expectations and how long it is tried.

use super::{Duration, Name, StatusSet, Template};
use crate::source::Span;

/// A probe of a service of the idle color.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name.
    pub name: Name,
    /// What is asked; all must pass in one try. Not empty.
    pub questions: Vec<Question>,
    /// How often and how long.
    pub budget: Budget,
    /// Where it stands.
    pub span: Span,
}

/// A check through the proxy after the switch.
#[derive(Clone, Debug)]
pub struct Verify {
    /// Its name, or `verify`, `verify-2`, … where the user gave none.
    pub name: Name,
    /// What is asked.
    pub questions: Vec<Question>,
    /// How often and how long.
    pub budget: Budget,
    /// What a failure does.
    pub on_failure: OnFailure,
    /// Where it stands.
    pub span: Span,
}

/// What a failing `verify` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The switch goes back.
    SwitchBack,
    /// It is only said.
    Warn,
}

/// What is asked in one try, and what the answer must be.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of whom.
    pub subject: Subject,
    /// All must hold.
    pub expectations: Vec<Expectation>,
    /// Where it stands.
    pub span: Span,
}

/// Who is asked.
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
        /// Connect to this `host:port`, keep the URL's name.
        via: Option<Template>,
    },
    /// A TCP connection to `host:port`.
    Tcp(Template),
    /// A command on the host; not empty.
    Exec(Vec<Template>),
    /// A command inside the color, through its driver; not empty.
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
    /// What a word says.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 3] = [Self::Get, Self::Head, Self::Post];

    /// As the language writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Post => "post",
        }
    }
}

/// What must hold of an answer.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// The status is in the set. Always there for an HTTP subject.
    Status(StatusSet),
    /// The answer comes from the color that it should come from.
    Color,
    /// A part of the answer and a text.
    Content {
        /// Which part.
        part: Part,
        /// How they relate.
        relation: Relation,
        /// The text.
        value: Template,
    },
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// The body, line ends at its end left out.
    Body,
    /// A header's value.
    Header(Template),
    /// The scalar at a path such as `a.b[0]` in a JSON body, as text.
    Json(String),
}

/// How a part of an answer and a text relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The text stands somewhere in the part.
    Contains,
    /// They are the same.
    Equals,
    /// The part matches the text, a POSIX extended regular expression, somewhere.
    Matches,
}

impl Relation {
    /// What a word says.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 3] = [Self::Contains, Self::Equals, Self::Matches];

    /// As the language writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Equals => "equals",
            Self::Matches => "matches",
        }
    }
}

/// How often and how long a probe tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// From the start of a try to the start of the next.
    pub every: Duration,
    /// The whole, `after` included. With `attempts N` it is `after` + N × the larger of `every` and `timeout`.
    pub within: Duration,
    /// How many tries at most; `None`: as many as fit into `within`.
    pub attempts: Option<u32>,
    /// One try.
    pub timeout: Duration,
    /// Before the first try.
    pub after: Duration,
    /// In a row.
    pub passes: u32,
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
