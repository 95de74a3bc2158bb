//! Rules over the whole model: what each value alone cannot show.

mod codedeploy;
mod folders;
mod gates;
mod names;
mod ports;
mod run;
mod targets;
mod verify;

use crate::check::findings::Findings;
use crate::check::names::definitions::duplicate;
use crate::check::names::statements::Parts;
use crate::check::values::shape::{self, Authority, AuthorityPort};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    App, DriverUse, Duration, Port, Previous, Question, SettingValue, Subject, Template,
};
use crate::source::Span;
use crate::syntax::tree::{self, CleanupItem, Setting};
use std::collections::BTreeSet;

/// The rules for one app.
pub(super) fn app(app: &App, parts: &Parts<'_>, findings: &Findings) {
    gates::check(app, findings);
    verify::check(app, findings);
    run::check(app, parts, findings);
    ports::check(app, parts, findings);
    folders::check(app, parts, findings);
    names::check(app, findings);
    targets::check(app, parts, findings);
    codedeploy::check(app, parts, findings);
    cleanup(app, parts, findings);
}

/// The rules between the apps of a file.
pub(super) fn between(
    apps: &[(&tree::App, Span)],
    resolved: &[Option<App>],
    parts: &[Parts<'_>],
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
    let good: Vec<(&App, &Parts<'_>)> = resolved
        .iter()
        .zip(parts)
        .filter_map(|(app, parts)| Some((app.as_ref()?, parts)))
        .collect();
    ports::between(&good, findings);
    folders::between(&good, findings);
}

/// The drain against the proxy's patience, and `keep warm`.
fn cleanup(app: &App, parts: &Parts<'_>, findings: &Findings) {
    let statements = parts.cleanup.iter().flat_map(|(body, _)| &body.statements);
    let (mut drain, mut warm) = (None, None);
    for statement in statements {
        match &statement.node {
            CleanupItem::Drain(value) => drain = Some(value.span()),
            CleanupItem::KeepWarm(word) => warm = Some(*word),
            CleanupItem::StopWithin(_) => {}
        }
    }
    if let Some(&SettingValue::Duration(patience)) = app.switch.setting("read_timeout")
        && patience > app.cleanup.drain
        && app.cleanup.drain > Duration::ZERO
    {
        let span = drain.unwrap_or(app.switch.span);
        findings.push(
            Diagnostic::new(
                Code::DRAIN_CUTS,
                span,
                format!(
                    "the drain of {} ends before the proxy's read timeout of {patience}: the longest answers are cut",
                    app.cleanup.drain
                ),
            )
            .help(format!("`drain {patience}` lets every request end that the proxy would wait for")),
        );
    }
    if app.cleanup.previous == Previous::KeptWarm
        && let Some(span) = warm
    {
        findings.push(
            Diagnostic::new(
                Code::KEEP_WARM,
                span,
                "the old color keeps running: the host needs memory for both, always",
            )
            .help("and jobs in it, such as schedulers, keep running too; without `keep warm` it is stopped after the drain, and `rollback` starts it again"),
        );
    }
}

/// The targets with what is written of them.
fn targets<'t>(
    app: &'t App,
    parts: &'t Parts<'_>,
) -> impl Iterator<Item = (&'t DriverUse, &'t tree::DriverUse)> {
    app.targets.iter().filter_map(|target| {
        let name = target.driver.name.as_str();
        let mut written = parts.targets.iter().map(|(written, _)| *written);
        Some((target, written.find(|written| written.driver.text == name)?))
    })
}

/// Where a setting stands in a driver's block; the driver's name when it is not given.
fn setting_span(used: &tree::DriverUse, setting: &str) -> Span {
    used.body
        .iter()
        .flat_map(|body| &body.statements)
        .find_map(|statement| match &statement.node {
            Setting::Assign { name, value } if name.text == setting => Some(value.span()),
            _ => None,
        })
        .unwrap_or(used.driver.span)
}

/// Host and port that a question goes to; `None` when it goes to none, or nothing is known of it.
fn asked(question: &Question) -> Option<Asked> {
    match &question.subject {
        Subject::Http { url, via, .. } => {
            let url = shape::url(url).ok()??;
            let (authority, default) = match via {
                Some(via) => (shape::address(via).ok()?, None),
                None => (url.authority, Some(url.scheme.port())),
            };
            Some(Asked::new(authority, default))
        }
        Subject::Tcp(address) => Some(Asked::new(shape::address(address).ok()?, None)),
        Subject::Exec(_) | Subject::ExecInside(_) | Subject::Healthy => None,
    }
}

/// Host and port of a question.
struct Asked {
    /// All of `host:port` that is not constant.
    host: Template,
    /// The port, if it is constant.
    port: Option<u16>,
}

impl Asked {
    fn new(authority: Authority, default: Option<u16>) -> Self {
        let port = match authority.port {
            AuthorityPort::Number(port) => Some(port.get()),
            AuthorityPort::Absent => default,
            AuthorityPort::Unknown => None,
        };
        Self {
            host: authority.host,
            port,
        }
    }
}

/// The ports that both colors listen on, with the colors.
fn color_ports(app: &App) -> impl Iterator<Item = (Port, &crate::model::Color)> {
    app.colors
        .iter()
        .flat_map(|color| color.ports.iter().map(move |(_, port)| (*port, color)))
}

/// The ports that the proxy listens on, as far as the file tells: 80, 443 and what `verify` asks.
fn proxy_ports(app: &App) -> BTreeSet<u16> {
    let own: BTreeSet<u16> = color_ports(app).map(|(port, _)| port.get()).collect();
    let mut ports: BTreeSet<u16> = verify::checks(app)
        .flat_map(|verify| &verify.questions)
        .filter_map(|question| asked(question)?.port)
        .filter(|port| !own.contains(port))
        .collect();
    ports.extend([80, 443]);
    ports
}
