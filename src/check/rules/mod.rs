//! Rules for the whole model. They need more than one value.

mod asked_host;
mod codedeploy;
mod color_sign;
mod drain_and_warm;
mod folders;
mod gate_asks_color;
mod inputs_arrive;
mod names;
mod ports;
mod source_place;
mod stop_of_both;
mod unverified_services;
mod upstream_names;
mod verify;

use crate::check::findings::Findings;
use crate::check::names::definitions::duplicate;
use crate::check::names::statements::Statements;
use crate::model::App;
use crate::source::Span;
use crate::syntax::tree;

/// Checks the rules for one app.
pub(super) fn app(app: &App, statements: &Statements<'_>, findings: &Findings) {
    gate_asks_color::check(app, findings);
    verify::check(app, findings);
    color_sign::check(app, findings);
    unverified_services::check(app, statements, findings);
    upstream_names::check(app, statements, findings);
    stop_of_both::check(app, statements, findings);
    ports::check(app, statements, findings);
    folders::check(app, statements, findings);
    names::check(app, findings);
    inputs_arrive::check(app, statements, findings);
    codedeploy::check(app, statements, findings);
    drain_and_warm::check(app, statements, findings);
}

/// Checks the rules between the apps of a file.
pub(super) fn between(
    apps: &[(&tree::App, Span)],
    resolved: &[Option<App>],
    statements: &[Statements<'_>],
    findings: &Findings,
) {
    let mut seen = std::collections::BTreeMap::new();
    for (app, _) in apps {
        match seen.get(app.name.text.as_str()) {
            Some(first) => findings.push(duplicate(&app.name, *first)),
            None => {
                seen.insert(app.name.text.as_str(), app.name.span);
            }
        }
    }
    let good: Vec<(&App, &Statements<'_>)> = resolved
        .iter()
        .zip(statements)
        .filter_map(|(app, statements)| Some((app.as_ref()?, statements)))
        .collect();
    ports::between(&good, findings);
    folders::between(&good, findings);
}
