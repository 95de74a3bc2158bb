//! The gates of a service: its own probes and those that the app says for all.

use super::description::Description;
use super::facts::{Reach, ServiceFacts};
use super::findings::Findings;
use super::names::{self, duplicate};
use super::place::Place;
use super::probe;
use super::services::{Context, ServiceParts};
use super::text::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Gate, Service, Subject};
use crate::source::Span;
use crate::syntax::tree::{self, ProbeItem, Value};
use std::sync::Arc;

/// The gates of a service; `None` when one of them is wrong, which was said.
pub(super) fn resolve(
    context: &Context<'_>,
    scope: Scope<'_>,
    service: &ServiceParts<'_>,
    facts: &ServiceFacts,
) -> Option<Vec<Gate>> {
    let findings = context.findings;
    let errors = findings.errors();
    if facts.reach == Reach::Unsaid {
        // Said already; no probe could be right.
        return None;
    }
    if service.is_exclusive() {
        for (probe, _) in &service.probes {
            findings.push(
                Diagnostic::new(
                    Code::BAD_PROBE,
                    probe.name.span,
                    "nothing asks a worker that starts after the switch",
                )
                .help("with `handover exclusive` the script sees to it that the new one stays alive; remove the probe"),
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
    let defaults = context.parts.probes.iter().filter(|(probe, _)| {
        !own(&probe.name.text) && (facts.reach != Reach::Worker || !needs_port(probe))
    });
    for (probe, span) in defaults.chain(&service.probes) {
        gates.extend(gate(context, scope.at(Place::Gate), probe, *span));
    }
    if gates.is_empty() && findings.errors() == errors && facts.reach != Reach::Worker {
        let word = service.word.unwrap_or(context.app);
        findings.push_absent(
            Diagnostic::new(
                Code::NO_GATE,
                word.span,
                format!(
                    "nothing asks `{}` whether it is ready before traffic goes to it",
                    word.text
                ),
            )
            .help("write a `probe`, as `probe ready { get \"http://127.0.0.1:{port}/health\" }`"),
        );
    }
    (findings.errors() == errors).then_some(gates)
}

fn gate(context: &Context<'_>, scope: Scope<'_>, probe: &tree::Probe, span: Span) -> Option<Gate> {
    let findings = context.findings;
    let name = names::name(&probe.name, "a probe", findings);
    let merged = probe::merge(
        Some(probe.name.span),
        probe.from.as_ref(),
        probe.body.as_ref(),
        context.probes,
        findings,
    )?;
    if let Some(warn) = merged.warn {
        findings.push(
            Diagnostic::new(Code::BAD_PROBE, warn, "a gate that only warns is none")
                .help("`warn` belongs to `verify`; remove it, or the probe"),
        );
    }
    if merged.questions.is_empty() {
        findings.push_absent(
            Diagnostic::new(
                Code::BAD_PROBE,
                probe.name.span,
                format!("the probe `{}` asks nothing", probe.name.text),
            )
            .help("write what it asks: `get \"http://127.0.0.1:{port}/health\"`, `tcp`, `exec` or `healthy`"),
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

/// Whether a probe speaks of the port or address, which a worker does not have.
fn needs_port(probe: &tree::Probe) -> bool {
    probe
        .body
        .iter()
        .flat_map(|body| &body.statements)
        .any(|statement| match &statement.node {
            ProbeItem::Request { urls: value, .. } | ProbeItem::Tcp(value) => speaks_of_port(value),
            _ => false,
        })
}

fn speaks_of_port(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.parts.iter().any(|part| {
            matches!(part, tree::Part::Hole(hole) if hole.text == "port" || hole.text == "address")
        }),
        Value::List(list) => list.values().any(speaks_of_port),
        _ => false,
    }
}

/// Says when a question needs a function that the service's driver leaves out.
pub(super) fn check_functions(
    findings: &Findings,
    service: &Service,
    description: Option<&Arc<Description>>,
) {
    let Some(description) = description else {
        return;
    };
    let cannot = |function: &str| {
        let mut next = Some(description);
        while let Some(current) = next {
            if current.driver.cannot.iter().any(|name| name == function) {
                return true;
            }
            next = current.base.as_ref();
        }
        false
    };
    for question in service.gates.iter().flat_map(|gate| &gate.questions) {
        let (function, what) = match &question.subject {
            Subject::Healthy => ("healthy", "`healthy`"),
            Subject::ExecInside(_) => ("enter", "`exec inside`"),
            _ => continue,
        };
        if cannot(function) {
            findings.push(
                Diagnostic::new(
                    Code::BAD_PROBE,
                    question.span,
                    format!("`run {}` cannot answer {what}", description.driver.name),
                )
                .help("ask with `get`, `tcp` or `exec` instead"),
            );
        }
    }
}
