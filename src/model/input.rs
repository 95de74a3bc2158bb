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
    /// A text that is never printed: any text, or one that the POSIX extended regular expression matches as a whole.
    Secret(Option<String>),
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
    /// Whether the value is never printed.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The POSIX extended regular expression that the whole value matches.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        match self {
            Self::Secret(pattern) => pattern.as_deref(),
            Self::Matching(pattern) => Some(pattern),
            Self::String
            | Self::Path
            | Self::Url
            | Self::Int
            | Self::Port
            | Self::Duration
            | Self::Bool
            | Self::OneOf(_) => None,
        }
    }

    /// The word of the type in the language.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Secret(_) => "secret",
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
