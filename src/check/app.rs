//! One `app`: from its statements to the model.

use super::description::{Descriptions, Found};
use super::findings::Findings;
use super::names::{self, Meaning, Names};
use super::parts::{Parts, once};
use super::place::Place;
use super::probe::{self, Probes};
use super::services::{self, Context, DEFAULT_STOP_WITHIN};
use super::text::{Facts, Scope};
use super::types::Type;
use super::{colors, driver_use, inputs, steps};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    App, Artifact, Cleanup, DriverKind, DriverUse, Duration, Name, OnFailure, Piece, Previous,
    Privilege, SettingValue, Template, Verification, Verify,
};
use crate::source::Span;
use crate::syntax::tree::{self, Body, CleanupItem, LockItem, Setting, Value};
use std::cell::RefCell;
use std::collections::HashMap;

/// How long the old color may still answer when nothing is said.
const DEFAULT_DRAIN: Duration = Duration::from_secs(30);

/// What an app finds around it.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) probes: &'a Probes<'a>,
    pub(super) drivers: &'a Descriptions,
    pub(super) findings: &'a Findings,
}

/// Resolves an app; `None` when something is wrong, which was said.
pub(super) fn resolve<'t>(
    around: Surroundings<'_>,
    app: &'t tree::App,
    span: Span,
    parts: &Parts<'t>,
) -> Option<App> {
    let findings = around.findings;
    let errors = findings.errors();
    let name = names::name(&app.name, "an app", findings);
    let mut level = Names::inside(around.names);
    inputs::define(parts, &mut level, findings);
    for (constant, _) in &parts.lets {
        if inputs::variable_name(&constant.name, "a `let`", findings) {
            level.define(&constant.name, Meaning::Let(&constant.value), findings);
        }
    }
    colors::define_lets(parts, &mut level, findings);
    let mut probes = Probes::inside(around.probes);
    for (probe, _) in &parts.probes {
        probes.define(probe.name.text.clone(), probe, findings);
    }
    let service_parts = services::sort(parts, app.name.span, findings);
    let service_facts = services::facts(&service_parts, parts, around.drivers);
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
    facts.root = root(
        Scope {
            findings,
            names: &level,
            facts: &facts,
            place: Place::Root,
            service: None,
        },
        parts,
    );
    facts.lets = RefCell::new(HashMap::new());
    facts.staging = facts.root.as_ref().map(|root| format!("{root}/staging"));
    let fixed = Scope {
        findings,
        names: &level,
        facts: &facts,
        place: Place::Fixed,
        service: None,
    };
    let targets = targets(fixed, parts, around.drivers);
    let staging = targets.as_ref().and_then(|targets| {
        targets
            .iter()
            .find_map(wiped_folder)
            .or_else(|| facts.staging.clone())
    });
    facts.lets = RefCell::new(HashMap::new());
    facts.staging = staging;

    let scope = Scope {
        findings,
        names: &level,
        facts: &facts,
        place: Place::Fixed,
        service: None,
    };
    let inputs = inputs::resolve(scope, parts);
    let colors = colors::resolve(scope, parts, &app.name);
    let (cleanup, stop_within) = cleanup(scope, parts);
    let context = Context {
        parts,
        names: &level,
        facts: &facts,
        probes: &probes,
        drivers: around.drivers,
        findings,
        app: &app.name,
        stop_within,
    };
    let services: Vec<_> = service_parts
        .iter()
        .map(|service| services::resolve(&context, service))
        .collect();
    let switch = switch(scope, parts, around.drivers, &app.name);
    let artifact = artifact(scope, parts);
    let verify = verification(scope, parts, &probes, &app.name);
    let user_steps = steps::steps(scope, parts);
    let outcomes = steps::outcomes(scope, parts, around.drivers);
    let lock_wait = lock_wait(scope, parts);
    super::later::check(scope, parts, around.drivers);
    level.warn_unused(&|_| true, findings);

    let services: Vec<_> = services.into_iter().collect::<Option<_>>()?;
    for (service, written) in services.iter().zip(&service_parts) {
        let description = around
            .drivers
            .peek(DriverKind::Run, service.run.driver.name.as_str());
        services::check_functions(findings, service, description);
        let _ = written;
    }
    let app = App {
        name: name?,
        span: head,
        root: facts.root.clone()?,
        staging: facts.staging.clone()?,
        privilege: if parts.sudo.is_some() {
            Privilege::Sudo
        } else {
            Privilege::Own
        },
        inputs: inputs?,
        colors: colors?,
        artifact: artifact?,
        services,
        switch: switch?,
        verify: verify?,
        cleanup: cleanup?,
        steps: user_steps?,
        outcomes: outcomes?,
        lock_wait: lock_wait?,
        targets: targets?,
    };
    (findings.errors() == errors).then_some(app)
}

