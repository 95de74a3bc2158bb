//! Values and types.

use super::{Build, Pair, take};
use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::block::Block;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Entry, List, Map, Number, StatusRange, Type, Value};

impl Build<'_> {
    /// A value, or a rule such as `label` that contains only a value.
    pub fn value(&mut self, pair: Pair) -> Option<Value> {
        Some(match pair.as_rule() {
            Rule::text => Value::Text(self.text(pair)?),
            Rule::number => Value::Number(self.number(&pair)),
            Rule::spaced_number => Value::Number(self.spaced_number(pair)?),
            Rule::status_class => Value::StatusClass(self.name(&pair)),
            Rule::status_range => Value::StatusRange(self.status_range(pair)?),
            Rule::reference => Value::Word(self.name(&pair)),
            Rule::list => Value::List(self.list(pair)),
            Rule::map => Value::Map(Map {
                body: self.body(pair, Block::Map, Self::entry),
            }),
            _ => return self.value(pair.into_inner().next()?),
        })
    }

    /// `[a, b]`
    pub fn list(&mut self, pair: Pair) -> List {
        List {
            body: self.body(pair, Block::List, Self::value),
        }
    }

    fn entry(&mut self, pair: Pair) -> Option<Entry> {
        let mut inner = pair.into_inner();
        let key = self.value(inner.next()?)?;
        let value = self.value(inner.nth(1)?)?;
        Some(Entry { key, value })
    }

    fn number(&self, pair: &Pair) -> Number {
        let words = pair.as_str().trim_end();
        let digits = words
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(words.len());
        Number {
            digits: words[..digits].to_owned(),
            unit: words[digits..].to_owned(),
            span: self.span_of(pair),
        }
    }

    fn status_range(&self, pair: Pair) -> Option<StatusRange> {
        let span = self.span_of(&pair);
        let mut inner = pair.into_inner();
        let from = self.number(&inner.next()?);
        let to = self.number(&inner.next()?);
        Some(StatusRange { from, to, span })
    }

    /// `10 s`: reported, and read as `10s`.
    fn spaced_number(&mut self, pair: Pair) -> Option<Number> {
        let span = self.span_of(&pair);
        let mut inner = pair.into_inner();
        let mut number = self.number(&inner.next()?);
        let unit = inner.next()?;
        number.unit.push_str(match unit.as_str() {
            "seconds" | "second" | "sec" => "s",
            "minutes" | "minute" | "min" => "m",
            "hours" | "hour" => "h",
            "KB" => "KiB",
            "MB" => "MiB",
            "GB" => "GiB",
            other => other,
        });
        number.span = span;
        let joined = format!("{}{}", number.digits, number.unit);
        self.complain(
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                "there is a blank between the number and its unit",
            )
            .help(format!(
                "write the unit directly after the number: `{joined}`"
            ))
            .fix(span, joined),
        );
        Some(number)
    }

    /// The type of an `input` or a `setting`.
    pub fn kind(&mut self, pair: Pair) -> Option<Type> {
        let span = self.span_of(&pair);
        let rule = pair.as_rule();
        if rule == Rule::type_name {
            return Some(Type::Named(self.name(&pair)));
        }
        let mut inner = pair.into_inner();
        if rule == Rule::matching {
            return Some(Type::Matching {
                of: take(&mut inner, Rule::type_name).map(|name| self.name(&name)),
                pattern: self.text(inner.nth(1)?)?,
            });
        }
        let last = inner.last()?;
        Some(match rule {
            Rule::kind => return self.kind(last),
            Rule::one_of => Type::OneOf(self.list(last)),
            Rule::list_of => Type::List(Box::new(self.kind(last)?), span),
            Rule::map_of => Type::Map(Box::new(self.kind(last)?), span),
            _ => return None,
        })
    }
}
