//! The user's own steps, and the steps that run after the outcome is known.

use super::shell_text;
use crate::check::drivers::descriptions::Descriptions;
use crate::check::drivers::driver_use;
use crate::check::names::statements::{At, Statements, once};
use crate::check::values::scope::Scope;
use crate::check::values::types::Type;
use crate::check::values::value_place::ValuePlace;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    DriverKind, Duration, InputType, OutcomeStep, Runs, Step, StepFailure, StepRun, Steps,
    Template, When, defaults,
};
use crate::source::Span;
use crate::syntax::tree::{self, CommandOption, CommandRun, OnItem};

/// Resolves `before …` and `after …`.
pub fn steps(scope: Scope<'_>, statements: &Statements<'_>) -> Option<Steps> {
    let errors = scope.findings.errors();
    let mut steps = Steps::default();
    for (block, _) in &statements.steps {
        let place = match block.when {
            When::BeforeStart => ValuePlace::BeforeStart,
            When::BeforeSwitch => ValuePlace::BeforeSwitch,
            When::AfterSwitch | When::AfterVerify | When::AfterStop => ValuePlace::AfterSwitch,
        };
        let into = steps.at_mut(block.when);
        for statement in &block.body.statements {
            into.extend(step(scope.at(place), &statement.node, statement.span));
        }
    }
    (scope.findings.errors() == errors).then_some(steps)
}

/// Resolves `on …`.
pub fn outcomes(
    scope: Scope<'_>,
    statements: &Statements<'_>,
    drivers: &Descriptions,
) -> Option<Vec<OutcomeStep>> {
    let errors = scope.findings.errors();
    let scope = scope.at(ValuePlace::Outcome);
    let mut outcomes = Vec::new();
    for (on, _) in &statements.ons {
        let when = on.outcome;
        for statement in &on.body.statements {
            let step = match &statement.node {
                OnItem::Command(command) => step(scope, command, statement.span),
                OnItem::Notify(used) => notify(scope, used, statement.span, drivers),
            };
            outcomes.extend(step.map(|step| OutcomeStep { when, step }));
        }
    }
    (scope.findings.errors() == errors).then_some(outcomes)
}

fn notify(
    scope: Scope<'_>,
    used: &tree::DriverUse,
    span: Span,
    drivers: &Descriptions,
) -> Option<Step> {
    let notify = driver_use::of_kind(scope, drivers, DriverKind::Notify, (used, span), None)?;
    Some(Step {
        run: StepRun::Notify(notify),
        folder: None,
        within: defaults::STEP_WITHIN,
        runs: Runs::Always,
        on_failure: StepFailure::OfPlace,
        span,
    })
}

/// Resolves `exec [...]` or `shell "…"`.
pub fn step(scope: Scope<'_>, command: &tree::Command, span: Span) -> Option<Step> {
    let run = match &command.run {
        CommandRun::Exec(value) => scope.command(value).map(StepRun::Exec),
        CommandRun::Shell(text) => shell(scope, text).map(StepRun::Shell),
    };
    let mut folder = None;
    let mut within = None;
    let mut only_once: Option<At<'_, Span>> = None;
    let mut warn: Option<At<'_, Span>> = None;
    for statement in command.options.iter().flat_map(|body| &body.statements) {
        match &statement.node {
            CommandOption::In(value) => {
                once(&mut folder, "in", value, statement.span, scope.findings);
            }
            CommandOption::Within(value) => {
                once(&mut within, "within", value, statement.span, scope.findings);
            }
            CommandOption::Once(word) => once(&mut only_once, "once", word, *word, scope.findings),
            CommandOption::Warn(word) => once(&mut warn, "warn", word, *word, scope.findings),
        }
    }
    let folder: Option<Option<Template>> =
        folder.map(|(value, _)| scope.text_of(&Type::Input(InputType::Path), value));
    let within = match within {
        None => Some(defaults::STEP_WITHIN),
        Some((value, _)) => match scope.duration(value) {
            Some(Duration::ZERO) => {
                scope.findings.push(
                    Diagnostic::new(Code::OUT_OF_RANGE, value.span(), "the time must be longer than zero")
                        .help("leave it out for the default of a minute, or write how long the step may take"),
                );
                None
            }
            within => within,
        },
    };
    Some(Step {
        run: run?,
        folder: match folder {
            None => None,
            Some(folder) => Some(folder?),
        },
        within: within?,
        runs: only_once.map_or(Runs::Always, |_| Runs::Once),
        on_failure: warn.map_or(StepFailure::OfPlace, |_| StepFailure::Warn),
        span,
    })
}

/// Checks a `shell` text. It has no placeholders. Inputs reach it as variables, so each word in it that is a defined
/// name counts as a use.
fn shell(scope: Scope<'_>, text: &tree::Text) -> Option<String> {
    let script = text.literal()?;
    shell_text::check(scope, &script, text.span);
    let words = script.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words.filter(|word| !word.is_empty()) {
        scope.names.find(word);
    }
    if script.contains('\0') {
        scope.findings.push(
            Diagnostic::new(
                Code::OUT_OF_RANGE,
                text.span,
                "the text contains a NUL character",
            )
            .help("bash cannot hold it; remove it"),
        );
        return None;
    }
    if script.trim().is_empty() {
        scope.findings.push(
            Diagnostic::new(Code::WRONG_TYPE, text.span, "nothing to run")
                .help("write what bash should do, or remove the step"),
        );
        return None;
    }
    Some(script)
}
