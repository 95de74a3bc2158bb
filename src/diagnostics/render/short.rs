//! One line for each finding: `path:line:column: error[BG201]: message`.

use super::visible::visible;
use crate::diagnostics::Report;
use crate::source::Sources;
use std::fmt::Write as _;

/// All findings in source order, one line each. Lines and columns count from 1, and columns count characters.
#[must_use]
pub fn short(report: &Report, sources: &Sources) -> String {
    let mut text = String::new();
    for finding in report.sorted() {
        let severity = finding.code.severity().word();
        let place = match &finding.label {
            Some(label) => {
                let at = sources.line_column(label.span);
                format!("{}:{}:{}: ", sources.path(label.span), at.line, at.column)
            }
            None => String::new(),
        };
        // A message must stay on one line, even if it quotes a line end.
        let message = finding.message.replace('\n', "\\n");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}{severity}[{}]: {}",
            visible(&place),
            finding.code,
            visible(&message)
        );
    }
    text
}
