//! Tree → text, in the standard layout.
//!
//! - Two blanks for each level; one statement on each line; at most one empty line between two statements, none at the
//!   beginning or end of a block.
//! - A block, list or map that was on one line stays on one line if it has no comments and ends within 100 columns. A
//!   block must also have at most one statement. Otherwise, and if it was on several lines, each element has its own
//!   line, with a comma after the last element of a list or map.
//! - Nothing is aligned in columns. A comment at the end of a line has two blanks before it.
//! - Strings and numbers keep their spelling. A `"""` text moves with its statement.
//!
//! Formatting twice gives the same text as formatting once. Formatting does not change the meaning of a file.

mod driver;
mod statements;
mod text;
mod value;

use super::tree::{Body, Comment, File, Name, Statement};
use crate::source::Span;

/// The maximum length of a line that can be broken, in characters.
const WIDTH: usize = 100;

/// The file in the standard layout. `file` is the result of [`super::parse`] for `text`, without an error.
#[must_use]
pub fn format(file: &File, text: &str) -> String {
    let mut layout = Layout {
        text,
        out: String::with_capacity(text.len()),
        depth: 0,
        flat: None,
        last_text: None,
    };
    layout.statements(&file.body, Layout::item, "");
    if !layout.out.is_empty() {
        layout.out.push('\n');
    }
    layout.out
}

struct Layout<'a> {
    /// The source text.
    text: &'a str,
    /// The output so far.
    out: String,
    /// The level of the current line.
    depth: usize,
    /// While an element is tried on one line: whether it fits so far.
    flat: Option<Fit>,
    /// The end of the last string of several lines, and the margin of the line on which it began.
    last_text: Option<(usize, &'a str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
}

/// How to write the parts of a body on one line and on several lines.
struct Brackets {
    open: &'static str,
    close: &'static str,
    /// The blank between a bracket and its neighbour on one line.
    pad: &'static str,
    /// The separator after each part. On one line the last part has none.
    comma: &'static str,
    /// The maximum number of parts on one line.
    flat: usize,
}

const BLOCK: Brackets = Brackets {
    open: "{",
    close: "}",
    pad: " ",
    comma: "",
    flat: 1,
};

impl<'a> Layout<'a> {
    /// The source text of a span.
    fn slice(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}

impl Layout<'_> {
    fn put(&mut self, text: &str) {
        if self.flat == Some(Fit::No) {
            return;
        }
        self.out.push_str(text);
    }

    fn name(&mut self, name: &Name) {
        self.put(&name.text);
    }

    fn newline(&mut self) {
        if self.flat.is_some() {
            self.flat = Some(Fit::No);
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(self.depth));
        }
    }

    fn empty_line(&mut self) {
        if self.flat.is_none() && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn comment(&mut self, comment: &Comment) {
        if comment.apart {
            self.empty_line();
        }
        self.newline();
        self.put(&comment.text);
    }

    fn trailing(&mut self, comment: Option<&Comment>) {
        if let Some(comment) = comment {
            self.put("  ");
            self.put(&comment.text);
        }
    }

    /// Statements, each on its own line.
    fn statements<T>(&mut self, body: &Body<T>, item: fn(&mut Self, &T), comma: &str) {
        for statement in &body.statements {
            for comment in &statement.lead {
                self.comment(comment);
            }
            if statement.apart {
                self.empty_line();
            }
            self.newline();
            item(self, &statement.node);
            self.put(comma);
            self.trailing(statement.trail.as_ref());
        }
        for comment in &body.tail {
            self.comment(comment);
        }
    }

    /// ` { … }` after the head of a statement.
    fn block<T>(&mut self, body: &Body<T>, item: fn(&mut Self, &T)) {
        self.put(" ");
        self.body(body, &BLOCK, item);
    }

    /// The block of a statement for which a block is optional.
    fn optional_block<T>(&mut self, body: Option<&Body<T>>, item: fn(&mut Self, &T)) {
        if let Some(body) = body {
            self.block(body, item);
        }
    }

    fn body<T>(&mut self, body: &Body<T>, brackets: &Brackets, item: fn(&mut Self, &T)) {
        let silent =
            |statement: &Statement<T>| statement.lead.is_empty() && statement.trail.is_none();
        let silent =
            body.head.is_none() && body.tail.is_empty() && body.statements.iter().all(silent);
        if silent && body.statements.is_empty() {
            self.put(brackets.open);
            self.put(brackets.close);
            return;
        }
        let may = silent
            && body.statements.len() <= brackets.flat
            && !self.slice(body.span).contains('\n');
        if may && self.on_one_line(|layout| layout.flat_body(body, brackets, item)) {
            return;
        }
        if self.flat.is_some() {
            self.flat = Some(Fit::No);
            return;
        }
        self.put(brackets.open);
        self.trailing(body.head.as_ref());
        self.depth += 1;
        self.statements(body, item, brackets.comma);
        self.depth -= 1;
        self.newline();
        self.put(brackets.close);
    }

    fn flat_body<T>(&mut self, body: &Body<T>, brackets: &Brackets, item: fn(&mut Self, &T)) {
        self.put(brackets.open);
        self.put(brackets.pad);
        for (index, statement) in body.statements.iter().enumerate() {
            if index > 0 {
                self.put(brackets.comma);
                self.put(" ");
            }
            item(self, &statement.node);
            // A character has at most four bytes, so a line of more bytes is already too long.
            if self.flat == Some(Fit::No) || self.line().len() > 4 * WIDTH {
                self.flat = Some(Fit::No);
                return;
            }
        }
        self.put(brackets.pad);
        self.put(brackets.close);
    }

    /// Writes something on the current line. If it does not fit on the line, nothing is written and the result is
    /// false.
    fn on_one_line(&mut self, write: impl FnOnce(&mut Self)) -> bool {
        if self.flat.is_some() {
            write(self);
            return true;
        }
        let before = self.out.len();
        self.flat = Some(Fit::Yes);
        write(self);
        let fits = self.flat == Some(Fit::Yes) && self.line().chars().count() <= WIDTH;
        self.flat = None;
        if !fits {
            self.out.truncate(before);
        }
        fits
    }

    /// The current line so far.
    fn line(&self) -> &str {
        let start = self.out.rfind('\n').map_or(0, |at| at + 1);
        &self.out[start..]
    }
}
