//! What Install copies: folders, permissions, collisions.

use super::Rules;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Piece, SettingValue, Step, StepRun, Template};
use crate::source::Span;
use std::collections::BTreeMap;

impl Rules<'_> {
    /// Reports BG606: two sources with one destination. Reports BG218: an empty source.
    pub(super) fn files(&self) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        if let (Some(destination), Some(source)) = (self.text("destination"), self.text("source")) {
            if source.is_empty() {
                self.no_source(self.span("source"));
            }
            seen.insert(object(&destination), source);
        }
        for (source, destination) in self.map("files") {
            if source.is_empty() {
                self.no_source(self.key_span("files", source));
            }
            let SettingValue::Text(template) = destination else {
                continue;
            };
            let Some(destination) = template.as_literal() else {
                continue;
            };
            if let Some(first) = seen.get(&object(&destination)) {
                self.findings.push(
                    Diagnostic::new(
                        Code::SAME_DESTINATION,
                        self.value_span("files", source),
                        format!("`{source}` and `{first}` are copied to the same `{destination}`"),
                    )
                    .help(
                        "give each source its own folder, or put both into one folder of the bundle",
                    ),
                );
            } else {
                seen.insert(object(&destination), source.clone());
            }
        }
    }

    /// Reports BG218: an empty `source:`. The agent refuses the whole appspec.
    fn no_source(&self, span: Span) {
        self.findings.push(
            Diagnostic::new(Code::BAD_PATH, span, "the source is empty")
                .help("name the file or folder of the bundle to copy, for example `\"config\"`; `\"/\"` is the whole bundle"),
        );
    }

    /// Reports BG608: a mode that is not octal. Reports BG609: see `objects`.
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
                        format!("`{mode}` is not a mode: write one to four octal digits"),
                    )
                    .help("for example `\"755\"` or `\"644\"`"),
                );
            }
        }
        self.objects();
    }

    /// Reports BG609: objects that get permissions from two entries. The agent fails in that case.
    fn objects(&self) {
        let mut objects: Vec<(&str, &str)> = Vec::new();
        for setting in ["modes", "owners"] {
            for (written, _) in self.map(setting) {
                if !objects.iter().any(|(known, _)| known == written) {
                    objects.push((written, setting));
                }
            }
        }
        for (at, (written, setting)) in objects.iter().enumerate() {
            let own = object(written);
            let same = objects[..at]
                .iter()
                .find(|(earlier, _)| object(earlier) == own);
            let above = objects.iter().find(|(other, _)| {
                own.strip_prefix(object(other).trim_end_matches('/'))
                    .is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
            });
            let message = match (same, above) {
                (Some((same, _)), _) => format!("`{written}` and `{same}` are the same object"),
                (None, Some((above, _))) => {
                    format!("`{written}` is below `{above}`, which already has permissions")
                }
                (None, None) => continue,
            };
            self.findings.push(
                Diagnostic::new(
                    Code::OBJECT_TWICE,
                    self.key_span(setting, written),
                    message,
                )
                .help("the agent gives the permissions of a folder to everything below it, and it fails if two entries apply to one file"),
            );
        }
    }

    /// Reports BG607: `DISALLOW` together with a step that writes into the folder that Install copies to.
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
        let staging = self.app.staging.as_str();
        let writes = all
            .into_iter()
            .flatten()
            .find(|step| speaks_of(step, staging));
        if let Some(step) = writes {
            self.findings.push(
                Diagnostic::new(
                    Code::COLLISION,
                    self.span("file_exists_behavior"),
                    "with `DISALLOW`, a file that a step leaves in the staging folder makes the next deployment fail",
                )
                .also(step.span, "this step names that folder")
                .help("use `OVERWRITE`, the default; or let the step work in `{slot}`"),
            );
        }
    }
}

/// Returns the normal form of a path: `/srv//a/` becomes `/srv/a`.
fn object(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
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
