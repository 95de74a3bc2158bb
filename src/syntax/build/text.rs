//! Strings: escapes, placeholders, dedenting.

use std::ops::Range;

use super::{Build, Pair};
use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Part, Quoting, Text};

impl Build<'_> {
    /// A string, or the text of `shell`.
    pub fn text(&mut self, pair: Pair) -> Option<Text> {
        let pair = if matches!(pair.as_rule(), Rule::text | Rule::shell_text) {
            pair.into_inner().next()?
        } else {
            pair
        };
        let span = self.span_of(&pair);
        let (quoting, opening) = match pair.as_rule() {
            Rule::line | Rule::shell_line | Rule::single_quoted => (Quoting::Plain, 1),
            Rule::block | Rule::shell_block => (Quoting::Block, 3),
            Rule::raw_line => (Quoting::Raw, 2),
            Rule::raw_block => (Quoting::RawBlock, 4),
            _ => return None,
        };
        let parts = match pair.as_rule() {
            Rule::single_quoted => vec![self.single_quoted(&pair)],
            Rule::shell_line => vec![self.shell_line(&pair)],
            _ => {
                let cuts = if matches!(quoting, Quoting::Block | Quoting::RawBlock) {
                    self.cuts(&pair, opening)
                } else {
                    Vec::new()
                };
                self.parts(pair, &cuts)?
            }
        };
        Some(Text {
            quoting,
            parts,
            span,
        })
    }

    fn parts(&mut self, pair: Pair, cuts: &[Range<usize>]) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut cuts = cuts.iter().peekable();
        let pieces: Vec<Pair> = pair.into_inner().collect();
        for (index, piece) in pieces.iter().enumerate() {
            let written = piece.as_str();
            match piece.as_rule() {
                Rule::hole => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    let name = piece.clone().into_inner().next()?;
                    self.dollar(piece, name.as_str());
                    parts.push(Part::Hole(self.name(&name)));
                }
                Rule::doubled => {
                    if written == "{{" {
                        self.template(index, &pieces);
                    }
                    literal.push_str(&written[..1]);
                }
                Rule::escape => match escaped(written) {
                    Some(character) => literal.push(character),
                    None => self.complain(
                        Diagnostic::new(
                            Code::BAD_ESCAPE,
                            self.span_of(piece),
                            format!("`{written}` is not a character of Unicode"),
                        )
                        .help(
                            "the highest is `\\u{10FFFF}`, and `\\u{D800}` to `\\u{DFFF}` are not characters",
                        ),
                    ),
                },
                Rule::bad_escape => self.bad_escape(piece),
                Rule::bad_brace => self.bad_brace(piece),
                _ => {
                    let mut from = piece.as_span().start();
                    let end = piece.as_span().end();
                    let text = piece.get_input();
                    while let Some(cut) = cuts.next_if(|cut| cut.start < end) {
                        literal.push_str(text.get(from..cut.start).unwrap_or_default());
                        from = cut.end.clamp(from, end);
                    }
                    literal.push_str(&text[from..end]);
                }
            }
        }
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Some(parts)
    }

    /// The parts of a `"""` string that are only layout: the rest of the opening line, the indentation, the last
    /// newline, and the blanks of the closing line. Ranges of the parsed text, in order.
    fn cuts(&mut self, pair: &Pair, opening: usize) -> Vec<Range<usize>> {
        let start = pair.as_span().start() + opening;
        let end = pair.as_span().end() - 3;
        let inside = &pair.get_input()[start..end];
        let (Some(first), Some(last)) = (inside.find('\n'), inside.rfind('\n')) else {
            return Vec::new();
        };
        let margin = &inside[last + 1..];
        let closing = self.span(end, end + 3);
        if !margin.trim_matches([' ', '\t']).is_empty() {
            self.complain(
                Diagnostic::new(
                    Code::RAGGED_TEXT,
                    closing,
                    "the `\"\"\"` that closes a text over several lines needs its own line",
                )
                .help("put it on the next line; the blanks before it are removed from every line of the text"),
            );
            return Vec::new();
        }
        if !inside[..first].trim_matches([' ', '\t']).is_empty() {
            self.complain(
                Diagnostic::new(
                    Code::RAGGED_TEXT,
                    self.span(start, start + first),
                    "a text over several lines begins on the line after its `\"\"\"`",
                )
                .help("put a newline after the `\"\"\"`; it is not part of the text"),
            );
            return Vec::new();
        }
        if first == last {
            return std::iter::once(start..end).collect();
        }
        let mut cuts = Vec::new();
        cuts.push(start..start + first + 1);
        let mut at = first + 1;
        for line in inside[first + 1..last].split('\n') {
            if !margin.is_empty() {
                if line.starts_with(margin) {
                    cuts.push(start + at..start + at + margin.len());
                } else if line.trim_matches([' ', '\t']).is_empty() {
                    cuts.push(start + at..start + at + line.len());
                } else {
                    self.complain(
                        Diagnostic::new(
                            Code::RAGGED_TEXT,
                            self.span(start + at, start + at + line.trim_end().len()),
                            "this line begins left of the `\"\"\"` that closes the text",
                        )
                        .also(
                            closing,
                            "the blanks before this are removed from every line",
                        )
                        .help("indent the line at least as far, with the same blanks or tabs"),
                    );
                }
            }
            at += line.len() + 1;
        }
        cuts.push(start + last..end);
        cuts
    }

    fn single_quoted(&mut self, pair: &Pair) -> Part {
        let written = pair.as_str();
        let words = written
            .strip_prefix('\'')
            .and_then(|words| words.strip_suffix('\''))
            .unwrap_or(written);
        let span = self.span_of(pair);
        self.complain(
            Diagnostic::new(
                Code::UNEXPECTED,
                span,
                "a string needs double quotes, not single ones",
            )
            .help("write `\"…\"`, or `r\"…\"`, in which braces and backslashes have no special meaning")
            .fix(span, format!("\"{}\"", words.replace('"', "\\\""))),
        );
        Part::Literal(words.to_owned())
    }

    fn shell_line(&mut self, pair: &Pair) -> Part {
        let written = pair.as_str();
        let words = &written[1..written.len() - 1];
        if let Some(at) = words.find('\\') {
            let start = pair.as_span().start() + 1 + at;
            self.complain(
                Diagnostic::new(
                    Code::BAD_ESCAPE,
                    self.span(start, start + 1),
                    "the text of `shell` has no escapes: bash gets it unchanged",
                )
                .help("put a text with backslashes or quotes into `\"\"\"` or `r\"…\"`"),
            );
        }
        Part::Literal(words.to_owned())
    }

    fn bad_escape(&mut self, piece: &Pair) {
        let written = piece.as_str();
        let span = self.span_of(piece);
        let mut finding = Diagnostic::new(
            Code::BAD_ESCAPE,
            span,
            format!("`{written}` is not an escape"),
        )
        .help("the escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{…}`; in `r\"…\"` a backslash has no special meaning");
        if written != "\\" && written != "\\u" {
            finding = finding.fix(span, format!("\\{written}"));
        }
        self.complain(finding);
    }

    fn bad_brace(&mut self, piece: &Pair) {
        let written = piece.as_str();
        let span = self.span_of(piece);
        let inside = written.trim_start_matches('{').trim_end_matches('}').trim();
        let is_name = !inside.is_empty()
            && inside.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && inside
                .chars()
                .all(|character| character.is_alphanumeric() || "_-.".contains(character));
        let finding = if written == "}" {
            Diagnostic::new(
                Code::BAD_ESCAPE,
                span,
                "this `}` does not end a placeholder",
            )
            .help("write `}}` for the character, or put the text into `r\"…\"`")
            .fix(span, "}}")
        } else if is_name && written.ends_with('}') {
            Diagnostic::new(
                Code::BAD_ESCAPE,
                span,
                format!("the name in a placeholder has no blanks around it: `{{{inside}}}`"),
            )
            .help("or write `{{` and `}}` for the characters")
            .fix(span, format!("{{{inside}}}"))
        } else {
            Diagnostic::new(
                Code::BAD_ESCAPE,
                span,
                "this `{` does not begin a placeholder: a name and `}` should follow",
            )
            .help("a placeholder is `{port}`; write `{{` and `}}` for the characters, or put the text into `r\"…\"`")
        };
        self.complain(finding);
    }

    /// Warns about `${port}`, which is a variable in the shell.
    fn dollar(&mut self, hole: &Pair, name: &str) {
        let words = hole.as_span();
        if !hole.get_input()[..words.start()].ends_with('$') {
            return;
        }
        let span = self.span(words.start() - 1, words.end());
        self.complain(
            Diagnostic::new(
                Code::FOREIGN_BRACES,
                span,
                format!("`${{{name}}}` is a dollar sign and the value of `{name}`"),
            )
            .help(format!(
                "a placeholder is written without the `$`: `{{{name}}}`; in `r\"…\"` braces have no special meaning"
            ))
            .fix(span, format!("{{{name}}}")),
        );
    }

    /// Warns about `{{port}}`, which is a placeholder in templates.
    fn template(&mut self, opening: usize, pieces: &[Pair]) {
        let [opening, words, closing, ..] = &pieces[opening..] else {
            return;
        };
        let name = words.as_str().trim();
        let bare = name.strip_prefix('.').unwrap_or(name);
        let is_name = !bare.is_empty()
            && bare
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "_.".contains(character));
        if closing.as_str() != "}}" || !is_name {
            return;
        }
        let span = self.span(opening.as_span().start(), closing.as_span().end());
        let finding = Diagnostic::new(
            Code::FOREIGN_BRACES,
            span,
            "doubled braces are the characters `{` and `}`, not a placeholder",
        );
        self.complain(if bare == name {
            finding
                .help(format!(
                    "a placeholder has one pair of braces: `{{{name}}}`; in `r\"…\"` braces have no special meaning"
                ))
                .fix(span, format!("{{{name}}}"))
        } else {
            finding.help("write a template for another program in `r\"…\"`, in which braces have no special meaning")
        });
    }
}

/// The character of an escape.
fn escaped(written: &str) -> Option<char> {
    match written {
        "\\n" => Some('\n'),
        "\\t" => Some('\t'),
        "\\\"" => Some('"'),
        "\\\\" => Some('\\'),
        _ => {
            let digits = written.strip_prefix("\\u{")?.strip_suffix('}')?;
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)
        }
    }
}
