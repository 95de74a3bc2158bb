//! All defaults of the language: the values of statements that a file leaves out.
//!
//! `docs/language.md` has a table of them, and a test compares it with [`all`]. `deployc explain defaults` shows them.
//! The defaults of a driver's settings are in the driver's description, those of its functions in the contract.

use super::{Budget, Cleanup, Duration, Handover, HostPath, Service, StatusSet};

/// The name of the service in an app with a bare `run`.
pub const SERVICE: &str = "app";

/// The folder in `/` that contains the roots of apps.
pub const ROOTS: &str = "opt";

/// The folder in the root into which the caller puts the files of a deployment.
pub const STAGING: &str = "staging";

/// The host at which the proxy reaches a color that has a port.
pub const HOST: &str = "127.0.0.1";

/// How a service is handed over from the old color to the new one.
pub const HANDOVER: Handover = Handover::Overlap;

/// How long the old color may still answer.
pub const DRAIN: Duration = Duration::from_secs(30);

/// The time of a service between TERM and KILL.
pub const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The time limit of a user's step.
pub const STEP_WITHIN: Duration = Duration::from_secs(60);

/// How long a second deploy waits for the first.
pub const LOCK_WAIT: Duration = Duration::ZERO;

/// How long a command waits if a target calls the script. The next deployment may begin during the cleanup of the last
/// one. So this is the time of the longest cleanup: the drain, and then the longest `stop within`.
#[must_use]
pub fn lock_wait_of_targets(cleanup: &Cleanup, services: &[Service]) -> Duration {
    let stops = services.iter().map(|service| service.stop_within);
    cleanup.drain + stops.max().unwrap_or(STOP_WITHIN)
}

/// The number of tries of a probe, and their times.
pub const BUDGET: Budget = Budget {
    every: Duration::from_millis(100),
    within: Duration::from_secs(60),
    attempts: None,
    timeout: Duration::from_secs(2),
    after: Duration::ZERO,
    passes: 2,
};

/// How often and how long a `verify` tries. The time is short, because while a `verify` fails, users get the color that
/// fails.
pub const VERIFY_BUDGET: Budget = Budget {
    within: Duration::from_secs(5),
    ..BUDGET
};

/// The status that an answer must have.
#[must_use]
pub fn status() -> StatusSet {
    StatusSet::success()
}

/// The app's folder on the host.
#[must_use]
pub fn root(app: &str) -> HostPath {
    HostPath::top(ROOTS).join(app)
}

/// The folder into which the caller puts the files of a deployment, if no target sets another one.
#[must_use]
pub fn staging(root: &HostPath) -> HostPath {
    root.join(STAGING)
}

/// Every default in the notation of the language: the block of the statement, and the statement.
#[must_use]
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("app", format!("root \"{}\"", root("{app}"))),
        ("app", format!("address \"{HOST}:{{port}}\"")),
        ("service", format!("handover {}", HANDOVER.word())),
        ("cleanup", format!("drain {DRAIN}")),
        ("cleanup, service", format!("stop within {STOP_WITHIN}")),
        ("lock", format!("wait {LOCK_WAIT}")),
        ("exec, shell", format!("within {STEP_WITHIN}")),
        ("probe, verify", "expect status 2xx".to_owned()),
        ("probe, verify", format!("every {}", BUDGET.every)),
        ("probe", format!("within {}", BUDGET.within)),
        ("verify", format!("within {}", VERIFY_BUDGET.within)),
        ("probe, verify", format!("timeout {}", BUDGET.timeout)),
        ("probe, verify", format!("after {}", BUDGET.after)),
        ("probe, verify", format!("passes {}", BUDGET.passes)),
    ]
}
