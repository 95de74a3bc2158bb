//! What a color consists of: each service with its driver, address and gates.

use super::colors;
use super::inputs;
use super::unused;
use crate::check::drivers::descriptions::{Descriptions, Found};
use crate::check::drivers::driver_use::{self, unknown_use};
use crate::check::findings::Findings;
use crate::check::names::definitions::{self, Meaning, Names, duplicate};
use crate::check::names::facts::{Facts, Reach, ServiceFacts};
use crate::check::names::statements::{At, Parts, once, twice};
use crate::check::probe::gates;
use crate::check::probe::named::Probes;
use crate::check::values::placeholders::Place;
use crate::check::values::shape;
use crate::check::values::text::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, DriverKind, Duration, Handover, Name, Service, Template, Variable};
use crate::source::Span;
use crate::syntax::tree::{self, Body, ServiceItem, Setting, Value};

/// How long a service has after TERM when nothing is said.
pub const DEFAULT_STOP_WITHIN: Duration = Duration::from_secs(10);

/// A service as it stands in the file.
pub struct ServiceParts<'t> {
    name: Option<Name>,
    pub word: Option<&'t tree::Name>,
    span: Span,
    run: Option<At<'t, tree::DriverUse>>,
    pub probes: Vec<At<'t, tree::Probe>>,
    address: Option<At<'t, Value>>,
    pub no_port: Option<Span>,
    handover: Option<At<'t, tree::Name>>,
    stop_within: Option<&'t Value>,
    lets: Vec<At<'t, tree::Let>>,
}

impl ServiceParts<'_> {
    /// Whether it says `handover exclusive`.
    pub fn is_exclusive(&self) -> bool {
        self.handover
            .is_some_and(|(word, _)| word.text == "exclusive")
    }
}

/// The services of an app; a bare `run` is one.
pub fn sort<'t>(parts: &Parts<'t>, app_span: Span, findings: &Findings) -> Vec<ServiceParts<'t>> {
    if parts.services.is_empty() {
        return vec![ServiceParts {
            name: Name::new(App::DEFAULT_SERVICE).ok(),
            word: None,
            span: parts.run.map_or(app_span, |(_, span)| span),
            run: None,
            probes: Vec::new(),
            address: None,
            no_port: None,
            handover: None,
            stop_within: None,
            lets: Vec::new(),
        }];
    }
    let mut services: Vec<ServiceParts<'t>> = Vec::new();
    for (service, span) in &parts.services {
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

fn sort_one<'t>(service: &'t tree::Service, span: Span, findings: &Findings) -> ServiceParts<'t> {
    let mut sorted = ServiceParts {
        name: definitions::name(&service.name, "a service", findings),
        word: Some(&service.name),
        span,
        run: None,
        probes: Vec::new(),
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
                "an `address` and `no port`: is it reached or not?",
            )
            .also(no_port, "this says that it is not")
            .help("remove one of them"),
        );
    }
    sorted
}

/// What can be known of the services before any value is looked at.
pub fn facts(
    services: &[ServiceParts<'_>],
    parts: &Parts<'_>,
    drivers: &Descriptions,
) -> Vec<ServiceFacts> {
    let said: Vec<_> = parts
        .colors
        .iter()
        .flat_map(|(color, _)| colors::ports(color))
        .collect();
    let reached = services
        .iter()
        .filter(|service| service.no_port.is_none())
        .count();
    services
        .iter()
        .filter_map(|service| {
            let name = service.name.clone()?;
            let own = |word: Option<&tree::Name>| match word {
                Some(word) => word.text == name.as_str(),
                None => reached == 1,
            };
            let reach = if service.no_port.is_some() {
                Reach::Worker
            } else if said.iter().any(|(word, _, _)| own(*word)) {
                Reach::Port
            } else if service.address.or(parts.address).is_some() {
                Reach::Address
            } else {
                Reach::Unsaid
            };
            let run = service.run.or(parts.run).map(|(used, _)| used);
            let offers = run.and_then(|run| {
                drivers
                    .peek(DriverKind::Run, &run.driver.text)
                    .map(|description| description.offers())
            });
            Some(ServiceFacts {
                name,
                reach,
                named: service.word.is_some(),
                offers,
            })
        })
        .collect()
}

/// What a service is resolved against.
pub struct Context<'a> {
    pub parts: &'a Parts<'a>,
    pub names: &'a Names<'a>,
    pub facts: &'a Facts,
    pub probes: &'a Probes<'a>,
    pub drivers: &'a Descriptions,
    pub findings: &'a Findings,
    pub app: &'a tree::Name,
    /// Of `cleanup`.
    pub stop_within: Duration,
}

