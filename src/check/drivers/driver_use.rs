//! The use of a driver in an app: checks its settings and parts against the driver's description.

use super::description::{Description, PartDescription, SettingDefault, SettingDescription};
use super::descriptions::{Descriptions, Found};
use super::missing_functions;
use super::setting_findings::{missing, no_block, twice, unknown, unknown_setting};
use crate::check::names::statements::At;
use crate::check::values::mark_used::{mark, mark_body};
use crate::check::values::scope::Scope;
use crate::check::values::types::Type;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Driver, DriverKind, DriverUse, GivenPart, Name, SettingValue};
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree::{self, Body, Setting, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Resolves the use of a driver of a kind, and reports errors in it. `default`: the settings that the app gives the
/// same driver. They are the defaults for a service.
pub fn of_kind(
    scope: Scope<'_>,
    drivers: &Descriptions,
    kind: DriverKind,
    (used, span): At<'_, tree::DriverUse>,
    default: Option<&Body<Setting>>,
) -> Option<DriverUse> {
    let bodies: Vec<&Body<Setting>> = default.into_iter().chain(&used.body).collect();
    let Found::Known(description) = drivers.find(kind, &used.driver, scope.findings) else {
        for body in bodies {
            mark_body(scope, body);
        }
        return None;
    };
    resolve(scope, &description, head(used, span), &bodies)
}

/// Returns the span of `run jar`, without the block.
pub fn head(used: &tree::DriverUse, span: Span) -> Span {
    Span {
        end: used.driver.span.end,
        ..span
    }
}

/// Resolves a use. `bodies`: the app's block, then the service's block, which overrides it.
fn resolve(
    scope: Scope<'_>,
    description: &Description,
    span: Span,
    bodies: &[&Body<Setting>],
) -> Option<DriverUse> {
    let errors = scope.findings.errors();
    let given = Given::gather(scope, description, bodies);
    let mut settings = Vec::new();
    for (driver, setting) in description.all_settings() {
        let value = match given.settings.get(setting.name.as_str()) {
            Some(value) => scope.given(setting, value),
            None => scope.default(setting, || {
                if !given.misspelled(&setting.name) {
                    let owner = driver.name.as_str();
                    missing(scope, &setting.name, owner, span, &setting.docs);
                }
            }),
        };
        if let Some(value) = value {
            for describer in description.describers(&setting.name) {
                settings.push((describer, setting.name.clone(), value.clone()));
            }
        }
    }
    let given_names: Vec<String> = settings.iter().map(|(_, name, _)| name.clone()).collect();
    let withheld = description.withheld_settings().into_iter();
    for setting in withheld.filter(|setting| !given_names.contains(&setting.name)) {
        for describer in description.describers(&setting.name) {
            settings.push((describer, setting.name.clone(), absent(&setting.ty)));
        }
    }
    for group in description.all_exactly_one() {
        exactly_one(scope, &group, &given, span);
    }
    let mut parts = Vec::new();
    for part in &given.parts {
        let drivers = description.describers(&part.name.text);
        parts.extend(resolve_part(scope, part, drivers));
    }
    let described = description.all_parts().into_iter();
    let absent_parts = described
        .filter(|part| !given.parts.iter().any(|given| given.name.text == part.name))
        .map(|part| absent_part(part, description.describers(&part.name)))
        .collect();
    if scope.findings.errors() > errors {
        return None;
    }
    missing_functions::check(&description.driver, span, scope.findings);
    Some(DriverUse {
        driver: Arc::clone(&description.driver),
        settings,
        parts,
        absent_parts,
        span,
    })
}

/// Returns a part that a use does not give, so that the script's variables for it exist.
fn absent_part(part: &PartDescription, drivers: Vec<Name>) -> GivenPart {
    let settings = part.settings.iter();
    GivenPart {
        name: part.name.clone(),
        drivers,
        label: SettingValue::None,
        settings: settings
            .map(|setting| (setting.name.clone(), absent(&setting.ty)))
            .collect(),
        given: BTreeMap::new(),
    }
}

/// The contents of the blocks, by name.
struct Given<'t> {
    /// Names that the driver does not have. One of them may be a misspelled setting.
    unknown: Vec<&'t str>,
    settings: BTreeMap<&'t str, &'t Value>,
    spans: BTreeMap<&'t str, Span>,
    parts: Vec<WrittenPart<'t>>,
}

