//! The runtime part: modules in one order, then the used drivers' files, a base before its driver.

use crate::model::{App, Driver, StepRun};
use crate::plan::limits::chain;
use crate::stdlib;
use std::sync::Arc;

/// The modules of `stdlib/shell/` in the order in which a script has them: the command first, then
/// the phases in the order of a deployment, then what they are built on.
const MODULES: &[&str] = &[
    "main",
    "step",
    "prepare",
    "switch",
    "way_back",
    "cleanup",
    "recover",
    "rollback",
    "adopt",
    "status",
    "probe",
    "question",
    "expect",
    "http",
    "http_curl",
    "http_bash",
    "json",
    "inputs",
    "state",
    "lock",
    "live",
    "fragment",
    "generation",
    "driver",
    "process",
    "net",
    "output",
    "clock",
];

/// The names of the modules, in the order in which a script has them.
#[must_use]
pub fn modules() -> &'static [&'static str] {
    MODULES
}

/// Everything below the application's part, without `main "$@"`.
pub(super) fn text(app: &App) -> String {
    let modules = MODULES
        .iter()
        .filter_map(|module| stdlib::text(&format!("shell/{module}.sh")));
    let drivers = drivers(app);
    let drivers = drivers
        .iter()
        .filter_map(|driver| Some(driver.functions.as_ref()?.text.as_str()));
    let files: Vec<&str> = modules
        .chain(drivers)
        .map(|file| without_directives(file).trim_end())
        .filter(|file| !file.is_empty())
        .collect();
    files.join("\n\n")
}

/// The drivers whose functions the script calls, each once, bases first.
fn drivers(app: &App) -> Vec<&Arc<Driver>> {
    let steps = &app.steps;
    let steps = steps.before_start.iter().chain(&steps.before_switch);
    let steps = steps
        .chain(&app.steps.after_switch)
        .chain(&app.steps.after_verify);
    let steps = steps.chain(&app.steps.after_stop);
    let steps = steps.chain(app.outcomes.iter().map(|outcome| &outcome.step));
    let notified = steps.filter_map(|step| match &step.run {
        StepRun::Notify(used) => Some(used),
        StepRun::Exec(_) | StepRun::Shell(_) => None,
    });
    let used = app.services.iter().map(|service| &service.run);
    let mut drivers: Vec<&Arc<Driver>> = Vec::new();
    for used in used.chain([&app.switch]).chain(notified) {
        let bases: Vec<_> = chain(&used.driver).collect();
        for driver in bases.into_iter().rev() {
            let same =
                |other: &&Arc<Driver>| other.kind == driver.kind && other.name == driver.name;
            if !drivers.iter().any(same) {
                drivers.push(driver);
            }
        }
    }
    drivers
}

/// A file without its first lines that only speak to ShellCheck (and to the kernel).
fn without_directives(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with("#!") || rest.starts_with("# shellcheck") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}
