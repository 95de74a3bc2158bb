//! The `cleanup` statement: what happens to the previous color.

use crate::check::names::statements::{Statements, once, twice};
use crate::check::values::scope::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Cleanup, Duration, Previous, defaults};
use crate::source::Span;
use crate::syntax::tree::CleanupItem;

/// Resolves `cleanup`. Returns it with the time that the services have to stop.
pub fn resolve(scope: Scope<'_>, statements: &Statements<'_>) -> (Cleanup, Duration) {
    let findings = scope.findings;
    let mut drain = None;
    let mut stop = None;
    let mut warm: Option<Span> = None;
    for statement in statements
        .cleanup
        .iter()
        .flat_map(|(body, _)| &body.statements)
    {
        let span = statement.span;
        match &statement.node {
            CleanupItem::Drain(value) => once(&mut drain, "drain", value, span, findings),
            CleanupItem::StopWithin(value) => {
                once(&mut stop, "stop within", value, span, findings);
            }
            CleanupItem::KeepWarm(_) => match warm {
                Some(first) => twice("keep warm", span, first, findings),
                None => warm = Some(span),
            },
        }
    }
    let drain = drain.map(|(value, _)| (value, scope.duration(value)));
    if let Some((value, Some(Duration::ZERO))) = drain {
        findings.push(
            Diagnostic::new(
                Code::NO_DRAIN,
                value.span(),
                "a drain of zero cuts every request that is under way",
            )
            .help(format!(
                "the drain ends as soon as all requests have ended, so a longer one costs nothing; the default is `drain {}`",
                defaults::DRAIN
            )),
        );
    }
    let stop = stop.map(|(value, _)| (value, scope.duration(value)));
    if let Some((value, Some(Duration::ZERO))) = stop {
        findings.push(no_grace(value.span()));
    }
    let stop_within = stop
        .and_then(|(_, duration)| duration)
        .unwrap_or(defaults::STOP_WITHIN);
    let cleanup = Cleanup {
        drain: drain
            .and_then(|(_, duration)| duration)
            .unwrap_or(defaults::DRAIN),
        previous: if warm.is_some() {
            Previous::KeptWarm
        } else {
            Previous::Stopped
        },
        span: statements.cleanup.map(|(_, span)| span),
    };
    (cleanup, stop_within)
}

/// Reports `stop within 0s`.
pub fn no_grace(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NO_GRACE,
        span,
        "the program has no time to stop: it is killed while it still answers",
    )
    .help(format!(
        "give it the time of its longest request; the default is `stop within {}`",
        defaults::STOP_WITHIN
    ))
}
