//! Probes and verifies: merges a body with the bodies that `from` adds.

use super::named_probes::{NamedProbes, unknown_probe};
use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree::{self, Body, Expect, ExpectPart, ProbeItem, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A body merged with all bodies that `from` adds. The nearest body is added last, so it wins.
#[derive(Clone, Debug, Default)]
pub struct MergedProbe<'t> {
    /// `get`, `tcp`, `exec`, `healthy`. The nearest body with a question replaces the questions of the others.
    pub questions: Vec<(&'t ProbeItem, Span)>,
    pub body: Option<(&'t Value, Span)>,
    pub via: Option<(&'t Value, Span)>,
    pub ca: Option<(&'t Value, Span)>,
    /// The headers of all bodies.
    pub headers: Vec<(&'t Value, &'t Value, Span)>,
    /// The expectations of all bodies, without the status.
    pub expects: Vec<(&'t Expect, Span)>,
    pub status: Option<(&'t Value, Span)>,
    pub every: Option<&'t Value>,
    pub within: Option<&'t Value>,
    pub attempts: Option<&'t Value>,
    pub timeout: Option<&'t Value>,
    pub after: Option<&'t Value>,
    pub passes: Option<&'t Value>,
    pub warn: Option<Span>,
}

/// Merges a body with the bodies that `from` adds.
pub fn merge<'t>(
    name_span: Option<Span>,
    from: Option<&'t tree::Name>,
    body: Option<&'t Body<ProbeItem>>,
    probes: &NamedProbes<'t>,
    findings: &Findings,
) -> Option<MergedProbe<'t>> {
    let mut bodies: Vec<&'t Body<ProbeItem>> = body.into_iter().collect();
    let mut seen: BTreeSet<Span> = name_span.into_iter().collect();
    let mut next = from;
    let mut level = probes;
    let mut asking = name_span;
    while let Some(word) = next {
        let Some((found_in, probe)) = level.find(&word.text, asking) else {
            unknown_probe(word, level, findings);
            return None;
        };
        if !seen.insert(probe.name.span) {
            if findings.first_circle(probe.name.span, seen) {
                findings.push(
                    Diagnostic::new(
                        Code::CYCLE,
                        word.span,
                        format!("`from {}` leads in a circle", word.text),
                    )
                    .help("one of the probes must be without `from`"),
                );
            }
            return None;
        }
        bodies.extend(&probe.body);
        asking = Some(probe.name.span);
        level = found_in;
        next = probe.from.as_ref();
    }
    let mut merged = MergedProbe::default();
    for body in bodies.into_iter().rev() {
        merged.add(body, findings);
    }
    Some(merged)
}

impl<'t> MergedProbe<'t> {
    /// Returns the values that decide the target and the contents of the requests, and the expected answer.
    pub fn values(&self) -> Vec<&'t Value> {
        let mut values: Vec<&'t Value> = self
            .questions
            .iter()
            .filter_map(|(item, _)| match item {
                ProbeItem::Request { urls: value, .. }
                | ProbeItem::Tcp(value)
                | ProbeItem::Exec { command: value, .. } => Some(value),
                _ => None,
            })
            .collect();
        let single = [self.body, self.via, self.ca];
        values.extend(single.iter().flatten().map(|(value, _)| *value));
        for (name, value, _) in &self.headers {
            values.extend([*name, *value]);
        }
        for (expect, _) in &self.expects {
            if let Expect::Content { part, value, .. } = expect {
                values.push(value);
                match part {
                    ExpectPart::Header(value) | ExpectPart::Json(value) => values.push(value),
                    ExpectPart::Body(_) => {}
                }
            }
        }
        values
    }

    /// Returns the values that decide the times and attempts, and the expected status.
    pub fn numbers(&self) -> impl Iterator<Item = &'t Value> {
        let times = [
            self.every,
            self.within,
            self.attempts,
            self.timeout,
            self.after,
            self.passes,
            self.status.map(|(value, _)| value),
        ];
        times.into_iter().flatten()
    }

    fn add(&mut self, body: &'t Body<ProbeItem>, findings: &Findings) {
        let mut said = Said {
            findings,
            seen: BTreeMap::new(),
        };
        let mut questions = Vec::new();
        for statement in &body.statements {
            let span = statement.span;
            match &statement.node {
                ProbeItem::Request { word, .. } => {
                    if let Some(first) = said.seen.get("request") {
                        findings.push(
                            Diagnostic::new(
                                Code::SAID_TWICE,
                                *word,
                                "a probe makes one kind of request",
                            )
                            .also(*first, "the first one")
                            .help("write several URLs as one list: `get [\"…\", \"…\"]`; write another kind of request as another probe"),
                        );
                        continue;
                    }
                    said.seen.insert("request", span);
                    questions.push((&statement.node, span));
                }
                ProbeItem::Tcp(_) | ProbeItem::Exec { .. } => {
                    questions.push((&statement.node, span));
                }
                ProbeItem::Healthy(_) => {
                    if said.first("healthy", span) {
                        questions.push((&statement.node, span));
                    }
                }
                ProbeItem::Body(value) => said.set(&mut self.body, "body", (value, span), span),
                ProbeItem::Via(value) => said.set(&mut self.via, "via", (value, span), span),
                ProbeItem::Ca(value) => said.set(&mut self.ca, "ca", (value, span), span),
                ProbeItem::Header { name, value } => self.headers.push((name, value, span)),
                ProbeItem::Expect(Expect::Status(value)) => {
                    said.set(&mut self.status, "expect status", (value, span), span);
                }
                ProbeItem::Expect(expect) => self.expects.push((expect, span)),
                ProbeItem::Every(value) => said.set(&mut self.every, "every", value, span),
                ProbeItem::Within(value) => {
                    said.set(&mut self.within, "within", value, span);
                    said.not_with("attempts", span);
                    self.attempts = None;
                }
                ProbeItem::Attempts(value) => {
                    said.set(&mut self.attempts, "attempts", value, span);
                    said.not_with("within", span);
                    self.within = None;
                }
                ProbeItem::Timeout(value) => said.set(&mut self.timeout, "timeout", value, span),
                ProbeItem::After(value) => said.set(&mut self.after, "after", value, span),
                ProbeItem::Passes(value) => said.set(&mut self.passes, "passes", value, span),
                ProbeItem::Warn(word) => said.set(&mut self.warn, "warn", *word, span),
            }
        }
        if !questions.is_empty() {
            self.questions = questions;
        }
    }
}

/// The statements that one body has had so far.
struct Said<'f> {
    findings: &'f Findings,
    seen: BTreeMap<&'static str, Span>,
}

impl Said<'_> {
    fn first(&mut self, what: &'static str, span: Span) -> bool {
        match self.seen.insert(what, span) {
            None => true,
            Some(first) => {
                self.findings.push(
                    Diagnostic::new(Code::SAID_TWICE, span, format!("`{what}` is given twice"))
                        .also(first, "first given here")
                        .help("remove one of them"),
                );
                false
            }
        }
    }

    fn set<T>(&mut self, slot: &mut Option<T>, what: &'static str, value: T, span: Span) {
        if self.first(what, span) {
            *slot = Some(value);
        }
    }

    fn not_with(&self, other: &'static str, span: Span) {
        if let Some(first) = self.seen.get(other) {
            self.findings.push(
                Diagnostic::new(
                    Code::WITHIN_AND_ATTEMPTS,
                    span,
                    "`within` and `attempts` both limit the tries, so only one of them is allowed",
                )
                .also(*first, "the other one")
                .help("keep one: `within` is a time, `attempts` a number of tries"),
            );
        }
    }
}
