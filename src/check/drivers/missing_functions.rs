//! A driver that an app uses keeps its contract: each function is there, or the driver says that it cannot do it.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Driver, DriverKind, Function};
use crate::source::Span;
use crate::suggestions::listed;

/// Reports the functions that a driver and those that it extends lack, and a proxy's driver without a `fragment`. A
/// driver that is only extended need not be complete, so this is asked at the use.
pub(super) fn check(driver: &Driver, used: Span, findings: &Findings) {
    let (kind, name) = (driver.kind, &driver.name);
    if kind == DriverKind::Switch && driver.fragment_template().is_none() {
        findings.push(
            Diagnostic::new(
                Code::BAD_DESCRIPTION,
                used,
                format!("the driver `{name}` has no `fragment`, so there is nothing that the proxy could read"),
            )
            .help("write `fragment \"FILE.j2\" as plain` in its description: the template of the proxy's file"),
        );
    }
    let Some(contract) = Function::of_kind(kind) else {
        return;
    };
    let missing = contract.iter().filter(|function| {
        !function.may_be_left_out(kind)
            && !driver.leaves_out(function.name())
            && !function.is_defined_by(driver)
    });
    let missing: Vec<String> = missing
        .map(|function| format!("{}_{}", name.shell(), function.name()))
        .collect();
    if missing.is_empty() {
        return;
    }
    findings.push(
        Diagnostic::new(
            Code::BAD_DESCRIPTION,
            used,
            format!("the driver `{name}` lacks {}", listed(&missing, "and")),
        )
        .help("define the functions in the files that `functions` names, or write `cannot FUNCTION` for what the driver cannot do"),
    );
}
