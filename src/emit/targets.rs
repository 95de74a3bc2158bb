//! The files for callers, made from the target driver's templates and the plan's times.

use super::bundle::{Mode, OutputFile, Owner, VERSION};
use super::failed::{Failed, template_failed};
use super::places::Places;
use super::template::{Language, render as fill};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, DriverUse, SettingValue, Template, defaults};
use crate::plan::{Caller, Plan, callers};
use camino::{Utf8Path, Utf8PathBuf};
use minijinja::{Value, context};
use std::collections::BTreeMap;

/// The part of a path in a description that is replaced with the output folder.
const OUTPUT: &str = "deploy/";
/// The part of a path in a description that is replaced with an event's name. There is one file for each event.
const EVENT: &str = "EVENT";

/// The files of all targets of an app.
pub(super) fn render(
    app: &App,
    plan: &Plan,
    places: &Places<'_>,
) -> Result<Vec<OutputFile>, Failed> {
    let callers = callers(app, plan);
    let mut files = Vec::new();
    for target in &app.targets {
        let callers = callers
            .iter()
            .filter(|caller| std::ptr::eq(caller.target, target));
        let callers: Vec<&Caller<'_>> = callers.collect();
        let settings: BTreeMap<&str, Value> = target
            .settings
            .iter()
            .map(|(_, name, value)| Ok((name.as_str(), value_of(target, value)?)))
            .collect::<Result<_, Failed>>()?;
        let described = |path: &str| match path.strip_prefix(OUTPUT) {
            Some(rest) => places.out(rest),
            None => Utf8PathBuf::from(path),
        };
        // The file that calls the script: one for each event, or one for all.
        let templates = &target.driver.files;
        let hook_file = templates.iter().find(|(path, _)| path.contains(EVENT));
        let hook_file = hook_file.or(templates.first());
        let hooks: Vec<Value> = callers
            .iter()
            .map(|caller| {
                let file = hook_file.map(|(path, _)| described(&path.replace(EVENT, &caller.event)));
                let commands: Vec<_> = caller.commands.iter().map(|command| command.name()).collect();
                context! {
                    event => caller.event.as_str(),
                    commands => commands,
                    timeout => caller.limit.as_secs_ceil(),
                    file => file.as_ref().map(|file| file.as_str()),
                    script => file.as_ref().map(|file| relative(file, &places.out(&format!("{}.sh", app.name)))),
                }
            })
            .collect();
        let base = context! {
            app => app.name.as_str(),
            root => app.root.as_str(),
            staging => app.staging.as_str(),
            default_staging => defaults::staging(&app.root).as_str(),
            deployc => VERSION,
            source => places.source(),
            settings => settings,
            hooks => hooks.clone(),
        };
        for (path, template) in &target.driver.files {
            let name = template.path.file_name().unwrap_or("template");
            let mut add = |path: Utf8PathBuf, context: Value| {
                let language = Language::of_file(path.as_str());
                let text = fill(language, name, &template.text, context)
                    .map_err(|error| template_failed(target, target.span, &error))?;
                files.push(OutputFile {
                    mode: match language {
                        Language::Shell => Mode::Executable,
                        _ => Mode::Plain,
                    },
                    owner: Owner::Source,
                    path,
                    text,
                });
                Ok::<(), Failed>(())
            };
            if path.contains(EVENT) {
                for (caller, hook) in callers.iter().zip(&hooks) {
                    let path = described(&path.replace(EVENT, &caller.event));
                    add(path, context! { hook => hook.clone(), ..base.clone() })?;
                }
            } else {
                add(described(path), base.clone())?;
            }
        }
    }
    Ok(files)
}

/// A relative path from one file to another: `../hello.sh`.
fn relative(from: &Utf8Path, to: &Utf8Path) -> String {
    let from: Vec<_> = from
        .parent()
        .map_or_else(Vec::new, |folder| folder.components().collect());
    let to: Vec<_> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    let down = to[common..].iter().map(camino::Utf8Component::as_str);
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A setting of a target. Its value must be known when the files are made.
fn value_of(target: &DriverUse, value: &SettingValue) -> Result<Value, Failed> {
    value_with(value, &|text| {
        text.as_literal().ok_or_else(|| {
            let message = format!(
                "a setting of target `{}` must be known when its files are made, but this value is known only when the script runs",
                target.driver.name
            );
            let finding = Diagnostic::new(Code::TEMPLATE_FAILS, target.span, message);
            Box::new(finding.help("use `let`s and plain text here, not inputs or colors"))
        })
    })
}

/// A setting as a template's value. `resolve` resolves its texts.
pub(super) fn value_with(
    value: &SettingValue,
    resolve: &impl Fn(&Template) -> Result<String, Failed>,
) -> Result<Value, Failed> {
    Ok(match value {
        SettingValue::None => Value::from(()),
        SettingValue::Text(text) => Value::from(resolve(text)?),
        SettingValue::Int(number) => Value::from(*number),
        SettingValue::Port(port) => Value::from(port.get()),
        SettingValue::Decimal(digits) => Value::from(digits.as_str()),
        SettingValue::Bool(truth) => Value::from(*truth),
        SettingValue::Duration(duration) => Value::from(duration.to_string()),
        SettingValue::Size(bytes) => Value::from(*bytes),
        SettingValue::Percent(percent) => Value::from(*percent),
        SettingValue::Status(set) => Value::from(set.to_string()),
        SettingValue::List(values) => values
            .iter()
            .map(|value| value_with(value, resolve))
            .collect::<Result<Vec<Value>, Failed>>()?
            .into(),
        SettingValue::Map(entries) => entries
            .iter()
            .map(|(key, value)| Ok((key.clone(), value_with(value, resolve)?)))
            .collect::<Result<BTreeMap<String, Value>, Failed>>()?
            .into(),
    })
}
