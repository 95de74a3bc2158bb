//! The types of settings and inputs.

use crate::model::InputType;

/// The type of a setting or an `input`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A type that an input may have, too.
    Input(InputType),
    /// `512B`, `64KiB`, `256MiB`, `1GiB`.
    Size,
    /// `0%` to `100%`.
    Percent,
    /// `2.5`.
    Decimal,
    /// `200`, `2xx`, `200..299`, `[200, 401]`.
    Status,
    /// A POSIX extended regular expression.
    Regex,
    /// The name of a user on the host.
    User,
    /// `TERM`, `INT`, `QUIT`, `HUP`, `USR1`, `USR2`, `WINCH`.
    Signal,
    /// A program and its arguments.
    Command,
    /// `[a, b]`
    List(Box<Type>),
    /// `{ KEY = value }`
    Map(Box<Type>),
    /// `{ NAME = "value" }`: variables that a program gets in its environment.
    Variables,
}

/// The signals that the type `signal` accepts. Programs use them to end or to reload.
pub const SIGNALS: &[&str] = &["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "WINCH"];

impl Type {
    /// Returns whether the script uses values of the type as text. An input can then replace such a value.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::User
                | Self::Input(
                    InputType::String | InputType::Path | InputType::Url | InputType::Secret(_)
                )
        )
    }
}
