//! Drivers, and their settings in an app.

use super::{Duration, Name, Template};
use crate::source::Span;
use camino::Utf8PathBuf;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriverKind {
    /// How a color starts, stops and is recognised.
    Run,
    /// How the proxy is pointed at a color.
    Switch,
    /// How the artifact gets to the host.
    Ship,
    /// Who calls the script.
    Target,
    /// Who is notified.
    Notify,
    /// Resources that both colors use.
    Shared,
}

impl DriverKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Run,
        Self::Switch,
        Self::Ship,
        Self::Target,
        Self::Notify,
        Self::Shared,
    ];

    /// The word of the language. It is also the name of the folder in `stdlib/`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Switch => "switch",
            Self::Ship => "ship",
            Self::Target => "target",
            Self::Notify => "notify",
            Self::Shared => "shared",
        }
    }
}

/// A resolved description of a driver, from `stdlib/` or from a user's `.bg` file.
#[derive(Clone, Debug)]
pub struct Driver {
    /// Its kind.
    pub kind: DriverKind,
    /// `nginx`, `jar`, …
    pub name: Name,
    /// Its documentation: the `##` lines above it.
    pub docs: String,
    /// The driver that it extends. The base's settings are accepted too, and the base's functions replace missing ones.
    pub base: Option<Arc<Driver>>,
    /// Its shell functions.
    pub functions: Option<DriverFile>,
    /// Programs that must be on the host.
    pub tools: Vec<String>,
    /// The deadline of each function of the contract.
    pub deadlines: BTreeMap<String, Duration>,
    /// Placeholders whose values it provides when the color runs.
    pub offers: Vec<String>,
    /// Functions of the contract that it leaves out.
    pub cannot: Vec<String>,
    /// The template of the proxy's file for a color.
    pub fragment: Option<(DriverFile, Quoting)>,
    /// Files that a target generates: path and template.
    pub files: Vec<(String, DriverFile)>,
    /// Variables that a target passes to hooks.
    pub environment: Vec<String>,
    /// The setting whose folder the target's installer empties.
    pub wipes: Option<String>,
    /// The target's time limit for one hook.
    pub limit: Option<Duration>,
    /// The shell variables for its own settings and parts, with the places where those are described.
    pub variables: Vec<(String, Span)>,
    /// The place of its name in its description.
    pub span: Span,
}

impl Driver {
    /// The shell variable of a setting, a part, or a setting of a part: `DRIVER_SETTING`.
    #[must_use]
    pub fn variable(&self, words: &[&str]) -> String {
        variable(&self.name, words)
    }

    /// This driver and its bases, nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |driver| driver.base.as_deref())
    }
}

/// The shell variable of a setting or part of the driver with this name.
#[must_use]
pub fn variable(driver: &Name, words: &[&str]) -> String {
    let name = [&[driver.as_str()], words].concat().join("_");
    name.replace('-', "_")
}

/// A file beside a driver's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverFile {
    /// Its path, as findings show it.
    pub path: Utf8PathBuf,
    /// Its content.
    pub text: String,
    /// The place in the description that names it.
    pub span: Span,
}

/// How values are quoted in a fragment's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// An nginx word. Bare if that is safe, otherwise in double quotes.
    Nginx,
    /// A Caddyfile token.
    Caddy,
    /// Only words that need no quoting in any of these languages. Other words are refused.
    Plain,
}

/// A driver with the settings of one use in an app.
#[derive(Clone, Debug)]
pub struct DriverUse {
    /// The driver.
    pub driver: Arc<Driver>,
    /// Every setting of the driver and its bases that is given or has a default. In the order of the description, each
    /// with the name of the driver that describes it.
    pub settings: Vec<(Name, String, SettingValue)>,
    /// The parts that the app gives, in the order of the file.
    pub parts: Vec<GivenPart>,
    /// The place of the use in the source (`run jar`).
    pub span: Span,
}

/// A part of a driver in an app.
#[derive(Clone, Debug)]
pub struct GivenPart {
    /// Its name: `hook`.
    pub name: String,
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
    Port(super::Port),
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
    Status(super::StatusSet),
    /// `list of …`, `command` (a list of texts)
    List(Vec<SettingValue>),
    /// `map of …`, in the order of the file
    Map(Vec<(String, SettingValue)>),
}
