//! `app` and the blocks in it.

use super::{
    Allow, Body, Command, DriverUse, Let, Name, On, Probe, Setting, Steps, Type, Value, Verify,
};
use crate::model::Handover;
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
    /// `input NAME[, NAME…]: TYPE [= default] [from file PATH]`
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
    /// `allow CODE "reason"`
    Allow(Allow),
}

/// `input NAME[, NAME…]: TYPE [= default] [from file PATH]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The names, at least one. Each is an input of its own; the rest of the statement is the same for all.
    pub names: Vec<Name>,
    /// Their type.
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

impl Color {
    /// The ports in its block: the service (`None` if the file names none), the number, the place of the statement.
    pub fn ports(&self) -> impl Iterator<Item = (Option<&Name>, &Value, Span)> {
        self.items().filter_map(|(item, span)| match item {
            ColorItem::Port { service, number } => Some((service.as_ref(), number, span)),
            ColorItem::Let(_) => None,
        })
    }

    /// The `let`s in its block.
    pub fn lets(&self) -> impl Iterator<Item = &Let> {
        self.items().filter_map(|(item, _)| match item {
            ColorItem::Let(constant) => Some(constant),
            ColorItem::Port { .. } => None,
        })
    }

    fn items(&self) -> impl Iterator<Item = (&ColorItem, Span)> {
        let statements = self.body.iter().flat_map(|body| &body.statements);
        statements.map(|statement| (&statement.node, statement.span))
    }
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
    /// `verify [NAME] [from OTHER] { … }`
    Verify(Verify),
    /// `address "…"`
    Address(Value),
    /// `no port`
    NoPort(Span),
    /// `handover overlap|exclusive`
    Handover(Handover),
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
