//! `app` and the blocks in it.

use super::{Body, Command, Let, Name, On, Probe, Steps, Type, Value, Verify};
use crate::source::Span;

/// `app NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The name.
    pub name: Name,
    /// Its statements.
    pub body: Body<AppItem>,
}

/// A statement in an `app` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppItem {
    /// `root "/opt/shop"`
    Root(Value),
    /// `sudo`
    Sudo(Span),
    /// `input NAME: TYPE [= default] [from file PATH]`
    Input(Input),
    /// `let NAME = value`
    Let(Let),
    /// `color NAME { port N }`
    Color(Color),
    /// `address "web-{color}:8000"`
    Address(Value),
    /// `artifact "{staging}/*.jar"`
    Artifact(Value),
    /// `run DRIVER { … }`
    Run(DriverUse),
    /// `service NAME { … }`
    Service(Service),
    /// `shared DRIVER { … }`
    Shared(DriverUse),
    /// `probe NAME [from OTHER] { … }`
    Probe(Probe),
    /// `switch DRIVER { … }`
    Switch(DriverUse),
    /// `verify [NAME] [from OTHER] { … }` or `verify none "reason"`
    Verify(Verify),
    /// `cleanup { … }`
    Cleanup(Body<CleanupItem>),
    /// `before start { … }` and similar blocks
    Steps(Steps),
    /// `on success { … }` and similar blocks
    On(On),
    /// `lock { wait D }`
    Lock(Body<LockItem>),
    /// `build { … }`
    Build(Body<Command>),
    /// `ship DRIVER { … }`
    Ship(DriverUse),
    /// `hosts [ … ] { … }`
    Hosts(Hosts),
    /// `target DRIVER { … }`
    Target(DriverUse),
}

/// `input NAME: TYPE [= default] [from file PATH]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The default after `=`.
    pub default: Option<Value>,
    /// The path after `from file`.
    pub file: Option<Value>,
}

/// `color NAME { port N }`. Without a block `body` is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color {
    /// The name.
    pub name: Name,
    /// Its statements.
    pub body: Option<Body<ColorItem>>,
}

/// A statement in a `color` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColorItem {
    /// `port 8081`, `port web 8081`
    Port {
        /// The service, if the app has several.
        service: Option<Name>,
        /// The number.
        number: Value,
    },
    /// `let NAME = value`
    Let(Let),
}

/// `run jar { … }` and similar statements: a driver's name and settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverUse {
    /// The driver's name.
    pub driver: Name,
    /// Its settings. `None` without a block.
    pub body: Option<Body<Setting>>,
}

/// A statement in a driver's block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `name = value`
    Assign {
        /// The setting.
        name: Name,
        /// Its value.
        value: Value,
    },
    /// `name ["label"] { … }`: a part with settings of its own
    Part {
        /// The part.
        name: Name,
        /// A word or string after the name.
        label: Option<Value>,
        /// Its settings.
        body: Body<Setting>,
    },
}

/// `service NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name.
    pub name: Name,
    /// Its statements, which override those of the app.
    pub body: Option<Body<ServiceItem>>,
}

/// A statement in a `service` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceItem {
    /// `run DRIVER { … }`
    Run(DriverUse),
    /// `probe NAME { … }`
    Probe(Probe),
    /// `address "…"`
    Address(Value),
    /// `no port`
    NoPort(Span),
    /// `handover overlap|exclusive`
    Handover(Name),
    /// `stop within D`
    StopWithin(Value),
    /// `let NAME = value`
    Let(Let),
}

/// A statement in a `cleanup` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanupItem {
    /// `drain D`
    Drain(Value),
    /// `stop within D`
    StopWithin(Value),
    /// `keep warm`
    KeepWarm(Span),
}

/// A statement in a `lock` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockItem {
    /// `wait D`
    Wait(Value),
}

/// `hosts [ … ] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The hosts.
    pub hosts: Value,
    /// Settings of the fleet.
    pub body: Option<Body<Setting>>,
}
