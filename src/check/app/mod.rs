//! One `app`: from its statements to the model.

pub mod cleanup;
pub mod colors;
pub mod inputs;
pub mod not_generated;
pub mod outer_definitions;
pub mod services;
pub mod shell_text;
pub mod steps;
pub mod unused;

use crate::check::drivers::descriptions::Descriptions;
use crate::check::drivers::driver_use::{self, unknown_use};
use crate::check::names::definitions::{Definitions, Meaning};
use crate::check::names::early_facts::Facts;
use crate::check::names::service_statements;
use crate::check::names::spelling;
use crate::check::names::statements::{Statements, once};
use crate::check::probe::gates;
use crate::check::probe::named_probes::NamedProbes;
use crate::check::probe::verification;
use crate::check::values::scope::Scope;
use crate::check::values::types::Type;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::defaults;
use crate::model::{
    App, Artifact, DriverKind, DriverUse, Duration, HostPath, InputType, Piece, Privilege, Service,
    Template, Verification, Verify,
};
use crate::source::Span;
use crate::syntax::tree::{self, LockItem, Value};
use outer_definitions::OuterDefinitions;
use services::Context;
use std::cell::RefCell;

/// Resolves an app. Faulty parts are reported and left out, so that the rules can check the rest. Returns `None` if too
/// little is left.
pub fn resolve<'t>(
    around: OuterDefinitions<'t>,
    app: &'t tree::App,
    span: Span,
    statements: &Statements<'t>,
) -> Option<App> {
    let findings = around.findings;
    let errors = findings.errors();
    let name = spelling::name(&app.name, "an app", findings);
    let level = definitions(around, statements);
    let mut probes = NamedProbes::inside(around.probes);
    for (probe, _) in &statements.probes {
        probes.define(probe.name.text.clone(), probe, findings);
    }
    let services_written = service_statements::sort(statements, app.name.span, findings);
    let service_facts = services::facts(&services_written, statements, around.drivers);
    let head = Span {
        end: app.name.span.end,
        ..span
    };

    let mut facts = Facts {
        app: app.name.text.clone(),
        root: None,
        staging: None,
        services: service_facts,
        lets: RefCell::default(),
    };
    let targets = learn(&mut facts, &level, around, statements);
    let scope = Scope::new(findings, &level, &facts, ValuePlace::Fixed);
    let inputs = inputs::resolve(scope, statements);
    let colors = colors::resolve(scope, statements, &app.name);
    let (cleanup, stop_within) = cleanup::resolve(scope, statements);
    let context = Context {
        statements,
        names: &level,
        facts: &facts,
        probes: &probes,
        drivers: around.drivers,
        findings,
        app: &app.name,
        stop_within,
    };
    let resolved: Vec<_> = services_written
        .iter()
        .map(|service| services::resolve(&context, service))
        .collect();
    let switch = switch(scope, statements, around.drivers, &app.name);
    let artifact = artifact(scope, statements);
    let verify = verification::resolve(scope, (statements, &services_written), &probes, &app.name);
    let user_steps = steps::steps(scope, statements);
    let outcomes = steps::outcomes(scope, statements, around.drivers);
    let lock_wait = lock_wait(scope, statements);
    not_generated::check(scope, statements, around.drivers);
    unused::lets(scope, errors);
    let (services, verifies): (Vec<Service>, Vec<Vec<Verify>>) =
        resolved.into_iter().flatten().unzip();
    for service in &services {
        let driver = service.run.driver.name.as_str();
        gates::check_functions(
            findings,
            service,
            around.drivers.peek(DriverKind::Run, driver),
        );
    }
    let lock_wait = lock_wait.unwrap_or_else(|| match targets.as_slice() {
        [] => defaults::LOCK_WAIT,
        _ => defaults::lock_wait_of_targets(&cleanup, &services),
    });
    let without_verify = || Verification::None {
        reason: String::new(),
        span: app.name.span,
    };
    Some(App {
        name: name?,
        span: head,
        root: facts.root.clone()?,
        staging: facts.staging.clone()?,
        privilege: if statements.sudo.is_some() {
            Privilege::Sudo
        } else {
            Privilege::Own
        },
        inputs,
        colors: colors?,
        artifact: artifact.unwrap_or_default(),
        services,
        shared: Vec::new(),
        switch: switch.or_else(|| unknown_use(DriverKind::Switch, app.name.span))?,
        verify: verify
            .unwrap_or_else(without_verify)
            .with(verifies.into_iter().flatten()),
        cleanup,
        steps: user_steps.unwrap_or_default(),
        outcomes: outcomes.unwrap_or_default(),
        lock_wait,
        targets,
    })
}

/// Finds the root and the staging folder in `facts`. A target may set the staging folder, so this function also returns
/// the targets.
fn learn(
    facts: &mut Facts,
    level: &Definitions<'_>,
    around: OuterDefinitions<'_>,
    statements: &Statements<'_>,
) -> Vec<DriverUse> {
    let findings = around.findings;
    facts.root = root(
        Scope::new(findings, level, facts, ValuePlace::Root),
        statements,
    );
    facts.lets = RefCell::default();
    facts.staging = facts.root.as_ref().map(defaults::staging);
    let fixed = Scope::new(findings, level, facts, ValuePlace::Fixed);
    let targets = targets(fixed, statements, around.drivers);
    if let Some(folder) = targets.iter().find_map(DriverUse::wiped_folder) {
        facts.staging = Some(folder);
    }
    // A `let` that contains the staging folder may have another value now.
    facts.lets = RefCell::default();
    targets
}

