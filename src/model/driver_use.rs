//! Uses of drivers, and the settings given to them.

use super::{Driver, Duration, HostPath, Name, Port, StatusSet, Template};
use crate::source::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A driver with the settings that an app gives it.
#[derive(Clone, Debug)]
pub struct DriverUse {
    /// The driver.
    pub driver: Arc<Driver>,
    /// Every setting of the driver and its bases that is given or has a default, in the order of
    /// description, under the name of the driver that describes it.
    pub settings: Vec<(Name, String, SettingValue)>,
    /// The driver's parts that are given, in the order of the file.
    pub parts: Vec<GivenPart>,
    /// Where the use stands (`run jar`).
    pub span: Span,
}

/// A part of a driver that is given.
#[derive(Clone, Debug)]
pub struct GivenPart {
    /// Its name: `hook`.
    pub name: String,
    /// What stands behind the name; [`SettingValue::None`] where the description asks for nothing.
    pub label: SettingValue,
    /// Every setting that is given or has a default, in the order of description.
    pub settings: Vec<(String, SettingValue)>,
    /// Where the values stand that are given, by setting.
    pub given: BTreeMap<String, Span>,
}

impl GivenPart {
    /// What it says, wherever it stands.
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

/// A setting's value, of the type that the description asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// Not given, and the description says `= none`. Never for a list, command or map: those are
    /// then an empty [`SettingValue::List`] or [`SettingValue::Map`], so that the script knows an array.
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
