//! Messages for statements that cannot be parsed, in the words of the language.
//!
//! The grammar reads such a statement as `bad`. Then it is parsed once more, alone, with the rule for its place. pest
//! knows where this parse stops and what it expected there. From that, this module guesses what the user meant.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

use super::block::Block;
use super::build::{Build, Pair};
use super::expected;
use super::grammar::{Grammar, Rule};
use crate::diagnostics::{Code, Diagnostic};
use crate::suggestions::joined;

/// A bad statement: its text and its beginning in the parsed text.
pub(super) struct Bad<'a> {
    pub block: Block,
    pub text: &'a str,
    pub start: usize,
}

/// The place where the parser stopped in a statement, and what it expected there.
pub(super) struct Stop {
    /// Bytes from the beginning of the statement.
    pub at: usize,
    /// The rules that were tried.
    pub expected: Vec<Rule>,
}

impl Build<'_> {
    /// Reports a bad statement, element or entry. `before` is the beginning of the statement before it on the same
    /// line.
    pub fn bad(&mut self, block: Block, before: Option<usize>, pair: Pair) {
        if self.full() {
            return;
        }
        let input = pair.get_input();
        let words = pair.as_span();
        let bad = Bad {
            block,
            text: input[words.start()..words.end()].trim_end(),
            start: words.start(),
        };
        if before.is_none() && self.unknown(&bad) {
            self.look_inside(block, pair);
            return;
        }
        let start = before.unwrap_or(bad.start);
        let whole = Bad {
            block,
            text: input[start..words.end()].trim_end(),
            start,
        };
        let stop = stop(&whole);
        self.misread(&whole, &stop);
        if before.is_none() {
            self.look_inside(block, pair);
        }
    }

    /// Parses the block of a bad statement, so that the mistakes in it are found too.
    fn look_inside(&mut self, block: Block, pair: Pair) {
        let verb = expected::token(pair.as_str());
        let inside = block
            .block_of(verb)
            .or_else(|| block.block_of(expected::nearest(verb, block.first_words())?))
            .or_else(|| Block::ALL.iter().find_map(|block| block.block_of(verb)));
        let block = pair
            .into_inner()
            .find(|inner| inner.as_rule() == Rule::bad_block);
        let (Some(inside), Some(block)) = (inside, block) else {
            return;
        };
        // Each level parses its block once more, so only three levels are parsed. Mistakes in deeper levels are found
        // after the outer ones are corrected.
        if self.rescues == 3 {
            return;
        }
        let start = block.as_span().start();
        let Ok(mut body) = Grammar::parse(inside.body(), block.as_str()) else {
            return;
        };
        if let Some(body) = body.next() {
            self.rescues += 1;
            self.base += start;
            self.rescue(inside, body);
            self.base -= start;
            self.rescues -= 1;
        }
    }

    /// A statement or element that follows another one on the same line, or without a comma.
    pub fn joined(&mut self, block: Block, end: usize, pair: &Pair) {
        let span = self.span_of(pair);
        let word = expected::token(pair.as_str());
        let finding = if matches!(block, Block::List | Block::Map) {
            let after = self.span(end, end);
            Diagnostic::new(Code::UNEXPECTED, span, "a comma is missing before this")
                .help(format!(
                    "write a comma between the {}",
                    if block == Block::List {
                        "values of a list"
                    } else {
                        "entries of a map"
                    }
                ))
                .fix(after, ",")
        } else {
            Diagnostic::new(
                Code::JOINED_STATEMENTS,
                span,
                format!("`{word}` begins a second statement on the line"),
            )
            .help("a newline ends a statement: put this one on its own line; a block on one line has only one statement")
        };
        self.complain(finding);
    }

    /// `;` or `,` after a statement, or a superfluous comma in a list.
    pub fn superfluous(&mut self, pair: &Pair) {
        let span = self.span_of(pair);
        let written = pair.as_str().trim_end();
        let finding = if pair.as_rule() == Rule::extra_comma {
            Diagnostic::new(Code::UNEXPECTED, span, "a comma with nothing before it")
        } else {
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                format!("a statement ends with its line, without `{written}`"),
            )
        };
        let rest = pair.get_input()[pair.as_span().end()..].trim_start_matches([' ', '\t']);
        let more = !rest.is_empty() && !rest.starts_with(['\n', '#', '}', ']']);
        let finding = if more && pair.as_rule() == Rule::semicolon {
            finding
                .help("put the next statement on its own line")
                .fix(span, "\n")
        } else {
            finding.help("remove it").fix(span, "")
        };
        self.complain(finding);
    }

    /// A `{` on the line after its statement.
    pub fn early_newline(&mut self, pair: &Pair) {
        let end = pair.as_span().end();
        let rest = &pair.get_input()[end..];
        let brace = end + (rest.len() - rest.trim_start().len());
        let span = self.span(brace, brace + 1);
        let newline = self.span_of(pair).start;
        let gap = crate::source::Span {
            start: newline,
            ..span
        };
        self.complain(
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                "the `{` of a block belongs on the line of its statement",
            )
            .help("move it to the end of the line above: a newline ends a statement")
            .fix(gap, " {"),
        );
    }

    /// Reports a statement whose first word is not allowed at this place. Returns false if the mistake is another one.
    fn unknown(&mut self, bad: &Bad) -> bool {
        let block = bad.block;
        let word = expected::token(bad.text);
        if matches!(block, Block::Settings | Block::List | Block::Map) || block.knows(word) {
            return false;
        }
        let span = self.span(bad.start, bad.start + word.len());
        let finding = if word == "{" {
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                "a block without a statement before it",
            )
            .help(
                "a block needs a statement before it, and its `{` is on the line of that statement",
            )
        } else if !expected::is_word(word) {
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                format!("expected a statement, found {}", expected::called(word)),
            )
            .help(expected::statements(block))
        } else {
            self.unknown_verb(bad, word)
        };
        self.complain(finding);
        true
    }

    fn unknown_verb(&self, bad: &Bad, word: &str) -> Diagnostic {
        let block = bad.block;
        let span = self.span(bad.start, bad.start + word.len());
        let homes: Vec<String> = Block::ALL
            .iter()
            .filter(|home| home.knows(word))
            .map(|home| home.called().to_owned())
            .collect();
        if bad.text[word.len()..].trim_start().starts_with('=') {
            return Diagnostic::new(
                Code::MISPLACED,
                span,
                format!(
                    "`{word} = …` is a setting and belongs in a driver's block, not {}",
                    block.called()
                ),
            )
            .help(format!("if it is a constant, write `let {word} = …`"));
        }
        if !homes.is_empty() {
            return Diagnostic::new(
                Code::MISPLACED,
                span,
                format!(
                    "`{word}` belongs {}, not {}",
                    joined(homes, "or"),
                    block.called()
                ),
            )
            .help(expected::statements(block));
        }
        let finding = Diagnostic::new(
            Code::UNKNOWN_STATEMENT,
            span,
            format!("`{word}` is not a statement {}", block.called()),
        )
        .help(expected::statements(block));
        match expected::nearest(word, block.first_words()) {
            Some(near) => finding
                .label(format!("did you mean `{near}`?"))
                .fix(span, near),
            None => finding,
        }
    }
}

/// Parses the statement with the rule of its place.
fn stop(bad: &Bad) -> Stop {
    let Err(error) = Grammar::parse(bad.block.one(), bad.text) else {
        return Stop {
            at: bad.text.len(),
            expected: Vec::new(),
        };
    };
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected = match error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Stop { at, expected }
}
