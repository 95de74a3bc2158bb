//! The checks through the proxy after the switch.

use super::merged_probe;
use super::named_probes::NamedProbes;
use crate::check::names::definitions;
use crate::check::names::spelling;
use crate::check::names::statements::Statements;
use crate::check::values::scope::Scope;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Name, OnFailure, Verification, Verify};
use crate::source::Span;
use crate::syntax::tree::{self, Body};

/// Resolves all `verify` statements. Returns `None` if one of them has an error, which was reported.
pub fn resolve(
    scope: Scope<'_>,
    statements: &Statements<'_>,
    probes: &NamedProbes<'_>,
    app: &tree::Name,
) -> Option<Verification> {
    let findings = scope.findings;
    let errors = findings.errors();
    let scope = scope.at(ValuePlace::Verify);
    let mut checks: Vec<Verify> = Vec::new();
    let mut none: Option<(String, Span)> = None;
    let mut named: Vec<&tree::Name> = Vec::new();
    for (at, (verify, span)) in statements.verifies.iter().enumerate() {
        match verify {
            tree::Verify::None { word, reason } => {
                let text = scope
                    .template(reason)
                    .and_then(|text| scope.literal(&text, reason.span));
                if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                    findings.push(no_reason(reason.span));
                }
                if statements.verifies.len() > 1 {
                    let other = statements.verifies[usize::from(at == 0)].1;
                    findings.push(
                        Diagnostic::new(
                            Code::SAID_TWICE,
                            *word,
                            "`verify none` and another `verify` contradict each other",
                        )
                        .also(other, "the other one")
                        .help("remove one of them"),
                    );
                }
                none = text.map(|text| (text, *span));
            }
            // A user who writes `verify none` does not mean a probe with the name `none`.
            tree::Verify::Check {
                name: Some(name),
                from: None,
                body: None,
            } if name.text == "none" => findings.push(no_reason(name.span)),
            tree::Verify::Check { name, from, body } => {
                if let Some(name) = name {
                    if let Some(first) = named.iter().find(|known| known.text == name.text) {
                        findings.push(definitions::duplicate(name, first.span));
                    }
                    named.push(name);
                }
                let check = check(
                    scope,
                    name.as_ref(),
                    from.as_ref(),
                    body.as_ref(),
                    probes,
                    *span,
                    at,
                );
                checks.extend(check);
            }
        }
    }
    if statements.verifies.is_empty() {
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
        None => Verification::Checks(checks),
    })
}

/// Reports `verify none` without a text, or with an empty text.
fn no_reason(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NO_VERIFY, span, "`verify none` needs a reason").help(
        "write `verify none \"reason\"` and explain why nothing can be checked through the proxy, so that a reviewer does not have to guess",
    )
}

fn check(
    scope: Scope<'_>,
    name: Option<&tree::Name>,
    from: Option<&tree::Name>,
    body: Option<&Body<tree::ProbeItem>>,
    probes: &NamedProbes<'_>,
    span: Span,
    at: usize,
) -> Option<Verify> {
    let findings = scope.findings;
    let written = match name {
        Some(word) => spelling::name(word, "a verify", findings),
        None if at == 0 => Name::new("verify").ok(),
        None => Name::new(&format!("verify-{}", at + 1)).ok(),
    };
    let merged = merged_probe::merge(None, from, body, probes, findings)?;
    if merged.questions.is_empty() {
        findings.push_absent(
            Diagnostic::new(Code::BAD_PROBE, span, "the `verify` sends no request")
                .help("write the request through the proxy: `get \"http://127.0.0.1/…\"`"),
        );
        return None;
    }
    let questions = merged.questions(scope);
    let budget = merged.budget(scope);
    Some(Verify {
        name: written?,
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
