//! Descriptions of drivers.

use super::{Body, List, Name, Text, Type, Value};
use crate::model::DriverKind;

/// `driver KIND NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    /// What it drives.
    pub kind: DriverKind,
    /// The name.
    pub name: Name,
    /// The description.
    pub body: Body<DriverItem>,
}

/// What stands in a driver's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverItem {
    /// `functions "nginx.sh"`: the file of its shell functions, beside the `.bg`
    Functions(Text),
    /// `extends process`: the settings and functions of another driver of the same kind
    Extends(Name),
    /// `setting NAME: TYPE [= default]`
    Setting {
        /// The name.
        name: Name,
        /// Its type.
        ty: Type,
        /// After `=`; without one the setting must be given.
        default: Option<Value>,
    },
    /// `part NAME[: TYPE] { setting … }`: a block inside the driver's block, with an optional label
    Part {
        /// The name.
        name: Name,
        /// The type of its label.
        label: Option<Type>,
        /// Its settings.
        body: Body<DriverItem>,
    },
    /// `exactly one [a, b]`: of these settings and parts one must be given
    ExactlyOne(List),
    /// `tools ["setsid", "awk"]`: programs that must be on the host
    Tools(Value),
    /// `deadline FUNCTION D`: how long a function of the contract may take
    Deadline {
        /// The function.
        function: Name,
        /// How long.
        within: Value,
    },
    /// `offers container.ip`: a placeholder that the driver fills in when the color runs
    Offers(Name),
    /// `cannot listens`: the driver cannot tell this (a function that it leaves out)
    Cannot(Name),
    /// `fragment "nginx.conf.j2" as nginx`: the template of what is written for a color, and how values in it are quoted
    Fragment {
        /// The template's file, beside the `.bg`.
        template: Text,
        /// `nginx`, `caddy` or `plain`
        quoting: Name,
    },
    /// `file "appspec.yml" from "appspec.yml.j2"`: a file that a target wants
    File {
        /// Where, relative to the source's folder (`deploy/…` for the output folder).
        path: Text,
        /// The template's file, beside the `.bg`.
        template: Text,
    },
    /// `environment [ … ]`: the variables that a target passes to hooks
    Environment(Value),
    /// `wipes SETTING`: the setting whose folder the target's installer empties
    Wipes(Name),
    /// `limit D`: the longest that a target lets one hook run
    Limit(Value),
}
