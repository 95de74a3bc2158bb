//! Unused definitions. They are checked here, because the errors in other definitions are found only where these are
//! used.

use super::outer_definitions::OuterDefinitions;
use crate::check::names::definitions::{self, Definitions, Meaning, Unused};
use crate::check::names::early_facts::Facts;
use crate::check::names::spelling::PLACEHOLDERS;
use crate::check::names::statements::Statements;
use crate::check::probe::merged_probe::{self, MergedProbe};
use crate::check::probe::named_probes;
use crate::check::values::scope::Scope;
use crate::check::values::value_place::ValuePlace;
use crate::source::Span;
use crate::suggestions::nearest;
use crate::syntax::tree::{self, ServiceItem, Value};
use std::collections::HashSet;

/// Checks the unused `let`s of a level. Warns about them if there are no new errors; `errors` is the number of errors
/// before.
pub fn lets(scope: Scope<'_>, errors: usize) {
    let unused = scope.names.unused(&|_| true);
    look_at_all(scope, &unused);
    if scope.findings.errors() == errors {
        definitions::warn_unused(&unused, scope.findings);
    }
}

/// Checks the unused definitions outside of the apps. `apps`: the statements of each app. `ours` returns whether a
/// place is in the main file. `users` returns whether a place is in a file of the user.
pub fn of_files(
    around: OuterDefinitions<'_>,
    apps: &[Statements<'_>],
    ours: &dyn Fn(Span) -> bool,
    users: &dyn Fn(Span) -> bool,
) {
    let findings = around.findings;
    let lets = around.names.unused(users);
    let asking = around.probes.unused(users);
    let facts = Facts::of_no_app();
    look_at_all(
        Scope::new(findings, around.names, &facts, ValuePlace::Let),
        &lets,
    );
    for probe in &asking {
        let merged = merged_probe::merge(
            Some(probe.name.span),
            probe.from.as_ref(),
            probe.body.as_ref(),
            around.probes,
            findings,
        );
        let Some(merged) = merged else {
            continue;
        };
        let mut level = Definitions::inside(around.names);
        suppose_apps(&mut level, apps);
        if apps.is_empty() || !ours(probe.name.span) {
            suppose_others(&mut level, &merged);
        }
        let scope = Scope::new(findings, &level, &facts, ValuePlace::Let);
        // Only the findings matter here. The results are not used.
        let _ = (merged.questions(scope), merged.times(scope));
    }
    if findings.errors() == 0 {
        let lets: Vec<_> = lets.into_iter().filter(|one| ours(one.span)).collect();
        definitions::warn_unused(&lets, findings);
        let asking: Vec<_> = asking
            .into_iter()
            .filter(|probe| ours(probe.name.span))
            .collect();
        named_probes::warn_unused(&asking, findings);
    }
}

/// Treats all names that an app of the file defines as known. A probe is resolved where an app uses it, so the probe
/// may use each of these names.
fn suppose_apps<'t>(level: &mut Definitions<'t>, apps: &[Statements<'t>]) {
    for statements in apps {
        let inputs = statements.inputs.iter().flat_map(|(input, _)| &input.names);
        let lets = statements.lets.iter().map(|(constant, _)| &constant.name);
        inputs.chain(lets).for_each(|name| level.suppose(name));
        for (color, _) in &statements.colors {
            for constant in color.lets() {
                level.suppose(&constant.name);
            }
        }
        let items = statements
            .services
            .iter()
            .flat_map(|(service, _)| service.body.iter())
            .flat_map(|body| &body.statements);
        for item in items {
            if let ServiceItem::Let(constant) = &item.node {
                level.suppose(&constant.name);
            }
        }
    }
}

/// Treats the unknown names of a library's probe as known, because the app that uses the probe may define them. A name
/// that is similar to a known name is probably a spelling mistake and stays unknown.
fn suppose_others<'t>(level: &mut Definitions<'t>, merged: &MergedProbe<'t>) {
    for value in merged.values().into_iter().chain(merged.numbers()) {
        suppose_in(level, value);
    }
}

fn suppose_in<'t>(level: &mut Definitions<'t>, value: &'t Value) {
    match value {
        Value::Word(word) => suppose(level, word, &[]),
        Value::Text(text) => {
            for part in &text.parts {
                if let tree::Part::Hole(hole) = part {
                    suppose(level, hole, PLACEHOLDERS);
                }
            }
        }
        Value::List(list) => list.values().for_each(|value| suppose_in(level, value)),
        _ => {}
    }
}

fn suppose<'t>(level: &mut Definitions<'t>, name: &'t tree::Name, others: &[&'static str]) {
    let known = level.visible().into_iter().chain(others.iter().copied());
    if nearest(&name.text, known).is_none() {
        level.suppose(name);
    }
}

fn look_at_all(scope: Scope<'_>, unused: &[Unused<'_>]) {
    let mut seen = HashSet::new();
    for unused in unused {
        if let Some(value) = unused.value {
            look_at(scope, unused.span, value, &mut seen);
        }
    }
}

/// Checks one `let` and the `let`s that it uses.
fn look_at(scope: Scope<'_>, defined_at: Span, value: &Value, seen: &mut HashSet<Span>) {
    if !matches!(value, Value::Word(_) | Value::List(_) | Value::Map(_)) {
        scope.let_text(defined_at, value);
        return;
    }
    if seen.contains(&defined_at) || !scope.open_let(defined_at) {
        return;
    }
    look_into(scope, value, seen);
    scope.close_let(defined_at);
    seen.insert(defined_at);
}

fn look_into(scope: Scope<'_>, value: &Value, seen: &mut HashSet<Span>) {
    match value {
        Value::Word(word) => {
            if let Some((level, definition)) = scope.names.find(&word.text)
                && let Meaning::Let(inner) = definition.meaning
            {
                let scope = Scope {
                    names: level,
                    ..scope
                };
                look_at(scope, definition.span, inner, seen);
            }
        }
        Value::Text(text) => {
            scope.at(ValuePlace::Let).template(text);
        }
        Value::List(list) => list
            .values()
            .for_each(|value| look_into(scope, value, seen)),
        Value::Map(map) => {
            for entry in map.body.statements.iter().map(|entry| &entry.node) {
                if let Value::Text(_) = entry.key {
                    look_into(scope, &entry.key, seen);
                }
                look_into(scope, &entry.value, seen);
            }
        }
        Value::Number(_) | Value::StatusClass(_) | Value::StatusRange(_) => {}
    }
}
