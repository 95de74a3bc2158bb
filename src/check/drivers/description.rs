//! Descriptions of drivers: what `driver KIND NAME { … }` says, resolved.

use crate::check::values::types::Type;
use crate::model::Driver;
use crate::source::Span;
use crate::syntax::tree::Value;
use std::sync::Arc;

/// A driver with the settings that it takes.
#[derive(Clone, Debug)]
pub struct Description {
    /// What plan and emit need.
    pub driver: Arc<Driver>,
    /// The description that it extends.
    pub base: Option<Arc<Description>>,
    /// Its own settings, in the order of the file.
    pub settings: Vec<SettingDescription>,
    /// Its own parts.
    pub parts: Vec<PartDescription>,
    /// Of each of these groups exactly one setting or part must be given.
    pub exactly_one: Vec<Vec<String>>,
}

/// `setting NAME: TYPE [= default]`
#[derive(Clone, Debug)]
pub struct SettingDescription {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub ty: Type,
    /// What it is when it is not given.
    pub default: SettingDefault,
    /// Its documentation: the `##` lines above it.
    pub docs: String,
    /// Its place in the source.
    pub span: Span,
}

/// What a setting is when it is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingDefault {
    /// It must be given.
    Required,
    /// `= none`
    None,
    /// Any other value; placeholders in it are resolved where the driver is used.
    Value(Value),
}

/// `part NAME[: TYPE] { … }`
#[derive(Clone, Debug)]
pub struct PartDescription {
    /// Its name.
    pub name: String,
    /// The type of its label; `None`: it has none.
    pub label: Option<Type>,
    /// Its settings.
    pub settings: Vec<SettingDescription>,
    /// Its documentation: the `##` lines above it.
    pub docs: String,
    /// Its place in the source.
    pub span: Span,
}

impl Description {
    /// The settings that a use may give, the base's first, each with the driver that describes it.
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

    /// The parts that a use may give, the base's first.
    #[must_use]
    pub fn all_parts(&self) -> Vec<&PartDescription> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_parts())
            .unwrap_or_default();
        all.extend(&self.parts);
        all
    }

    /// The groups of which exactly one must be given, the base's first.
    #[must_use]
    pub fn all_exactly_one(&self) -> Vec<&Vec<String>> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_exactly_one())
            .unwrap_or_default();
        all.extend(&self.exactly_one);
        all
    }

    /// What it and its bases offer as placeholders.
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
