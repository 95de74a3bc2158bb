//! Strings. They stay as they were written. A string of several lines moves with its statement.

use super::Layout;
use crate::syntax::tree::Text;

impl Layout<'_> {
    pub(super) fn string(&mut self, text: &Text) {
        let written = self.slice(text.span);
        if !written.contains('\n') {
            self.put(written);
            return;
        }
        if self.flat.is_some() {
            self.newline();
            return;
        }
        let start = text.span.start as usize;
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        // If the line begins inside another string, its blanks belong to that string and not to the statement.
        let from = match self.last_text {
            Some((end, from)) if line < end => from,
            _ => margin(&self.text[line..start]),
        };
        self.last_text = Some((text.span.end as usize, from));
        self.put(&moved(written, from, self.depth * 2));
    }
}

/// The blanks at the beginning of a line.
fn margin(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// A string of several lines, moved with its statement from the margin `from` to `to` blanks. The text of the string
/// does not change, because its own margin moves too.
fn moved(written: &str, from: &str, to: usize) -> String {
    let closing = written.rfind('\n').map_or(0, |at| at + 1);
    let own = margin(&written[closing..]);
    if from.len() == to || from.contains('\t') || own.contains('\t') {
        return written.to_owned();
    }
    let new = " ".repeat((own.len() + to).saturating_sub(from.len()));
    let mut lines = written.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        match line.strip_prefix(own) {
            Some(rest) if !(rest.is_empty() && own.is_empty()) => {
                out.push_str(&new);
                out.push_str(rest);
            }
            _ => out.push_str(line.trim_matches([' ', '\t'])),
        }
    }
    out
}
