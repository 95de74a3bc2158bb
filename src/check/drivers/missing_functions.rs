//! A driver that an app uses keeps its contract: each function is there, or the driver says that it cannot do it.

use super::description::Description;
use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{DriverKind, Function};
use crate::source::Span;
use crate::suggestions::listed;
use std::iter::successors;

/// Reports the functions that a driver and those that it extends lack, and a proxy's driver without a `fragment`. A
/// driver that is only extended need not be complete, so this is asked at the use.
pub(super) fn check(description: &Description, used: Span, findings: &Findings) {
    let kind = description.driver.kind;
    let name = &description.driver.name;
    let chain = || successors(Some(description), |one| one.base.as_deref()).map(|one| &one.driver);
    if kind == DriverKind::Switch && chain().all(|driver| driver.fragment.is_none()) {
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
        let cannot = |word: &String| word == function.name();
        !function.may_be_left_out(kind)
            && !chain()
                .any(|driver| function.is_defined_by(driver) || driver.cannot.iter().any(cannot))
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
