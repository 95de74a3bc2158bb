//! The functions of the user's own drivers: they are the user's to review, and stand in the application's script.

use super::runtime::without_directives;
use super::{Code, Script};
use crate::model::{App, Driver, DriverUse, StepRun};
use crate::plan::limits::chain;
use crate::stdlib;
use std::sync::Arc;

impl Script<'_> {
    pub(super) fn drivers(&self, code: &mut Code) {
        for driver in own(self.app) {
            let Some(file) = &driver.functions else {
                continue;
            };
            code.gap();
            let path = self.places.relative(&file.path);
            code.comment(&format!(
                "==== {} {}: your driver's functions, from {path} ====",
                driver.kind.word(),
                driver.name
            ));
            code.gap();
            code.verbatim(&without_directives(&file.text));
        }
    }
}

/// The drivers whose functions the script calls and the runtime does not have, each once, bases first.
pub(super) fn own(app: &App) -> Vec<&Arc<Driver>> {
    let mut drivers: Vec<&Arc<Driver>> = Vec::new();
    for used in used(app) {
        let bases: Vec<_> = chain(&used.driver).collect();
        for driver in bases.into_iter().rev() {
            let same =
                |other: &&Arc<Driver>| other.kind == driver.kind && other.name == driver.name;
            if !is_ours(driver) && !drivers.iter().any(same) {
                drivers.push(driver);
            }
        }
    }
    drivers
}

/// Whether it stands in the library: its functions are the runtime's.
pub(super) fn is_ours(driver: &Driver) -> bool {
    stdlib::driver_path(driver.kind, driver.name.as_str()).is_some()
}

/// Every use of a driver that has functions.
pub(super) fn used(app: &App) -> impl Iterator<Item = &DriverUse> {
    let steps = &app.steps;
    let steps = steps
        .before_start
        .iter()
        .chain(&steps.before_switch)
        .chain(&steps.after_switch)
        .chain(&steps.after_verify)
        .chain(&steps.after_stop)
        .chain(app.outcomes.iter().map(|outcome| &outcome.step));
    let notified = steps.filter_map(|step| match &step.run {
        StepRun::Notify(used) => Some(used),
        StepRun::Exec(_) | StepRun::Shell(_) => None,
    });
    let services = app.services.iter().map(|service| &service.run);
    services
        .chain([&app.switch])
        .chain(&app.shared)
        .chain(notified)
}
