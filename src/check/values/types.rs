//! The types of settings and inputs.

/// A type, as a description or an `input` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text without NUL.
    String,
    /// A path on the host; relative ones are below `{root}`.
    Path,
    /// `http://…` or `https://…`
    Url,
    /// A whole number.
    Int,
    /// 1 to 65535.
    Port,
    /// `500ms`, `10s`, `5m`, `1h`.
    Duration,
    /// `true` or `false`.
    Bool,
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
    /// A user's name on the host.
    User,
    /// `TERM`, `INT`, `QUIT`, `HUP`, `USR1`, `USR2`, `WINCH`.
    Signal,
    /// A program and its arguments.
    Command,
    /// A text that is never shown; inputs only.
    Secret,
    /// One of these words.
    OneOf(Vec<String>),
    /// A text that a POSIX extended regular expression matches as a whole.
    Matching(String),
    /// `[a, b]`
    List(Box<Type>),
    /// `{ KEY = value }`
    Map(Box<Type>),
}

/// The signals that a type `signal` accepts: those that programs use to end or to reload.
pub const SIGNALS: &[&str] = &["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "WINCH"];

impl Type {
    /// Whether a value of the type is text for the script, so that an input may stand for it.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::String | Self::Path | Self::Url | Self::User | Self::Secret
        )
    }
}
