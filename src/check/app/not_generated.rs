//! Statements that the language has but this version does not generate. They are checked, and then reported.

use super::steps;
use crate::check::drivers::descriptions::Descriptions;
use crate::check::drivers::driver_use;
use crate::check::names::statements::Statements;
use crate::check::values::mark_used::mark_body;
use crate::check::values::scope::Scope;
use crate::check::values::types::Type;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{DriverKind, InputType};
use crate::source::Span;
use crate::syntax::tree;

/// Checks `shared`, `build`, `ship` and `hosts`, and reports that they are not generated.
pub fn check(scope: Scope<'_>, statements: &Statements<'_>, drivers: &Descriptions) {
    let scope = scope.at(ValuePlace::Caller);
    let uses = [
        (DriverKind::Shared, &statements.shared),
        (DriverKind::Ship, &statements.ships),
    ];
    for (kind, uses) in uses {
        for (used, span) in uses {
            if driver_use::of_kind(scope, drivers, kind, (used, *span), None).is_some() {
                not_generated(scope, driver_use::head(used, *span), kind.word());
            }
        }
    }
    for (body, span) in &statements.builds {
        for statement in &body.statements {
            steps::step(scope, &statement.node, statement.span);
        }
        not_generated(scope, first_word(*span, "build"), "build");
    }
    for (hosts, span) in &statements.hosts {
        scope.value(
            &Type::List(Box::new(Type::Input(InputType::String))),
            &hosts.hosts,
        );
        if let Some(body) = &hosts.body {
            mark_body(scope, body);
            for statement in &body.statements {
                if let tree::Setting::Part { body, .. } = &statement.node {
                    mark_body(scope, body);
                }
            }
        }
        not_generated(scope, first_word(*span, "hosts"), "hosts");
    }
}

fn first_word(span: Span, word: &str) -> Span {
    Span {
        end: span.start + u32::try_from(word.len()).unwrap_or(0),
        ..span
    }
}

fn not_generated(scope: Scope<'_>, span: Span, what: &str) {
    scope.findings.push(
        Diagnostic::new(
            Code::NOT_GENERATED,
            span,
            format!("`{what}` is not supported yet and is ignored"),
        )
        .help("do this part as you did before, or remove it"),
    );
}
