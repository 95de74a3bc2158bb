//! What Install copies: folders, permissions, collisions.

use super::Rules;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Piece, SettingValue, Step, StepRun, Template};
use std::collections::BTreeMap;

impl Rules<'_> {
    pub(super) fn files(&self) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        if let (Some(destination), Some(source)) = (self.text("destination"), self.text("source")) {
            seen.insert(destination, source);
        }
        for (source, destination) in self.map("files") {
            let SettingValue::Text(template) = destination else {
                continue;
            };
            let Some(destination) = template.as_literal() else {
                continue;
            };
            if let Some(first) = seen.get(&destination) {
                self.findings.push(
                    Diagnostic::new(
                        Code::SAME_DESTINATION,
                        self.value_span("files", source),
                        format!("`{source}` and `{first}` are copied to the same `{destination}`"),
                    )
                    .help(
                        "give each a folder of its own, or put them into one folder of the bundle",
                    ),
                );
            } else {
                seen.insert(destination, source.clone());
            }
        }
    }

    pub(super) fn permissions(&self) {
        for (object, mode) in self.map("modes") {
            let SettingValue::Text(template) = mode else {
                continue;
            };
            let Some(mode) = template.as_literal() else {
                continue;
            };
            let octal =
                (1..=4).contains(&mode.len()) && mode.chars().all(|c| ('0'..='7').contains(&c));
            if !octal {
                self.findings.push(
                    Diagnostic::new(
                        Code::BAD_MODE,
                        self.value_span("modes", object),
                        format!("`{mode}` is no mode: one to four octal digits"),
                    )
                    .help("as in `\"755\"` or `\"644\"`"),
                );
            }
        }
        let mut objects: Vec<(&str, &str)> = Vec::new();
        for setting in ["modes", "owners"] {
            for (object, _) in self.map(setting) {
                if !objects.iter().any(|(known, _)| known == object) {
                    objects.push((object, setting));
                }
            }
        }
        for (object, setting) in &objects {
            let above = objects.iter().find(|(known, _)| {
                object
                    .strip_prefix(known.trim_end_matches('/'))
                    .is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
            });
            if let Some((above, _)) = above {
                self.findings.push(
                    Diagnostic::new(
                        Code::OBJECT_TWICE,
                        self.key_span(setting, object),
                        format!("`{object}` is below `{above}`, which has permissions already"),
                    )
                    .help("the agent gives permissions to a folder and all below it, and fails when it meets a file twice"),
                );
            }
        }
    }

    /// `DISALLOW` with steps that write where Install copies to.
    pub(super) fn collisions(&self) {
        if self.text("file_exists_behavior").as_deref() != Some("DISALLOW") {
            return;
        }
        let steps = &self.app.steps;
        let all = [
            &steps.before_start,
            &steps.before_switch,
            &steps.after_switch,
            &steps.after_verify,
            &steps.after_stop,
        ];
        let staging = &self.app.staging;
        let writes = all
            .into_iter()
            .flatten()
            .find(|step| speaks_of(step, staging));
        if let Some(step) = writes {
            self.findings.push(
                Diagnostic::new(
                    Code::COLLISION,
                    self.span("file_exists_behavior"),
                    "with `DISALLOW`, a file that a step leaves in the staging folder fails the next deployment",
                )
                .also(step.span, "this step works there")
                .help("`OVERWRITE`, the default, does not mind; or let the step work in `{slot}`"),
            );
        }
    }
}

fn speaks_of(step: &Step, folder: &str) -> bool {
    let text = |template: &Template| {
        template
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Literal(text) if text.contains(folder)))
    };
    let runs = match &step.run {
        StepRun::Exec(command) => command.iter().any(text),
        StepRun::Shell(script) => script.contains(folder) || script.contains("$staging"),
        StepRun::Notify(_) => false,
    };
    runs || step.folder.as_ref().is_some_and(text)
}
