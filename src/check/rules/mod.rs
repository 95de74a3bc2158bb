//! Rules over the whole model: what each value alone cannot show.

use super::findings::Findings;
use super::names::duplicate;
use super::parts::Parts;
use crate::model::App;
use crate::source::Span;
use crate::syntax::tree;

/// The rules for one app.
pub(super) fn app(_app: &App, _parts: &Parts<'_>, _findings: &Findings) {}

/// The rules between the apps of a file.
pub(super) fn between(
    apps: &[(&tree::App, Span)],
    _resolved: &[Option<App>],
    _parts: &[Parts<'_>],
    findings: &Findings,
) {
    for (at, (app, _)) in apps.iter().enumerate() {
        let first = apps[..at]
            .iter()
            .find(|(known, _)| known.name.text == app.name.text);
        if let Some((first, _)) = first {
            findings.push(duplicate(&app.name, first.name.span));
        }
    }
}
