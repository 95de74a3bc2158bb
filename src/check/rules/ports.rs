//! Ports: each is used once, and a color never has a port of the proxy.

use super::asked_host::proxy_ports;
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Port};
use crate::source::Span;
use crate::syntax::tree::{self, ServiceItem};
use std::collections::BTreeMap;

/// A port with its place in the source and its owner.
struct WrittenPort {
    port: Port,
    span: Span,
    whose: String,
}

/// Returns the ports of an app, in the order of the file.
fn written_ports(app: &App, statements: &Statements<'_>) -> Vec<WrittenPort> {
    let mut ports = Vec::new();
    for (color, (written, _)) in app.colors.iter().zip(&statements.colors) {
        for (service, number, _) in written.ports() {
            let port = match service {
                Some(word) => color
                    .ports
                    .iter()
                    .find(|(name, _)| name.as_str() == word.text),
                None => color.ports.first(),
            };
            if let Some((name, port)) = port {
                let service = service.map_or(String::new(), |_| format!(" of `{name}`"));
                ports.push(WrittenPort {
                    port: *port,
                    span: number.span(),
                    whose: format!("`{}`{service} in `{}`", color.name, app.name),
                });
            }
        }
    }
    ports
}

/// Reports BG502 and BG508.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    let mut services = statements.services.iter().peekable();
    if services.peek().is_some() && services.all(|(service, _)| says_no_port(service)) {
        findings.push(
            Diagnostic::new(
                Code::NOTHING_ROUTED,
                app.switch.span,
                "no service has a port: the proxy's file will route to nothing",
            )
            .help("give the service that answers requests a port in each color; in an app that has only workers, the switch changes nothing"),
        );
    }
    let proxy = proxy_ports(app);
    for place in written_ports(app, statements) {
        if proxy.contains(&place.port.get()) {
            findings.push(
                Diagnostic::new(
                    Code::PORT_OF_PROXY,
                    place.span,
                    format!("the proxy itself listens on port {}", place.port),
                )
                .help("the proxy answers users on this port; give the color a port that only the proxy uses, such as 8081"),
            );
        }
    }
}

/// Reports BG501.
pub(super) fn between(apps: &[(&App, &Statements<'_>)], findings: &Findings) {
    let mut seen: BTreeMap<Port, WrittenPort> = BTreeMap::new();
    for (app, statements) in apps {
        for place in written_ports(app, statements) {
            if let Some(first) = seen.get(&place.port) {
                findings.push(
                    Diagnostic::new(
                        Code::PORT_TWICE,
                        place.span,
                        format!("port {} is taken by {}", place.port, first.whose),
                    )
                    .also(first.span, "taken here")
                    .help("both run at once for a while, so each needs its own port"),
                );
            } else {
                seen.insert(place.port, place);
            }
        }
    }
}

/// Returns whether a service has `no port`.
fn says_no_port(service: &tree::Service) -> bool {
    let mut items = service.body.iter().flat_map(|body| &body.statements);
    items.any(|item| matches!(item.node, ServiceItem::NoPort(_)))
}
