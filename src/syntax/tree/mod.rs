//! The tree of a `.bg` file as it was written: every word, every comment, and every blank line that matters to the
//! formatter. It contains no derived data.
//!
//! If the grammar allows only a few words, the tree contains the model's enumeration. Names are not resolved and values
//! have no types here; `check/` does that.

mod allow;
mod app;
mod body;
mod command;
mod driver;
mod driver_use;
mod probe;
mod value;

pub use allow::Allow;
pub use app::{
    App, AppItem, CleanupItem, Color, ColorItem, Hosts, Input, LockItem, Service, ServiceItem,
};
pub use body::{Body, Comment, Name, Statement};
pub use command::{Command, CommandOption, CommandRun, On, OnItem, Steps};
pub use driver::{Driver, DriverItem};
pub use driver_use::{DriverUse, Setting};
pub use probe::{Expect, ExpectPart, Probe, ProbeItem, Verify};
pub use value::{Entry, Let, List, Map, Number, Part, Quoting, StatusRange, Text, Type, Value};

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The statements of the top level, and the comments after the last one.
    pub body: Body<Item>,
}

/// A statement at the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `use "std/spring"`
    Use(Text),
    /// `let NAME = value`
    Let(Let),
    /// `probe NAME [from OTHER] { … }`
    Probe(Probe),
    /// `app NAME { … }`
    App(App),
    /// `allow CODE "reason"`
    Allow(Allow),
    /// `driver KIND NAME { … }`
    Driver(Driver),
}
