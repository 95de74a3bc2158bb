//! Commands of the user's that start and stop a color must mean that color.

use super::setting_span;
use crate::check::findings::Findings;
use crate::check::parts::Parts;
use crate::check::value::tells_color;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Piece, SettingValue, Template};

/// BG310: `stop` of a driver such as `command`. A program with a `/` in its name is a script of the
/// user's, which finds the color in its environment.
pub(super) fn check(app: &App, parts: &Parts<'_>, findings: &Findings) {
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
        let own = parts
            .services
            .iter()
            .find(|(written, _)| written.name.text == service.name.as_str());
        let own = own.and_then(|(written, _)| {
            let mut items = written.body.iter().flat_map(|body| &body.statements);
            items.find_map(|item| match &item.node {
                crate::syntax::tree::ServiceItem::Run(used) => Some(used),
                _ => None,
            })
        });
        let written = own.or(parts.run.map(|(used, _)| used));
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
