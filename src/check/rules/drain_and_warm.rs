//! `cleanup`, compared with the proxy's read timeout and the host's memory.

use crate::check::findings::Findings;
use crate::check::names::statements::Statements;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Duration, Previous, SettingValue};
use crate::syntax::tree::CleanupItem;

/// Reports BG413: a drain shorter than the proxy's read timeout. Reports BG704: `keep warm`.
pub(super) fn check(app: &App, statements: &Statements<'_>, findings: &Findings) {
    let statements = statements
        .cleanup
        .iter()
        .flat_map(|(body, _)| &body.statements);
    let (mut drain, mut warm) = (None, None);
    for statement in statements {
        match &statement.node {
            CleanupItem::Drain(value) => drain = Some(value.span()),
            CleanupItem::KeepWarm(word) => warm = Some(*word),
            CleanupItem::StopWithin(_) => {}
        }
    }
    if let Some(&SettingValue::Duration(patience)) = app.switch.setting("read_timeout")
        && patience > app.cleanup.drain
        && app.cleanup.drain > Duration::ZERO
    {
        let finding = Diagnostic::new(
            Code::DRAIN_CUTS,
            drain.unwrap_or(app.switch.span),
            format!(
                "the drain of {} ends before the proxy's read timeout of {patience}: the longest answers are cut",
                app.cleanup.drain
            ),
        )
        .help(format!("with `drain {patience}`, every request that the proxy waits for can end"));
        // Without a `drain` in the file there is nothing to replace.
        findings.push(match drain {
            Some(span) => finding.fix(span, patience.to_string()),
            None => finding,
        });
    }
    if app.cleanup.previous == Previous::KeptWarm
        && let Some(span) = warm
    {
        findings.push(
            Diagnostic::new(
                Code::KEEP_WARM,
                span,
                "the old color keeps running, so the host always needs memory for both colors",
            )
            .help("jobs in it, such as schedulers, keep running too; without `keep warm` the old color is stopped after the drain, and `rollback` starts it again"),
        );
    }
}