/// Defines the `let`s and inputs of the app.
fn definitions<'t>(around: OuterDefinitions<'t>, statements: &Statements<'t>) -> Definitions<'t> {
    let mut level = Definitions::inside(around.names);
    inputs::define(statements, &mut level, around.findings);
    for (constant, _) in &statements.lets {
        if spelling::variable_name(&constant.name, "a `let`", around.findings) {
            level.define(
                &constant.name,
                Meaning::Let(&constant.value),
                around.findings,
            );
        }
    }
    colors::define_lets(statements, &mut level, around.findings);
    level
}

/// Returns the app's folder on the host.
fn root(scope: Scope<'_>, statements: &Statements<'_>) -> Option<HostPath> {
    let Some((value, _)) = statements.root else {
        return Some(defaults::root(&scope.facts.app));
    };
    let span = value.span();
    let template = scope.text(value)?;
    let text = scope.literal(&template, span)?;
    let trimmed = text.trim_end_matches('/');
    let wrong = if !text.starts_with('/') {
        Some((
            "the root must be an absolute path",
            "write it as `root \"/opt/shop\"`",
        ))
    } else if trimmed.is_empty() {
        Some((
            "the root cannot be `/`",
            "the script makes and removes folders in it: give the app a folder of its own",
        ))
    } else if text.split('/').any(|part| part == ".." || part == ".") {
        Some((
            "the root must not contain `.` or `..`",
            "write the path without them: the rules compare paths as they are written",
        ))
    } else if trimmed.contains("//") || text.contains(['\n', '\r']) {
        Some((
            "the root must not contain an empty part or a line break",
            "write it as `/opt/shop`",
        ))
    } else {
        None
    };
    if let Some((message, help)) = wrong {
        scope
            .findings
            .push(Diagnostic::new(Code::BAD_PATH, span, message).help(help));
        return None;
    }
    HostPath::new(trimmed)
}

fn targets(
    scope: Scope<'_>,
    statements: &Statements<'_>,
    drivers: &Descriptions,
) -> Vec<DriverUse> {
    statements
        .targets
        .iter()
        .filter_map(|(used, span)| {
            driver_use::of_kind(scope, drivers, DriverKind::Target, (used, *span), None)
        })
        .collect()
}

fn switch(
    scope: Scope<'_>,
    statements: &Statements<'_>,
    drivers: &Descriptions,
    app: &tree::Name,
) -> Option<DriverUse> {
    let Some((used, span)) = statements.switch else {
        scope.findings.push_absent(
            Diagnostic::new(
                Code::MISSING,
                app.span,
                "the app has no `switch`, so the script cannot point the proxy at a color",
            )
            .help("write `switch nginx { … }`, or `switch` with another driver"),
        );
        return None;
    };
    driver_use::of_kind(
        scope.at(ValuePlace::Switch),
        drivers,
        DriverKind::Switch,
        (used, span),
        None,
    )
}

#[expect(
    clippy::option_option,
    reason = "the outer `None` is an error that was reported"
)]
fn artifact(scope: Scope<'_>, statements: &Statements<'_>) -> Option<Option<Artifact>> {
    let Some((value, span)) = statements.artifact else {
        return Some(None);
    };
    let scope = scope.at(ValuePlace::Artifact);
    let pattern = scope.text_of(&Type::Input(InputType::Path), value)?;
    if let Some(fault) = glob_fault(&pattern) {
        scope
            .findings
            .push(Diagnostic::new(Code::BAD_PATH, value.span(), fault).help(
                "`*` and `?` are allowed only in the last part of the path: `\"{staging}/*.jar\"`",
            ));
        return None;
    }
    Some(Some(Artifact { pattern, span }))
}

fn glob_fault(pattern: &Template) -> Option<&'static str> {
    let mut text = String::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Variable(_) => text.push('x'),
        }
    }
    let folders = text.trim_end_matches('/').rsplit_once('/')?.0;
    if folders.contains(['*', '?']) {
        return Some("the path has a pattern before its last part");
    }
    if text.ends_with('/') && text.contains(['*', '?']) {
        return Some("a pattern cannot name a folder");
    }
    None
}

/// Returns the time that `lock` says, or `None` if it says none.
fn lock_wait(scope: Scope<'_>, statements: &Statements<'_>) -> Option<Duration> {
    let mut wait: Option<crate::check::names::statements::At<'_, Value>> = None;
    for statement in statements
        .lock
        .iter()
        .flat_map(|(body, _)| &body.statements)
    {
        let LockItem::Wait(value) = &statement.node;
        once(&mut wait, "wait", value, statement.span, scope.findings);
    }
    scope.duration(wait?.0)
}