struct WrittenPart<'t> {
    description: &'t PartDescription,
    name: &'t tree::Name,
    label: Option<&'t Value>,
    body: &'t Body<Setting>,
}

impl<'t> Given<'t> {
    /// Returns whether a name that the driver does not have is probably `name`, misspelled.
    fn misspelled(&self, name: &str) -> bool {
        self.unknown
            .iter()
            .any(|unknown| nearest(unknown, [name]).is_some())
    }

    fn gather(
        scope: Scope<'_>,
        description: &'t Description,
        bodies: &[&'t Body<Setting>],
    ) -> Self {
        let mut given = Self {
            unknown: Vec::new(),
            settings: BTreeMap::new(),
            spans: BTreeMap::new(),
            parts: Vec::new(),
        };
        let settings = description.all_settings();
        let parts = description.all_parts();
        for body in bodies {
            let mut own = BTreeSet::new();
            let mut replaced = BTreeSet::new();
            for statement in &body.statements {
                match &statement.node {
                    Setting::Assign { name, value } => {
                        if !settings.iter().any(|(_, known)| known.name == name.text) {
                            unknown_setting(scope, name, description);
                            given.unknown.push(&name.text);
                            mark(scope, value);
                            continue;
                        }
                        if !own.insert(name.text.as_str()) {
                            twice(scope, name, given.spans.get(name.text.as_str()));
                            continue;
                        }
                        given.settings.insert(&name.text, value);
                        given.spans.insert(&name.text, name.span);
                    }
                    Setting::Part { name, label, body } => {
                        let known = parts.iter().find(|known| known.name == name.text);
                        let Some(known) = known else {
                            unknown_setting(scope, name, description);
                            given.unknown.push(&name.text);
                            mark_body(scope, body);
                            continue;
                        };
                        if replaced.insert(name.text.as_str()) {
                            given.parts.retain(|part| part.name.text != name.text);
                        } else if description.driver.kind != DriverKind::Target {
                            // A script has one variable for each setting of a part. Only the templates of a target get
                            // a list.
                            twice(scope, name, given.spans.get(name.text.as_str()));
                            mark_body(scope, body);
                            continue;
                        }
                        given.spans.insert(&name.text, name.span);
                        given.parts.push(WrittenPart {
                            description: known,
                            name,
                            label: label.as_ref(),
                            body,
                        });
                    }
                }
            }
        }
        given
    }
}

fn resolve_part(scope: Scope<'_>, part: &WrittenPart<'_>, drivers: Vec<Name>) -> Option<GivenPart> {
    let label = match (&part.description.label, part.label) {
        (Some(ty), Some(label)) => scope.value(ty, label)?,
        (None, None) => SettingValue::None,
        (Some(ty), None) => {
            scope.findings.push(
                Diagnostic::new(
                    Code::MISSING_SETTING,
                    part.name.span,
                    format!("`{}` needs {} after it", part.name.text, ty.described()),
                )
                .help(format!("write `{} … {{ }}`", part.name.text)),
            );
            return None;
        }
        (None, Some(label)) => {
            scope.findings.push(
                Diagnostic::new(
                    Code::UNKNOWN_SETTING,
                    label.span(),
                    format!("`{}` takes no label", part.name.text),
                )
                .help("remove it"),
            );
            return None;
        }
    };
    let described = &part.description.settings;
    let mut given: BTreeMap<&str, (&tree::Name, &Value)> = BTreeMap::new();
    for statement in &part.body.statements {
        match &statement.node {
            Setting::Assign { name, value } => {
                if !described.iter().any(|known| known.name == name.text) {
                    let known: Vec<&str> =
                        described.iter().map(|known| known.name.as_str()).collect();
                    unknown(scope, name, &format!("`{}`", part.name.text), &known);
                    mark(scope, value);
                } else if let Some((first, _)) = given.get(name.text.as_str()) {
                    twice(scope, name, Some(&first.span));
                } else {
                    given.insert(&name.text, (name, value));
                }
            }
            Setting::Part { name, .. } => {
                let owner = format!("`{}`", part.name.text);
                if described.iter().any(|known| known.name == name.text) {
                    no_block(scope, name, &owner);
                } else {
                    let known: Vec<&str> =
                        described.iter().map(|known| known.name.as_str()).collect();
                    unknown(scope, name, &owner, &known);
                }
            }
        }
    }
    let mut settings = Vec::new();
    for setting in described {
        let value = match given.get(setting.name.as_str()) {
            Some((_, value)) => scope.given(setting, value),
            None => scope.default(setting, || {
                missing(
                    scope,
                    &setting.name,
                    &part.name.text,
                    part.name.span,
                    &setting.docs,
                );
            }),
        };
        settings.push((setting.name.clone(), value?));
    }
    Some(GivenPart {
        name: part.name.text.clone(),
        drivers,
        label,
        settings,
        given: given
            .iter()
            .map(|(name, (_, value))| ((*name).to_owned(), value.span()))
            .collect(),
    })
}

impl Scope<'_> {
    /// Returns the value of a setting that the use gives.
    fn given(self, setting: &SettingDescription, value: &Value) -> Option<SettingValue> {
        if let Value::Word(word) = value
            && word.text == "none"
            && setting.default == SettingDefault::None
        {
            return Some(absent(&setting.ty));
        }
        self.value(&setting.ty, value)
    }

