//! Differences between the text on disk and the new text.

use super::terminal::{Look, paint};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;

/// A unified diff with three lines around each change. Empty if there is no change. `how` names the command that makes
/// the new text.
pub(super) fn unified(path: &str, old: &str, new: &str, how: &str, colored: bool) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        if text.is_empty() {
            let head = format!("--- {path}\n+++ {path} ({how})");
            let _ = writeln!(text, "{}", paint(&head, Look::Bold, colored));
        }
        let _ = writeln!(
            text,
            "{}",
            paint(&hunk.header().to_string(), Look::Cyan, colored)
        );
        for change in hunk.iter_changes() {
            let line = change.value();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = match change.tag() {
                ChangeTag::Equal => format!(" {line}"),
                ChangeTag::Delete => paint(&format!("-{line}"), Look::Red, colored),
                ChangeTag::Insert => paint(&format!("+{line}"), Look::Green, colored),
            };
            let _ = writeln!(text, "{line}");
            if change.missing_newline() {
                let _ = writeln!(text, "\\ no line break at the end");
            }
        }
    }
    text
}
