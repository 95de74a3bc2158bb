//! The inputs that each caller of the script must provide.

use super::source_place::{setting_span, targets};
use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, DriverUse, SettingValue};
use crate::suggestions::listed;

/// Reports BG614.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    for (target, written) in targets(app, statements) {
        // A target without a list `environment` passes on every variable.
        if target.driver.passed_variables().is_empty() {
            continue;
        }
        let environment = environment(target);
        for input in &app.inputs {
            if input.default.is_some()
                || input.file.is_some()
                || environment.iter().any(|known| known == input.name.as_str())
            {
                continue;
            }
            let name = &target.driver.name;
            let finding = Diagnostic::new(
                Code::INPUT_CANNOT_ARRIVE,
                input.span,
                format!(
                    "`{}` is never set: `target {name}` does not give this variable to its hooks",
                    input.name
                ),
            )
            .also(setting_span(written, "revision"), "this target");
            let mut passed = target.driver.passed_variables().iter();
            let known = passed.any(|known| known == input.name.as_str());
            findings.push(if known {
                finding.help("only another kind of `revision` provides it; give the input a default, or read it from a file on the host with `from file PATH`")
            } else {
                finding.help(format!(
                    "give it a default, or read it from a file on the host with `from file PATH`; the hooks get {}",
                    listed(&environment, "and")
                ))
            });
        }
    }
}

/// Returns the variables that the hooks of a target always have. The variables of CodeDeploy depend on the source of
/// the bundle (agent 1.8.1, `hook_executor`).
fn environment(target: &DriverUse) -> Vec<String> {
    let revision = match target.setting("revision") {
        Some(SettingValue::Text(template)) => template.as_literal(),
        _ => None,
    };
    let passed = target.driver.passed_variables().iter();
    passed
        .filter(|name| match (name.as_str(), revision.as_deref()) {
            ("BUNDLE_COMMIT", Some(revision)) => revision == "github",
            (name, Some(revision)) if name.starts_with("BUNDLE_") => revision == "s3",
            _ => true,
        })
        .cloned()
        .collect()
}
