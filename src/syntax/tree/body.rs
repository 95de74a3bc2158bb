//! The common parts of all statements: bodies, comments, names.

use crate::source::Span;

/// A sequence of statements: the top level of a file, or the content between `{` and `}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<T> {
    /// The statements that could be read. The report has a finding for each of the others.
    pub statements: Vec<Statement<T>>,
    /// A comment on the line of the opening bracket, before the first statement.
    pub head: Option<Comment>,
    /// Comments after the last statement.
    pub tail: Vec<Comment>,
    /// The place from the opening bracket to the closing one, or the whole file.
    pub span: Span,
}

impl<T> Body<T> {
    /// No statements.
    #[must_use]
    pub fn empty(span: Span) -> Self {
        Self {
            statements: Vec::new(),
            head: None,
            tail: Vec::new(),
            span,
        }
    }
}

/// One statement with its comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<T> {
    /// Comment lines before it (`#` and `##`), in order.
    pub lead: Vec<Comment>,
    /// The statement itself.
    pub node: T,
    /// A comment at the end of its (last) line.
    pub trail: Option<Comment>,
    /// Whether there is an empty line right before it (after its lead comments). Never for the first statement of a
    /// body.
    pub apart: bool,
    /// The place of the statement itself, without comments.
    pub span: Span,
}

impl<T> Statement<T> {
    /// The `##` lines right before the statement, without the marks. Empty if there are none.
    #[must_use]
    pub fn docs(&self) -> String {
        let mut lines = Vec::new();
        let mut apart = self.apart;
        for comment in self.lead.iter().rev() {
            let Some(doc) = comment.doc().filter(|_| !apart) else {
                break;
            };
            lines.push(doc);
            apart = comment.apart;
        }
        lines.reverse();
        lines.join("\n")
    }
}

/// A comment, from its `#` to the end of the line (exclusive, trailing blanks removed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text with its `#`.
    pub text: String,
    /// Whether there is an empty line before it. Never for the first comment of a body.
    pub apart: bool,
    /// Its place in the source.
    pub span: Span,
}

impl Comment {
    /// The documentation in a `##` comment.
    #[must_use]
    pub fn doc(&self) -> Option<&str> {
        let rest = self.text.strip_prefix("##")?;
        Some(rest.strip_prefix(' ').unwrap_or(rest))
    }
}

/// A bare word: the name of a thing, a keyword of an enumeration, or a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Its place in the source.
    pub span: Span,
}
