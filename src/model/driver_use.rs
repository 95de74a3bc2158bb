//! Uses of drivers in an app, and their settings.

use super::{Driver, Duration, HostPath, Name, Port, StatusSet, Template};
use crate::source::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A driver with the settings of one use in an app.
#[derive(Clone, Debug)]
pub struct DriverUse {
    /// The driver.
    pub driver: Arc<Driver>,
    /// Every setting of the driver and its bases that is given or has a default, in the order of the description. Each
    /// has the name of the driver that describes it.
    pub settings: Vec<(Name, String, SettingValue)>,
    /// The parts that the app gives, in the order of the file.
    pub parts: Vec<GivenPart>,
    /// The parts that are described but not given, with empty settings.
    pub absent_parts: Vec<GivenPart>,
    /// The place of the use in the source (`run jar`).
    pub span: Span,
}

/// A part of a driver in an app.
#[derive(Clone, Debug)]
pub struct GivenPart {
    /// Its name: `hook`.
    pub name: String,
    /// The drivers that describe it, the base first. Each has shell variables of its own for it.
    pub drivers: Vec<Name>,
    /// The label after the name. [`SettingValue::None`] if the description has no label.
    pub label: SettingValue,
    /// Every setting that is given or has a default, in the order of the description.
    pub settings: Vec<(String, SettingValue)>,
    /// The places of the given values, by setting.
    pub given: BTreeMap<String, Span>,
}

impl GivenPart {
    /// The content without places, for comparisons.
    #[must_use]
    pub fn content(&self) -> (&str, &SettingValue, &[(String, SettingValue)]) {
        (&self.name, &self.label, &self.settings)
    }
}

impl DriverUse {
    /// A setting's value.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&SettingValue> {
        self.settings
            .iter()
            .find(|(_, setting, _)| setting == name)
            .map(|(_, _, value)| value)
    }

    /// The folder that the installer of a target empties.
    #[must_use]
    pub fn wiped_folder(&self) -> Option<HostPath> {
        match self.setting(self.driver.wipes.as_ref()?)? {
            SettingValue::Text(template) => HostPath::new(template.as_literal()?),
            _ => None,
        }
    }
}

/// A setting's value, with the type from the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// Not given, and the description has `= none`. Never for a list, command or map: these become an empty
    /// [`SettingValue::List`] or [`SettingValue::Map`], because the script needs an array.
    None,
    /// `string path url regex user` and a word of `one_of`
    Text(Template),
    /// `int`
    Int(i64),
    /// `port`
    Port(Port),
    /// `decimal`, as written
    Decimal(String),
    /// `bool`
    Bool(bool),
    /// `duration`
    Duration(Duration),
    /// `size`, in bytes
    Size(u64),
    /// `percent`, 0 to 100
    Percent(u8),
    /// `status`
    Status(StatusSet),
    /// `list of …`, `command` (a list of texts)
    List(Vec<SettingValue>),
    /// `map of …`, in the order of the file
    Map(Vec<(String, SettingValue)>),
}
