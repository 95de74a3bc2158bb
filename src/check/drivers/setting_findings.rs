//! Findings about settings that do not match the driver's description.

use super::description::Description;
use crate::check::values::scope::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree;

/// Reports a required setting that is missing.
pub fn missing(scope: Scope<'_>, name: &str, owner: &str, span: Span, docs: &str) {
    let finding = Diagnostic::new(
        Code::MISSING_SETTING,
        span,
        format!("`{owner}` needs the setting `{name}`"),
    );
    let first = docs.lines().next().unwrap_or_default();
    scope.findings.push_absent(if first.is_empty() {
        finding.help(format!("write `{name} = …` in its block"))
    } else {
        finding.help(format!("write `{name} = …` in its block: {first}"))
    });
}

/// Reports a setting that is given twice.
pub fn twice(scope: Scope<'_>, name: &tree::Name, first: Option<&Span>) {
    let finding = Diagnostic::new(
        Code::SAID_TWICE,
        name.span,
        format!("`{}` is given twice", name.text),
    )
    .help("remove one of them");
    scope.findings.push(match first {
        Some(first) => finding.also(*first, "first given here"),
        None => finding,
    });
}

/// Reports a setting that was written as a block.
pub fn no_block(scope: Scope<'_>, name: &tree::Name, owner: &str) {
    let text = name.text.as_str();
    let written = format!("`{text}` of {owner} is a setting, not a block");
    scope.findings.push(
        Diagnostic::new(Code::UNKNOWN_SETTING, name.span, written)
            .help(format!("write `{text} = …`")),
    );
}

/// Reports a name that is not a setting or part of the driver.
pub fn unknown_setting(scope: Scope<'_>, name: &tree::Name, description: &Description) {
    let settings = description.all_settings();
    let parts = description.all_parts();
    let mut known: Vec<&str> = settings
        .iter()
        .map(|(_, setting)| setting.name.as_str())
        .collect();
    known.extend(parts.iter().map(|part| part.name.as_str()));
    let driver = &description.driver;
    let owner = format!("`{} {}`", driver.kind.word(), driver.name);
    let text = name.text.as_str();
    if settings.iter().any(|(_, known)| known.name == text) {
        no_block(scope, name, &owner);
    } else if let Some(part) = parts.iter().find(|known| known.name == text) {
        let label = part.label.as_ref().map_or("", |_| "\"…\" ");
        let written = format!("`{text}` of {owner} is a block, not a setting");
        scope.findings.push(
            Diagnostic::new(Code::UNKNOWN_SETTING, name.span, written)
                .help(format!("write `{text} {label}{{ … }}`")),
        );
    } else {
        unknown(scope, name, &owner, &known);
    }
}

/// Reports that `owner` has no such setting. `known`: the settings that it has.
pub fn unknown(scope: Scope<'_>, name: &tree::Name, owner: &str, known: &[&str]) {
    let finding = Diagnostic::new(
        Code::UNKNOWN_SETTING,
        name.span,
        format!("{owner} has no setting `{}`", name.text),
    );
    scope
        .findings
        .push(match nearest(&name.text, known.iter().copied()) {
            Some(near) => finding
                .label(format!("did you mean `{near}`?"))
                .fix(name.span, near),
            None if known.is_empty() => finding.help("it has no settings"),
            None => finding.help(format!("it has {}", listed(known, "and"))),
        });
}
