//! How long everything may take at most: the core's own work, and the functions of drivers.

pub use crate::model::Function;
use crate::model::{Driver, DriverKind, DriverUse, Duration, Service};
use std::sync::Arc;

/// A stretch of the script's own work that has a deadline: who keeps it is said with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Core {
    /// Copying what belongs to a release, or making all of it reach the disk. The script ends the copy.
    Copy,
    /// One synced write into the state: journal, pointers, a fragment that is kept. The script ends it.
    Journal,
    /// What a killed script had started may still hold the app's mutex; it ends by its own deadline.
    Leftovers,
    /// Waiting for another app that holds the proxy's mutex, from its swap to its confirmation.
    ProxyLock,
    /// How long a prepared color is kept for its deployment. No wait: it is in no worst case.
    Reservation,
    /// Enabling the unit that brings the live color up after a boot. The script ends it.
    ResumeUnit,
    /// How long a program that may run only once must live to count as started.
    StaysAlive,
    /// Removing old releases; what is left is the next command's.
    Sweep,
}

impl Core {
    /// Every one: its name in the script's table, and how long it may take.
    pub const ALL: [(&'static str, Self, Duration); 8] = [
        ("copy", Self::Copy, Duration::from_secs(60)),
        ("journal", Self::Journal, Duration::from_secs(5)),
        ("leftovers", Self::Leftovers, Duration::from_secs(15)),
        // The longest that another app's swap, test, reload and confirm take with the default limits.
        ("proxy_lock", Self::ProxyLock, Duration::from_secs(60)),
        ("reservation", Self::Reservation, Duration::from_secs(3600)),
        ("resume_unit", Self::ResumeUnit, Duration::from_secs(15)),
        ("stays_alive", Self::StaysAlive, Duration::from_secs(2)),
        ("sweep", Self::Sweep, Duration::from_secs(60)),
    ];

    /// Its time limit.
    #[must_use]
    pub fn limit(self) -> Duration {
        Self::ALL
            .iter()
            .find(|(_, core, _)| *core == self)
            .map_or(Duration::ZERO, |(_, _, limit)| *limit)
    }
}

/// Whether a driver has a function: one of its own or of a driver that it extends, and it does not say `cannot`. Functions that may be
/// left out are not missed.
#[must_use]
pub fn has(used: &DriverUse, function: Function) -> bool {
    let cannot = |driver: &Arc<Driver>| driver.cannot.iter().any(|name| name == function.name());
    if chain(&used.driver).any(cannot) {
        return false;
    }
    let may_be_left_out = match function {
        Function::Fetch | Function::Offers | Function::Dial | Function::Holds => true,
        Function::Preflight => used.driver.kind == DriverKind::Run,
        _ => false,
    };
    !may_be_left_out || chain(&used.driver).any(|driver| defines(driver, function))
}

/// Whether the file of a driver's functions defines that one.
fn defines(driver: &Driver, function: Function) -> bool {
    let head = format!("{}_{}() {{", driver.name.shell(), function.name());
    let mut texts = driver.functions.iter();
    texts.any(|file| file.text.lines().any(|line| line.starts_with(&head)))
}

/// How long a driver's function may take, `stop within` not counted.
#[must_use]
pub fn limit(used: &DriverUse, function: Function) -> Duration {
    chain(&used.driver)
        .find_map(|driver| driver.deadlines.get(function.name()).copied())
        .unwrap_or_else(|| function.default_limit())
}

/// A driver and those that it extends, nearest first.
pub fn chain(driver: &Arc<Driver>) -> impl Iterator<Item = &Arc<Driver>> {
    std::iter::successors(Some(driver), |driver| driver.base.as_ref())
}

/// How long stopping a service may take: what it is given after TERM, and the driver's own share.
#[must_use]
pub fn stop(service: &Service) -> Duration {
    service.stop_within + limit(&service.run, Function::Stop)
}
