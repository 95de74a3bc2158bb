//! The types of settings and inputs.

use super::text::has_nul;
use super::type_table::{TYPES, TypePlace};
use crate::check::findings::Findings;
use crate::check::names::near::{listed, nearest};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree;

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
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::String | Self::Path | Self::Url | Self::User | Self::Secret
        )
    }

    /// For people: `a duration`.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::String => "a string".into(),
            Self::Path => "a path".into(),
            Self::Url => "a URL".into(),
            Self::Int => "a whole number".into(),
            Self::Port => "a port".into(),
            Self::Duration => "a duration such as `10s`".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Size => "a size such as `256MiB`".into(),
            Self::Percent => "a percentage such as `25%`".into(),
            Self::Decimal => "a number".into(),
            Self::Status => "a status such as `200` or `2xx`".into(),
            Self::Regex => "a regular expression".into(),
            Self::User => "a user's name".into(),
            Self::Signal => "a signal".into(),
            Self::Command => "a command: a list of texts".into(),
            Self::Secret => "a secret".into(),
            Self::OneOf(words) => listed(words, "or"),
            Self::Matching(pattern) => format!("a text that matches `{pattern}`"),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "a map".into(),
        }
    }

    /// As the language writes it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::String => "string".into(),
            Self::Path => "path".into(),
            Self::Url => "url".into(),
            Self::Int => "int".into(),
            Self::Port => "port".into(),
            Self::Duration => "duration".into(),
            Self::Bool => "bool".into(),
            Self::Size => "size".into(),
            Self::Percent => "percent".into(),
            Self::Decimal => "decimal".into(),
            Self::Status => "status".into(),
            Self::Regex => "regex".into(),
            Self::User => "user".into(),
            Self::Signal => "signal".into(),
            Self::Command => "command".into(),
            Self::Secret => "secret".into(),
            Self::OneOf(words) => format!("one_of [{}]", words.join(", ")),
            Self::Matching(pattern) => format!("matching r\"{pattern}\""),
            Self::List(inner) => format!("list of {}", inner.written()),
            Self::Map(inner) => format!("map of {}", inner.written()),
        }
    }

    /// The type that the tree names; said when there is none such, or it cannot stand at `place`.
    pub fn of(ty: &tree::Type, place: TypePlace, findings: &Findings) -> Option<Self> {
        match ty {
            tree::Type::Named(name) => Self::named(name, place, findings),
            tree::Type::OneOf(list) => words(list, findings).map(Self::OneOf),
            tree::Type::Matching(text) => {
                allowed("matching", text.span, place, findings)?;
                let Some(pattern) = text.literal() else {
                    findings.push(
                        Diagnostic::new(
                            Code::BAD_REGEX,
                            text.span,
                            "a placeholder in the pattern of an input",
                        )
                        .help("write `matching r\"…\"`: in `r\"…\"` nothing is a placeholder"),
                    );
                    return None;
                };
                no_nul(&pattern, text.span, findings)?;
                super::regular_expression::check(&pattern, text.span, findings)
                    .then_some(Self::Matching(pattern))
            }
            tree::Type::List(inner, span) => {
                allowed("list of", *span, place, findings)?;
                Self::of(inner, place, findings).map(|inner| Self::List(Box::new(inner)))
            }
            tree::Type::Map(inner, span) => {
                allowed("map of", *span, place, findings)?;
                Self::of(inner, place, findings).map(|inner| Self::Map(Box::new(inner)))
            }
        }
    }

    fn named(name: &tree::Name, place: TypePlace, findings: &Findings) -> Option<Self> {
        let ty = match name.text.as_str() {
            "string" => Self::String,
            "path" => Self::Path,
            "url" => Self::Url,
            "int" => Self::Int,
            "port" => Self::Port,
            "duration" => Self::Duration,
            "bool" => Self::Bool,
            "size" => Self::Size,
            "percent" => Self::Percent,
            "decimal" => Self::Decimal,
            "status" => Self::Status,
            "regex" => Self::Regex,
            "user" => Self::User,
            "signal" => Self::Signal,
            "command" => Self::Command,
            "secret" => Self::Secret,
            unknown => {
                let here: Vec<&str> = TYPES
                    .iter()
                    .filter(|entry| entry.place == TypePlace::Both || entry.place == place)
                    .map(|entry| entry.word)
                    .collect();
                let mut finding = Diagnostic::new(
                    Code::UNKNOWN_NAME,
                    name.span,
                    format!("there is no type `{unknown}`"),
                )
                .help(format!("types here: {}", listed(&here, "and")));
                if let Some(near) = nearest(unknown, here) {
                    finding = finding
                        .label(format!("did you mean `{near}`?"))
                        .fix(name.span, near);
                }
                findings.push(finding);
                return None;
            }
        };
        allowed(&name.text, name.span, place, findings)?;
        Some(ty)
    }
}

/// Says so when a type may not stand at `place`.
fn allowed(word: &str, span: Span, place: TypePlace, findings: &Findings) -> Option<()> {
    let entry = TYPES.iter().find(|entry| entry.word == word)?;
    if entry.place == TypePlace::Both || entry.place == place {
        return Some(());
    }
    let (what, instead) = match place {
        TypePlace::Input => ("an input", "`string` with `matching r\"…\"`"),
        TypePlace::Setting | TypePlace::Both => ("a setting", "`string`"),
    };
    findings.push(
        Diagnostic::new(
            Code::WRONG_TYPE,
            span,
            format!("{what} cannot be of type `{word}`"),
        )
        .help(format!("{instead} may do instead")),
    );
    None
}

/// Refuses a text that no program can be given.
fn no_nul(text: &str, span: Span, findings: &Findings) -> Option<()> {
    if text.contains('\0') {
        findings.push(has_nul(span));
        return None;
    }
    Some(())
}

/// The words of `one_of [...]`.
fn words(list: &tree::List, findings: &Findings) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    for value in list.values() {
        let word = match value {
            tree::Value::Word(name) => Some(name.text.clone()),
            tree::Value::Text(text) => text.literal(),
            _ => None,
        };
        match word {
            Some(word) if words.contains(&word) => {
                findings.push(
                    Diagnostic::new(
                        Code::SAID_TWICE,
                        value.span(),
                        format!("`{word}` is in the list twice"),
                    )
                    .help("remove one of them"),
                );
                return None;
            }
            Some(word) => {
                no_nul(&word, value.span(), findings)?;
                words.push(word);
            }
            None => {
                findings.push(
                    Diagnostic::new(Code::WRONG_TYPE, value.span(), "`one_of` takes words")
                        .help("write words or strings without placeholders"),
                );
                return None;
            }
        }
    }
    if words.is_empty() {
        findings.push(
            Diagnostic::new(Code::WRONG_TYPE, list.body.span, "`one_of` without a word")
                .help("list the words that are accepted"),
        );
        return None;
    }
    Some(words)
}
