//! How long everything may take: one table, read by the plan and written into the script as `deadline`.

use crate::model::{App, Driver, DriverUse, Duration};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A stretch of the script's own work that has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Core {
    /// Taking the app's mutex and reading the journal; waiting for another deployment comes on top.
    Lock,
    /// Waiting for another app that holds the proxy's mutex, from its swap to its confirmation.
    ProxyLock,
    /// Looking at the host: tools, rights, state folder, file system.
    Host,
    /// Reading and checking the inputs.
    Inputs,
    /// Making a release: copying the artifact and the script.
    Copy,
    /// One synced line in the journal or the history.
    Journal,
}

impl Core {
    /// Every one, by name.
    pub const ALL: [(&'static str, Self, Duration); 6] = [
        ("copy", Self::Copy, Duration::from_secs(60)),
        ("host", Self::Host, Duration::from_secs(10)),
        ("inputs", Self::Inputs, Duration::from_secs(2)),
        ("journal", Self::Journal, Duration::from_secs(5)),
        ("lock", Self::Lock, Duration::from_secs(2)),
        // The longest that another app's swap, test, reload and confirm take with the defaults below.
        ("proxy_lock", Self::ProxyLock, Duration::from_secs(60)),
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
    // switch
    Routed,
    Write,
    Swap,
    Restore,
    Test,
    Snapshot,
    Reload,
    Confirm,
    Draining,
    Mutex,
    Preflight,
}

impl Function {
    /// What a `run` driver does.
    pub const RUN: [Self; 11] = [
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
    ];

    /// What a `switch` driver does.
    pub const SWITCH: [Self; 11] = [
        Self::Routed,
        Self::Write,
        Self::Swap,
        Self::Restore,
        Self::Test,
        Self::Snapshot,
        Self::Reload,
        Self::Confirm,
        Self::Draining,
        Self::Mutex,
        Self::Preflight,
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
            Self::Routed => "routed",
            Self::Write => "write",
            Self::Swap => "swap",
            Self::Restore => "restore",
            Self::Test => "test",
            Self::Snapshot => "snapshot",
            Self::Reload => "reload",
            Self::Confirm => "confirm",
            Self::Draining => "draining",
            Self::Mutex => "mutex",
            Self::Preflight => "preflight",
        }
    }

    /// How long it may take where the driver's description does not say. For [`Function::Stop`]: on
    /// top of the service's `stop within`, for KILL and for what the host needs to see it gone.
    #[must_use]
    pub fn default_limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Stage => 60,
            Self::Test | Self::Reload => 15,
            Self::Start
            | Self::Enter
            | Self::Stop
            | Self::Clear
            | Self::Persist
            | Self::Write
            | Self::Swap
            | Self::Restore
            | Self::Confirm
            | Self::Preflight => 10,
            Self::Listens
            | Self::Logs
            | Self::Healthy
            | Self::Routed
            | Self::Snapshot
            | Self::Draining => 5,
            Self::Alive | Self::Identity | Self::Mutex => 2,
        })
    }
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

/// The script's `deadline` table: the core's names, and for each function that a used driver (or its
/// base) may define, `DRIVER_FUNCTION`. Where two uses of one function differ, the longer holds.
#[must_use]
pub fn table(app: &App) -> BTreeMap<String, Duration> {
    let mut table: BTreeMap<String, Duration> = Core::ALL
        .iter()
        .map(|(name, _, limit)| ((*name).to_owned(), *limit))
        .collect();
    let mut add = |used: &DriverUse, functions: &[Function]| {
        for function in functions {
            let Some(definer) = chain(&used.driver).find(|driver| defines(driver, *function))
            else {
                continue;
            };
            let limit = limit(used, *function);
            table
                .entry(shell_name(definer, *function))
                .and_modify(|longest| *longest = limit.max(*longest))
                .or_insert(limit);
        }
    };
    for service in &app.services {
        add(&service.run, &Function::RUN);
    }
    add(&app.switch, &Function::SWITCH);
    table
}

/// `DRIVER_FUNCTION`, as the shell knows it.
fn shell_name(driver: &Driver, function: Function) -> String {
    format!("{}_{}", driver.name.shell(), function.name())
}

/// Whether the driver's own file has the function.
fn defines(driver: &Driver, function: Function) -> bool {
    let head = format!("{}()", shell_name(driver, function));
    driver
        .functions
        .as_ref()
        .is_some_and(|file| file.text.lines().any(|line| line.starts_with(&head)))
}
