//! The functions of drivers: the contract that each kind keeps.

use super::{Driver, DriverKind, Duration};

/// A function of the contract that every driver keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the contract's table documents the functions")]
pub enum Function {
    // run
    Stage,
    Start,
    Alive,
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
    Holds,
    // run and switch
    Preflight,
    // shared
    Ensure,
    // notify
    Notify,
}

impl Function {
    /// The functions of a `run` driver.
    pub const RUN: [Self; 14] = [
        Self::Stage,
        Self::Start,
        Self::Alive,
        Self::Listens,
        Self::Enter,
        Self::Stop,
        Self::Clear,
        Self::Logs,
        Self::Persist,
        Self::Healthy,
        Self::Adopt,
        Self::Preflight,
        Self::Fetch,
        Self::Offers,
    ];

    /// The functions of a `switch` driver.
    pub const SWITCH: [Self; 14] = [
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
        Self::Holds,
    ];

    /// The functions of a driver of this kind. `None` if its contract is not defined yet.
    #[must_use]
    pub fn of_kind(kind: DriverKind) -> Option<&'static [Self]> {
        match kind {
            DriverKind::Run => Some(&Self::RUN),
            DriverKind::Switch => Some(&Self::SWITCH),
            DriverKind::Notify => Some(&[Self::Notify]),
            DriverKind::Ship | DriverKind::Target | DriverKind::Shared => None,
        }
    }

    /// The part of the shell function's name after the driver: `stage` in `DRIVER_stage`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Start => "start",
            Self::Alive => "alive",
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
            Self::Holds => "holds",
            Self::Ensure => "ensure",
            Self::Notify => "notify",
        }
    }

    /// Whether a driver of this kind may leave the function out. It must define each other one, or list it in `cannot`.
    #[must_use]
    pub fn may_be_left_out(self, kind: DriverKind) -> bool {
        match self {
            Self::Fetch | Self::Offers | Self::Dial | Self::Holds => true,
            Self::Preflight => kind == DriverKind::Run,
            _ => false,
        }
    }

    /// Whether the driver, or one that it extends, defines the function.
    #[must_use]
    pub fn is_defined_by(self, driver: &Driver) -> bool {
        driver.chain().any(|driver| self.is_in_files_of(driver))
    }

    /// Whether the driver's own files define the function, as `NAME() {` or `function NAME {`.
    fn is_in_files_of(self, driver: &Driver) -> bool {
        let name = format!("{}_{}", driver.name.shell(), self.name());
        let defines = |line: &str| {
            let line = line.trim_start();
            let (line, word) = match line.strip_prefix("function ") {
                Some(rest) => (rest.trim_start(), true),
                None => (line, false),
            };
            line.strip_prefix(&name).is_some_and(|rest| {
                rest.trim_start().starts_with("()") || (word && rest.trim_start().starts_with('{'))
            })
        };
        let mut files = driver.functions.iter();
        files.any(|file| file.text.lines().any(defines))
    }

    /// How long the function may take if the driver's description does not say. The time of [`Function::Stop`] is added
    /// to the service's `stop within`. It is for KILL and for the host to notice that the process is gone. `None`: it
    /// has no limit of its own, because only probes call it, and their `timeout` ends it.
    #[must_use]
    pub fn default_limit(self) -> Option<Duration> {
        let seconds = match self {
            Self::Enter | Self::Healthy => return None,
            Self::Fetch => 300,
            Self::Stage | Self::Ensure | Self::Notify => 60,
            Self::Holds => 20,
            Self::Test | Self::Reload => 15,
            Self::Start
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
            | Self::Routed
            | Self::Snapshot
            | Self::Offers
            | Self::Dial
            | Self::Draining => 5,
            Self::Alive | Self::Mutex => 2,
        };
        Some(Duration::from_secs(seconds))
    }
}
