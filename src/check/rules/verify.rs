//! A verify must ask the proxy, and must be able to fail.

use super::asked_host::{asked, color_ports};
use crate::check::findings::Findings;
use crate::check::values::value::depends_on_color;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Expectation, OnFailure, Question, Relation, Subject, Template, Variable};

/// Reports BG304, BG701 and BG703.
pub(super) fn check(app: &App, findings: &Findings) {
    let mut passes = false;
    for question in app
        .verify
        .checks()
        .iter()
        .flat_map(|verify| &verify.questions)
    {
        if let Some(why) = passes_proxy(app, question) {
            passes = true;
            findings.push(
                Diagnostic::new(Code::VERIFY_PASSES_PROXY, question.span, why)
                    .help("ask the URL of the users through the proxy: `http://127.0.0.1/…`; for https, add `via \"127.0.0.1:443\"`"),
            );
        }
    }
    let Some(first) = app.verify.checks().iter().next() else {
        return;
    };
    if app
        .verify
        .checks()
        .iter()
        .all(|verify| verify.on_failure == OnFailure::Warn)
    {
        findings.push(
            Diagnostic::new(
                Code::ONLY_WARNS,
                first
                    .questions
                    .first()
                    .map_or(first.span, |question| question.span),
                "every `verify` only warns: a bad release stays live",
            )
            .help("without `warn` a failing verify switches back"),
        );
    }
    let tells = app
        .verify
        .checks()
        .iter()
        .flat_map(|verify| &verify.questions)
        .any(tells_colors_apart);
    if !tells && !passes {
        let sha = app.inputs.iter().map(|input| &input.name).find(|name| {
            let name = name.as_str().to_uppercase();
            name.contains("SHA") || name.contains("VERSION")
        });
        let compare = sha.map_or_else(
            || "`expect body equals \"{color}\"`".to_owned(),
            |name| format!("`expect json \"version\" equals \"{{{name}}}\"`"),
        );
        findings.push(
            Diagnostic::new(
                Code::VERIFY_BLIND,
                first.questions.first().map_or(first.span, |question| question.span),
                "this passes for either color, also if the old one answers",
            )
            .help(format!(
                "compare a text that only the new release sends, for example {compare}; or write `expect color`, if the app or the proxy tells the color (see BG707)"
            )),
        );
    }
}

/// Returns why a question does not go through the proxy. Returns `None` if it does, or if the compiler cannot know.
fn passes_proxy(app: &App, question: &Question) -> Option<String> {
    match question.subject {
        Subject::Healthy | Subject::ExecInside(_) => {
            return Some("this asks the color itself, not the proxy".into());
        }
        Subject::Exec(_) => return None,
        Subject::Http { .. } | Subject::Tcp(_) => {}
    }
    let asked = asked(question)?;
    let own = asked.host.variables().any(|variable| {
        matches!(
            variable,
            Variable::Port
                | Variable::PortOf(_)
                | Variable::OtherPort
                | Variable::Address
                | Variable::AddressOf(_)
                | Variable::Offer(_)
        )
    });
    if own {
        return Some("this asks the color itself, not the proxy".into());
    }
    // 80 and 443 are ports of the proxy. A color with one of them is a mistake, which is reported at the color.
    let port = asked.port.filter(|port| ![80, 443].contains(port))?;
    let (_, color) = color_ports(app).find(|(known, _)| known.get() == port)?;
    Some(format!(
        "port {port} belongs to the color `{}`, not to the proxy",
        color.name
    ))
}

fn tells_colors_apart(question: &Question) -> bool {
    if matches!(question.subject, Subject::Exec(_)) {
        // The compiler cannot see what a command checks.
        return true;
    }
    question
        .expectations
        .iter()
        .any(|expectation| match expectation {
            Expectation::Color => true,
            Expectation::Content {
                relation, value, ..
            } => match relation {
                Relation::Contains | Relation::Equals | Relation::Matches => {
                    depends_on_color(value) || has_input(value)
                }
            },
            Expectation::Status(_) => false,
        })
}

fn has_input(template: &Template) -> bool {
    template
        .variables()
        .any(|variable| matches!(variable, Variable::Input(_)))
}
