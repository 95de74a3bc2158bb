//! Values of a type.

use super::lets::MAX_CHAIN;
use super::number::{self, StatusPart};
use super::regular_expression;
use super::scope::Scope;
use super::text_forms;
use super::types::{SIGNALS, Type};
use crate::check::names::spelling;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Duration, InputType, Piece, SettingValue, Template, Variable};
use crate::source::Span;
use crate::syntax::tree::{Text, Value};

impl Scope<'_> {
    /// Returns a value of the type, or `None` if it has an error, which was reported.
    pub fn value(self, ty: &Type, value: &Value) -> Option<SettingValue> {
        self.value_within(ty, value, 0)
    }

    /// Returns a text.
    pub fn text(self, value: &Value) -> Option<Template> {
        self.text_of(&Type::Input(InputType::String), value)
    }

    /// Returns a value of a type that is text.
    pub fn text_of(self, ty: &Type, value: &Value) -> Option<Template> {
        match self.value(ty, value)? {
            SettingValue::Text(template) => Some(template),
            _ => None,
        }
    }

    /// Returns a duration.
    pub fn duration(self, value: &Value) -> Option<Duration> {
        match self.value(&Type::Input(InputType::Duration), value)? {
            SettingValue::Duration(duration) => Some(duration),
            _ => None,
        }
    }

    /// Returns a program and its arguments. The list is not empty.
    pub fn command(self, value: &Value) -> Option<Vec<Template>> {
        let SettingValue::List(words) = self.value(&Type::Command, value)? else {
            return None;
        };
        words
            .into_iter()
            .map(|word| match word {
                SettingValue::Text(template) => Some(template),
                _ => None,
            })
            .collect()
    }

    /// Follows a bare word through `let`s and returns the value at the end. Any other value is returned unchanged.
    pub fn meant<'v>(self, value: &'v Value) -> &'v Value
    where
        Self: 'v,
    {
        let mut meant = value;
        let mut names = self.names;
        // A longer chain is a cycle. It is reported where the value gets its type.
        for _ in 0..64 {
            let Value::Word(word) = meant else {
                break;
            };
            let Some((level, definition)) = names.find(&word.text) else {
                break;
            };
            let crate::check::names::definitions::Meaning::Let(inner) = definition.meaning else {
                break;
            };
            meant = inner;
            names = level;
        }
        meant
    }

    fn value_within(self, ty: &Type, value: &Value, depth: usize) -> Option<SettingValue> {
        match value {
            Value::Word(word) => return self.word(ty, &word.text, word.span, depth),
            Value::Text(text) => return self.quoted(ty, text),
            Value::Number(found) => {
                if let Some(outcome) = number::number(ty, found) {
                    return self.told(outcome);
                }
            }
            Value::StatusClass(_) | Value::StatusRange(_) if *ty == Type::Status => {
                let part = StatusPart::of(value)?;
                return self.told(number::status_of(&[part]));
            }
            Value::List(list) => match ty {
                Type::List(inner) => {
                    let values: Vec<_> = list
                        .values()
                        .map(|value| self.value_within(inner, value, depth))
                        .collect();
                    let values: Vec<SettingValue> = values.into_iter().collect::<Option<_>>()?;
                    // A driver's list of texts is for arguments of a program: only an array keeps words apart.
                    let help = "programs have the inputs in their environment, and a driver's functions have them as `input[NAME]`: read the secret there";
                    return self.without_secret(values, list.body.span, help);
                }
                Type::Command => return self.command_words(list, depth),
                Type::Status if !list.body.statements.is_empty() => {
                    let mut parts = Vec::new();
                    for value in list.values() {
                        let Some(part) = StatusPart::of(value) else {
                            self.wrong_type(&Type::Status, value);
                            return None;
                        };
                        parts.push(part);
                    }
                    return self.told(number::status_of(&parts));
                }
                _ => {}
            },
            Value::Map(map) => {
                let any = |_: &str, _| true;
                if let Type::Map(inner) = ty {
                    return self.map(inner, map, depth, any);
                }
                if *ty == Type::Variables {
                    let named =
                        |name: &str, span| spelling::environment_name(name, span, self.findings);
                    return self.map(&Type::Input(InputType::String), map, depth, named);
                }
            }
            _ => {}
        }
        self.wrong_type(ty, value);
        None
    }

    fn told(self, outcome: Result<SettingValue, Box<Diagnostic>>) -> Option<SettingValue> {
        match outcome {
            Ok(value) => Some(value),
            Err(finding) => {
                self.findings.push(*finding);
                None
            }
        }
    }

    /// Returns a map. `good` checks a key, and reports a wrong one.
    fn map(
        self,
        inner: &Type,
        map: &crate::syntax::tree::Map,
        depth: usize,
        good: impl Fn(&str, Span) -> bool,
    ) -> Option<SettingValue> {
        let mut entries: Vec<(String, SettingValue)> = Vec::new();
        let mut seen = std::collections::BTreeMap::new();
        let mut wrong = false;
        for entry in map.body.statements.iter().map(|statement| &statement.node) {
            let key = match &entry.key {
                Value::Word(word) => Some(word.text.clone()),
                Value::Text(text) => {
                    let Some(key) = self.template(text) else {
                        wrong = true;
                        continue;
                    };
                    key.as_literal()
                }
                _ => None,
            };
            let Some(key) = key else {
                self.findings.push(
                    Diagnostic::new(
                        Code::NOT_CONSTANT,
                        entry.key.span(),
                        "a key must be known when the script is made",
                    )
                    .help(
                        "write a word, or a string whose placeholders are the same for both colors",
                    ),
                );
                wrong = true;
                continue;
            };
            if let Some(first) = seen.insert(key.clone(), entry.key.span()) {
                self.findings.push(
                    Diagnostic::new(
                        Code::SAID_TWICE,
                        entry.key.span(),
                        format!("the key `{key}` is given twice"),
                    )
                    .also(first, "first given here")
                    .help("remove one of them"),
                );
                wrong = true;
                continue;
            }
            wrong |= !good(&key, entry.key.span());
            match self.value_within(inner, &entry.value, depth) {
                Some(value) => entries.push((key, value)),
                None => wrong = true,
            }
        }
        (!wrong).then_some(SettingValue::Map(entries))
    }

    fn command_words(self, list: &crate::syntax::tree::List, depth: usize) -> Option<SettingValue> {
        let words: Vec<_> = list
            .values()
            .map(|value| self.value_within(&Type::Input(InputType::String), value, depth))
            .collect();
        let words: Vec<SettingValue> = words.into_iter().collect::<Option<_>>()?;
        let program = words.first();
        let named = program.is_some_and(
            |program| !matches!(program, SettingValue::Text(text) if text.pieces.is_empty()),
        );
        if !named {
            self.findings.push(
                Diagnostic::new(
                    Code::WRONG_TYPE,
                    list.body.span,
                    "the command names no program",
                )
                .help("the first text is the program, the others are its arguments"),
            );
            return None;
        }
        let places: Vec<Span> = list.values().map(Value::span).collect();
        self.words_for_a_shell(&words, &places);
        let help = "every command has the inputs in its environment: let the program read the secret there";
        self.without_secret(words, list.body.span, help)
    }

    /// Returns a list of words that become arguments. Reports a secret in it.
    fn without_secret(
        self,
        words: Vec<SettingValue>,
        span: Span,
        help: &str,
    ) -> Option<SettingValue> {
        let secret = words.iter().find_map(|word| match word {
            SettingValue::Text(template) => {
                template.variables().find_map(|variable| match variable {
                    Variable::Input(name) if self.is_secret(name.as_str()) => Some(name),
                    _ => None,
                })
            }
            _ => None,
        });
        if let Some(secret) = secret {
            self.findings.push(
                Diagnostic::new(
                    Code::SECRET_ON_COMMAND_LINE,
                    span,
                    format!("the secret `{secret}` would be on a command line, which every user of the host can read"),
                )
                .help(help),
            );
            return None;
        }
        Some(SettingValue::List(words))
    }

    fn is_secret(self, input: &str) -> bool {
        self.names.find(input).is_some_and(|(_, definition)| {
            matches!(
                definition.meaning,
                crate::check::names::definitions::Meaning::Input { secret: true }
            )
        })
    }

    /// Resolves a bare word: a word of an enumeration, or the name of a `let` or `input`.
    fn word(self, ty: &Type, word: &str, span: Span, depth: usize) -> Option<SettingValue> {
        let enumerated = match ty {
            Type::Input(InputType::OneOf(words)) => words.iter().any(|known| known == word),
            Type::Signal => SIGNALS.contains(&word),
            Type::Input(InputType::Bool) => match word {
                "true" | "false" => return Some(SettingValue::Bool(word == "true")),
                _ => false,
            },
            _ => false,
        };
        if enumerated {
            return Some(SettingValue::Text(Template::literal(word)));
        }
        let Some((level, definition)) = self.names.find(word) else {
            self.unknown_word(ty, word, span);
            return None;
        };
        match definition.meaning {
            crate::check::names::definitions::Meaning::Poison => None,
            crate::check::names::definitions::Meaning::Let(value) => {
                let inner = Scope {
                    names: level,
                    ..self
                };
                if depth > MAX_CHAIN {
                    if inner.leads_back(definition.span, value) {
                        self.circle(definition.span);
                    } else {
                        self.chain(definition.span);
                    }
                    return None;
                }
                inner.value_within(ty, value, depth + 1)
            }
            crate::check::names::definitions::Meaning::ColorLet
            | crate::check::names::definitions::Meaning::Input { .. } => {
                let color = matches!(
                    definition.meaning,
                    crate::check::names::definitions::Meaning::ColorLet
                );
                if !ty.is_text() {
                    let (message, help) = if color {
                        (
                            format!(
                                "`{word}` differs by color, but this value is the same for both"
                            ),
                            "a `let` in `app` is the same for both colors",
                        )
                    } else {
                        (
                            format!(
                                "each deployment gives `{word}`, but this value must be known when the script is made"
                            ),
                            "write the value itself, or a `let`",
                        )
                    };
                    self.findings.push(
                        Diagnostic::new(Code::NOT_CONSTANT, span, message)
                            .also(definition.span, "defined here")
                            .help(format!("{help}; expected {}", ty.described())),
                    );
                    return None;
                }
                let template = self.named(word, span)??;
                self.shaped(ty, template, span)
            }
        }
    }

    /// Returns whether the value of a `let`, a word, leads back to this `let`.
    fn leads_back(self, defined_at: Span, value: &Value) -> bool {
        let (mut names, mut value) = (self.names, value);
        for _ in 0..=MAX_CHAIN {
            let Value::Word(word) = value else {
                return false;
            };
            let Some((level, definition)) = names.find(&word.text) else {
                return false;
            };
            if definition.span == defined_at {
                return true;
            }
            let crate::check::names::definitions::Meaning::Let(next) = definition.meaning else {
                return false;
            };
            (names, value) = (level, next);
        }
        false
    }

    /// Returns a quoted text as a value of the type.
    fn quoted(self, ty: &Type, text: &Text) -> Option<SettingValue> {
        match ty {
            Type::Input(
                InputType::String | InputType::Secret(_) | InputType::Path | InputType::Url,
            )
            | Type::User
            | Type::Regex => {
                let template = self.template(text)?;
                self.shaped(ty, template, text.span)
            }
            Type::Input(InputType::Matching(pattern)) => {
                let template = self.template(text)?;
                let found = self.literal(&template, text.span)?;
                if regular_expression::refuses(pattern, &found) {
                    self.findings.push(
                        Diagnostic::new(
                            Code::OUT_OF_RANGE,
                            text.span,
                            format!("found `{found}`, expected {}", ty.described()),
                        )
                        .help("the pattern must match the whole text, from the first to the last character"),
                    );
                    return None;
                }
                Some(SettingValue::Text(template))
            }
            Type::Input(InputType::OneOf(_) | InputType::Bool) | Type::Signal => {
                let template = self.template(text)?;
                let word = self.literal(&template, text.span)?;
                let known = match ty {
                    Type::Input(InputType::OneOf(words)) => words.contains(&word),
                    Type::Signal => SIGNALS.contains(&word.as_str()),
                    _ => false,
                };
                if known {
                    return Some(SettingValue::Text(template));
                }
                if *ty == Type::Input(InputType::Bool) {
                    self.wrong_type(ty, &Value::Text(text.clone()));
                } else {
                    self.unknown_word(ty, &word, text.span);
                }
                None
            }
            _ => {
                self.wrong_type(ty, &Value::Text(text.clone()));
                None
            }
        }
    }

    /// Returns the text of a template without variables. Reports an error if it has variables.
    pub fn literal(self, template: &Template, span: Span) -> Option<String> {
        let literal = template.as_literal();
        if literal.is_none() {
            self.findings.push(
                Diagnostic::new(
                    Code::NOT_CONSTANT,
                    span,
                    "this value must be known when the script is made",
                )
                .help("only `{app}`, `{root}`, `{staging}` and `let`s that use only these have a value then"),
            );
        }
        literal
    }

    /// Checks the form that the type requires of a text.
    fn shaped(self, ty: &Type, template: Template, span: Span) -> Option<SettingValue> {
        match ty {
            Type::Input(InputType::Path) => {
                text_forms::path(self, template, span).map(SettingValue::Text)
            }
            Type::Input(InputType::Url) => {
                text_forms::check_url(self, &template, span).then_some(SettingValue::Text(template))
            }
            Type::User => {
                if let Some(user) = template.as_literal()
                    && !text_forms::is_user(&user)
                {
                    self.findings.push(
                        Diagnostic::new(
                            Code::OUT_OF_RANGE,
                            span,
                            format!("`{user}` cannot be the name of a user"),
                        )
                        .help(
                            "write a letter or `_`, then letters, digits, `_`, `-` and `.`, at most 32 characters",
                        ),
                    );
                    return None;
                }
                Some(SettingValue::Text(template))
            }
            Type::Regex => {
                let pattern: String = template
                    .pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Literal(text) => text.as_str(),
                        Piece::Variable(_) => "x",
                    })
                    .collect();
                regular_expression::check(&pattern, span, self.findings)
                    .then_some(SettingValue::Text(template))
            }
            _ => Some(SettingValue::Text(template)),
        }
    }
}

/// Returns whether the text of a template depends on the color or the deployment.
pub fn depends_on_color(template: &Template) -> bool {
    template.variables().any(|variable| {
        matches!(
            variable,
            Variable::Color
                | Variable::Port
                | Variable::PortOf(_)
                | Variable::Address
                | Variable::AddressOf(_)
                | Variable::ColorLet(_)
                | Variable::Slot
                | Variable::Offer(_)
                | Variable::To
        )
    })
}
