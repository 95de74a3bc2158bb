//! The time limits of the script's own work and of the functions of drivers.

pub use crate::model::Function;
use crate::model::{DriverUse, Duration, Service};

/// A part of the script's own work that has a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Core {
    /// Copying the files of a release, or syncing them to the disk. The script ends it at the limit.
    Copy,
    /// One synced write into the state: journal, pointers, a saved fragment. The script ends it at the limit.
    Journal,
    /// The wait for processes of a killed script that still hold the app's mutex. They end by their own deadlines.
    Leftovers,
    /// The wait of a rollback for the cleanup that it has asked to end.
    Preempt,
    /// How long a prepared color is reserved for its deployment. It is not a wait, so no worst case contains it.
    Reservation,
    /// Enabling the unit that starts the live color after a boot. The script ends it at the limit.
    ResumeUnit,
    /// How long an exclusive service must run to count as started.
    StaysAlive,
    /// Removing old releases. The next command removes the rest.
    Sweep,
}

impl Core {
    /// All parts: the name in the script's table, the part, and its time limit.
    pub const ALL: [(&'static str, Self, Duration); 8] = [
        ("copy", Self::Copy, Duration::from_secs(60)),
        ("journal", Self::Journal, Duration::from_secs(5)),
        ("leftovers", Self::Leftovers, Duration::from_secs(15)),
        // A drain looks for such a request ten times a second, and then the cleanup ends.
        ("preempt", Self::Preempt, Duration::from_secs(10)),
        ("reservation", Self::Reservation, Duration::from_secs(3600)),
        ("resume_unit", Self::ResumeUnit, Duration::from_secs(15)),
        ("stays_alive", Self::StaysAlive, Duration::from_secs(2)),
        ("sweep", Self::Sweep, Duration::from_secs(60)),
    ];

    /// Returns the time limit.
    #[must_use]
    pub fn limit(self) -> Duration {
        Self::ALL
            .iter()
            .find(|(_, core, _)| *core == self)
            .map_or(Duration::ZERO, |(_, _, limit)| *limit)
    }
}

/// Returns whether a driver has a function. No driver of its chain may list it in `cannot`. An optional function must
/// be defined by the driver or one that it extends. All other functions count as present.
#[must_use]
pub fn has(used: &DriverUse, function: Function) -> bool {
    let driver = &used.driver;
    !driver.leaves_out(function.name())
        && (!function.may_be_left_out(driver.kind) || function.is_defined_by(driver))
}

/// Returns the time limit of a driver's function, without `stop within`. A function that only probes call has none: its
/// time is the probe's.
#[must_use]
pub fn limit(used: &DriverUse, function: Function) -> Duration {
    let mut chain = used.driver.chain();
    chain
        .find_map(|driver| driver.deadlines.get(function.name()).copied())
        .or_else(|| function.default_limit())
        .unwrap_or(Duration::ZERO)
}

/// Returns the time limit for stopping a service: its time after TERM, plus the limit of the driver.
#[must_use]
pub fn stop(service: &Service) -> Duration {
    service.stop_within + limit(&service.run, Function::Stop)
}
