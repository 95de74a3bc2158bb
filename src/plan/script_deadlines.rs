//! The script's `deadline` table. It has the numbers that the plan adds up.

use super::limits::{Core, Function, has};
use super::release_limits::release_limits;
use super::{Call, Occasion};
use crate::model::{App, DriverUse, Duration};
use std::collections::BTreeMap;

/// Returns the script's `deadline` table, in milliseconds as in [`Duration`]: the limits of the script's own work, of
/// each function of the drivers of the services and the proxy, of each step of the user, and of a release's own script. A
/// function that only probes call is not in it, because the probe's `timeout` ends it. A function that the driver lists
/// in `cannot` is in it if a driver that it extends defines the function, because the script finds that one.
#[must_use]
pub fn deadlines(app: &App) -> BTreeMap<String, Duration> {
    let mut table: BTreeMap<String, Duration> = Core::ALL
        .iter()
        .map(|(name, _, limit)| ((*name).to_owned(), *limit))
        .collect();
    let of_release = release_limits(app).into_iter();
    table.extend(of_release.map(|(name, limit)| (name.to_owned(), limit)));
    let mut add = |call: Call| {
        if let Some(key) = call.key() {
            table.insert(key, call.limit(app));
        }
    };
    add(Call::ProxyLock);
    let given = |used: &DriverUse, functions: &[Function]| -> Vec<Function> {
        let functions = functions.iter().copied();
        let limited = functions.filter(|function| function.default_limit().is_some());
        let found =
            |function: Function| has(used, function) || function.is_defined_by(&used.driver);
        limited.filter(|function| found(*function)).collect()
    };
    for service in &app.services {
        for function in given(&service.run, &Function::RUN) {
            add(Call::Run(service.name.clone(), function));
        }
    }
    for function in Function::SWITCH {
        // If the driver has no `dial`, the script connects from the host.
        let found = has(&app.switch, function) || function.is_defined_by(&app.switch.driver);
        if function == Function::Dial || found {
            add(Call::Switch(function));
        }
    }
    for number in 1..=app.shared.len() {
        add(Call::Shared(number, Function::Ensure));
    }
    for (place, count) in user_steps(app) {
        for number in 1..=count {
            add(Call::User(place, number));
        }
    }
    table
}

/// Returns the number of the user's steps in each place.
fn user_steps(app: &App) -> [(Occasion, usize); 8] {
    use crate::model::Outcome;
    let steps = &app.steps;
    let outcomes = |when| {
        let outcomes = app.outcomes.iter();
        outcomes.filter(|outcome| outcome.when == when).count()
    };
    [
        (Occasion::BeforeStart, steps.before_start.len()),
        (Occasion::BeforeSwitch, steps.before_switch.len()),
        (Occasion::AfterSwitch, steps.after_switch.len()),
        (Occasion::AfterVerify, steps.after_verify.len()),
        (Occasion::AfterStop, steps.after_stop.len()),
        (Occasion::OnSuccess, outcomes(Outcome::Success)),
        (Occasion::OnFailure, outcomes(Outcome::Failure)),
        (Occasion::OnAlways, outcomes(Outcome::Always)),
    ]
}
