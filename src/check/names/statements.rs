//! What stands in an `app`, sorted by kind, and what is said twice.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree::{self, AppItem, Body, Value};

/// Something with the span of its statement.
pub type At<'t, T> = (&'t T, Span);

/// The statements of an `app` by kind, in the order of the file.
#[derive(Debug, Default)]
pub struct Parts<'t> {
    pub root: Option<At<'t, Value>>,
    pub sudo: Option<Span>,
    pub inputs: Vec<At<'t, tree::Input>>,
    pub lets: Vec<At<'t, tree::Let>>,
    pub colors: Vec<At<'t, tree::Color>>,
    pub address: Option<At<'t, Value>>,
    pub artifact: Option<At<'t, Value>>,
    pub run: Option<At<'t, tree::DriverUse>>,
    pub services: Vec<At<'t, tree::Service>>,
    pub shared: Vec<At<'t, tree::DriverUse>>,
    pub probes: Vec<At<'t, tree::Probe>>,
    pub switch: Option<At<'t, tree::DriverUse>>,
    pub verifies: Vec<At<'t, tree::Verify>>,
    pub cleanup: Option<At<'t, Body<tree::CleanupItem>>>,
    pub steps: Vec<At<'t, tree::Steps>>,
    pub ons: Vec<At<'t, tree::On>>,
    pub lock: Option<At<'t, Body<tree::LockItem>>>,
    pub builds: Vec<At<'t, Body<tree::Command>>>,
    pub ships: Vec<At<'t, tree::DriverUse>>,
    pub hosts: Vec<At<'t, tree::Hosts>>,
    pub targets: Vec<At<'t, tree::DriverUse>>,
}

impl<'t> Parts<'t> {
    /// Sorts the statements; what may stand once and stands twice is said.
    pub fn sort(app: &'t tree::App, findings: &Findings) -> Self {
        let mut parts = Self::default();
        for statement in &app.body.statements {
            let span = statement.span;
            match &statement.node {
                AppItem::Root(value) => once(&mut parts.root, "root", value, span, findings),
                AppItem::Sudo(word) => {
                    if let Some(first) = parts.sudo {
                        twice("sudo", *word, first, findings);
                    }
                    parts.sudo = Some(*word);
                }
                AppItem::Input(input) => parts.inputs.push((input, span)),
                AppItem::Let(constant) => parts.lets.push((constant, span)),
                AppItem::Color(color) => parts.colors.push((color, span)),
                AppItem::Address(value) => {
                    once(&mut parts.address, "address", value, span, findings);
                }
                AppItem::Artifact(value) => {
                    once(&mut parts.artifact, "artifact", value, span, findings);
                }
                AppItem::Run(used) => once(&mut parts.run, "run", used, span, findings),
                AppItem::Service(service) => parts.services.push((service, span)),
                AppItem::Shared(used) => parts.shared.push((used, span)),
                AppItem::Probe(probe) => parts.probes.push((probe, span)),
                AppItem::Switch(used) => once(&mut parts.switch, "switch", used, span, findings),
                AppItem::Verify(verify) => parts.verifies.push((verify, span)),
                AppItem::Cleanup(body) => {
                    once(&mut parts.cleanup, "cleanup", body, span, findings);
                }
                AppItem::Steps(steps) => parts.steps.push((steps, span)),
                AppItem::On(on) => parts.ons.push((on, span)),
                AppItem::Lock(body) => once(&mut parts.lock, "lock", body, span, findings),
                AppItem::Build(body) => parts.builds.push((body, span)),
                AppItem::Ship(used) => parts.ships.push((used, span)),
                AppItem::Hosts(hosts) => parts.hosts.push((hosts, span)),
                AppItem::Target(used) => {
                    let name = &used.driver;
                    let first = parts
                        .targets
                        .iter()
                        .find(|(known, _)| known.driver.text == name.text);
                    match first {
                        Some((_, first)) => {
                            twice(&format!("target {}", name.text), span, *first, findings);
                        }
                        None => parts.targets.push((used, span)),
                    }
                }
            }
        }
        parts
    }
}

/// Keeps the first of what may be said once.
pub fn once<'t, T>(
    slot: &mut Option<At<'t, T>>,
    what: &str,
    value: &'t T,
    span: Span,
    findings: &Findings,
) {
    match slot {
        Some((_, first)) => twice(what, span, *first, findings),
        None => *slot = Some((value, span)),
    }
}

/// Something is said twice.
pub fn twice(what: &str, span: Span, first: Span, findings: &Findings) {
    findings.push(
        Diagnostic::new(Code::SAID_TWICE, span, format!("`{what}` is said twice"))
            .also(first, "first said here")
            .help("remove one of them"),
    );
}
