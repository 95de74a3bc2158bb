//! Descriptions of drivers.

use super::{Body, List, Name, Text, Type, Value};
use crate::model::DriverKind;

/// `driver KIND NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    /// Its kind.
    pub kind: DriverKind,
    /// The name.
    pub name: Name,
    /// The description.
    pub body: Body<DriverItem>,
}

/// A statement in a driver's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverItem {
    /// `functions "nginx.sh"`: the file of its shell functions, beside the `.bg`; or a list of such files
    Functions(Value),
    /// `extends process`: the settings and functions of another driver of the same kind
    Extends(Name),
    /// `setting NAME: TYPE [= default]`
    Setting {
        /// The name.
        name: Name,
        /// Its type.
        ty: Type,
        /// The default after `=`. Without a default, an app must give the setting.
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
    /// `exactly one [a, b]`: exactly one of these settings and parts must be given
    ExactlyOne(List),
    /// `tools ["setsid", "awk"]`: programs that must be on the host
    Tools(Value),
    /// `deadline FUNCTION D`: the time limit of a function of the contract
    Deadline {
        /// The function.
        function: Name,
        /// The time limit.
        within: Value,
    },
    /// `offers container.ip`: a placeholder whose value the driver provides when the color runs
    Offers(Name),
    /// `cannot listens`: the driver does not have this function
    Cannot(Name),
    /// `fragment "nginx.conf.j2" as nginx`: the template of the proxy's file for a color, and how values in it are
    /// quoted
    Fragment {
        /// The template's file, beside the `.bg`.
        template: Text,
        /// `nginx`, `caddy` or `plain`
        quoting: Name,
    },
    /// `file "appspec.yml" from "appspec.yml.j2"`: a file that a target generates
    File {
        /// Its path, relative to the source's folder (`deploy/…` for the output folder).
        path: Text,
        /// The template's file, beside the `.bg`.
        template: Text,
    },
    /// `environment [ … ]`: the variables that a target passes to hooks
    Environment(Value),
    /// `wipes SETTING`: the setting whose folder the target's installer empties
    Wipes(Name),
    /// `limit D`: the target's time limit for one hook
    Limit(Value),
}
