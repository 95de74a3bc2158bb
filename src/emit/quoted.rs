//! Words of shell code. Quoting is decided here, once; text reaches a script only as a [`Quoted`].

use crate::model::{Piece, Template, Variable};
use std::borrow::Cow;
use std::fmt;

/// One word of bash: whatever text it was made of arrives as exactly one argument, unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(String);

/// A text that no shell word can hold: there is a NUL in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasNul;

impl Quoted {
    /// A constant: bare where that is safe, else in quotes.
    ///
    /// # Errors
    /// When there is a NUL in it.
    pub fn text(text: &str) -> Result<Self, HasNul> {
        if text.contains('\0') {
            return Err(HasNul);
        }
        if !text.is_empty() && text.chars().all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        // A `$` or a backquote in single quotes looks like a mistake to readers and to ShellCheck.
        if text.contains(['$', '`']) {
            return Ok(Self(format!("\"{}\"", in_double_quotes(text))));
        }
        Ok(Self(
            shell_escape::unix::escape(Cow::Borrowed(text)).into_owned(),
        ))
    }

    /// Text with variables: in double quotes as soon as there is one.
    ///
    /// # Errors
    /// When there is a NUL in it.
    pub fn template(template: &Template) -> Result<Self, HasNul> {
        Self::prefixed("", template)
    }

    /// `prefix` and a template as one word, such as `KEY=value`.
    ///
    /// # Errors
    /// When there is a NUL in it.
    pub fn prefixed(prefix: &str, template: &Template) -> Result<Self, HasNul> {
        if let Some(text) = template.as_literal() {
            return Self::text(&format!("{prefix}{text}"));
        }
        let mut word = String::from("\"");
        word.push_str(&checked(prefix)?);
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => word.push_str(&checked(text)?),
                Piece::Variable(variable) => word.push_str(&expansion(variable)),
            }
        }
        word.push('"');
        Ok(Self(word))
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Characters that mean nothing to bash wherever they stand in an argument or a value.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:,+@%=".contains(c)
}

fn checked(text: &str) -> Result<String, HasNul> {
    if text.contains('\0') {
        return Err(HasNul);
    }
    Ok(in_double_quotes(text))
}

/// Escapes the four characters that mean something between double quotes in a script.
fn in_double_quotes(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// How the script names what a placeholder stands for.
fn expansion(variable: &Variable) -> String {
    match variable {
        Variable::Color => "${color}".to_owned(),
        Variable::Port => "${port}".to_owned(),
        Variable::PortOf(service) => format!("${{port_{}}}", service.shell()),
        Variable::Address => "${address}".to_owned(),
        Variable::Service => "${service}".to_owned(),
        Variable::Slot => "${slot}".to_owned(),
        Variable::OtherColor => "${other_color}".to_owned(),
        Variable::OtherPort => "${other_port}".to_owned(),
        Variable::ColorLet(name) => format!("${{let_{name}}}"),
        Variable::Input(name) => format!("${{input[{name}]}}"),
        Variable::Offer(name) => format!("${{offer[{name}]}}"),
        Variable::From => "${from}".to_owned(),
        Variable::To => "${to}".to_owned(),
        Variable::Outcome => "${outcome}".to_owned(),
        Variable::Reason => "${reason}".to_owned(),
        Variable::Seconds => "${seconds}".to_owned(),
    }
}
