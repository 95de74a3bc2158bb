//! A command that stops a color must not stop the other one.

use super::source_place::{run_of, setting_span};
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::check::values::value::depends_on_color;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Piece, SettingValue, Template};

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
        if script || texts.clone().any(depends_on_color) {
            continue;
        }
        let written = run_of(service, statements);
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

fn has_slash(program: &Template) -> bool {
    program
        .pieces
        .iter()
        .any(|piece| !matches!(piece, Piece::Literal(text) if !text.contains('/')))
}
