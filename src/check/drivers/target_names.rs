//! The names in the description of a target that the compiler gives a meaning: `events`, and `within` in `hook`. With
//! other names the calls of the target would have no limits and no findings.

use super::description::{Description, PartDescription};
use crate::check::findings::Findings;
use crate::check::values::types::Type;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{DriverKind, InputType};
use crate::plan::Command;
use crate::source::Span;
use crate::suggestions::listed;

const DURATION: Type = Type::Input(InputType::Duration);

/// Reports a target without `events`, a `hook` without `within`, and each other limit in a part.
pub(super) fn check(description: &Description, findings: &Findings) {
    if description.driver.kind != DriverKind::Target {
        return;
    }
    let wrong = |span: Span, message: String, help: &str| {
        findings.push(Diagnostic::new(Code::BAD_DESCRIPTION, span, message).help(help));
    };
    let settings = description.all_settings();
    let events = settings.iter().find(|(_, one)| one.name == "events");
    match events {
        None => wrong(
            description.driver.span,
            format!(
                "the target `{}` has no setting `events`",
                description.driver.name
            ),
            "the compiler reads there which commands of the script each event runs, and checks their limits: write it as `setting events: map of list of one_of [prepare, switch, cleanup] = { … }`",
        ),
        Some((_, events)) if !matches!(events.ty, Type::Map(_)) => wrong(
            events.span,
            "`events` of a target must be a map".to_owned(),
            "it maps each event to the commands of the script that it runs",
        ),
        Some((_, events)) => match commands(&events.ty) {
            None => wrong(
                events.span,
                "`events` of a target must list commands of the script".to_owned(),
                "write the commands that an event can run, so that each is known: `map of list of one_of [prepare, switch, cleanup]`",
            ),
            Some(words) => {
                let mut unknown = words
                    .iter()
                    .filter(|word| Command::from_name(word).is_none());
                if let Some(word) = unknown.next() {
                    wrong(
                        events.span,
                        format!("`{word}` is no command of the script that an event can run"),
                        &format!(
                            "an event can run {}",
                            listed(Command::of_events().map(Command::name), "and")
                        ),
                    );
                }
            }
        },
    }
    for part in description.all_parts() {
        for setting in part.settings.iter().filter(|one| one.ty == DURATION) {
            // Another duration of another part is no limit.
            let limit = part.name == "hook" || setting.name == "within";
            if limit && (part.name != "hook" || setting.name != "within") {
                wrong(
                    setting.span,
                    format!(
                        "the compiler does not know the limit `{}` of `{}`",
                        setting.name, part.name
                    ),
                    "it compares only `within` of `part hook: string` with the longest time of an event's commands: use these names",
                );
            }
        }
        if part.name == "hook" && !limits_an_event(part) {
            wrong(
                part.span,
                "a part `hook` limits an event".to_owned(),
                "write it as `part hook: string { setting within: duration = none }`, or give it another name",
            );
        }
    }
}

/// Returns the words of `map of list of one_of [WORDS]`.
fn commands(events: &Type) -> Option<&[String]> {
    let Type::Map(list) = events else {
        return None;
    };
    match list.as_ref() {
        Type::List(word) => match word.as_ref() {
            Type::Input(InputType::OneOf(words)) => Some(words),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a part names an event and has its limit.
fn limits_an_event(part: &PartDescription) -> bool {
    let mut settings = part.settings.iter();
    part.label.is_some() && settings.any(|one| one.name == "within" && one.ty == DURATION)
}
