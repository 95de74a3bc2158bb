//! Strings with placeholders. Each placeholder must be known and have a value at its place.

use super::placeholders::single;
use super::scope::Scope;
use crate::check::names::definitions::Meaning;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Piece, Template, Variable, VariableName};
use crate::source::Span;
use crate::syntax::tree::{Part, Text, Value};

/// The longest text that `let`s may form, in bytes. Linux limits each argument
/// of a command to this length (`MAX_ARG_STRLEN`).
const MAX_TEXT: usize = 128 * 1024;

impl Scope<'_> {
    /// Returns a string as a template, or `None` if it has an error, which was reported.
    pub fn template(self, text: &Text) -> Option<Template> {
        let mut template = Template::default();
        let mut wrong = false;
        for part in &text.parts {
            match part {
                Part::Literal(literal) => {
                    if literal.contains('\0') {
                        self.findings.push(has_nul(text.span));
                        return None;
                    }
                    template.push_literal(literal);
                }
                Part::Hole(hole) => match self.hole(hole) {
                    Some(inner) => template.append(&inner),
                    None => wrong = true,
                },
            }
        }
        if size(&template) > MAX_TEXT {
            self.findings.push(
                Diagnostic::new(
                    Code::OUT_OF_RANGE,
                    text.span,
                    format!("with its `let`s the string is longer than {MAX_TEXT} bytes"),
                )
                .help("no argument of a command may be longer; put the text into a file"),
            );
            return None;
        }
        (!wrong).then_some(template)
    }

    /// Returns the text of a `let` or `input`. `None`: there is no such name. `Some(None)`: it has an error that was
    /// reported.
    #[expect(
        clippy::option_option,
        reason = "the callers distinguish an unknown name from an error that was reported"
    )]
    pub fn named(self, name: &str, used_at: Span) -> Option<Option<Template>> {
        let (level, definition) = self.names.find(name)?;
        Some(match definition.meaning {
            Meaning::Poison => None,
            Meaning::Input { .. } => self
                .admit(Variable::Input(VariableName::new(name)?), used_at)
                .map(single),
            Meaning::ColorLet => self
                .admit(Variable::ColorLet(name.to_owned()), used_at)
                .map(single),
            Meaning::Let(value) => Scope {
                names: level,
                ..self
            }
            .let_text(definition.span, value)
            .and_then(|template| self.admit_all(&template, used_at)),
        })
    }

    /// Returns a value as text inside a string: with `let boot_time = 10s`, `{boot_time}` is `10s`.
    pub fn value_as_text(self, value: &Value) -> Option<Template> {
        match value {
            Value::Text(text) => self.template(text),
            Value::Number(number) => Some(Template::literal(format!(
                "{}{}",
                number.digits, number.unit
            ))),
            Value::Word(word) => match self.named(&word.text, word.span) {
                Some(text) => text,
                None => Some(Template::literal(&word.text)),
            },
            Value::StatusClass(name) => Some(Template::literal(&name.text)),
            Value::StatusRange(range) => Some(Template::literal(format!(
                "{}..{}",
                range.from.digits, range.to.digits
            ))),
            Value::List(_) | Value::Map(_) => {
                let what = if matches!(value, Value::List(_)) {
                    "list"
                } else {
                    "map"
                };
                self.findings.push(
                    Diagnostic::new(
                        Code::WRONG_TYPE,
                        value.span(),
                        format!("a {what} cannot be inside a string"),
                    )
                    .help("write the name of the `let` without quotes, in a place that takes a list or map"),
                );
                None
            }
        }
    }
}

/// Reports a string with a NUL character. No program on a host can receive it.
pub fn has_nul(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::OUT_OF_RANGE,
        span,
        "the string contains a NUL character",
    )
    .help("no argument, variable or file name on the host can hold it")
}

fn size(template: &Template) -> usize {
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.len(),
            // Most values are known only at deploy time, so this is an estimate.
            Piece::Variable(_) => 16,
        })
        .sum()
}
