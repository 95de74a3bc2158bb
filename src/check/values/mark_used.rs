//! Marks the names in unresolved values as used.

use super::scope::Scope;
use crate::syntax::tree::{self, Body, Setting, Value};

/// Marks the names in a value that cannot be resolved as used. The mistake is elsewhere, and a warning about unused
/// names would be a second message.
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

/// Marks the names in a driver's block as used, as [`mark`] does for a value.
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
