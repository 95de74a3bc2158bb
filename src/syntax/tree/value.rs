//! Values, strings and types.

use super::{Body, Name};
use crate::source::Span;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `"…"`, `"""…"""`, `r"…"`, `r"""…"""`
    Text(Text),
    /// `8081`, `2.5`, `500ms`, `256MiB`, `25%`: digits as written, and the unit if there is one.
    Number(Number),
    /// `2xx`
    StatusClass(Name),
    /// `200..299`
    StatusRange(StatusRange),
    /// `true`, `unless-stopped`, `boot_time`
    Word(Name),
    /// `[a, b]`
    List(List),
    /// `{ KEY = value, "other key" = value }`
    Map(Map),
}

impl Value {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Text(text) => text.span,
            Self::Number(number) => number.span,
            Self::StatusClass(name) | Self::Word(name) => name.span,
            Self::StatusRange(range) => range.span,
            Self::List(list) => list.body.span,
            Self::Map(map) => map.body.span,
        }
    }
}

/// How a string was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// `"…"`
    Plain,
    /// `"""…"""`. Over lines the text begins on the line after the opening quotes and ends with the
    /// line before the closing ones (whose newline is not part of it); the blanks before the
    /// closing quotes are taken from every line.
    Block,
    /// `r"…"`
    Raw,
    /// `r"""…"""`, cut and dedented likewise
    RawBlock,
}

/// A string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// How it was quoted.
    pub quoting: Quoting,
    /// Its literal stretches and placeholders in order; adjacent literals are merged.
    pub parts: Vec<Part>,
    /// With the quotes (and the `r`).
    pub span: Span,
}

impl Text {
    /// The string, if it has no placeholder.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Hole(_) => None,
            })
            .collect()
    }
}

/// A stretch of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Characters, escapes and doubled braces resolved.
    Literal(String),
    /// `{name}` or `{web.port}`; the name is all between the braces.
    Hole(Name),
}

/// A number with the unit that is attached to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// `10`, `2.5`: digits and at most one point.
    pub digits: String,
    /// `ms s m h B KiB MiB GiB %` or whatever was written; empty without one.
    pub unit: String,
    /// Where.
    pub span: Span,
}

/// `200..299`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The first.
    pub from: Number,
    /// The last.
    pub to: Number,
    /// Where.
    pub span: Span,
}

/// `[a, b]`, over one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The elements; `Statement` carries their comments.
    pub body: Body<Value>,
}

/// `{ KEY = value }`, over one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The entries; `Statement` carries their comments.
    pub body: Body<Entry>,
}

impl List {
    /// The elements without their comments.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.body.statements.iter().map(|statement| &statement.node)
    }
}

/// `KEY = value` in a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key: a bare word or a string.
    pub key: Value,
    /// The value.
    pub value: Value,
}

/// A type, in an `input` or a driver's `setting`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`, `port`, …
    Named(Name),
    /// `one_of ["dev", "prod"]`, or with bare words
    OneOf(List),
    /// `matching r"…"`
    Matching(Text),
    /// `list of TYPE`
    List(Box<Type>, Span),
    /// `map of TYPE`
    Map(Box<Type>, Span),
}

/// `let NAME = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Value,
}