/// Resolves one service. What is wrong was said and is left out, so that the rules can look at the rest.
pub fn resolve(context: &Context<'_>, service: &ServiceParts<'_>) -> Option<Service> {
    let findings = context.findings;
    let errors = findings.errors();
    let name = service.name.clone()?;
    let facts = context
        .facts
        .services
        .iter()
        .find(|facts| facts.name == name)?;
    let mut level = Names::inside(context.names);
    for (constant, _) in &service.lets {
        if inputs::variable_name(&constant.name, "a `let`", findings) {
            level.define(&constant.name, Meaning::Let(&constant.value), findings);
        }
    }
    let scope = Scope {
        findings,
        names: &level,
        facts: context.facts,
        place: Place::Run,
        service: Some(facts),
    };
    let run = resolve_run(context, scope, service);
    let address = resolve_address(context, scope, service, facts);
    let stop_within = match service.stop_within {
        None => Some(context.stop_within),
        Some(value) => scope.duration(value),
    };
    let gates = gates::resolve(context, scope, service, facts);
    if let Some(Duration::ZERO) = stop_within
        && let Some(value) = service.stop_within
    {
        findings.push(no_grace(value.span()));
    }
    let handover = if service.is_exclusive() {
        Handover::Exclusive
    } else {
        Handover::Overlap
    };
    if handover == Handover::Exclusive
        && service.no_port.is_none()
        && let Some((_, span)) = service.handover
    {
        findings.push(
            Diagnostic::new(
                Code::EXCLUSIVE_WITH_PORT,
                span,
                format!("`{name}` is routed to before it would run"),
            )
            .help("`handover exclusive` starts it after the switch, so it is for workers: with `no port`"),
        );
    }
    unused::lets(scope, errors);
    Some(Service {
        name,
        run: run.or_else(|| unknown_use(DriverKind::Run, service.span))?,
        address: address.unwrap_or_default(),
        gates: gates.unwrap_or_default(),
        stop_within: stop_within.unwrap_or(DEFAULT_STOP_WITHIN),
        handover,
        span: service.span,
    })
}

/// `stop within 0s`
pub fn no_grace(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NO_GRACE,
        span,
        "no time to stop: the program is killed while it still answers",
    )
    .help("give it the time of its longest request; the default is `stop within 10s`")
}

fn resolve_run(
    context: &Context<'_>,
    scope: Scope<'_>,
    service: &ServiceParts<'_>,
) -> Option<crate::model::DriverUse> {
    let Some((used, span)) = service.run.or(context.parts.run) else {
        let word = service.word.unwrap_or(context.app);
        context.findings.push_absent(
            Diagnostic::new(
                Code::MISSING,
                word.span,
                format!("nothing says how `{}` runs", word.text),
            )
            .help("write `run process { … }`, or `run` with another driver"),
        );
        return None;
    };
    // What the app says of the same driver is the service's default.
    let mut bodies: Vec<&Body<Setting>> = Vec::new();
    if let (Some((default, _)), Some((own, _))) = (context.parts.run, service.run)
        && default.driver.text == own.driver.text
    {
        bodies.extend(&default.body);
    }
    bodies.extend(&used.body);
    let Found::Known(description) =
        context
            .drivers
            .find(DriverKind::Run, &used.driver, context.findings)
    else {
        for body in bodies {
            driver_use::mark_body(scope, body);
        }
        return None;
    };
    driver_use::resolve(scope, &description, head(used, span), &bodies)
}

/// `run jar`, without the block.
pub fn head(used: &tree::DriverUse, span: Span) -> Span {
    Span {
        end: used.driver.span.end,
        ..span
    }
}

#[expect(clippy::option_option, reason = "the outer one is for what is wrong")]
fn resolve_address(
    context: &Context<'_>,
    scope: Scope<'_>,
    service: &ServiceParts<'_>,
    facts: &ServiceFacts,
) -> Option<Option<Template>> {
    if service.no_port.is_some() {
        return Some(None);
    }
    let Some((value, _)) = service.address.or(context.parts.address) else {
        if facts.has_port() {
            let mut address = Template::literal("127.0.0.1:");
            address.push_variable(Variable::Port);
            return Some(Some(address));
        }
        let word = service.word.unwrap_or(context.app);
        let help = match service.word {
            Some(word) => format!(
                "write `port {} …` in each color, or `no port` in the service if it is a worker",
                word.text
            ),
            None => "write `port …` in each color, or an `address` such as `\"web-{color}:8000\"`"
                .into(),
        };
        context.findings.push_absent(
            Diagnostic::new(
                Code::NO_ADDRESS,
                word.span,
                format!(
                    "the proxy cannot reach `{}`: it has neither port nor address",
                    word.text
                ),
            )
            .help(help),
        );
        return None;
    };
    let scope = scope.at(Place::Address);
    let template = scope.text(value)?;
    if !shape::check_address(scope, &template, value.span()) {
        return None;
    }
    let own = template.variables().any(|variable| {
        matches!(
            variable,
            Variable::Color | Variable::Port | Variable::PortOf(_) | Variable::ColorLet(_)
        )
    });
    if !own {
        context.findings.push(
            Diagnostic::new(
                Code::PORT_TWICE,
                value.span(),
                "both colors have one address: the switch would change nothing",
            )
            .help("let it depend on the color, by `{color}` or `{port}`"),
        );
        return None;
    }
    Some(Some(template))
}
