//! Values given at deploy time.

use super::{HostPath, VariableName};
use crate::source::Span;

/// A value given at deploy time.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name, which is also the name of its environment variable.
    pub name: VariableName,
    /// The values that it accepts.
    pub ty: InputType,
    /// The default, as text.
    pub default: Option<String>,
    /// A `KEY=value` file on the host, which is read if the environment has no value. An absolute path.
    pub file: Option<HostPath>,
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

impl InputType {
    /// The word of the type in the language.
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
