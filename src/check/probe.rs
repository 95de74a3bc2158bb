//! Probes and verifies: what `from` brings, what stands in the body, and what comes of both.

use super::findings::Findings;
use super::names::duplicate;
use super::near::nearest;
use super::text::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Budget, Duration};
use crate::source::Span;
use crate::syntax::tree::{self, Body, Expect, ProbeItem, Value};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Definitions that `from` can name, level by level: the files', an app's.
#[derive(Debug, Default)]
pub(super) struct Probes<'t> {
    outer: Option<&'t Probes<'t>>,
    own: BTreeMap<String, Definition<'t>>,
}

#[derive(Debug)]
struct Definition<'t> {
    probe: &'t tree::Probe,
    used: Cell<bool>,
}

impl<'t> Probes<'t> {
    /// A level inside another.
    pub(super) fn inside(outer: &'t Probes<'t>) -> Self {
        Self {
            outer: Some(outer),
            own: BTreeMap::new(),
        }
    }

    /// Defines a probe as `key` (`ready`, `spring.health`); said when it is taken.
    pub(super) fn define(&mut self, key: String, probe: &'t tree::Probe, findings: &Findings) {
        if let Some(first) = self.own.get(&key) {
            findings.push(duplicate(&probe.name, first.probe.name.span));
            return;
        }
        let used = Cell::new(false);
        self.own.insert(key, Definition { probe, used });
    }

    /// Warns about every probe of this level that no `from` names.
    pub(super) fn warn_unused(&self, files: &dyn Fn(Span) -> bool, findings: &Findings) {
        for definition in self.own.values() {
            let name = &definition.probe.name;
            if !definition.used.get() && files(name.span) {
                findings.push_absent(
                    Diagnostic::new(
                        Code::UNUSED,
                        name.span,
                        format!("the probe `{}` is never used", name.text),
                    )
                    .help(format!(
                        "outside of `app` a probe only takes effect by `from {}`",
                        name.text
                    )),
                );
            }
        }
    }

    /// The probe that `from` names; the one at `asking` itself is passed over, so that
    /// `probe ready from ready` means the outer one.
    fn find(&self, name: &str, asking: Option<Span>) -> Option<(&Probes<'t>, &'t tree::Probe)> {
        let mut level = self;
        loop {
            if let Some(definition) = level.own.get(name)
                && Some(definition.probe.name.span) != asking
            {
                definition.used.set(true);
                return Some((level, definition.probe));
            }
            level = level.outer?;
        }
    }

    fn visible(&self) -> Vec<&str> {
        let mut names = self.outer.map(Probes::visible).unwrap_or_default();
        names.extend(self.own.keys().map(String::as_str));
        names
    }
}

/// A body with all that `from` brings. In the order of precedence: the nearest says last.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged<'t> {
    /// `get`, `tcp`, `exec`, `healthy`: the nearest body that asks anything replaces the others'.
    pub(super) questions: Vec<(&'t ProbeItem, Span)>,
    pub(super) body: Option<(&'t Value, Span)>,
    pub(super) via: Option<(&'t Value, Span)>,
    /// They add up.
    pub(super) headers: Vec<(&'t Value, &'t Value, Span)>,
    /// They add up, except for the status.
    pub(super) expects: Vec<(&'t Expect, Span)>,
    pub(super) status: Option<(&'t Value, Span)>,
    pub(super) every: Option<&'t Value>,
    pub(super) within: Option<&'t Value>,
    pub(super) attempts: Option<&'t Value>,
    pub(super) timeout: Option<&'t Value>,
    pub(super) after: Option<&'t Value>,
    pub(super) passes: Option<&'t Value>,
    pub(super) warn: Option<Span>,
}

/// Merges a body with what `from` leads to.
pub(super) fn merge<'t>(
    name_span: Option<Span>,
    from: Option<&'t tree::Name>,
    body: Option<&'t Body<ProbeItem>>,
    probes: &Probes<'t>,
    findings: &Findings,
) -> Option<Merged<'t>> {
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
            findings.push(
                Diagnostic::new(
                    Code::CYCLE,
                    word.span,
                    format!("`from {}` leads back to where it began", word.text),
                )
                .help("one of the probes must stand by itself"),
            );
            return None;
        }
        bodies.extend(&probe.body);
        asking = Some(probe.name.span);
        level = found_in;
        next = probe.from.as_ref();
    }
    let mut merged = Merged::default();
    for body in bodies.into_iter().rev() {
        merged.add(body, findings);
    }
    Some(merged)
}

fn unknown_probe(word: &tree::Name, level: &Probes<'_>, findings: &Findings) {
    let known = level.visible();
    let finding = Diagnostic::new(
        Code::UNKNOWN_PROBE,
        word.span,
        format!("there is no probe `{}`", word.text),
    );
    let preset = word.text.split_once('.').map(|(preset, _)| preset);
    findings.push_absent(match nearest(&word.text, known) {
        Some(near) => finding
            .label(format!("did you mean `{near}`?"))
            .fix(word.span, near.to_owned()),
        None => match preset.filter(|preset| crate::stdlib::presets().contains(preset)) {
            Some(preset) => finding.help(format!(
                "`use \"std/{preset}\"` at the top of the file brings it"
            )),
            None => finding.help(
                "define it with `probe NAME { … }` at the top level, or `use` the file that does",
            ),
        },
    });
}

