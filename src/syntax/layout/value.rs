//! Values and types.

use super::{Brackets, Layout};
use crate::syntax::tree::{Entry, List, Type, Value};

const LIST: Brackets = Brackets {
    open: "[",
    close: "]",
    pad: "",
    comma: ",",
    flat: usize::MAX,
};

const MAP: Brackets = Brackets {
    open: "{",
    close: "}",
    pad: " ",
    comma: ",",
    flat: usize::MAX,
};

impl Layout<'_> {
    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) => self.string(text),
            Value::Number(number) => {
                self.put(&number.digits);
                self.put(&number.unit);
            }
            Value::StatusClass(name) | Value::Word(name) => self.name(name),
            Value::StatusRange(range) => {
                self.put(&range.from.digits);
                self.put("..");
                self.put(&range.to.digits);
            }
            Value::List(list) => self.list(list),
            Value::Map(map) => self.body(&map.body, &MAP, Self::entry),
        }
    }

    pub(super) fn list(&mut self, list: &List) {
        self.body(&list.body, &LIST, Self::value);
    }

    fn entry(&mut self, entry: &Entry) {
        self.value(&entry.key);
        self.put(" = ");
        self.value(&entry.value);
    }

    pub(super) fn kind(&mut self, kind: &Type) {
        match kind {
            Type::Named(name) => self.name(name),
            Type::OneOf(list) => {
                self.put("one_of ");
                self.list(list);
            }
            Type::Matching { of, pattern } => {
                if let Some(of) = of {
                    self.name(of);
                    self.put(" ");
                }
                self.put("matching ");
                self.string(pattern);
            }
            Type::List(inner, _) => {
                self.put("list of ");
                self.kind(inner);
            }
            Type::Map(inner, _) => {
                self.put("map of ");
                self.kind(inner);
            }
        }
    }
}
