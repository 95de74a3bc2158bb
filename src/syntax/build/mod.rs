//! Converts pest's pairs to the tree, and puts mistakes into the report.
//!
//! A function returns `None` for a piece that the grammar should have refused. Such a piece is left out of the tree.
//! The compiler must not panic on any text, so this code does not rely on a correct grammar.

mod app;
mod driver;
mod probe;
mod text;
mod value;

use pest::iterators::Pairs;

use super::block::Block;
use super::brackets::Balanced;
use super::grammar::Rule;
use super::limits::MAX_FINDINGS;
use super::tree::{Body, Comment, Name, Statement};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::Span;

pub(super) type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// The input of the tree, and the report.
pub(super) struct Build<'a> {
    /// The mended text.
    pub source: &'a Balanced,
    /// The beginning of the parsed text in `source`. It is not 0 while a block of a bad statement is parsed.
    pub base: usize,
    /// The depth of nested blocks of bad statements that are being parsed.
    pub rescues: usize,
    /// The number of findings so far.
    pub found: usize,
    /// The report that receives the findings.
    pub report: &'a mut Report,
}

impl Build<'_> {
    /// Reports a mistake. Does nothing if there were too many, or if the line has an unclosed string, because such a
    /// line causes false mistakes.
    pub fn complain(&mut self, finding: Diagnostic) {
        let spoiled = finding.label.as_ref().is_some_and(|label| {
            let lines = &self.source.spoiled;
            let before = lines.partition_point(|&(start, _)| start <= label.span.start);
            before > 0 && label.span.start <= lines[before - 1].1
        });
        if !spoiled {
            self.found += 1;
            if !self.full() {
                self.report.push(finding);
            }
        }
    }

    /// Whether the maximum number of findings was reached.
    pub fn full(&self) -> bool {
        self.found > MAX_FINDINGS
    }

    /// Converts a place in the parsed text to a place in the source text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        self.source.span(self.base + start, self.base + end)
    }

    /// The place of the pair in the source, without trailing blanks.
    pub fn span_of(&self, pair: &Pair) -> Span {
        let words = pair.as_span();
        self.span(
            words.start(),
            words.start() + pair.as_str().trim_end().len(),
        )
    }

    /// A word.
    pub fn name(&self, pair: &Pair) -> Name {
        Name {
            text: pair.as_str().to_owned(),
            span: self.span_of(pair),
        }
    }

    fn comment(&self, pair: &Pair, apart: bool) -> Comment {
        Comment {
            text: pair.as_str().trim_end().to_owned(),
            apart,
            span: self.span_of(pair),
        }
    }

    /// The statements of a block, the elements of a list, the entries of a map.
    pub fn body<T>(
        &mut self,
        pair: Pair,
        block: Block,
        read: fn(&mut Self, Pair) -> Option<T>,
    ) -> Body<T> {
        let span = self.span_of(&pair);
        let text = pair.get_input();
        let mut body = Body::empty(span);
        let mut reached = Reached {
            end: pair.as_span().start(),
            last: None,
            started: false,
            joined: false,
            line_blamed: false,
        };
        for inner in pair.into_inner() {
            let words = inner.as_span();
            let end = words.start() + inner.as_str().trim_end().len();
            let between = &text[reached.end..words.start()];
            let newlines = between.matches('\n').take(2).count();
            let apart = newlines > 1 && reached.started;
            reached.line_blamed &= newlines == 0;
            let joined = std::mem::take(&mut reached.joined);
            match inner.as_rule() {
                Rule::EOI => continue,
                Rule::run_on | Rule::no_comma => {
                    reached.joined = true;
                    continue;
                }
                Rule::early_newline => self.early_newline(&inner),
                Rule::semicolon | Rule::extra_comma => self.superfluous(&inner),
                Rule::comment => {
                    let comment = self.comment(&inner, apart);
                    match body.statements.last_mut() {
                        Some(last) if newlines == 0 && last.trail.is_none() => {
                            last.trail = Some(comment);
                        }
                        None if newlines == 0 && !reached.started && block != Block::Top => {
                            body.head = Some(comment);
                        }
                        _ => body.tail.push(comment),
                    }
                }
                Rule::bad | Rule::bad_list_item | Rule::bad_map_item => {
                    if !reached.line_blamed {
                        let before = reached.last.filter(|_| joined && newlines == 0);
                        self.bad(block, before, inner);
                    }
                    reached.line_blamed = true;
                }
                _ => {
                    if joined && !reached.line_blamed {
                        self.joined(block, reached.end, &inner);
                        reached.line_blamed = true;
                    }
                    reached.last = Some(words.start());
                    let span = self.span_of(&inner);
                    let found = self.found;
                    if let Some(node) = read(self, inner) {
                        body.statements.push(Statement {
                            lead: std::mem::take(&mut body.tail),
                            node,
                            trail: None,
                            apart,
                            span,
                        });
                    } else if self.found == found {
                        // The grammar accepts what this code cannot build. The statement must not vanish unnoticed.
                        self.complain(
                            Diagnostic::new(
                                Code::UNEXPECTED,
                                span,
                                "this statement cannot be read",
                            )
                            .help("this is a mistake in deployc: please report it, with this file"),
                        );
                    }
                }
            }
            reached.started = true;
            reached.end = end;
        }
        body
    }
}

/// The progress in a body.
struct Reached {
    /// The end of the last piece.
    end: usize,
    /// The beginning of the last statement.
    last: Option<usize>,
    /// Whether anything except the bracket was read.
    started: bool,
    /// Whether the next statement follows on the same line, or the next element without a comma.
    joined: bool,
    /// Whether a mistake was reported on this line.
    line_blamed: bool,
}

/// The next pair, if it is of this rule.
pub(super) fn take<'a>(pairs: &mut Pairs<'a, Rule>, rule: Rule) -> Option<Pair<'a>> {
    if pairs.peek()?.as_rule() == rule {
        pairs.next()
    } else {
        None
    }
}