impl<'t> Merged<'t> {
    fn add(&mut self, body: &'t Body<ProbeItem>, findings: &Findings) {
        let mut said = Said {
            findings,
            seen: BTreeMap::new(),
        };
        let mut questions = Vec::new();
        for statement in &body.statements {
            let span = statement.span;
            match &statement.node {
                ProbeItem::Request { method, .. } => {
                    if let Some(first) = said.seen.get("request") {
                        findings.push(
                            Diagnostic::new(
                                Code::SAID_TWICE,
                                method.span,
                                "a probe makes one kind of request",
                            )
                            .also(*first, "the first one")
                            .help("several URLs go into one list: `get [\"…\", \"…\"]`; another request is another probe"),
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

    /// How often and how long it tries.
    pub(super) fn budget(&self, scope: Scope<'_>) -> Option<Budget> {
        let default = Budget::default();
        let errors = scope.findings.errors();
        let positive = |value: Option<&Value>, default: Duration| match value {
            None => default,
            Some(value) => match scope.duration(value) {
                Some(Duration::ZERO) => {
                    scope.findings.push(
                        Diagnostic::new(Code::OUT_OF_RANGE, value.span(), "no time at all")
                            .help("leave it out for the default, or give it some"),
                    );
                    default
                }
                Some(duration) => duration,
                None => default,
            },
        };
        let count = |value: Option<&Value>, max: u32| {
            let value = value?;
            let number = match scope.value(&super::types::Type::Int, value)? {
                crate::model::SettingValue::Int(number) => u32::try_from(number).ok(),
                _ => None,
            };
            let number = number.filter(|number| (1..=max).contains(number));
            if number.is_none() {
                scope.findings.push(Diagnostic::new(
                    Code::OUT_OF_RANGE,
                    value.span(),
                    format!("expected a number from 1 to {max}"),
                ));
            }
            number
        };
        let every = positive(self.every, default.every);
        let after = self
            .after
            .and_then(|value| scope.duration(value))
            .unwrap_or(default.after);
        let passes = count(self.passes, 100).unwrap_or(default.passes);
        let attempts = count(self.attempts, 10_000);
        let within = positive(self.within, default.within);
        let timeout = match self.timeout {
            Some(_) => positive(self.timeout, default.timeout),
            // A default must not contradict what is said.
            None if attempts.is_none() => default.timeout.min(within),
            None => default.timeout,
        };
        let within = match attempts {
            Some(attempts) => after + every.max(timeout).times(u64::from(attempts)),
            None => within,
        };
        if scope.findings.errors() > errors {
            return None;
        }
        let budget = Budget {
            every,
            within,
            attempts,
            timeout,
            after,
            passes,
        };
        self.check_times(scope, &budget);
        (scope.findings.errors() == errors).then_some(budget)
    }
}

impl Merged<'_> {
    /// Whether it can pass in its time: the first try begins after `after`, each further one
    /// `every` later, and `passes` of them must succeed before `within` is over.
    fn check_times(&self, scope: Scope<'_>, budget: &Budget) {
        let findings = scope.findings;
        let place = |values: &[Option<&Value>]| {
            let said = values.iter().flatten().next();
            said.map(|value| value.span())
                .or(self.questions.first().map(|(_, span)| *span))
        };
        if let Some(attempts) = budget.attempts {
            if attempts < budget.passes
                && let Some(span) = place(&[self.attempts])
            {
                findings.push(
                    Diagnostic::new(
                        Code::NEVER_PASSES,
                        span,
                        format!(
                            "{attempts} tries cannot be {} passes in a row",
                            budget.passes
                        ),
                    )
                    .help(format!(
                        "write `attempts {}` or more, or fewer `passes`",
                        budget.passes
                    )),
                );
            }
            return;
        }
        let needed = budget.after + budget.every.times(u64::from(budget.passes) - 1);
        if needed >= budget.within {
            if let Some(span) = place(&[self.within, self.after, self.passes, self.every]) {
                findings.push(
                    Diagnostic::new(
                        Code::NEVER_PASSES,
                        span,
                        format!(
                            "`within {}` is over before {} passes are possible",
                            budget.within, budget.passes
                        ),
                    )
                    .help(format!(
                        "`after` {} and {} tries, one every {}, take more than {needed}: give it more time, or ask for fewer `passes`",
                        budget.after, budget.passes, budget.every
                    )),
                );
            }
        } else if budget.timeout >= budget.within
            && let Some(span) = self.timeout.map(Value::span)
        {
            findings.push(
                Diagnostic::new(
                    Code::ONE_TRY,
                    span,
                    format!(
                        "one try may take {}, and all of them together have {}",
                        budget.timeout, budget.within
                    ),
                )
                .help("a single answer that hangs uses up the whole time; give a try less, or the whole more"),
            );
        }
    }
}

/// What one body has said already.
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
                    Diagnostic::new(Code::SAID_TWICE, span, format!("`{what}` is said twice"))
                        .also(first, "first said here")
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
                    "both `within` and `attempts` say when to give up",
                )
                .also(*first, "the other one")
                .help("keep one: `within` is a time, `attempts` a number of tries"),
            );
        }
    }
}
