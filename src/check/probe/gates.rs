//! The gates of a service: its own probes and the app's probes.

use super::merged_probe;
use super::named_probes::NamedProbes;
use crate::check::drivers::description::Description;
use crate::check::findings::Findings;
use crate::check::names::definitions::{Definitions, Meaning, duplicate};
use crate::check::names::early_facts::{Reach, ServiceFacts};
use crate::check::names::service_statements::ServiceStatements;
use crate::check::names::spelling;
use crate::check::names::statements::At;
use crate::check::values::scope::Scope;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Gate, Handover, Service, Subject};
use crate::source::Span;
use crate::syntax::tree::{self, Value};
use std::sync::Arc;

/// Returns the gates of a service: its own, and those in `shared`, the app's probes for all services. Returns `None` if
/// one of them has an error, which was reported.
pub fn resolve(
    scope: Scope<'_>,
    probes: &NamedProbes<'_>,
    (app, shared): (&tree::Name, &[At<'_, tree::Probe>]),
    service: &ServiceStatements<'_>,
    facts: &ServiceFacts,
) -> Option<Vec<Gate>> {
    let findings = scope.findings;
    let errors = findings.errors();
    if facts.reach == Reach::Unsaid {
        // This error was reported elsewhere, and each probe would be wrong.
        return None;
    }
    if service.handover() == Handover::Exclusive {
        for (probe, _) in &service.probes {
            findings.push(
                Diagnostic::new(
                    Code::BAD_PROBE,
                    probe.name.span,
                    "a worker that starts after the switch cannot have a probe",
                )
                .help("remove the probe: with `handover exclusive` the script checks that the new worker stays alive"),
            );
        }
        return Some(Vec::new());
    }
    let mut gates: Vec<Gate> = Vec::new();
    let mut named: Vec<&tree::Name> = Vec::new();
    for (probe, _) in &service.probes {
        if let Some(first) = named.iter().find(|known| known.text == probe.name.text) {
            findings.push(duplicate(&probe.name, first.span));
            continue;
        }
        named.push(&probe.name);
    }
    let own = |name: &str| {
        service
            .probes
            .iter()
            .any(|(probe, _)| probe.name.text == name)
    };
    let mut passed_over: Option<&tree::Name> = None;
    for (probe, span) in shared {
        if own(&probe.name.text) {
            continue;
        }
        if facts.reach == Reach::Worker && needs_port(scope, probes, probe) {
            passed_over = passed_over.or(Some(&probe.name));
            continue;
        }
        gates.extend(gate(scope.at(ValuePlace::Gate), probes, probe, *span));
    }
    for (probe, span) in &service.probes {
        gates.extend(gate(scope.at(ValuePlace::Gate), probes, probe, *span));
    }
    if gates.is_empty() && findings.errors() == errors && facts.reach == Reach::Worker {
        let word = service.word.unwrap_or(app);
        findings.push_absent(unasked_worker(word, passed_over));
    }
    if gates.is_empty() && findings.errors() == errors && facts.reach != Reach::Worker {
        let word = service.word.unwrap_or(app);
        findings.push_absent(
            Diagnostic::new(
                Code::NO_GATE,
                word.span,
                format!(
                    "no probe checks whether `{}` is ready before it gets traffic",
                    word.text
                ),
            )
            .help("write a `probe`, for example `probe ready { get \"http://127.0.0.1:{port}/health\" }`"),
        );
    }
    (findings.errors() == errors).then_some(gates)
}

fn gate(
    scope: Scope<'_>,
    probes: &NamedProbes<'_>,
    probe: &tree::Probe,
    span: Span,
) -> Option<Gate> {
    let findings = scope.findings;
    let name = spelling::name(&probe.name, "a probe", findings);
    let merged = merged_probe::merge(
        Some(probe.name.span),
        probe.from.as_ref(),
        probe.body.as_ref(),
        probes,
        findings,
    )?;
    if let Some(warn) = merged.warn {
        findings.push(
            Diagnostic::new(
                Code::BAD_PROBE,
                warn,
                "a probe of a color must not only warn",
            )
            .help("`warn` is only for `verify`: remove it, or remove the probe"),
        );
    }
    if merged.questions.is_empty() {
        findings.push_absent(
            Diagnostic::new(
                Code::BAD_PROBE,
                probe.name.span,
                format!("the probe `{}` sends no request", probe.name.text),
            )
            .help("write the request: `get \"http://127.0.0.1:{port}/health\"`, `tcp`, `exec` or `healthy`"),
        );
        return None;
    }
    let questions = merged.questions(scope);
    let budget = merged.budget(scope);
    Some(Gate {
        name: name?,
        questions: questions?,
        budget: budget?,
        span,
    })
}

/// Warns about a worker that has no gate, so it counts as ready when it runs.
fn unasked_worker(word: &tree::Name, passed_over: Option<&tree::Name>) -> Diagnostic {
    let finding = Diagnostic::new(
        Code::WORKER_UNASKED,
        word.span,
        format!(
            "no probe checks whether `{}` works: it counts as ready once it runs",
            word.text
        ),
    )
    .help("write a probe that needs no port into the service, for example `probe ready { exec [\"./check\"] }`");
    match passed_over {
        Some(probe) => finding.also(
            probe.span,
            "this asks a port or address, which a worker does not have",
        ),
        None => finding,
    }
}

/// Returns whether a probe uses the port or the address. A worker has neither.
fn needs_port(scope: Scope<'_>, probes: &NamedProbes<'_>, probe: &tree::Probe) -> bool {
    let merged = merged_probe::merge(
        Some(probe.name.span),
        probe.from.as_ref(),
        probe.body.as_ref(),
        probes,
        scope.findings,
    );
    // A faulty probe belongs to no particular service, so it counts as one that needs a port. Its error was reported.
    merged.is_none_or(|merged| {
        merged
            .values()
            .into_iter()
            .any(|value| speaks_of_port(scope.names, value, 0))
    })
}

fn speaks_of_port(names: &Definitions<'_>, value: &Value, depth: usize) -> bool {
    // A deeper chain is a cycle. It is reported where the value gets its type.
    let through = |name: &str| {
        names.find(name).is_some_and(|(level, definition)| {
            matches!(definition.meaning, Meaning::Let(inner) if depth < 64 && speaks_of_port(level, inner, depth + 1))
        })
    };
    match value {
        Value::Text(text) => text.parts.iter().any(|part| match part {
            tree::Part::Hole(hole) => {
                matches!(hole.text.as_str(), "port" | "other.port" | "address")
                    || through(&hole.text)
            }
            tree::Part::Literal(_) => false,
        }),
        Value::Word(word) => through(&word.text),
        Value::List(list) => list
            .values()
            .any(|value| speaks_of_port(names, value, depth)),
        _ => false,
    }
}

/// Reports a question that needs a function which the service's driver does not have.
pub fn check_functions(
    findings: &Findings,
    service: &Service,
    description: Option<&Arc<Description>>,
) {
    let Some(description) = description else {
        return;
    };
    for question in service.gates.iter().flat_map(|gate| &gate.questions) {
        let (function, what) = match &question.subject {
            Subject::Healthy => ("healthy", "`healthy`"),
            Subject::ExecInside(_) => ("enter", "`exec inside`"),
            _ => continue,
        };
        if description.driver.leaves_out(function) {
            findings.push(
                Diagnostic::new(
                    Code::BAD_PROBE,
                    question.span,
                    format!("`run {}` cannot answer {what}", description.driver.name),
                )
                .help("use `get`, `tcp` or `exec` instead"),
            );
        }
    }
}
