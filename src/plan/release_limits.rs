//! The limits of a release's own script. Another script, perhaps one that is older or newer, asks it to stop, start or
//! probe the release, and ends it after these times. They are in the `meta` file of each release.

use super::limits::{self, Function};
use crate::model::{App, Duration};

/// The time for bash to start and for the script's own work beside the calls.
const OWN_WORK: Duration = Duration::from_secs(10);

/// Returns the limits, each with its name in the script's `deadline` table: stopping and starting all services, and
/// asking all gates and all verifies.
pub(super) fn release_limits(app: &App) -> [(&'static str, Duration); 4] {
    let services = &app.services;
    let stop = services
        .iter()
        .map(|service| limits::stop(service) + OWN_WORK);
    let start = services
        .iter()
        .map(|service| limits::limit(&service.run, Function::Start) + OWN_WORK);
    let gates = services.iter().flat_map(|service| &service.gates);
    let gate: Duration = gates.map(|gate| gate.budget.within).sum();
    let verify: Duration = app
        .verify
        .checks()
        .iter()
        .map(|check| check.budget.within)
        .sum();
    [
        ("release_stop", stop.sum()),
        ("release_start", start.sum()),
        ("release_gate", gate + OWN_WORK),
        ("release_verify", verify + OWN_WORK),
    ]
}
