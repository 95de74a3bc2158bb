//! A service that the proxy routes to, and that no `verify` asks.

use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    App, Expectation, Handover, Name, Part, Question, Service, Subject, Template, Variable, Verify,
};

/// Reports BG706. If there is no `verify`, nothing is reported, because the user has written `verify none` with a
/// reason.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    let checks = app.verify.checks();
    if checks.is_empty() {
        return;
    }
    // An exclusive service that the proxy routes to is a different error (BG307).
    let mut routed = app
        .services
        .iter()
        .filter(|one| one.address.is_some() && one.handover == Handover::Overlap);
    // The app's own `verify` asks the URL that users have. This URL usually belongs to the first routed service.
    let first = routed.next();
    if let Some(service) = first
        && !checks
            .iter()
            .any(|verify| verify.name.service.is_none() || asks(verify, service))
    {
        unasked(service, statements, findings);
    }
    for service in routed {
        if !checks.iter().any(|verify| asks(verify, service)) {
            unasked(service, statements, findings);
        }
    }
}

fn unasked(service: &Service, statements: &Statements<'_>, findings: &Findings) {
    let name = &service.name;
    let word = statements
        .services
        .iter()
        .map(|(written, _)| &written.name)
        .find(|word| word.text == name.as_str());
    findings.push_absent(
        Diagnostic::new(
            Code::SERVICE_UNVERIFIED,
            word.map_or(service.span, |word| word.span),
            format!("deployc finds no `verify` that asks `{name}` through the proxy"),
        )
        .help(format!("write a `verify` in `service {name}`")),
    );
}

/// Returns whether a `verify` asks a service, or may ask it: the compiler cannot see what a command asks.
fn asks(verify: &Verify, service: &Service) -> bool {
    verify.name.service.as_ref() == Some(&service.name)
        || verify.name.service.is_none() && verify.name.name == service.name
        || verify.questions.iter().any(|question| {
            matches!(question.subject, Subject::Exec(_))
                || templates(question).any(|template| names(template, &service.name))
        })
}

fn names(template: &Template, service: &Name) -> bool {
    template.variables().any(|variable| {
        matches!(variable, Variable::PortOf(name) | Variable::AddressOf(name) if name == service)
    })
}

fn templates(question: &Question) -> impl Iterator<Item = &Template> {
    let mut all: Vec<&Template> = Vec::new();
    match &question.subject {
        Subject::Http {
            url,
            headers,
            body,
            via,
            ..
        } => {
            all.push(url);
            all.extend(headers.iter().flat_map(|(name, value)| [name, value]));
            all.extend(body.iter().chain(via));
        }
        Subject::Tcp(address) => all.push(address),
        Subject::Exec(words) | Subject::ExecInside(words) => all.extend(words),
        Subject::Healthy => {}
    }
    for expectation in &question.expectations {
        if let Expectation::Content { part, value, .. } = expectation {
            all.push(value);
            if let Part::Header(name) = part {
                all.push(name);
            }
        }
    }
    all.into_iter()
}