/// The folder that a target's installer empties.
pub(super) fn wiped_folder(target: &DriverUse) -> Option<String> {
    match target.setting(target.driver.wipes.as_ref()?)? {
        SettingValue::Text(template) => template.as_literal(),
        _ => None,
    }
}

/// The app's folder on the host.
fn root(scope: Scope<'_>, parts: &Parts<'_>) -> Option<String> {
    let Some((value, _)) = parts.root else {
        return Some(format!("/opt/{}", scope.facts.app));
    };
    let span = value.span();
    let template = scope.text(value)?;
    let text = scope.literal(&template, span)?;
    let trimmed = text.trim_end_matches('/');
    let wrong = if !text.starts_with('/') {
        Some((
            "the root must be an absolute path",
            "as in `root \"/opt/shop\"`",
        ))
    } else if trimmed.is_empty() {
        Some((
            "the root cannot be `/`",
            "the script makes and removes folders in it: give the app one of its own",
        ))
    } else if text.split('/').any(|part| part == ".." || part == ".") {
        Some((
            "`.` and `..` cannot stand in the root",
            "write the path that is meant: the rules compare paths as they are written",
        ))
    } else if trimmed.contains("//") || text.contains(['\n', '\r']) {
        Some((
            "the root has an empty part or a line end in it",
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
    Some(trimmed.to_owned())
}

fn targets(scope: Scope<'_>, parts: &Parts<'_>, drivers: &Descriptions) -> Option<Vec<DriverUse>> {
    let targets: Vec<_> = parts
        .targets
        .iter()
        .map(|(used, span)| used_driver(scope, DriverKind::Target, used, *span, drivers))
        .collect();
    targets.into_iter().collect()
}

/// A driver of a kind with its settings.
pub(super) fn used_driver(
    scope: Scope<'_>,
    kind: DriverKind,
    used: &tree::DriverUse,
    span: Span,
    drivers: &Descriptions,
) -> Option<DriverUse> {
    let bodies: Vec<&Body<Setting>> = used.body.iter().collect();
    let Found::Known(description) = drivers.find(kind, &used.driver, scope.findings) else {
        for body in bodies {
            driver_use::mark_body(scope, body);
        }
        return None;
    };
    let head = services::head(used, span);
    driver_use::resolve(scope, &description, head, &bodies)
}

fn switch(
    scope: Scope<'_>,
    parts: &Parts<'_>,
    drivers: &Descriptions,
    app: &tree::Name,
) -> Option<DriverUse> {
    let Some((used, span)) = parts.switch else {
        scope.findings.push_absent(
            Diagnostic::new(
                Code::MISSING,
                app.span,
                "nothing says how the proxy is pointed at a color",
            )
            .help("write `switch nginx { … }`, or `switch` with another driver"),
        );
        return None;
    };
    used_driver(
        scope.at(Place::Switch),
        DriverKind::Switch,
        used,
        span,
        drivers,
    )
}

#[expect(clippy::option_option, reason = "the outer one is for what is wrong")]
fn artifact(scope: Scope<'_>, parts: &Parts<'_>) -> Option<Option<Artifact>> {
    let Some((value, span)) = parts.artifact else {
        return Some(None);
    };
    let scope = scope.at(Place::Artifact);
    let pattern = scope.text_of(&Type::Path, value)?;
    if let Some(fault) = glob_fault(&pattern) {
        scope.findings.push(
            Diagnostic::new(Code::BAD_PATH, value.span(), fault)
                .help("`*` and `?` may stand in the last part of the path: `\"{staging}/*.jar\"`"),
        );
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
        return Some("a pattern in the middle of the path");
    }
    if text.ends_with('/') && text.contains(['*', '?']) {
        return Some("a pattern cannot name a folder");
    }
    None
}

/// `cleanup`, and how long the services have to stop.
fn cleanup(scope: Scope<'_>, parts: &Parts<'_>) -> (Option<Cleanup>, Duration) {
    let findings = scope.findings;
    let errors = findings.errors();
    let mut drain = None;
    let mut stop = None;
    let mut warm: Option<Span> = None;
    for statement in parts.cleanup.iter().flat_map(|(body, _)| &body.statements) {
        let span = statement.span;
        match &statement.node {
            CleanupItem::Drain(value) => once(&mut drain, "drain", value, span, findings),
            CleanupItem::StopWithin(value) => {
                once(&mut stop, "stop within", value, span, findings);
            }
            CleanupItem::KeepWarm(_) => match warm {
                Some(first) => super::parts::twice("keep warm", span, first, findings),
                None => warm = Some(span),
            },
        }
    }
    let drain = drain.map(|(value, _)| (value, scope.duration(value)));
    if let Some((value, Some(Duration::ZERO))) = drain {
        findings.push(
            Diagnostic::new(
                Code::NO_DRAIN,
                value.span(),
                "a drain of zero cuts every request that is under way",
            )
            .help("it is a limit, not a wait: what has ended is not waited for; the default is `drain 30s`"),
        );
    }
    let stop = stop.map(|(value, _)| (value, scope.duration(value)));
    if let Some((value, Some(Duration::ZERO))) = stop {
        findings.push(services::no_grace(value.span()));
    }
    let stop_within = stop
        .and_then(|(_, duration)| duration)
        .unwrap_or(DEFAULT_STOP_WITHIN);
    let cleanup = Cleanup {
        drain: drain
            .and_then(|(_, duration)| duration)
            .unwrap_or(DEFAULT_DRAIN),
        previous: if warm.is_some() {
            Previous::KeptWarm
        } else {
            Previous::Stopped
        },
        span: parts.cleanup.map(|(_, span)| span),
    };
    (
        (findings.errors() == errors).then_some(cleanup),
        stop_within,
    )
}

fn lock_wait(scope: Scope<'_>, parts: &Parts<'_>) -> Option<Duration> {
    let mut wait: Option<super::parts::At<'_, Value>> = None;
    for statement in parts.lock.iter().flat_map(|(body, _)| &body.statements) {
        let LockItem::Wait(value) = &statement.node;
        once(&mut wait, "wait", value, statement.span, scope.findings);
    }
    match wait {
        None => Some(Duration::ZERO),
        Some((value, _)) => scope.duration(value),
    }
}

fn verification(
    scope: Scope<'_>,
    parts: &Parts<'_>,
    probes: &Probes<'_>,
    app: &tree::Name,
) -> Option<Verification> {
    let findings = scope.findings;
    let errors = findings.errors();
    let scope = scope.at(Place::Verify);
    let mut checks: Vec<Verify> = Vec::new();
    let mut none: Option<(String, Span)> = None;
    let mut named: Vec<&tree::Name> = Vec::new();
    for (at, (verify, span)) in parts.verifies.iter().enumerate() {
        match verify {
            tree::Verify::None { word, reason } => {
                let text = scope
                    .template(reason)
                    .and_then(|text| scope.literal(&text, reason.span));
                if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                    findings.push(
                        Diagnostic::new(Code::NO_VERIFY, reason.span, "`verify none` without a reason")
                            .help("say why nothing can be asked through the proxy: who reviews this should not have to guess"),
                    );
                }
                if parts.verifies.len() > 1 {
                    let other = parts.verifies[usize::from(at == 0)].1;
                    findings.push(
                        Diagnostic::new(
                            Code::SAID_TWICE,
                            *word,
                            "`verify none` beside another `verify`",
                        )
                        .also(other, "the other one")
                        .help("remove one of them"),
                    );
                }
                none = text.map(|text| (text, *span));
            }
            tree::Verify::Check { name, from, body } => {
                if let Some(name) = name {
                    if let Some(first) = named.iter().find(|known| known.text == name.text) {
                        findings.push(names::duplicate(name, first.span));
                    }
                    named.push(name);
                }
                let check = check(
                    scope,
                    name.as_ref(),
                    from.as_ref(),
                    body.as_ref(),
                    probes,
                    *span,
                    at,
                );
                checks.extend(check);
            }
        }
    }
    if parts.verifies.is_empty() {
        findings.push_absent(
            Diagnostic::new(
                Code::NO_VERIFY,
                app.span,
                "nothing is asked through the proxy after the switch",
            )
            .help("write `verify { get \"http://127.0.0.1/…\" }` with the URL that users have, or `verify none \"reason\"`"),
        );
    }
    if findings.errors() > errors {
        return None;
    }
    Some(match none {
        Some((reason, span)) => Verification::None { reason, span },
        None => Verification::Checks(checks),
    })
}

fn check(
    scope: Scope<'_>,
    name: Option<&tree::Name>,
    from: Option<&tree::Name>,
    body: Option<&Body<tree::ProbeItem>>,
    probes: &Probes<'_>,
    span: Span,
    at: usize,
) -> Option<Verify> {
    let findings = scope.findings;
    let written = match name {
        Some(word) => names::name(word, "a verify", findings),
        None if at == 0 => Name::new("verify").ok(),
        None => Name::new(&format!("verify-{}", at + 1)).ok(),
    };
    let merged = probe::merge(None, from, body, probes, findings)?;
    if merged.questions.is_empty() {
        findings.push_absent(
            Diagnostic::new(Code::BAD_PROBE, span, "the verify asks nothing")
                .help("write what it asks through the proxy: `get \"http://127.0.0.1/…\"`"),
        );
        return None;
    }
    let questions = merged.questions(scope);
    let budget = merged.budget(scope);
    Some(Verify {
        name: written?,
        questions: questions?,
        budget: budget?,
        on_failure: if merged.warn.is_some() {
            OnFailure::Warn
        } else {
            OnFailure::SwitchBack
        },
        span,
    })
}
