//! The statements of an `app`, sorted by kind. Reports statements that occur twice.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::tree::{self, AppItem, Body, Value};

/// An item with the span of its statement.
pub type At<'t, T> = (&'t T, Span);

/// The statements of an `app` by kind, in the order of the file.
#[derive(Debug, Default)]
pub struct Statements<'t> {
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

impl<'t> Statements<'t> {
    /// Sorts the statements. Reports statements that may occur once and occur twice.
    pub fn sort(app: &'t tree::App, findings: &Findings) -> Self {
        let mut statements = Self::default();
        for statement in &app.body.statements {
            let span = statement.span;
            match &statement.node {
                AppItem::Root(value) => once(&mut statements.root, "root", value, span, findings),
                AppItem::Sudo(word) => {
                    if let Some(first) = statements.sudo {
                        twice("sudo", *word, first, findings);
                    }
                    statements.sudo = Some(*word);
                }
                AppItem::Input(input) => statements.inputs.push((input, span)),
                AppItem::Let(constant) => statements.lets.push((constant, span)),
                AppItem::Color(color) => statements.colors.push((color, span)),
                AppItem::Address(value) => {
                    once(&mut statements.address, "address", value, span, findings);
                }
                AppItem::Artifact(value) => {
                    once(&mut statements.artifact, "artifact", value, span, findings);
                }
                AppItem::Run(used) => once(&mut statements.run, "run", used, span, findings),
                AppItem::Service(service) => statements.services.push((service, span)),
                AppItem::Shared(used) => statements.shared.push((used, span)),
                AppItem::Probe(probe) => statements.probes.push((probe, span)),
                AppItem::Switch(used) => {
                    once(&mut statements.switch, "switch", used, span, findings);
                }
                AppItem::Verify(verify) => statements.verifies.push((verify, span)),
                AppItem::Cleanup(body) => {
                    once(&mut statements.cleanup, "cleanup", body, span, findings);
                }
                AppItem::Steps(steps) => statements.steps.push((steps, span)),
                AppItem::On(on) => statements.ons.push((on, span)),
                AppItem::Lock(body) => once(&mut statements.lock, "lock", body, span, findings),
                AppItem::Build(body) => statements.builds.push((body, span)),
                AppItem::Ship(used) => statements.ships.push((used, span)),
                AppItem::Hosts(hosts) => statements.hosts.push((hosts, span)),
                // `allows` reads it when all findings are known.
                AppItem::Allow(_) => {}
                AppItem::Target(used) => {
                    let name = &used.driver;
                    let first = statements
                        .targets
                        .iter()
                        .find(|(known, _)| known.driver.text == name.text);
                    match first {
                        Some((_, first)) => {
                            twice(&format!("target {}", name.text), span, *first, findings);
                        }
                        None => statements.targets.push((used, span)),
                    }
                }
            }
        }
        statements
    }
}

/// Keeps the first of the statements that may occur once, and reports each further one.
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

/// Reports a statement that occurs twice.
pub fn twice(what: &str, span: Span, first: Span, findings: &Findings) {
    findings.push(given_twice(what, span, first));
}

/// Returns the finding about a statement that occurs twice.
pub fn given_twice(what: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(Code::SAID_TWICE, span, format!("`{what}` is given twice"))
        .also(first, "first given here")
        .help("remove one of them")
}
