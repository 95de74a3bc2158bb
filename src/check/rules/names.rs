//! The names of functions and variables that a user's driver adds to the script. A name that the script, the runtime,
//! bash or another driver also has would have two meanings.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Driver, DriverFile, DriverKind, Verification};
use crate::source::Span;
use crate::stdlib;
use std::collections::BTreeMap;

/// Names with an underscore that have a meaning in bash.
const OF_BASH: [&str; 2] = ["auto_resume", "command_not_found_handle"];

/// Reports BG509.
pub(super) fn check(app: &App, findings: &Findings) {
    verifies(app, findings);
    let drivers = app.own_drivers();
    let mut seen = BTreeMap::new();
    for (at, driver) in drivers.iter().enumerate() {
        if !brings_names(driver) {
            continue;
        }
        if let Some(finding) = same_prefix(driver, &drivers[..at]) {
            findings.push(finding);
            continue;
        }
        for file in &driver.functions {
            functions(driver, file, &drivers, &mut seen, findings);
        }
        variables(driver, &mut seen, findings);
    }
}

/// Reports a `verify` whose name is also the generated name of a `verify` without a name.
fn verifies(app: &App, findings: &Findings) {
    let Verification::Checks(checks) = &app.verify else {
        return;
    };
    for (at, check) in checks.iter().enumerate() {
        if let Some(first) = checks[..at].iter().find(|other| other.name == check.name) {
            findings.push(
                Diagnostic::new(
                    Code::NAME_CLASH,
                    check.span,
                    format!("two `verify` blocks have the name `{}` in the script", check.name),
                )
                .also(first.span, "the first one")
                .help("without a name the first is `verify`, the second `verify-2` and so on: give one of the two another name"),
            );
        }
    }
}

/// Returns whether a driver adds names. A driver without a description, which was reported, adds no names.
fn brings_names(driver: &Driver) -> bool {
    !driver.functions.is_empty() || driver.base.is_some() || !driver.variables.is_empty()
}

/// Reports another driver whose functions have the same prefix. A function that this driver lacks would be the other
/// driver's.
fn same_prefix(driver: &Driver, before: &[&Driver]) -> Option<Diagnostic> {
    let name = driver.name.as_str();
    let finding = |what: &str| {
        Diagnostic::new(
            Code::NAME_CLASH,
            driver.span,
            format!(
                "functions and variables of `{} {name}` and of {what} all begin with `{}_`",
                driver.kind.word(),
                driver.name.shell()
            ),
        )
        .help("rename your driver and its functions")
    };
    let ours = DriverKind::ALL
        .into_iter()
        .find(|kind| stdlib::driver_path(*kind, name).is_some());
    if let Some(kind) = ours {
        return Some(finding(&format!("the library's `{} {name}`", kind.word())));
    }
    let other = before
        .iter()
        .find(|other| other.name == driver.name && brings_names(other))?;
    let what = format!("`{} {name}`", other.kind.word());
    Some(finding(&what).also(other.span, format!("{what} is described here")))
}

/// The names so far, each with its driver and place. A second place is reported.
type Seen<'a> = BTreeMap<String, (&'a Driver, Span)>;

fn functions<'a>(
    driver: &'a Driver,
    file: &DriverFile,
    all: &[&Driver],
    seen: &mut Seen<'a>,
    findings: &Findings,
) {
    // Two drivers may use the same file.
    let sharing = |other: &&&Driver| other.functions.iter().any(|other| other.path == file.path);
    let prefixes: Vec<String> = all
        .iter()
        .filter(sharing)
        .map(|other| format!("{}_", other.name.shell()))
        .collect();
    let own = format!("{}_", driver.name.shell());
    for (name, line) in stdlib::functions(&file.text) {
        let place = format!("{}:{line}", file.path);
        // In a shared file, each function is checked with its own driver.
        if !name.starts_with(&own) && prefixes.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        if !name.starts_with(&own) {
            findings.push(
                Diagnostic::new(
                    Code::NAME_CLASH,
                    file.span,
                    format!(
                        "the function `{name}` ({place}) does not begin with `{own}`: it could clash with a function of the script or of another driver"
                    ),
                )
                .help(format!("call it `{own}{}`", name.replace(['.', '-', ':'], "_"))),
            );
        } else if let Some(whose) = owner(&name, true) {
            findings.push(
                Diagnostic::new(
                    Code::NAME_CLASH,
                    file.span,
                    format!("the function `{name}` ({place}) already belongs to {whose}"),
                )
                .help(
                    "rename the function; if it is a function of the contract, rename the driver",
                ),
            );
        } else {
            again(driver, "function", &name, file.span, seen, findings);
        }
    }
}

fn variables<'a>(driver: &'a Driver, seen: &mut Seen<'a>, findings: &Findings) {
    for (name, span) in &driver.variables {
        if let Some(whose) = owner(name, false) {
            findings.push(
                Diagnostic::new(
                    Code::NAME_CLASH,
                    *span,
                    format!("this becomes the variable `{name}`, which already belongs to {whose}"),
                )
                .help("give the setting or the driver another name"),
            );
        } else {
            again(driver, "variable", name, *span, seen, findings);
        }
    }
}

/// Returns the owner of a name, or `None` if the name is the user's.
fn owner(name: &str, function: bool) -> Option<&'static str> {
    let runtime = stdlib::of_runtime();
    let (names, script): (_, &[&str]) = if function {
        (&runtime.functions, &stdlib::SCRIPT_FUNCTIONS)
    } else {
        (&runtime.variables, &stdlib::SCRIPT_VARIABLES)
    };
    if OF_BASH.contains(&name) {
        Some("bash")
    } else if script.contains(&name) {
        Some("the script")
    } else if names.contains(name) {
        Some("the runtime")
    } else {
        None
    }
}

/// Reports a name that the user defines twice. A function and a variable may have the same name.
fn again<'a>(
    driver: &'a Driver,
    what: &str,
    name: &str,
    span: Span,
    seen: &mut Seen<'a>,
    findings: &Findings,
) {
    let Some((other, first)) = seen.insert(format!("{what} {name}"), (driver, span)) else {
        return;
    };
    let called = |driver: &Driver| format!("`{} {}`", driver.kind.word(), driver.name);
    let (own, other) = (called(driver), called(other));
    let owners = if own == other {
        format!("{own} defines the {what} `{name}` twice")
    } else {
        format!("{own} and {other} both define the {what} `{name}`")
    };
    findings.push(
        Diagnostic::new(Code::NAME_CLASH, span, owners)
            .also(first, "the other one comes from here")
            .help("give one of the two another name"),
    );
}
