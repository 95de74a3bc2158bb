//! Strings: as they were written, moved with their statement where they are over lines.

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
        // A line that begins in another string has that one's blanks, and not the statement's.
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

/// A string over lines, its lines as far right as its statement has moved from the margin `from` to
/// `to` blanks. What the string means does not change: its own margin moves too.
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
