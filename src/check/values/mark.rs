//! Names that count as used although nothing is made of the values that they stand in.

use super::scope::Scope;
use crate::syntax::tree::{self, Body, Setting, Value};

/// Names in a value that cannot be typed count as used: the mistake is elsewhere.
pub fn mark(scope: Scope<'_>, value: &Value) {
    match value {
        Value::Word(word) => {
            scope.names.find(&word.text);
        }
        Value::Text(text) => {
            for part in &text.parts {
                if let tree::Part::Hole(hole) = part {
                    scope.names.find(&hole.text);
                }
            }
        }
        Value::List(list) => list.values().for_each(|value| mark(scope, value)),
        Value::Map(map) => map
            .body
            .statements
            .iter()
            .for_each(|entry| mark(scope, &entry.node.value)),
        Value::Number(_) | Value::StatusClass(_) | Value::StatusRange(_) => {}
    }
}

/// As [`mark`], for all that stands in a driver's block.
pub fn mark_body(scope: Scope<'_>, body: &Body<Setting>) {
    for statement in &body.statements {
        match &statement.node {
            Setting::Assign { value, .. } => mark(scope, value),
            Setting::Part { label, body, .. } => {
                if let Some(label) = label {
                    mark(scope, label);
                }
                mark_body(scope, body);
            }
        }
    }
}
