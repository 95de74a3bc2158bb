//! Uses of drivers, with their settings.

use super::{Body, Name, Value};

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
