//! Converts a type as it is written in a file (`tree::Type`) to a [`Type`].

use super::text::has_nul;
use super::type_table::{TYPES, TypePlace};
use super::types::Type;
use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::InputType;
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree;

impl Type {
    /// Converts a type of the tree. Reports an error if there is no such type, or if `place` does not allow it.
    pub fn of(ty: &tree::Type, place: TypePlace, findings: &Findings) -> Option<Self> {
        match ty {
            tree::Type::Named(name) => Self::named(name, place, findings),
            tree::Type::OneOf(list) => {
                words(list, findings).map(|words| Self::Input(InputType::OneOf(words)))
            }
            tree::Type::Matching { of, pattern: text } => {
                allowed("matching", text.span, place, findings)?;
                let secret = match of {
                    Some(of) => secret_before_matching(of, text.span, findings)?,
                    None => false,
                };
                let Some(pattern) = text.literal() else {
                    findings.push(
                        Diagnostic::new(
                            Code::BAD_REGEX,
                            text.span,
                            "the pattern of an input must not contain a placeholder",
                        )
                        .help("write `matching r\"…\"`: `r\"…\"` has no placeholders"),
                    );
                    return None;
                };
                no_nul(&pattern, text.span, findings)?;
                super::regular_expression::check(&pattern, text.span, findings).then_some(
                    Self::Input(if secret {
                        InputType::Secret(Some(pattern))
                    } else {
                        InputType::Matching(pattern)
                    }),
                )
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
        let unknown = name.text.as_str();
        let mut known = TYPES.iter().filter(|entry| entry.word == unknown);
        let Some((ty, _)) = known.find_map(|entry| entry.plain.as_ref()) else {
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
        };
        allowed(&name.text, name.span, place, findings)?;
        Some(ty.clone())
    }
}

/// Returns whether the word before `matching` is `secret`. Reports every other word.
fn secret_before_matching(of: &tree::Name, pattern: Span, findings: &Findings) -> Option<bool> {
    let word = of.text.as_str();
    if word == "secret" {
        return Some(true);
    }
    let alone = Span {
        end: pattern.start,
        ..of.span
    };
    let finding = |message: String| Diagnostic::new(Code::WRONG_TYPE, of.span, message);
    findings.push(if word == "string" {
        finding("`matching` is a type of its own, without `string`".to_owned())
            .help("write `matching r\"…\"`")
            .fix(alone, "matching ")
    } else if let Some(near) = nearest(word, ["secret"]) {
        finding(format!("there is no type `{word}`"))
            .label(format!("did you mean `{near}`?"))
            .fix(of.span, near)
    } else {
        finding(format!("`{word}` cannot be combined with `matching`"))
            .help("write `matching r\"…\"` alone, or `secret matching r\"…\"`: a pattern can say what a number or a path looks like")
    });
    None
}

/// Reports a type that `place` does not allow.
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
        .help(format!("use {instead} instead")),
    );
    None
}

/// Reports a text with a NUL character. No program can receive it.
fn no_nul(text: &str, span: Span, findings: &Findings) -> Option<()> {
    if text.contains('\0') {
        findings.push(has_nul(span));
        return None;
    }
    Some(())
}

/// Returns the words of `one_of [...]`.
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
            Diagnostic::new(Code::WRONG_TYPE, list.body.span, "`one_of` has no words")
                .help("list the words that are accepted"),
        );
        return None;
    }
    Some(words)
}
