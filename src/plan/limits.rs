//! How long everything may take: one table, read by the plan and written into the script as `deadline`.

use crate::model::{App, Driver, DriverKind, DriverUse, Duration, Service};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A stretch of the script's own work that has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Core {
    /// Making a release: copying the artifact and the script.
    Copy,
    /// What a driver's call may take on top of what is asked of it.
    DriverSlack,
    /// Looking at the host: tools, rights, state folder, file system.
    Host,
    /// Reading and checking the inputs.
    Inputs,
    /// One synced line in the journal or the history.
    Journal,
    /// Taking the app's mutex and reading the journal; waiting for another deployment comes on top.
    Lock,
    /// Waiting for another app that holds the proxy's mutex, from its swap to its confirmation.
    ProxyMutex,
    /// How long a prepared color is kept for its deployment. No wait: it is in no worst case.
    Reservation,
    /// Enabling the unit that brings the live color up after a boot.
    ResumeUnit,
}

impl Core {
    /// Every one: its name in the script, and how long it may take.
    pub const ALL: [(&'static str, Self, Duration); 9] = [
        ("copy", Self::Copy, Duration::from_secs(60)),
        ("driver_slack", Self::DriverSlack, Duration::from_secs(10)),
        ("host", Self::Host, Duration::from_secs(10)),
        ("inputs", Self::Inputs, Duration::from_secs(2)),
        ("journal", Self::Journal, Duration::from_secs(5)),
        ("lock", Self::Lock, Duration::from_secs(2)),
        // The longest that another app's swap, test, reload and confirm take with the defaults below.
        ("proxy_mutex", Self::ProxyMutex, Duration::from_secs(60)),
        ("reservation", Self::Reservation, Duration::from_secs(3600)),
        ("resume_unit", Self::ResumeUnit, Duration::from_secs(15)),
    ];

    /// How long it may take.
    #[must_use]
    pub fn limit(self) -> Duration {
        Self::ALL
            .iter()
            .find(|(_, core, _)| *core == self)
            .map_or(Duration::ZERO, |(_, _, limit)| *limit)
    }
}

/// A function of the contract that every driver keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the contract's table documents the functions")]
pub enum Function {
    // run
    Stage,
    Start,
    Alive,
    Identity,
    Listens,
    Enter,
    Stop,
    Clear,
    Logs,
    Persist,
    Healthy,
    Adopt,
    Fetch,
    Offers,
    // switch
    Routed,
    Read,
    Write,
    Swap,
    Remove,
    Test,
    Snapshot,
    Reload,
    Confirm,
    Draining,
    Mutex,
    Dial,
    // run and switch
    Preflight,
    // shared
    Ensure,
}

impl Function {
    /// What a `run` driver does.
    pub const RUN: [Self; 15] = [
        Self::Stage,
        Self::Start,
        Self::Alive,
        Self::Identity,
        Self::Listens,
        Self::Enter,
        Self::Stop,
        Self::Clear,
        Self::Logs,
        Self::Persist,
        Self::Healthy,
        Self::Adopt,
        Self::Fetch,
        Self::Offers,
        Self::Preflight,
    ];

    /// What a `switch` driver does.
    pub const SWITCH: [Self; 13] = [
        Self::Routed,
        Self::Read,
        Self::Write,
        Self::Swap,
        Self::Remove,
        Self::Test,
        Self::Snapshot,
        Self::Reload,
        Self::Confirm,
        Self::Draining,
        Self::Mutex,
        Self::Preflight,
        Self::Dial,
    ];

    /// As in a function's name: `DRIVER_stage`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Start => "start",
            Self::Alive => "alive",
            Self::Identity => "identity",
            Self::Listens => "listens",
            Self::Enter => "enter",
            Self::Stop => "stop",
            Self::Clear => "clear",
            Self::Logs => "logs",
            Self::Persist => "persist",
            Self::Healthy => "healthy",
            Self::Adopt => "adopt",
            Self::Routed => "routed",
            Self::Read => "read",
            Self::Write => "write",
            Self::Swap => "swap",
            Self::Remove => "remove",
            Self::Test => "test",
            Self::Snapshot => "snapshot",
            Self::Reload => "reload",
            Self::Confirm => "confirm",
            Self::Draining => "draining",
            Self::Mutex => "mutex",
            Self::Preflight => "preflight",
            Self::Fetch => "fetch",
            Self::Offers => "offers",
            Self::Dial => "dial",
            Self::Ensure => "ensure",
        }
    }

    /// How long it may take where the driver's description does not say. For [`Function::Stop`]: on
    /// top of the service's `stop within`, for KILL and for what the host needs to see it gone.
    #[must_use]
    pub fn default_limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Fetch => 300,
            Self::Stage | Self::Ensure => 60,
            Self::Test | Self::Reload => 15,
            Self::Start
            | Self::Enter
            | Self::Stop
            | Self::Clear
            | Self::Persist
            | Self::Write
            | Self::Swap
            | Self::Remove
            | Self::Confirm
            | Self::Preflight => 10,
            Self::Listens
            | Self::Adopt
            | Self::Read
            | Self::Logs
            | Self::Healthy
            | Self::Routed
            | Self::Snapshot
            | Self::Offers
            | Self::Dial
            | Self::Draining => 5,
            Self::Alive | Self::Identity | Self::Mutex => 2,
        })
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
        Function::Fetch | Function::Offers | Function::Dial => true,
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

/// The script's `deadline` table: the core's names, and `DRIVER_FUNCTION` for each function of the
/// used drivers. Where two services want different limits of one function, the longer holds.
#[must_use]
pub fn table(app: &App) -> BTreeMap<String, Duration> {
    let mut table: BTreeMap<String, Duration> = Core::ALL
        .iter()
        .map(|(name, _, limit)| ((*name).to_owned(), *limit))
        .collect();
    let mut add = |used: &DriverUse, function: Function, limit: Duration| {
        if has(used, function) {
            table
                .entry(format!("{}_{}", used.driver.name.shell(), function.name()))
                .and_modify(|longest| *longest = limit.max(*longest))
                .or_insert(limit);
        }
    };
    for service in &app.services {
        for function in Function::RUN {
            let limit = match function {
                Function::Stop => stop(service),
                _ => limit(&service.run, function),
            };
            add(&service.run, function, limit);
        }
    }
    for function in Function::SWITCH {
        add(&app.switch, function, limit(&app.switch, function));
    }
    table
}
