//! Finds strings, comments and brackets without the grammar. This is the first step of the repair of a text in which
//! some of them are not closed.

use super::limits::{MAX_DEPTH, MAX_FINDINGS, offset};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// A kind of bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    /// `{ }`
    Curly,
    /// `[ ]`
    Square,
}

impl Bracket {
    /// The opening character.
    pub fn open(self) -> char {
        match self {
            Self::Curly => '{',
            Self::Square => '[',
        }
    }

    /// The closing character.
    pub fn close(self) -> char {
        match self {
            Self::Curly => '}',
            Self::Square => ']',
        }
    }

    /// The text to insert if the closing bracket is missing.
    pub fn closing_text(self) -> &'static str {
        match self {
            Self::Curly => "\n}",
            Self::Square => "]",
        }
    }
}

/// The kind of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// An opening bracket.
    Open(Bracket),
    /// A closing bracket.
    Close(Bracket),
    /// The first token of a line, if it is neither a bracket nor a comment.
    Other,
}

/// A bracket, or the first token of a line.
pub(super) struct Mark {
    /// Its kind.
    pub shape: Shape,
    /// Its first byte.
    pub at: usize,
    /// Whether it is the first token of its line.
    pub first: bool,
    /// The number of blanks at the beginning of its line.
    pub indent: usize,
    /// The end of the token before it.
    pub before: usize,
}

/// A text to insert.
pub(super) struct Insert {
    /// Insert before this byte of the source text.
    pub at: usize,
    /// The text.
    pub text: &'static str,
}

/// All brackets and line beginnings of a text, and the mistakes in its quotes.
pub(super) struct Marks {
    /// The marks, in order.
    pub all: Vec<Mark>,
    /// The end of the last token.
    pub last: usize,
    /// The end of the scan: the end of the text, or the beginning of a `"""` that is never closed.
    pub end: usize,
    /// The bracket that exceeds the maximum depth. The text after it was not read.
    pub too_deep: Option<usize>,
    /// Unclosed strings.
    pub findings: Vec<Diagnostic>,
    /// The quotes to insert.
    pub inserts: Vec<Insert>,
    /// Lines with an unclosed string.
    pub spoiled: Vec<(u32, u32)>,
}

struct Scan<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    /// The number of blanks at the beginning of the line.
    indent: usize,
    /// Whether this line already had a token.
    begun: bool,
    depth: usize,
    /// Brackets that were opened on this line and are not closed yet.
    on_line: Vec<Bracket>,
    found: Marks,
}

/// Finds the marks of a text.
pub(super) fn scan(file: FileId, text: &str) -> Marks {
    let mut scan = Scan {
        file,
        text,
        at: 0,
        indent: 0,
        begun: false,
        depth: 0,
        on_line: Vec::new(),
        found: Marks {
            all: Vec::new(),
            last: 0,
            end: text.len(),
            too_deep: None,
            findings: Vec::new(),
            inserts: Vec::new(),
            spoiled: Vec::new(),
        },
    };
    while scan.found.too_deep.is_none() && scan.step() {}
    scan.found
}

