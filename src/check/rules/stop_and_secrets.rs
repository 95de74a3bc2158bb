//! How a color runs: a stop must end only that color, and a secret must not be on a command line.

use super::source_place::setting_span;
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::check::values::value::tells_color;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, DriverUse, Piece, Service, SettingValue, Template, Variable};
use crate::syntax::tree;

/// Reports BG309 and BG310.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    stops(app, statements, findings);
    arguments(app, statements, findings);
}

/// Reports secrets in lists. A driver that extends `process` puts its list settings on a command line.
fn arguments(app: &App, statements: &Statements<'_>, findings: &Findings) {
    for service in &app.services {
        if !is_process(&service.run) {
            continue;
        }
        for (_, setting, value) in &service.run.settings {
            let SettingValue::List(values) = value else {
                continue;
            };
            let texts = values.iter().filter_map(|value| match value {
                SettingValue::Text(template) => Some(template),
                _ => None,
            });
            let secret = texts.flat_map(Template::variables).find(|variable| {
                app.inputs.iter().any(|input| {
                    input.ty.is_secret() && **variable == Variable::Input(input.name.clone())
                })
            });
            if let Some(Variable::Input(secret)) = secret {
                let written = written(service, statements);
                findings.push(
                    Diagnostic::new(
                        Code::SECRET_ON_COMMAND_LINE,
                        written.map_or(service.run.span, |used| setting_span(used, setting)),
                        format!("the secret `{secret}` would stand on a command line, for every user of the host to read"),
                    )
                    .help("the program finds every input in its environment: let it read it there"),
                );
            }
        }
    }
}

/// Returns whether a driver is `process` or extends it.
pub(super) fn is_process(run: &DriverUse) -> bool {
    let mut next = Some(&run.driver);
    while let Some(driver) = next {
        if driver.name.as_str() == "process" {
            return true;
        }
        next = driver.base.as_ref();
    }
    false
}

/// Returns the `run` statement of a service, otherwise the app's.
pub(super) fn written<'t>(
    service: &Service,
    statements: &Statements<'t>,
) -> Option<&'t tree::DriverUse> {
    let own = statements
        .services
        .iter()
        .find(|(written, _)| written.name.text == service.name.as_str())
        .and_then(|(written, _)| {
            let mut items = written.body.iter().flat_map(|body| &body.statements);
            items.find_map(|item| match &item.node {
                tree::ServiceItem::Run(used) => Some(used),
                _ => None,
            })
        });
    own.or(statements.run.map(|(used, _)| used))
}

/// Checks the `stop` of a driver such as `command`. A program with a `/` in its name is a script of the user. Such a
/// script reads the color from its environment.
fn stops(app: &App, statements: &Statements<'_>, findings: &Findings) {
    for service in &app.services {
        let Some(SettingValue::List(words)) = service.run.setting("stop") else {
            continue;
        };
        let texts = words.iter().filter_map(|word| match word {
            SettingValue::Text(template) => Some(template),
            _ => None,
        });
        let script = texts.clone().next().is_none_or(has_slash);
        if script || texts.clone().any(tells_color) {
            continue;
        }
        let written = written(service, statements);
        findings.push(
            Diagnostic::new(
                Code::STOP_OF_BOTH,
                written.map_or(service.run.span, |used| setting_span(used, "stop")),
                "this stops the same program whichever color is to be stopped, the live one too",
            )
            .help("name the color's own: `[\"pm2\", \"delete\", \"shop-{color}\"]`"),
        );
    }
}

fn has_slash(program: &Template) -> bool {
    program
        .pieces
        .iter()
        .any(|piece| !matches!(piece, Piece::Literal(text) if !text.contains('/')))
}