    /// Returns the value of a setting that the use does not give.
    fn default(self, setting: &SettingDescription, missing: impl FnOnce()) -> Option<SettingValue> {
        match &setting.default {
            SettingDefault::Required => {
                missing();
                None
            }
            SettingDefault::None => Some(absent(&setting.ty)),
            SettingDefault::Value(value) => self.value(&setting.ty, value),
        }
    }
}

/// Returns the value of `none` for a type. A list or map is empty, so that the script declares an array.
fn absent(ty: &Type) -> SettingValue {
    match ty {
        Type::List(_) | Type::Command => SettingValue::List(Vec::new()),
        Type::Map(_) | Type::Variables => SettingValue::Map(Vec::new()),
        _ => SettingValue::None,
    }
}

fn exactly_one(scope: Scope<'_>, group: &[String], given: &Given<'_>, span: Span) {
    let mut said: Vec<(&str, Span)> = group
        .iter()
        .filter_map(|name| Some((name.as_str(), *given.spans.get(name.as_str())?)))
        .collect();
    said.sort_by_key(|(_, span)| *span);
    match said.as_slice() {
        [_] => {}
        [] if group.iter().any(|name| given.misspelled(name)) => {}
        [] => scope.findings.push_absent(
            Diagnostic::new(
                Code::EXACTLY_ONE,
                span,
                match group {
                    [only] => format!("`{only}` must be given"),
                    _ => format!("one of {} must be given", listed(group, "and")),
                },
            )
            .help(match group {
                [_] => "write it in the driver's block",
                _ => "write one of them in the driver's block",
            }),
        ),
        [(first, at), (second, span), ..] => scope.findings.push(
            Diagnostic::new(
                Code::EXACTLY_ONE,
                *span,
                format!("both `{first}` and `{second}` are given, but only one of them is allowed"),
            )
            .also(*at, "the other one")
            .help("remove one of them"),
        ),
    }
}

/// Returns the use of an unknown driver, which was reported. With it, the rules can check the rest.
pub fn unknown_use(kind: DriverKind, span: Span) -> Option<DriverUse> {
    Some(DriverUse {
        driver: Arc::new(Driver::new(kind, Name::new("unknown").ok()?, span)),
        settings: Vec::new(),
        parts: Vec::new(),
        absent_parts: Vec::new(),
        span,
    })
}
