//! The statements of a `service`, sorted by kind.

use super::definitions::duplicate;
use super::spelling;
use super::statements::{At, Statements, once, twice};
use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Handover, Name, defaults};
use crate::source::Span;
use crate::syntax::tree::{self, ServiceItem, Value};

/// A service as it is in the file.
pub struct ServiceStatements<'t> {
    pub name: Option<Name>,
    pub word: Option<&'t tree::Name>,
    pub span: Span,
    pub run: Option<At<'t, tree::DriverUse>>,
    pub probes: Vec<At<'t, tree::Probe>>,
    pub verifies: Vec<At<'t, tree::Verify>>,
    pub address: Option<At<'t, Value>>,
    pub no_port: Option<Span>,
    pub handover: Option<At<'t, Handover>>,
    pub stop_within: Option<&'t Value>,
    pub lets: Vec<At<'t, tree::Let>>,
}

impl ServiceStatements<'_> {
    /// Returns the handover of the service. The default is `overlap`.
    pub fn handover(&self) -> Handover {
        self.handover
            .map_or(defaults::HANDOVER, |(handover, _)| *handover)
    }
}

/// Returns the services of an app. An app with only a `run` has one service.
pub fn sort<'t>(
    statements: &Statements<'t>,
    app_span: Span,
    findings: &Findings,
) -> Vec<ServiceStatements<'t>> {
    if statements.services.is_empty() {
        return vec![ServiceStatements {
            name: Name::new(defaults::SERVICE).ok(),
            word: None,
            span: statements.run.map_or(app_span, |(_, span)| span),
            run: None,
            probes: Vec::new(),
            verifies: Vec::new(),
            address: None,
            no_port: None,
            handover: None,
            stop_within: None,
            lets: Vec::new(),
        }];
    }
    let mut services: Vec<ServiceStatements<'t>> = Vec::new();
    for (service, span) in &statements.services {
        let word = &service.name;
        let first = services
            .iter()
            .filter_map(|known| known.word)
            .find(|known| known.text == word.text);
        if let Some(first) = first {
            findings.push(duplicate(word, first.span));
            continue;
        }
        services.push(sort_one(service, *span, findings));
    }
    services
}

fn sort_one<'t>(
    service: &'t tree::Service,
    span: Span,
    findings: &Findings,
) -> ServiceStatements<'t> {
    let mut sorted = ServiceStatements {
        name: spelling::name(&service.name, "a service", findings),
        word: Some(&service.name),
        span,
        run: None,
        probes: Vec::new(),
        verifies: Vec::new(),
        address: None,
        no_port: None,
        handover: None,
        stop_within: None,
        lets: Vec::new(),
    };
    let mut stop: Option<At<'t, Value>> = None;
    for statement in service.body.iter().flat_map(|body| &body.statements) {
        let span = statement.span;
        match &statement.node {
            ServiceItem::Run(used) => once(&mut sorted.run, "run", used, span, findings),
            ServiceItem::Probe(probe) => sorted.probes.push((probe, span)),
            ServiceItem::Verify(verify) => sorted.verifies.push((verify, span)),
            ServiceItem::Address(value) => {
                once(&mut sorted.address, "address", value, span, findings);
            }
            ServiceItem::NoPort(word) => match sorted.no_port {
                Some(first) => twice("no port", *word, first, findings),
                None => sorted.no_port = Some(*word),
            },
            ServiceItem::Handover(word) => {
                once(&mut sorted.handover, "handover", word, span, findings);
            }
            ServiceItem::StopWithin(value) => {
                once(&mut stop, "stop within", value, span, findings);
            }
            ServiceItem::Let(constant) => sorted.lets.push((constant, span)),
        }
    }
    sorted.stop_within = stop.map(|(value, _)| value);
    if let (Some(no_port), Some((_, address))) = (sorted.no_port, sorted.address) {
        findings.push(
            Diagnostic::new(
                Code::BAD_ADDRESS,
                address,
                "`address` and `no port` contradict each other",
            )
            .also(no_port, "the other one")
            .help("remove one of them"),
        );
    }
    sorted
}