impl Scan<'_> {
    /// Reads one token. Returns false at the end.
    fn step(&mut self) -> bool {
        let rest = &self.text[self.at..self.found.end];
        let Some(next) = rest.chars().next() else {
            return false;
        };
        match next {
            '\n' => {
                self.at += 1;
                self.new_line();
            }
            ' ' | '\t' => {
                self.at += 1;
                if !self.begun {
                    self.indent += 1;
                }
            }
            '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
            '{' => self.open(Bracket::Curly),
            '[' => self.open(Bracket::Square),
            '}' => self.close(Bracket::Curly),
            ']' => self.close(Bracket::Square),
            '"' => self.string(0),
            'r' if rest.starts_with("r\"") => self.string(1),
            '\'' => {
                let end = rest[1..].find(['\'', '\n']).map(|end| end + 1);
                let closed = end.filter(|&end| rest.as_bytes()[end] == b'\'');
                self.thing(closed.map_or(1, |end| end + 1));
            }
            _ if is_word(next) => {
                let length = rest
                    .find(|character: char| !is_word(character))
                    .unwrap_or(rest.len());
                self.thing(length);
            }
            _ => self.thing(next.len_utf8()),
        }
        true
    }

    fn new_line(&mut self) {
        self.indent = 0;
        self.begun = false;
        self.on_line.clear();
    }

    fn mark(&mut self, shape: Shape) {
        if shape != Shape::Other || !self.begun {
            self.found.all.push(Mark {
                shape,
                at: self.at,
                first: !self.begun,
                indent: self.indent,
                before: self.found.last,
            });
        }
        self.begun = true;
    }

    fn thing(&mut self, length: usize) {
        self.mark(Shape::Other);
        self.at += length;
        self.found.last = self.at;
    }

    fn open(&mut self, bracket: Bracket) {
        self.mark(Shape::Open(bracket));
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.found.too_deep = Some(self.at);
        }
        self.on_line.push(bracket);
        self.at += 1;
        self.found.last = self.at;
    }

    fn close(&mut self, bracket: Bracket) {
        self.mark(Shape::Close(bracket));
        self.depth = self.depth.saturating_sub(1);
        self.on_line.pop();
        self.at += 1;
        self.found.last = self.at;
    }

    /// A string whose quotes begin `prefix` bytes after `at`.
    fn string(&mut self, prefix: usize) {
        self.mark(Shape::Other);
        let raw = prefix == 1;
        let body = &self.text[self.at + prefix..];
        let length = if body.starts_with("\"\"\"") {
            self.block(prefix)
        } else {
            self.line(prefix, raw)
        };
        self.at += length;
        self.found.last = self.at;
    }

    /// The length of the `"""` string at `at`. If the string has no end, an end is inserted.
    fn block(&mut self, prefix: usize) -> usize {
        let opening = prefix + 3;
        let rest = &self.text[self.at + opening..];
        let Some(length) = rest.find("\"\"\"") else {
            self.unclosed(opening, "\"\"\"", None);
            // The whole rest of the text belongs to this string.
            self.found.end = self.at + opening;
            self.found.inserts.push(Insert {
                at: self.found.end,
                text: "\"\"\"",
            });
            return opening;
        };
        let inside = &rest[..length];
        if let Some(line) = inside.rfind('\n')
            && begins_string(&inside[line + 1..])
        {
            let next = self.at + opening + length;
            self.unclosed(opening, "\"\"\"", Some(next));
            let end = opening + line + 1;
            self.found.inserts.push(Insert {
                at: self.at + end,
                text: "\"\"\"\n",
            });
            // The newline was part of the string's length.
            self.new_line();
            return end;
        }
        opening + length + 3
    }

    /// The length of the one-line string at `at`. If the string has no end, an end is inserted.
    fn line(&mut self, prefix: usize, raw: bool) -> usize {
        let opening = prefix + 1;
        let rest = &self.text[self.at + opening..];
        let mut escaped = false;
        for (at, character) in rest.char_indices() {
            match character {
                '\n' => break,
                '"' if !escaped => return opening + at + 1,
                '\\' if !raw => escaped = !escaped,
                _ => escaped = false,
            }
        }
        self.unclosed(opening, "\"", None);
        let line = rest.lines().next().unwrap_or_default();
        let end = opening + self.without_closing(line);
        self.found.inserts.push(Insert {
            at: self.at + end,
            text: "\"",
        });
        end
    }

    /// The length of the unclosed string in the rest of a line. Brackets at the end of the line do not belong to the
    /// string if they close brackets of the same line.
    fn without_closing(&self, line: &str) -> usize {
        let mut line = line.trim_end();
        for bracket in self.on_line.iter().rev() {
            match line.strip_suffix(bracket.close()) {
                Some(shorter) => line = shorter.trim_end(),
                None => break,
            }
        }
        if let (Some(_), Some(shorter)) = (self.on_line.last(), line.strip_suffix(',')) {
            line = shorter.trim_end();
        }
        // A `\` at the end would escape the inserted quote.
        line.trim_end_matches('\\').len()
    }

    fn unclosed(&mut self, opening: usize, quotes: &str, next: Option<usize>) {
        let span = |start: usize, end: usize| Span {
            file: self.file,
            start: offset(start),
            end: offset(end),
        };
        let mut finding = Diagnostic::new(
            Code::UNCLOSED,
            span(self.at, self.at + opening),
            "this string is not closed",
        )
        .label("opened here");
        finding = match (quotes, next) {
            ("\"", _) => finding.help(
                "close it with `\"` on the same line; write a text over several lines in `\"\"\"`",
            ),
            (_, None) => finding.help("close it with `\"\"\"` on a line of its own"),
            (_, Some(next)) => finding
                .also(
                    span(next, next + 3),
                    "this looks like the beginning of another string",
                )
                .help("close it with `\"\"\"` on a line of its own"),
        };
        if self.found.findings.len() < MAX_FINDINGS {
            self.found.findings.push(finding);
        }
        let line = self.text[self.at..]
            .find('\n')
            .unwrap_or(self.text.len() - self.at);
        let start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        self.found
            .spoiled
            .push((offset(start), offset(self.at + line)));
    }
}

/// Whether a character belongs to a word. The `r` in `bar"x"` does, so this is not the raw string `r"x"`.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-') || !character.is_ascii()
}

/// Whether a string may follow these words, which are before `"""` on its line: `shell`, `body`, `name =`.
fn begins_string(words: &str) -> bool {
    let words = words.trim();
    let words = words.strip_suffix('r').map_or(words, str::trim_end);
    matches!(words, "shell" | "body") || {
        words.strip_suffix('=').is_some_and(|name| {
            let name = name.trim_end();
            let name = name.strip_prefix("let ").unwrap_or(name);
            !name.is_empty() && name.chars().all(is_word)
        })
    }
}
