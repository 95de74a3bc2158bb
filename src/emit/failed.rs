//! Why a file cannot be generated.

use super::quoted::HasNul;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::DriverUse;
use crate::source::Span;

/// Why a file cannot be written: a finding about a driver's template or a value in it.
pub(super) type Failed = Box<Diagnostic>;

impl From<HasNul> for Failed {
    fn from(_: HasNul) -> Self {
        Self::new(Diagnostic::whole(
            Code::FORBIDDEN_CHARACTER,
            "a text that contains a NUL cannot be given to a program",
        ))
    }
}

/// A finding about a template of `used`.
pub(super) fn template_failed(used: &DriverUse, span: Span, error: &minijinja::Error) -> Failed {
    let line = error.line().map(|line| format!(", line {line}"));
    let message = format!(
        "the template `{}`{} of `{}` cannot be filled in: {}",
        error.name().unwrap_or_default(),
        line.unwrap_or_default(),
        used.driver.name,
        error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned),
    );
    Box::new(Diagnostic::new(Code::TEMPLATE_FAILS, span, message).help(
        "give the setting another value, or correct the template beside the driver's description",
    ))
}
