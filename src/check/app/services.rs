//! The services of an app: each with its driver, address and gates.

use super::cleanup;
use super::unused;
use crate::check::drivers::descriptions::Descriptions;
use crate::check::drivers::driver_use::{self, unknown_use};
use crate::check::findings::Findings;
use crate::check::names::definitions::{Definitions, Meaning};
use crate::check::names::early_facts::{Facts, Reach, ServiceFacts};
use crate::check::names::service_statements::ServiceStatements;
use crate::check::names::spelling;
use crate::check::names::statements::Statements;
use crate::check::probe::gates;
use crate::check::probe::named_probes::NamedProbes;
use crate::check::probe::verification;
use crate::check::values::scope::Scope;
use crate::check::values::text_forms;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{DriverKind, Duration, Handover, Service, Template, Variable, Verify, defaults};
use crate::syntax::tree;

/// Returns the facts of the services that are known before any value is resolved.
pub fn facts(
    services: &[ServiceStatements<'_>],
    statements: &Statements<'_>,
    drivers: &Descriptions,
) -> Vec<ServiceFacts> {
    let said: Vec<_> = statements
        .colors
        .iter()
        .flat_map(|(color, _)| color.ports())
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
            } else if service.address.or(statements.address).is_some() {
                Reach::Address
            } else {
                Reach::Unsaid
            };
            let run = service.run.or(statements.run).map(|(used, _)| used);
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

/// The parts of the app that a service needs for its resolution.
pub struct Context<'a> {
    pub statements: &'a Statements<'a>,
    pub names: &'a Definitions<'a>,
    pub facts: &'a Facts,
    pub probes: &'a NamedProbes<'a>,
    pub drivers: &'a Descriptions,
    pub findings: &'a Findings,
    pub app: &'a tree::Name,
    /// The `stop within` of `cleanup`: the default for each service.
    pub stop_within: Duration,
}

/// Resolves one service, and the `verify` statements in its block. Faulty parts are reported and left out, so that the
/// rules can check the rest.
pub fn resolve(
    context: &Context<'_>,
    service: &ServiceStatements<'_>,
) -> Option<(Service, Vec<Verify>)> {
    let findings = context.findings;
    let errors = findings.errors();
    let name = service.name.clone()?;
    let facts = context.facts.service(name.as_str())?;
    let mut level = Definitions::inside(context.names);
    for (constant, _) in &service.lets {
        if spelling::variable_name(&constant.name, "a `let`", findings) {
            level.define(&constant.name, Meaning::Let(&constant.value), findings);
        }
    }
    let scope = Scope {
        findings,
        names: &level,
        facts: context.facts,
        place: ValuePlace::Run,
        service: Some(facts),
    };
    let run = resolve_run(context, scope, service);
    let address = resolve_address(context, scope, service, facts);
    let stop_within = match service.stop_within {
        None => Some(context.stop_within),
        Some(value) => scope.duration(value),
    };
    let gates = gates::resolve(
        scope,
        context.probes,
        (context.app, &context.statements.probes),
        service,
        facts,
    );
    let verifies = verification::of_service(scope, service, &name, context.probes);
    if let Some(Duration::ZERO) = stop_within
        && let Some(value) = service.stop_within
    {
        findings.push(cleanup::no_grace(value.span()));
    }
    let handover = service.handover();
    if handover == Handover::Exclusive
        && service.no_port.is_none()
        && let Some((_, span)) = service.handover
    {
        findings.push(
            Diagnostic::new(
                Code::EXCLUSIVE_WITH_PORT,
                span,
                format!("the proxy would route to `{name}` before it runs"),
            )
            .help("`handover exclusive` starts the service after the switch, so it is only for workers with `no port`"),
        );
    }
    unused::lets(scope, errors);
    let resolved = Service {
        name,
        run: run.or_else(|| unknown_use(DriverKind::Run, service.span))?,
        address: address.unwrap_or_default(),
        gates: gates.unwrap_or_default(),
        stop_within: stop_within.unwrap_or(defaults::STOP_WITHIN),
        handover,
        span: service.span,
    };
    Some((resolved, verifies))
}

fn resolve_run(
    context: &Context<'_>,
    scope: Scope<'_>,
    service: &ServiceStatements<'_>,
) -> Option<crate::model::DriverUse> {
    let Some((used, span)) = service.run.or(context.statements.run) else {
        let word = service.word.unwrap_or(context.app);
        context.findings.push_absent(
            Diagnostic::new(
                Code::MISSING,
                word.span,
                format!(
                    "`{}` has no `run`, so the script cannot start it",
                    word.text
                ),
            )
            .help("write `run process { … }`, or `run` with another driver"),
        );
        return None;
    };
    // If the app has a `run` with the same driver, its settings are the defaults of the service.
    let default = match (context.statements.run, service.run) {
        (Some((default, _)), Some((own, _))) if default.driver.text == own.driver.text => {
            default.body.as_ref()
        }
        _ => None,
    };
    driver_use::of_kind(
        scope,
        context.drivers,
        DriverKind::Run,
        (used, span),
        default,
    )
}

#[expect(
    clippy::option_option,
    reason = "the outer `None` is an error that was reported"
)]
fn resolve_address(
    context: &Context<'_>,
    scope: Scope<'_>,
    service: &ServiceStatements<'_>,
    facts: &ServiceFacts,
) -> Option<Option<Template>> {
    if service.no_port.is_some() {
        return Some(None);
    }
    let Some((value, _)) = service.address.or(context.statements.address) else {
        if facts.has_port() {
            let mut address = Template::literal(format!("{}:", defaults::HOST));
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
    let scope = scope.at(ValuePlace::Address);
    let template = scope.text(value)?;
    if !text_forms::check_address(scope, &template, value.span()) {
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
                "both colors have the same address: the switch would change nothing",
            )
            .help("use `{color}` or `{port}` in the address"),
        );
        return None;
    }
    Some(Some(template))
}
