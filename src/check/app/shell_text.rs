//! Names in the text of `shell`. The text belongs to bash: its names are variables, and nothing in it is a placeholder.

use crate::check::names::definitions::Meaning;
use crate::check::names::early_facts::{Reach, ServiceFacts};
use crate::check::names::spelling::PLACEHOLDERS;
use crate::check::values::scope::Scope;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::suggestions::nearest;
use std::collections::BTreeSet;

/// Reports BG220: placeholders, and `$port_NAME` or `$address_NAME` of a service that has none. Bash would take the
/// first as plain text, and end at the second, on the host.
pub fn check(scope: Scope<'_>, script: &str, span: Span) {
    placeholders(scope, script, span);
    places(scope, script, span);
}

fn placeholders(scope: Scope<'_>, script: &str, span: Span) {
    let mut seen = BTreeSet::new();
    for (at, _) in script.match_indices('{') {
        let rest = &script[at + 1..];
        let Some((inside, after)) = rest.split_once('}') else {
            return;
        };
        // `${port}` is a variable, and `{{port}}` belongs to the templates of other programs.
        if script[..at].ends_with(['$', '{', '\\'])
            || after.starts_with('}')
            || !seen.insert(inside)
        {
            continue;
        }
        if let Some(help) = instead(scope, inside) {
            scope.findings.push(
                Diagnostic::new(
                    Code::SHELL_NAME,
                    span,
                    format!("`{{{inside}}}` is plain text here: `shell` has no placeholders"),
                )
                .help(help),
            );
        }
    }
}

/// Returns what to write instead of a placeholder. `None` if the text is no placeholder of the language.
fn instead(scope: Scope<'_>, inside: &str) -> Option<String> {
    if PLACEHOLDERS.contains(&inside) {
        return Some(format!("write `${inside}`"));
    }
    if inside == "other.color" || inside == "other.port" {
        return Some(format!(
            "it is no variable: write it in an `exec`, as in `exec [\"bash\", \"-c\", \"…\", \"step\", \"{{{inside}}}\"]`"
        ));
    }
    if let Some((service, part)) = inside.split_once('.') {
        scope.facts.service(service)?;
        let known = matches!(part, "port" | "address");
        return known.then(|| format!("write `${part}_{}`", service.replace('-', "_")));
    }
    let (_, definition) = scope.names.find(inside)?;
    match definition.meaning {
        Meaning::Input { .. } => Some(format!("write `${inside}`")),
        Meaning::Let(_) | Meaning::ColorLet => Some(format!(
            "a `let` is no variable: write it in an `exec`, as in `exec [\"bash\", \"-c\", \"…\", \"step\", \"{{{inside}}}\"]`"
        )),
        Meaning::Poison => None,
    }
}

fn places(scope: Scope<'_>, script: &str, span: Span) {
    let services = &scope.facts.services;
    let mut seen = BTreeSet::new();
    for (at, _) in script.match_indices('$') {
        let rest = script[at + 1..].trim_start_matches('{');
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let variable = &rest[..end];
        let Some((part, service)) = variable.split_once('_') else {
            continue;
        };
        // `${port_web:-8080}` has a value in any case.
        let has_default = rest[end..].starts_with(":-") || rest[end..].starts_with('-');
        if !matches!(part, "port" | "address")
            || has_default
            || sets(script, variable)
            || !seen.insert(variable)
        {
            continue;
        }
        let found = services.iter().find(|facts| shell_name(facts) == service);
        let why = match found {
            None => format!("nothing sets `${variable}`: there is no service `{service}`"),
            Some(facts) if facts.reach == Reach::Worker => {
                format!("nothing sets `${variable}`: `{}` has `no port`", facts.name)
            }
            Some(facts) if part == "port" && facts.reach == Reach::Address => {
                format!(
                    "nothing sets `${variable}`: the colors have no port for `{}`",
                    facts.name
                )
            }
            Some(_) => continue,
        };
        let finding = Diagnostic::new(Code::SHELL_NAME, span, why);
        let names: Vec<String> = services.iter().map(shell_name).collect();
        let near = nearest(service, names.iter().map(String::as_str)).filter(|_| found.is_none());
        scope.findings.push(match near {
            Some(near) => finding.help(format!("did you mean `${part}_{near}`?")),
            None => finding.help(
                "each routed service has `$port_NAME` and `$address_NAME`, with `_` for `-`; bash ends a step at a variable that is not set",
            ),
        });
    }
}

/// Returns the name of a service as a part of a variable's name.
fn shell_name(facts: &ServiceFacts) -> String {
    facts.name.as_str().replace('-', "_")
}

/// Returns whether a text may set a variable itself: it has the name in a place without `$`.
fn sets(script: &str, variable: &str) -> bool {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    script.match_indices(variable).any(|(at, _)| {
        let (before, after) = (&script[..at], &script[at + variable.len()..]);
        !before.ends_with(|c: char| part_of_name(c) || c == '$')
            && !before.ends_with("${")
            && !after.starts_with(part_of_name)
    })
}
