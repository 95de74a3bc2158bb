//! Findings about values of a wrong type: the value, the expected type, and the likely correction.

use super::scope::Scope;
use super::types::{SIGNALS, Type};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::InputType;
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree::{Number, Value};

impl Scope<'_> {
    /// Reports a bare word that is neither a word of the type nor a defined name.
    pub fn unknown_word(self, ty: &Type, word: &str, span: Span) {
        let (words, code): (Vec<&str>, _) = match ty {
            Type::Input(InputType::OneOf(words)) => (
                words.iter().map(String::as_str).collect(),
                Code::UNKNOWN_WORD,
            ),
            Type::Signal => (SIGNALS.to_vec(), Code::UNKNOWN_WORD),
            Type::Input(InputType::Bool) => (vec!["true", "false"], Code::UNKNOWN_WORD),
            _ => (Vec::new(), Code::UNKNOWN_NAME),
        };
        let visible = self.names.visible();
        let near = nearest(word, words.iter().copied().chain(visible));
        let mut finding = if code == Code::UNKNOWN_WORD {
            let likely = match (ty, word) {
                (Type::Input(InputType::Bool), "yes" | "on") => Some("true"),
                (Type::Input(InputType::Bool), "no" | "off") => Some("false"),
                (Type::Signal, _) => word
                    .strip_prefix("SIG")
                    .filter(|rest| SIGNALS.contains(rest)),
                _ => None,
            };
            let finding = Diagnostic::new(
                code,
                span,
                format!("found `{word}`, expected {}", listed(&words, "or")),
            );
            match likely.or(near) {
                Some(near) => finding
                    .label(format!("did you mean `{near}`?"))
                    .fix(span, as_value(near)),
                None => finding,
            }
        } else {
            let finding = Diagnostic::new(
                code,
                span,
                format!("there is no `let` or `input` named `{word}`"),
            );
            match near {
                Some(near) => finding
                    .label(format!("did you mean `{near}`?"))
                    .fix(span, near),
                None if ty.is_text() => finding
                    .help("write a text in quotes; a bare word is the name of a `let` or `input`")
                    .fix(span, format!("\"{word}\"")),
                None => finding.help(format!("expected {}", ty.described())),
            }
        };
        if let Type::Input(InputType::OneOf(words)) = ty
            && finding.fix.is_none()
            && words.len() > 1
        {
            finding = finding.help("write one of these words");
        }
        if finding.fix.is_some() {
            self.findings.push(finding);
        } else {
            self.findings.push_absent(finding);
        }
    }

    /// Reports a value of another type than expected, with the likely correction.
    pub fn wrong_type(self, ty: &Type, value: &Value) {
        let found = match value {
            Value::Text(_) => "a string".to_owned(),
            Value::Number(number) if number.unit.is_empty() => {
                format!("the number `{}`", number.digits)
            }
            Value::Number(number) => format!("`{}{}`", number.digits, number.unit),
            Value::StatusClass(name) => format!("the status class `{}`", name.text),
            Value::StatusRange(_) => "a range of statuses".to_owned(),
            Value::Word(word) => format!("`{}`", word.text),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        };
        let mut finding = Diagnostic::new(
            Code::WRONG_TYPE,
            value.span(),
            format!("found {found}, expected {}", ty.described()),
        );
        let fix = likely(ty, value);
        if let Some(fix) = fix {
            finding = finding
                .label(format!("did you mean `{fix}`?"))
                .fix(value.span(), fix);
        }
        self.findings.push(finding);
    }
}

/// A word of `one_of`, as the file must write it: in quotes if it is not a name.
fn as_value(word: &str) -> String {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(of_name) {
        word.to_owned()
    } else {
        format!("{word:?}")
    }
}

/// Returns the likely correction of a value of a wrong type.
fn likely(ty: &Type, value: &Value) -> Option<String> {
    match (ty, value) {
        (ty, Value::Number(number)) if ty.is_text() => {
            Some(format!("\"{}{}\"", number.digits, number.unit))
        }
        (Type::Command, Value::Text(text)) => {
            let literal = text.literal()?;
            let plain = |c: char| c.is_ascii_alphanumeric() || " ._-/=:".contains(c);
            if literal.trim().is_empty() || !literal.chars().all(plain) {
                return None;
            }
            let words: Vec<String> = literal
                .split_whitespace()
                .map(|word| format!("\"{word}\""))
                .collect();
            Some(format!("[{}]", words.join(", ")))
        }
        (
            Type::Input(InputType::Int | InputType::Port | InputType::Duration | InputType::Bool)
            | Type::Size
            | Type::Percent
            | Type::Decimal
            | Type::Status,
            Value::Text(text),
        ) => {
            let literal = text.literal()?;
            let fits = match ty {
                Type::Input(InputType::Bool) => literal == "true" || literal == "false",
                _ => is_number_of(ty, &literal, text.span),
            };
            fits.then_some(literal)
        }
        _ => None,
    }
}

/// Whether the text without its quotes is a number that the type accepts.
fn is_number_of(ty: &Type, text: &str, span: Span) -> bool {
    let unit = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit);
    let written = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.matches('.').count() <= 1;
    let number = Number {
        digits: digits.to_owned(),
        unit: unit.to_owned(),
        span,
    };
    written && super::number::number(ty, &number).is_some_and(|read| read.is_ok())
}
