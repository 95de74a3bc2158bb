//! Messages for a statement whose beginning is right. First the usual mistakes are tried. Otherwise the message says
//! what pest expected.

use super::bad_statement::{Bad, Stop};
use super::block::Block;
use super::build::Build;
use super::expected;
use super::grammar::Rule;
use crate::diagnostics::{Code, Diagnostic};

/// The text around the place where the parser stopped.
struct Around<'a> {
    bad: &'a Bad<'a>,
    stop: &'a Stop,
    /// The text that was read.
    before: &'a str,
    /// The text that was not read.
    rest: &'a str,
}

impl Around<'_> {
    fn wants(&self, rule: Rule) -> bool {
        self.stop.expected.contains(&rule)
    }

    /// The place in the parsed text.
    fn at(&self) -> usize {
        self.bad.start + self.stop.at
    }

    /// The last word that was read.
    fn last_word(&self) -> &str {
        let before = self.before.trim_end();
        let start = before
            .rfind(|character: char| !(character.is_alphanumeric() || "_-".contains(character)))
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        &before[start..]
    }
}

impl Build<'_> {
    /// Reports the mistake at the place where the parser stopped.
    pub fn misread(&mut self, bad: &Bad, stop: &Stop) {
        let at = floor(bad.text, stop.at);
        let around = Around {
            bad,
            stop,
            before: &bad.text[..at],
            rest: &bad.text[at..],
        };
        let finding = self
            .assignment(&around)
            .or_else(|| self.unquoted(&around))
            .or_else(|| self.near_keyword(&around))
            .unwrap_or_else(|| self.plainly(&around));
        self.complain(finding);
    }

    /// A superfluous or missing `=` or `:`, or one instead of the other.
    fn assignment(&self, around: &Around) -> Option<Diagnostic> {
        if around.rest.starts_with('=') {
            return Some(self.stray_equals(around));
        }
        if around.rest.starts_with(':') && !around.rest.starts_with("://") {
            return self.stray_colon(around);
        }
        if around.rest.is_empty() {
            return self.half_a_setting(around);
        }
        if around.wants(Rule::equals) && around.wants(Rule::EOI) {
            return Some(self.missing_default(around));
        }
        if around.wants(Rule::equals) {
            return Some(self.missing_mark(around, "="));
        }
        let typed = expected::is_word(expected::token(around.rest));
        (around.wants(Rule::colon) && typed).then(|| self.missing_mark(around, ":"))
    }

    fn stray_equals(&self, around: &Around) -> Diagnostic {
        let span = self.span(around.at(), around.at() + 1);
        let word = around.last_word();
        let finding = |message: String| Diagnostic::new(Code::UNEXPECTED, span, message);
        if around.before.ends_with('=') || around.rest.starts_with("==") {
            return finding("an assignment has one `=`".to_owned())
                .help("the language has no comparisons")
                .fix(span, "");
        }
        if around.bad.block == Block::List {
            return finding("a list contains only values; `=` belongs in a map".to_owned())
                .help("a map is written `{ NAME = value }`");
        }
        if around.wants(Rule::colon) {
            return finding(format!(
                "`:` and a type are expected after `{word}`, found `=`"
            ))
            .help(format!("write `{word}: TYPE = default`"));
        }
        let message = if word.is_empty() {
            "no `=` belongs here".to_owned()
        } else {
            format!("no `=` belongs after `{word}`")
        };
        finding(message)
            .help("`=` only assigns: in `let`, in the default of an `input`, and in a driver's settings")
            .fix(span, "")
    }

    fn stray_colon(&self, around: &Around) -> Option<Diagnostic> {
        let span = self.span(around.at(), around.at() + 1);
        let word = around.last_word();
        let finding = |message: String| Diagnostic::new(Code::UNEXPECTED, span, message);
        let assigns = matches!(around.bad.block, Block::Settings | Block::Map);
        if around.wants(Rule::equals) || assigns {
            return Some(
                finding(format!("`=` is expected after `{word}`, found `:`"))
                    .help(format!("write `{word} = …`"))
                    .fix(span, " ="),
            );
        }
        let attached = around.rest[1..].starts_with(|next: char| !next.is_whitespace());
        (!attached && !word.is_empty()).then(|| {
            finding(format!("no `:` belongs after `{word}`"))
                .help(format!("write the value directly after it: `{word} …`"))
                .fix(span, "")
        })
    }

    /// `input A: string "x"`
    fn missing_default(&self, around: &Around) -> Diagnostic {
        let found = expected::token(around.rest);
        let word = around.last_word();
        let finding = Diagnostic::new(
            Code::UNEXPECTED,
            self.span(around.at(), around.at() + found.len()),
            format!(
                "expected `=` and a default after the type, found {}",
                expected::called(found)
            ),
        );
        if matches!(word, "list" | "map") {
            finding.help(format!("write `{word} of {found}`"))
        } else {
            finding.help(format!("write `= {found}`"))
        }
    }

    /// `file "x"` and `file`, which the parser has read as the head of a part.
    fn half_a_setting(&self, around: &Around) -> Option<Diagnostic> {
        if around.bad.block != Block::Settings || !around.wants(Rule::early_newline) {
            return None;
        }
        let name = expected::token(around.before);
        let value = around.before[name.len()..].trim_start();
        let start = around.bad.start + around.before.len() - value.len();
        if value.is_empty() {
            let span = self.span(around.bad.start, around.bad.start + name.len());
            return Some(
                Diagnostic::new(
                    Code::UNEXPECTED,
                    span,
                    format!("expected `=` and a value after `{name}`"),
                )
                .help(format!("a setting is written `{name} = value`")),
            );
        }
        let span = self.span(start, start + value.len());
        let value = expected::clip(value);
        let home = Block::ALL
            .iter()
            .find(|block| **block != Block::Driver && block.knows(name));
        let help = match home {
            Some(home) => format!("; the statement `{name}` belongs {}", home.called()),
            None => format!("; if `{name}` is a part, its settings follow in `{{ }}`"),
        };
        Some(
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                format!("`=` is missing between `{name}` and its value"),
            )
            .help(format!("a setting is written `{name} = {value}`{help}"))
            .fix(self.span(start, start), "= "),
        )
    }

    fn missing_mark(&self, around: &Around, mark: &str) -> Diagnostic {
        let at = around.at();
        let found = expected::token(around.rest);
        let word = around.last_word();
        let (message, text) = if mark == "=" {
            (
                format!("`=` is missing between `{word}` and its value"),
                "= ",
            )
        } else {
            (
                format!("`:` is missing between `{word}` and its type"),
                ": ",
            )
        };
        Diagnostic::new(Code::UNEXPECTED, self.span(at, at + found.len()), message)
            .help(format!(
                "write `{word}{}{mark} {found}`",
                if mark == "=" { " " } else { "" }
            ))
            .fix(self.span(at, at), text)
    }

    /// `/opt/app`, `http://…`, `127.0.0.1:80`: strings without quotes.
    fn unquoted(&self, around: &Around) -> Option<Diagnostic> {
        let text = around.bad.text;
        let at = around.before.len();
        let stops = |character: char| character.is_whitespace() || "\",[]=".contains(character);
        let start = text[..at].rfind(stops).map_or(0, |stop| {
            stop + text[stop..].chars().next().map_or(1, char::len_utf8)
        });
        let end = text[at..].find(stops).map_or(text.len(), |stop| at + stop);
        let mut chunk = &text[start..end];
        while chunk.ends_with('}') && chunk.matches('{').count() < chunk.matches('}').count() {
            chunk = &chunk[..chunk.len() - 1];
        }
        let chunk = chunk.trim_end_matches(';');
        let first = around.rest.chars().next()?;
        let looks = chunk.len() > 1
            && chunk.contains(['/', ':', '.', '*', '@', '~', '$', '%', '\\'])
            && (start > 0 || matches!(around.bad.block, Block::List))
            && !first.is_whitespace();
        let valued = around
            .stop
            .expected
            .iter()
            .any(|&rule| expected::is_value(rule));
        if !looks || !(valued || start < at) || chunk.contains('"') {
            return None;
        }
        let span = self.span(
            around.bad.start + start,
            around.bad.start + start + chunk.len(),
        );
        Some(
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                format!(
                    "expected a string in quotes, found `{}`",
                    expected::clip(chunk)
                ),
            )
            .help(format!("write `\"{}\"`", expected::clip(chunk)))
            .fix(span, format!("\"{chunk}\"")),
        )
    }

    /// `stop wthin 5s`
    fn near_keyword(&self, around: &Around) -> Option<Diagnostic> {
        let word = expected::token(around.rest);
        if !expected::is_word(word) {
            return None;
        }
        let keywords: Vec<&str> = around
            .stop
            .expected
            .iter()
            .flat_map(|&rule| expected::keywords(rule))
            .copied()
            .collect();
        let near = expected::nearest(word, keywords.iter().copied())?;
        let span = self.span(around.at(), around.at() + word.len());
        Some(
            Diagnostic::new(
                Code::UNKNOWN_STATEMENT,
                span,
                format!(
                    "expected {}, found `{word}`",
                    expected::list(&around.stop.expected)
                ),
            )
            .label(format!("did you mean `{near}`?"))
            .fix(span, near),
        )
    }

    /// A message that says what was found and what was expected.
    fn plainly(&self, around: &Around) -> Diagnostic {
        let list = expectation(around);
        let found = expected::token(around.rest);
        let at = around.at();
        if found.is_empty() {
            let word = around.last_word();
            let read = around.before.trim_end();
            let from = if word.is_empty() {
                0
            } else {
                read.len() - word.len()
            };
            let after = if word.is_empty() {
                String::new()
            } else {
                format!(" after `{word}`")
            };
            let end = match around.bad.block {
                Block::List | Block::Map => "nothing",
                _ => "the end of the statement",
            };
            return Diagnostic::new(
                Code::UNEXPECTED,
                self.span(around.bad.start + from, around.bad.start + read.len()),
                format!("expected {list}{after}, found {end}"),
            );
        }
        let finding = Diagnostic::new(
            Code::UNEXPECTED,
            self.span(at, at + found.len()),
            format!("expected {list}, found {}", expected::called(found)),
        );
        let valued = around
            .stop
            .expected
            .iter()
            .any(|&rule| expected::is_value(rule));
        if valued && found == "-" {
            return finding.help("a number has no sign here");
        }
        if found == "(" || found == ")" {
            return finding.help("there are no parentheses in the language; a list is `[a, b]`");
        }
        if found == "-" && word_is_number(around.last_word()) {
            return finding.help("a range of statuses is written `200..299`");
        }
        if expected::token(around.bad.text) == "exec" {
            return finding
                .help("a command is a list of its words: `exec [\"prog\", \"argument\"]`");
        }
        if around.wants(Rule::EOI) {
            return finding.help("a newline ends a statement; write a text with blanks in quotes");
        }
        finding
    }
}

/// A description of the expected text.
fn expectation(around: &Around) -> String {
    let list = expected::list(&around.stop.expected);
    match (list.is_empty(), around.bad.block) {
        (false, _) => list,
        (true, Block::List) => "a value".to_owned(),
        (true, Block::Map) => "an entry `NAME = value`".to_owned(),
        (true, Block::Settings) => "a setting `name = value`".to_owned(),
        (true, _) => "something else".to_owned(),
    }
}

fn word_is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|character| character.is_ascii_digit())
}

/// The character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
