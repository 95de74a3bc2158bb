//! Values, strings and types.

use super::{Body, Name};
use crate::source::Span;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `"…"`, `"""…"""`, `r"…"`, `r"""…"""`
    Text(Text),
    /// `8081`, `2.5`, `500ms`, `256MiB`, `25%`: the digits as written, and the unit if there is one.
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
    /// Its place in the source.
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
    /// `"""…"""`. With several lines, the text begins on the line after the opening quotes. It ends with the line
    /// before the closing quotes, without that line's newline. The blanks before the closing quotes are removed from
    /// every line.
    Block,
    /// `r"…"`
    Raw,
    /// `r"""…"""`, with the same rules for its lines
    RawBlock,
}

/// A string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// How it was quoted.
    pub quoting: Quoting,
    /// Its literal parts and placeholders, in order. Adjacent literals are merged.
    pub parts: Vec<Part>,
    /// The place, with the quotes (and the `r`).
    pub span: Span,
}

impl Text {
    /// The text of the string, if it has no placeholder.
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

/// A part of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Characters, with escapes and doubled braces resolved.
    Literal(String),
    /// `{name}` or `{web.port}`. The name is the text between the braces.
    Hole(Name),
}

/// A number with its attached unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The digits and at most one point: `10`, `2.5`.
    pub digits: String,
    /// `ms s m h B KiB MiB GiB %`, or an unknown unit as written. Empty without a unit.
    pub unit: String,
    /// Its place in the source.
    pub span: Span,
}

/// `200..299`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The first status.
    pub from: Number,
    /// The last status.
    pub to: Number,
    /// Its place in the source.
    pub span: Span,
}

/// `[a, b]`, on one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The elements. `Statement` contains their comments.
    pub body: Body<Value>,
}

/// `{ KEY = value }`, on one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The entries. `Statement` contains their comments.
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
    /// `matching r"…"`, `secret matching r"…"`
    Matching {
        /// The type before `matching`.
        of: Option<Name>,
        /// The regular expression.
        pattern: Text,
    },
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
