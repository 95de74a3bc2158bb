//! The resolved descriptions of drivers: the contents of `driver KIND NAME { … }`.

use crate::check::values::types::Type;
use crate::model::{Driver, Name};
use crate::source::Span;
use crate::syntax::tree::Value;
use std::sync::Arc;

/// A driver with its settings.
#[derive(Clone, Debug)]
pub struct Description {
    /// The part of the description that `plan` and `emit` need.
    pub driver: Arc<Driver>,
    /// The description that this one extends.
    pub base: Option<Arc<Description>>,
    /// The driver's own settings, in the order of the file.
    pub settings: Vec<SettingDescription>,
    /// The driver's own parts.
    pub parts: Vec<PartDescription>,
    /// Groups of names. A use must give exactly one setting or part of each group.
    pub exactly_one: Vec<Vec<String>>,
}

/// `setting NAME: TYPE [= default]`
#[derive(Clone, Debug)]
pub struct SettingDescription {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: Type,
    /// The value if a use does not give the setting.
    pub default: SettingDefault,
    /// The documentation: the `##` lines above the setting.
    pub docs: String,
    /// The place in the source.
    pub span: Span,
}

/// The value of a setting that a use does not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingDefault {
    /// There is no default. A use must give the setting.
    Required,
    /// `= none`
    None,
    /// Any other value. Its placeholders are resolved where the driver is used.
    Value(Value),
}

/// `part NAME[: TYPE] { … }`
#[derive(Clone, Debug)]
pub struct PartDescription {
    /// The name.
    pub name: String,
    /// The type of its label. `None`: it has no label.
    pub label: Option<Type>,
    /// The settings.
    pub settings: Vec<SettingDescription>,
    /// The documentation: the `##` lines above the part.
    pub docs: String,
    /// The place in the source.
    pub span: Span,
}

impl Description {
    /// Returns the settings that a use may give, each with the driver that describes it. The settings of the base come
    /// first.
    #[must_use]
    pub fn all_settings(&self) -> Vec<(&Driver, &SettingDescription)> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_settings())
            .unwrap_or_default();
        all.retain(|(_, setting)| {
            !self.driver.cannot.contains(&setting.name)
                && !self.settings.iter().any(|own| own.name == setting.name)
        });
        all.extend(self.settings.iter().map(|setting| (&*self.driver, setting)));
        all
    }

    /// Returns the settings of the bases that this driver or a base of it `cannot` have. The functions of the bases read
    /// them nevertheless.
    #[must_use]
    pub fn withheld_settings(&self) -> Vec<&SettingDescription> {
        let Some(base) = &self.base else {
            return Vec::new();
        };
        let mut all = base.withheld_settings();
        let of_base = base.all_settings().into_iter();
        all.extend(
            of_base
                .map(|(_, setting)| setting)
                .filter(|setting| self.driver.cannot.contains(&setting.name)),
        );
        all
    }

    /// Returns the drivers that describe the setting or part, the base first. The functions of each of them read it under
    /// their own driver's name.
    #[must_use]
    pub fn describers(&self, name: &str) -> Vec<Name> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.describers(name))
            .unwrap_or_default();
        let setting = self.settings.iter().any(|own| own.name == name);
        if setting || self.parts.iter().any(|own| own.name == name) {
            all.push(self.driver.name.clone());
        }
        all
    }

    /// Returns the parts that a use may give. The parts of the base come first. A part of this driver replaces the base's
    /// part of the same name.
    #[must_use]
    pub fn all_parts(&self) -> Vec<&PartDescription> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_parts())
            .unwrap_or_default();
        all.retain(|part| !self.parts.iter().any(|own| own.name == part.name));
        all.extend(&self.parts);
        all
    }

    /// Returns the groups of names. A use must give exactly one name of each group. The groups of the base come first,
    /// without the names that this driver `cannot` have.
    #[must_use]
    pub fn all_exactly_one(&self) -> Vec<Vec<String>> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_exactly_one())
            .unwrap_or_default();
        all.extend(self.exactly_one.iter().cloned());
        for group in &mut all {
            group.retain(|name| !self.driver.cannot.contains(name));
        }
        all.retain(|group| !group.is_empty());
        all
    }

    /// Returns the placeholders that this driver and its bases offer.
    #[must_use]
    pub fn offers(&self) -> Vec<String> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.offers())
            .unwrap_or_default();
        all.extend(self.driver.offers.iter().cloned());
        all
    }
}
