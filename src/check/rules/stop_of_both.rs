//! A command that stops a color must not stop the other one.

use super::source_place::setting_span;
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::check::values::value::tells_color;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Piece, Service, SettingValue, Template};
use crate::syntax::tree;

/// Reports BG310: checks the `stop` of a driver such as `command`. A program with a `/` in its name is a script of the
/// user. Such a script reads the color from its environment.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
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
                "this command stops the same program for both colors, so it can stop the live one",
            )
            .help("name the program of one color: `[\"pm2\", \"delete\", \"shop-{color}\"]`"),
        );
    }
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

fn has_slash(program: &Template) -> bool {
    program
        .pieces
        .iter()
        .any(|piece| !matches!(piece, Piece::Literal(text) if !text.contains('/')))
}
