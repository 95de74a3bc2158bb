//! The tree of a `.bg` file as it was written: every word, every comment, and every blank line that matters to the
//! formatter. It contains no derived data.
//!
//! Names are not resolved and values have no types here; `check/` does that.

mod app;
mod command;
mod driver;
mod probe;
mod value;

pub use app::{
    App, AppItem, CleanupItem, Color, ColorItem, DriverUse, Hosts, Input, LockItem, Service,
    ServiceItem, Setting,
};
pub use command::{Command, CommandOption, CommandRun, On, OnItem, Steps};
pub use driver::{Driver, DriverItem};
pub use probe::{Expect, ExpectPart, Probe, ProbeItem, Verify};
pub use value::{Entry, List, Map, Number, Part, Quoting, StatusRange, Text, Type, Value};

use crate::source::Span;

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The statements of the top level, and the comments after the last one.
    pub body: Body<Item>,
}

/// A sequence of statements: the top level of a file, or the content between `{` and `}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<T> {
    /// The statements that could be read. The report has a finding for each of the others.
    pub statements: Vec<Statement<T>>,
    /// A comment on the line of the opening bracket, before the first statement.
    pub head: Option<Comment>,
    /// Comments after the last statement.
    pub tail: Vec<Comment>,
    /// The place from the opening bracket to the closing one, or the whole file.
    pub span: Span,
}

impl<T> Body<T> {
    /// No statements.
    #[must_use]
    pub fn empty(span: Span) -> Self {
        Self {
            statements: Vec::new(),
            head: None,
            tail: Vec::new(),
            span,
        }
    }
}

/// One statement with its comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<T> {
    /// Comment lines before it (`#` and `##`), in order.
    pub lead: Vec<Comment>,
    /// The statement itself.
    pub node: T,
    /// A comment at the end of its (last) line.
    pub trail: Option<Comment>,
    /// Whether there is an empty line right before it (after its lead comments). Never for the first statement of a
    /// body.
    pub apart: bool,
    /// The place of the statement itself, without comments.
    pub span: Span,
}

impl<T> Statement<T> {
    /// The `##` lines right before the statement, without the marks. Empty if there are none.
    #[must_use]
    pub fn docs(&self) -> String {
        let mut lines = Vec::new();
        let mut apart = self.apart;
        for comment in self.lead.iter().rev() {
            let Some(doc) = comment.doc().filter(|_| !apart) else {
                break;
            };
            lines.push(doc);
            apart = comment.apart;
        }
        lines.reverse();
        lines.join("\n")
    }
}

/// A comment, from its `#` to the end of the line (exclusive, trailing blanks removed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text with its `#`.
    pub text: String,
    /// Whether there is an empty line before it. Never for the first comment of a body.
    pub apart: bool,
    /// Its place in the source.
    pub span: Span,
}

impl Comment {
    /// The documentation in a `##` comment.
    #[must_use]
    pub fn doc(&self) -> Option<&str> {
        let rest = self.text.strip_prefix("##")?;
        Some(rest.strip_prefix(' ').unwrap_or(rest))
    }
}

/// A bare word: the name of a thing, a keyword of an enumeration, or a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Its place in the source.
    pub span: Span,
}

/// A statement at the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `use "std/spring"`
    Use(Text),
    /// `let NAME = value`
    Let(Let),
    /// `probe NAME [from OTHER] { … }`
    Probe(Probe),
    /// `app NAME { … }`
    App(App),
    /// `driver KIND NAME { … }`
    Driver(Driver),
}

/// `let NAME = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Value,
}
