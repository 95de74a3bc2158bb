//! Settings that CodeDeploy's agent refuses, misreads or silently skips (agent 1.8.1 and its user guide).

mod bundle;
mod hooks;
mod scripts;

use super::source_place::{setting_span, targets};
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::model::{App, DriverUse, SettingValue};
use crate::source::Span;
use crate::syntax::tree::{self, Setting, Value};

/// Events that run scripts, in the order of an in-place deployment.
const EVENTS: &[&str] = &[
    "BeforeBlockTraffic",
    "AfterBlockTraffic",
    "ApplicationStop",
    "BeforeInstall",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];

/// Events that accept a script but never run it.
const RESERVED: &[&str] = &[
    "Start",
    "BlockTraffic",
    "DownloadBundle",
    "Install",
    "AllowTraffic",
    "End",
];

/// The longest timeout of a hook, in seconds.
const LONGEST: i64 = 3600;

struct Rules<'a> {
    app: &'a App,
    statements: &'a Statements<'a>,
    target: &'a DriverUse,
    written: &'a tree::DriverUse,
    findings: &'a Findings,
}

/// Reports `BG6xx`.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    for (target, written) in targets(app, statements) {
        if target.driver.name.as_str() != "codedeploy" {
            continue;
        }
        let rules = Rules {
            app,
            statements,
            target,
            written,
            findings,
        };
        rules.events();
        rules.hooks();
        rules.phases();
        rules.scripts();
        rules.runas();
        rules.files();
        rules.permissions();
        rules.collisions();
    }
}

impl Rules<'_> {
    fn span(&self, setting: &str) -> Span {
        setting_span(self.written, setting)
    }

    fn map(&self, setting: &str) -> &[(String, SettingValue)] {
        match self.target.setting(setting) {
            Some(SettingValue::Map(entries)) => entries,
            _ => &[],
        }
    }

    fn text(&self, setting: &str) -> Option<String> {
        match self.target.setting(setting)? {
            SettingValue::Text(template) => template.as_literal(),
            _ => None,
        }
    }

    /// Returns the place of a key of a map. If the map is not written in the target's block, returns the place of the
    /// setting's value, or of the target's name.
    fn key_span(&self, setting: &str, key: &str) -> Span {
        self.entry(setting, key)
            .map_or_else(|| self.span(setting), |entry| entry.key.span())
    }

    fn value_span(&self, setting: &str, key: &str) -> Span {
        self.entry(setting, key)
            .map_or_else(|| self.span(setting), |entry| entry.value.span())
    }

    fn entry(&self, setting: &str, key: &str) -> Option<&tree::Entry> {
        let body = self.written.body.as_ref()?;
        body.statements.iter().find_map(|statement| {
            let Setting::Assign { name, value } = &statement.node else {
                return None;
            };
            let Value::Map(map) = value else {
                return None;
            };
            if name.text != setting {
                return None;
            }
            let mut entries = map.body.statements.iter().map(|entry| &entry.node);
            entries.find(|entry| match &entry.key {
                Value::Word(word) => word.text == key,
                Value::Text(text) => text.literal().as_deref() == Some(key),
                _ => false,
            })
        })
    }
}
