//! The settings of the drivers as variables, and the content of the proxy's file.

use super::super::quoted::Quoted;
use super::{Code, Failed, Script};
use crate::diagnostics::{self, Diagnostic};
use crate::model::{DriverUse, GivenPart, Service, SettingValue, Template, variable};

impl Script<'_> {
    pub(super) fn settings(&self, code: &mut Code) -> Result<(), Failed> {
        for (at, service) in self.app.services.iter().enumerate() {
            let mut before = self.app.services[..at].iter();
            let like = before.find(|other| same_run(&other.run, &service.run));
            let name = settings_function(service);
            let place = self.places.at(service.run.span);
            if let Some(like) = like {
                code.short(&name, &settings_function(like), Some(place));
                continue;
            }
            code.gap();
            code.block(format!("{name}() {{"), Some(place), "}", |code| {
                all_settings(&service.run, code)
            })?;
        }
        let switch = &self.app.switch;
        code.gap();
        let place = self.places.at(switch.span);
        code.block("switch.settings() {", Some(place), "}", |code| {
            all_settings(switch, code)
        })
    }

    pub(super) fn fragment(&self, code: &mut Code) -> Result<(), Failed> {
        let Some(fragments) = self.fragments else {
            return Ok(());
        };
        code.gap();
        code.comment("The text of the proxy's file while a color is live.");
        code.block("fragment() {", None, "}", |code| {
            code.block("case $1 in", None, "esac", |code| {
                for (color, text) in self.app.colors.iter().zip(fragments) {
                    let end = delimiter("FRAGMENT", text);
                    code.line(format!("{}) cat <<'{end}' ;;", color.name));
                    code.verbatim(text);
                    code.verbatim(&end);
                }
                Ok::<(), Failed>(())
            })
        })
    }
}

/// A service's name contains no underscore and no dot, so two services never get the same function.
fn settings_function(service: &Service) -> String {
    format!("settings.{}", service.name)
}

/// Whether two services have the same driver with exactly the same settings.
fn same_run(one: &DriverUse, other: &DriverUse) -> bool {
    (one.driver.kind, &one.driver.name) == (other.driver.kind, &other.driver.name)
        && one.settings == other.settings
        && one
            .parts
            .iter()
            .map(GivenPart::content)
            .eq(other.parts.iter().map(GivenPart::content))
}

/// A function's body. bash does not allow an empty function.
fn all_settings(used: &DriverUse, code: &mut Code) -> Result<(), Failed> {
    if used.settings.is_empty() && used.parts.is_empty() && used.absent_parts.is_empty() {
        code.line("return 0");
    }
    settings(used, code)
}

/// Settings as `DRIVER_SETTING`, parts as `DRIVER_PART` and `DRIVER_PART_SETTING`. A part that is not given has empty
/// variables.
pub(super) fn settings(used: &DriverUse, code: &mut Code) -> Result<(), Failed> {
    for (driver, setting, value) in &used.settings {
        let name = variable(driver, &[setting]);
        if !used.driver.only_template_reads(setting, &name) {
            assign(used, &name, value, code)?;
        }
    }
    for part in &used.parts {
        let label = match &part.label {
            SettingValue::None => &SettingValue::Bool(true),
            label => label,
        };
        assign_part(used, part, label, code)?;
    }
    for part in &used.absent_parts {
        assign_part(used, part, &SettingValue::None, code)?;
    }
    Ok(())
}

fn assign_part(
    used: &DriverUse,
    part: &GivenPart,
    label: &SettingValue,
    code: &mut Code,
) -> Result<(), Failed> {
    for driver in &part.drivers {
        assign(used, &variable(driver, &[&part.name]), label, code)?;
        for (setting, value) in &part.settings {
            assign(used, &variable(driver, &[&part.name, setting]), value, code)?;
        }
    }
    Ok(())
}

fn assign(
    used: &DriverUse,
    name: &str,
    value: &SettingValue,
    code: &mut Code,
) -> Result<(), Failed> {
    let words = match value {
        SettingValue::None => {
            code.line(format!("{name}=''"));
            return Ok(());
        }
        SettingValue::List(values) => values
            .iter()
            .map(|value| word(used, "", value))
            .collect::<Result<Vec<_>, _>>()?,
        SettingValue::Map(entries) => entries
            .iter()
            .map(|(key, value)| word(used, &format!("{key}="), value))
            .collect::<Result<Vec<_>, _>>()?,
        scalar => {
            code.line(format!("{name}={}", word(used, "", scalar)?));
            return Ok(());
        }
    };
    code.array(name, &words, None);
    Ok(())
}

/// A scalar as a word. Durations are in milliseconds, sizes in bytes, booleans are `yes` or `no`.
fn word(used: &DriverUse, prefix: &str, value: &SettingValue) -> Result<Quoted, Failed> {
    let text = match value {
        SettingValue::Text(text) => return Ok(Quoted::prefixed(prefix, text)?),
        SettingValue::None => String::new(),
        SettingValue::Int(number) => number.to_string(),
        SettingValue::Port(port) => port.to_string(),
        SettingValue::Decimal(digits) => digits.clone(),
        SettingValue::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        SettingValue::Duration(duration) => duration.as_millis().to_string(),
        SettingValue::Size(bytes) => bytes.to_string(),
        SettingValue::Percent(percent) => percent.to_string(),
        SettingValue::Status(set) => set.to_string(),
        SettingValue::List(_) | SettingValue::Map(_) => {
            let message = format!(
                "a list within a list or map cannot be given to the shell functions of `{}`",
                used.driver.name
            );
            let code = diagnostics::Code::TEMPLATE_FAILS;
            let finding = Diagnostic::new(code, used.span, message);
            let help = "describe the setting as a list of strings, or as several settings";
            return Err(Box::new(finding.help(help)));
        }
    };
    Ok(Quoted::prefixed(prefix, &Template::literal(text))?)
}

/// An end marker for a here-document. No line of the text is equal to it, with or without the indentation of the line,
/// because a reader would take such a line for the end.
pub(super) fn delimiter(word: &str, text: &str) -> String {
    let mut end = word.to_owned();
    while text.lines().any(|line| line.trim() == end) {
        end.push('_');
    }
    end
}
