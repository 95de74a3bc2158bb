//! The places in the source of the parts that the rules check.

use crate::check::names::statements::Statements;
use crate::model::{App, DriverUse, Service};
use crate::source::Span;
use crate::syntax::tree::{self, ServiceItem, Setting};

/// Returns the targets, each with its statement.
pub(super) fn targets<'t>(
    app: &'t App,
    statements: &'t Statements<'_>,
) -> impl Iterator<Item = (&'t DriverUse, &'t tree::DriverUse)> {
    app.targets.iter().filter_map(|target| {
        let name = target.driver.name.as_str();
        let mut written = statements.targets.iter().map(|(written, _)| *written);
        Some((target, written.find(|written| written.driver.text == name)?))
    })
}

/// Returns the statements in a service's block.
pub(super) fn items_of<'t>(
    service: &Service,
    statements: &Statements<'t>,
) -> impl Iterator<Item = &'t ServiceItem> {
    statements
        .services
        .iter()
        .filter(|(written, _)| written.name.text == service.name.as_str())
        .flat_map(|(written, _)| &written.body)
        .flat_map(|body| &body.statements)
        .map(|statement| &statement.node)
}

/// Returns the `run` statement of a service, otherwise the app's.
pub(super) fn run_of<'t>(
    service: &Service,
    statements: &Statements<'t>,
) -> Option<&'t tree::DriverUse> {
    let own = items_of(service, statements).find_map(|item| match item {
        ServiceItem::Run(used) => Some(used),
        _ => None,
    });
    own.or(statements.run.map(|(used, _)| used))
}

/// Returns the place of a setting in a driver's block. If the setting is not given, returns the place of the driver's
/// name.
pub(super) fn setting_span(used: &tree::DriverUse, setting: &str) -> Span {
    used.body
        .iter()
        .flat_map(|body| &body.statements)
        .find_map(|statement| match &statement.node {
            Setting::Assign { name, value } if name.text == setting => Some(value.span()),
            _ => None,
        })
        .unwrap_or(used.driver.span)
}
