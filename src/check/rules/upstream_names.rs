//! nginx's `upstream` and host names.

use super::source_place::items_of;
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::check::values::text_forms;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Color, Service, SettingValue, Template, Variable};
use crate::source::Span;
use crate::syntax::tree::ServiceItem;
use std::net::IpAddr;

/// Reports BG510. nginx asks for the addresses of a name in `upstream` when it reads its configuration, and not again.
/// A name in a variable it resolves while it runs.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    let nginx = app.switch.driver.is_or_extends("nginx");
    if !nginx || !matches!(app.switch.setting("upstream"), Some(SettingValue::Text(_))) {
        return;
    }
    for service in &app.services {
        let Some(address) = &service.address else {
            continue;
        };
        let mut names = app
            .colors
            .iter()
            .filter_map(|color| host_name(address, service, color));
        let Some(name) = names.next() else {
            continue;
        };
        findings.push(
            Diagnostic::new(
                Code::UPSTREAM_NAME,
                written(service, statements),
                format!("in an `upstream` nginx looks `{name}` up only when it starts or reloads"),
            )
            .help("if its address changes later, requests fail, and if it has none, nginx does not start: write `set` in place of `upstream`, with a `resolver` in nginx's configuration, or write an IP address"),
        );
    }
}

/// Names that stand in `/etc/hosts`, so they do not change.
const FIXED: [&str; 3] = [
    "localhost",
    "host.docker.internal",
    "gateway.docker.internal",
];

/// Returns the host of a color's address if it is a name that may change.
fn host_name(address: &Template, service: &Service, color: &Color) -> Option<String> {
    let known = |variable: &Variable| match variable {
        Variable::Color => Some(color.name.to_string()),
        Variable::Service => Some(service.name.to_string()),
        Variable::Port => color.port(&service.name).map(|port| port.to_string()),
        Variable::PortOf(other) => color.port(other).map(|port| port.to_string()),
        Variable::ColorLet(name) => color
            .lets
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, text)| text.clone()),
        _ => None,
    };
    let host = text_forms::address(&address.resolve(known)).ok()?.host;
    let host = host.as_literal()?;
    let number = host.trim_start_matches('[').trim_end_matches(']');
    (number.parse::<IpAddr>().is_err() && !FIXED.contains(&host.as_str())).then_some(host)
}

/// Returns the place of a service's address.
fn written(service: &Service, statements: &Statements<'_>) -> Span {
    let own = items_of(service, statements).find_map(|item| match item {
        ServiceItem::Address(value) => Some(value.span()),
        _ => None,
    });
    own.or(statements.address.map(|(value, _)| value.span()))
        .unwrap_or(service.span)
}
