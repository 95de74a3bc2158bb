//! The checks through the proxy after the switch.

use super::merged_probe;
use super::named_probes::NamedProbes;
use crate::check::names::definitions;
use crate::check::names::service_statements::ServiceStatements;
use crate::check::names::spelling;
use crate::check::names::statements::Statements;
use crate::check::values::scope::Scope;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Name, OnFailure, Verification, Verify, VerifyName};
use crate::source::Span;
use crate::syntax::tree::{self, Body};

/// Resolves the `verify` statements of the app. Returns `None` if one of them has an error, which was reported.
pub fn resolve(
    scope: Scope<'_>,
    (statements, services): (&Statements<'_>, &[ServiceStatements<'_>]),
    probes: &NamedProbes<'_>,
    app: &tree::Name,
) -> Option<Verification> {
    let findings = scope.findings;
    let errors = findings.errors();
    let in_services = services.iter().flat_map(|service| &service.verifies);
    let all: Vec<Span> = statements
        .verifies
        .iter()
        .chain(in_services)
        .map(|(_, span)| *span)
        .collect();
    let mut checks = Checks::new(scope, None, probes);
    let mut none: Option<(String, Span)> = None;
    for (verify, span) in &statements.verifies {
        match verify {
            tree::Verify::None { word, reason } => {
                let text = scope
                    .template(reason)
                    .and_then(|text| scope.literal(&text, reason.span));
                if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                    findings.push(no_reason(reason.span));
                }
                if let Some(other) = all.iter().find(|other| *other != span) {
                    findings.push(
                        Diagnostic::new(
                            Code::SAID_TWICE,
                            *word,
                            "`verify none` and another `verify` contradict each other",
                        )
                        .also(*other, "the other one")
                        .help("remove one of them"),
                    );
                }
                none = text.map(|text| (text, *span));
            }
            tree::Verify::Check { name, from, body } => match none_without_reason(verify) {
                Some(word) => findings.push(no_reason(word.span)),
                None => checks.add(name.as_ref(), from.as_ref(), body.as_ref(), *span),
            },
        }
    }
    if all.is_empty() {
        findings.push_absent(
            Diagnostic::new(
                Code::NO_VERIFY,
                app.span,
                "nothing is checked through the proxy after the switch",
            )
            .help("write `verify { get \"http://127.0.0.1/…\" }` with the URL that users have, or `verify none \"reason\"`"),
        );
    }
    if findings.errors() > errors {
        return None;
    }
    Some(match none {
        Some((reason, span)) => Verification::None { reason, span },
        None => Verification::Checks(checks.resolved),
    })
}

/// Resolves the `verify` statements in the block of a service. Faulty ones are reported and left out.
pub fn of_service(
    scope: Scope<'_>,
    service: &ServiceStatements<'_>,
    name: &Name,
    probes: &NamedProbes<'_>,
) -> Vec<Verify> {
    let mut checks = Checks::new(scope, Some(name), probes);
    for (verify, span) in &service.verifies {
        let none = match verify {
            tree::Verify::None { word, .. } => Some(*word),
            tree::Verify::Check { .. } => none_without_reason(verify).map(|word| word.span),
        };
        if let Some(word) = none {
            scope.findings.push(
                Diagnostic::new(
                    Code::MISPLACED,
                    word,
                    "`verify none` is about the whole app",
                )
                .help("remove it: a service without `verify` has no check of its own"),
            );
        } else if let Some(no_port) = service.no_port {
            scope.findings.push(
                Diagnostic::new(
                    Code::VERIFY_PASSES_PROXY,
                    *span,
                    format!(
                        "the proxy does not route to `{name}`, so nothing can be asked through it"
                    ),
                )
                .also(no_port, "it is a worker")
                .help("use `probe`: it asks the worker itself, before the switch"),
            );
        } else if let tree::Verify::Check { name, from, body } = verify {
            checks.add(name.as_ref(), from.as_ref(), body.as_ref(), *span);
        }
    }
    checks.resolved
}

/// Returns the word of `verify none` without a reason. A user who writes this does not want a check with the name
/// `none`.
fn none_without_reason(verify: &tree::Verify) -> Option<&tree::Name> {
    match verify {
        tree::Verify::Check {
            name: Some(name),
            from: None,
            body: None,
        } if name.text == "none" => Some(name),
        tree::Verify::Check { .. } | tree::Verify::None { .. } => None,
    }
}

/// Reports `verify none` without a text, or with an empty text.
fn no_reason(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NO_VERIFY, span, "`verify none` needs a reason").help(
        "write `verify none \"reason\"` and explain why nothing can be checked through the proxy, so that a reviewer does not have to guess",
    )
}

/// The checks of the app, or of one service.
struct Checks<'a> {
    scope: Scope<'a>,
    service: Option<&'a Name>,
    probes: &'a NamedProbes<'a>,
    /// The names that users gave.
    named: Vec<&'a tree::Name>,
    /// The number of checks so far, faulty ones included.
    count: usize,
    resolved: Vec<Verify>,
}

impl<'a> Checks<'a> {
    fn new(scope: Scope<'a>, service: Option<&'a Name>, probes: &'a NamedProbes<'a>) -> Self {
        Self {
            scope: scope.at(ValuePlace::Verify),
            service,
            probes,
            named: Vec::new(),
            count: 0,
            resolved: Vec::new(),
        }
    }

    fn add(
        &mut self,
        name: Option<&'a tree::Name>,
        from: Option<&'a tree::Name>,
        body: Option<&'a Body<tree::ProbeItem>>,
        span: Span,
    ) {
        self.count += 1;
        if let Some(name) = name {
            if let Some(first) = self.named.iter().find(|known| known.text == name.text) {
                self.scope
                    .findings
                    .push(definitions::duplicate(name, first.span));
            }
            self.named.push(name);
        }
        let check = self.check(name, from, body, span);
        self.resolved.extend(check);
    }

    fn check(
        &self,
        name: Option<&tree::Name>,
        from: Option<&'a tree::Name>,
        body: Option<&'a Body<tree::ProbeItem>>,
        span: Span,
    ) -> Option<Verify> {
        let findings = self.scope.findings;
        let written = match name {
            Some(word) => spelling::name(word, "a verify", findings),
            None if self.count == 1 => Name::new("verify").ok(),
            None => Name::new(&format!("verify-{}", self.count)).ok(),
        };
        let merged = merged_probe::merge(None, from, body, self.probes, findings)?;
        if merged.questions.is_empty() {
            findings.push_absent(
                Diagnostic::new(Code::BAD_PROBE, span, "the `verify` sends no request")
                    .help("write the request through the proxy: `get \"http://127.0.0.1/…\"`"),
            );
            return None;
        }
        let questions = merged.questions(self.scope);
        let budget = merged.budget(self.scope);
        Some(Verify {
            name: VerifyName {
                service: self.service.cloned(),
                name: written?,
            },
            questions: questions?,
            budget: budget?,
            on_failure: if merged.warn.is_some() {
                OnFailure::Warn
            } else {
                OnFailure::SwitchBack
            },
            span,
        })
    }
}
