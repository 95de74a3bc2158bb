//! Makes the brackets and quotes of a text match before the grammar parses it.
//!
//! After a missing `}` a grammar could not parse the rest. So this module compares only the brackets. If they do not
//! match, it also uses the indentation. It reports a missing bracket and inserts it. The grammar parses the mended
//! text. [`Balanced::span`] converts its places to places in the source text.

use super::limits::{MAX_DEPTH, MAX_FINDINGS, offset, too_many};
use super::quotes::{self, Bracket, Insert, Mark, Marks, Shape};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Span};

/// A text whose brackets and quotes match.
pub(super) struct Balanced {
    /// The text that the grammar parses.
    pub text: String,
    /// The inserted texts: the place in `text`, the length, and the total length of all inserted texts up to this one.
    inserted: Vec<(usize, usize, usize)>,
    /// Ranges of the source text that already have a finding and get no further ones.
    pub spoiled: Vec<(u32, u32)>,
    file: FileId,
}

impl Balanced {
    /// The span in the source text for a range of the mended text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span {
            file: self.file,
            start: self.written(start),
            end: self.written(end),
        }
    }

    fn written(&self, at: usize) -> u32 {
        let before = self.inserted.partition_point(|&(place, ..)| place <= at);
        let written = match before.checked_sub(1).map(|index| self.inserted[index]) {
            None => at,
            Some((place, length, sum)) => at.max(place + length) - sum,
        };
        offset(written)
    }
}

/// Which evidence to trust if the brackets do not match.
#[derive(Clone, Copy)]
enum Trust {
    Brackets,
    Indentation,
}

struct Repair {
    findings: Vec<Diagnostic>,
    inserts: Vec<Insert>,
    strays: Vec<usize>,
}

/// Balances the text and reports the brackets that did not match. `None` if the text is nested too deeply, or if it has
/// so many mistakes that parsing it is useless.
pub(super) fn balance(file: FileId, text: &str, report: &mut Report) -> Option<Balanced> {
    let marks = quotes::scan(file, text);
    if let Some(at) = marks.too_deep {
        report.push(
            Diagnostic::new(
                Code::TOO_DEEP,
                span(file, at, at + 1),
                format!("blocks and lists are nested more than {MAX_DEPTH} deep"),
            )
            .label("this bracket is one too many")
            .help("is a closing bracket missing before this line? Otherwise give the inner part a name with `let`"),
        );
        return None;
    }
    let mut repair = matched(file, text, &marks, Trust::Brackets);
    if !repair.findings.is_empty() {
        let indented = matched(file, text, &marks, Trust::Indentation);
        if indented.findings.len() <= repair.findings.len() {
            repair = indented;
        }
    }
    let found = marks.findings.len() + repair.findings.len();
    for finding in marks.findings.into_iter().chain(repair.findings) {
        report.push(finding);
    }
    if found >= MAX_FINDINGS {
        report.push(too_many());
        return None;
    }
    let mut inserts = marks.inserts;
    inserts.extend(repair.inserts);
    inserts.sort_by_key(|insert| insert.at);
    let text = &text[..marks.end];
    Some(mend(file, text, &inserts, &repair.strays, marks.spoiled))
}

fn mend(
    file: FileId,
    text: &str,
    inserts: &[Insert],
    strays: &[usize],
    spoiled: Vec<(u32, u32)>,
) -> Balanced {
    let mut mended = String::with_capacity(text.len() + 8 * inserts.len());
    let mut inserted = Vec::with_capacity(inserts.len());
    let (mut from, mut sum) = (0, 0);
    for insert in inserts {
        mended.push_str(&text[from..insert.at]);
        sum += insert.text.len();
        inserted.push((mended.len(), insert.text.len(), sum));
        mended.push_str(insert.text);
        from = insert.at;
    }
    mended.push_str(&text[from..]);
    // A stray bracket is replaced with a blank. Both are one byte.
    let mut bytes = mended.into_bytes();
    for &stray in strays {
        let before = inserts.partition_point(|insert| insert.at <= stray);
        let shift = before.checked_sub(1).map_or(0, |last| inserted[last].2);
        bytes[stray + shift] = b' ';
    }
    Balanced {
        text: String::from_utf8(bytes).unwrap_or_default(),
        inserted,
        spoiled,
        file,
    }
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    Span {
        file,
        start: offset(start),
        end: offset(end),
    }
}

/// Pairs the brackets, and repairs those that do not match.
fn matched(file: FileId, text: &str, marks: &Marks, trust: Trust) -> Repair {
    let mut repair = Repair {
        findings: Vec::new(),
        inserts: Vec::new(),
        strays: Vec::new(),
    };
    let mut open: Vec<&Mark> = Vec::new();
    for mark in &marks.all {
        if let (Trust::Indentation, true) = (trust, mark.first) {
            close_by_indentation(file, text, mark, &mut open, &mut repair);
        }
        match mark.shape {
            Shape::Open(_) => open.push(mark),
            Shape::Other => {}
            Shape::Close(bracket) => {
                let stray = matches!(trust, Trust::Indentation)
                    && mark.first
                    && open.last().is_some_and(|top| top.indent < mark.indent);
                let partner = (if stray { &[] } else { &open[..] })
                    .iter()
                    .rposition(|opener| opener.shape == Shape::Open(bracket));
                if let Some(partner) = partner {
                    while open.len() > partner + 1 {
                        if let Some(opener) = open.pop() {
                            repair.missing(file, text, opener, mark, None);
                        }
                    }
                    open.pop();
                } else {
                    repair.stray(file, mark, bracket);
                }
            }
        }
    }
    // If a string extends to the end of the file, the closing brackets are inside it, so they are not reported as
    // missing.
    let quiet = marks.end < text.len();
    let end = Mark {
        shape: Shape::Other,
        at: marks.end,
        first: true,
        indent: 0,
        before: marks.last,
    };
    let reported = repair.findings.len();
    while let Some(opener) = open.pop() {
        repair.missing(file, text, opener, &end, None);
    }
    if quiet {
        repair.findings.truncate(reported);
    }
    repair
}

/// `mark` begins a line. Blocks that were opened on a line with the same or a larger indentation must end before it.
fn close_by_indentation(
    file: FileId,
    text: &str,
    mark: &Mark,
    open: &mut Vec<&Mark>,
    repair: &mut Repair,
) {
    let closes = matches!(mark.shape, Shape::Close(_));
    while let Some(top) = open.last().copied() {
        let ended = if closes {
            // If two blocks were opened on one line, a closing line ends the inner one first.
            top.indent > mark.indent && open.iter().any(|opener| opener.indent == mark.indent)
        } else {
            top.indent >= mark.indent
        };
        if !ended {
            break;
        }
        open.pop();
        repair.missing(file, text, top, mark, Some(mark));
    }
}

impl Repair {
    /// Reports that `mark` closes nothing, and removes it.
    fn stray(&mut self, file: FileId, mark: &Mark, bracket: Bracket) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(
                Diagnostic::new(
                    Code::UNEXPECTED,
                    span(file, mark.at, mark.at + 1),
                    format!("this `{}` closes nothing", bracket.close()),
                )
                .help("remove it, or check whether a block above ends too early"),
            );
        }
        self.strays.push(mark.at);
    }

    /// Reports that `opener` is not closed, and inserts its closing bracket before `next`.
    fn missing(
        &mut self,
        file: FileId,
        text: &str,
        opener: &Mark,
        next: &Mark,
        indented: Option<&Mark>,
    ) {
        let Shape::Open(bracket) = opener.shape else {
            return;
        };
        let line = text[..opener.at].rfind('\n').map_or(0, |at| at + 1);
        let head = text[line..opener.at].trim();
        let what = if head.is_empty() || head.chars().count() > 60 {
            String::new()
        } else {
            format!(" of `{head}`")
        };
        let mut finding = Diagnostic::new(
            Code::UNCLOSED,
            span(file, opener.at, opener.at + 1),
            format!("the `{}`{what} is not closed", bracket.open()),
        )
        .label("opened here")
        .help(format!("close it with `{}`", bracket.close()));
        if let Some(mark) = indented {
            let first = text[mark.at..].chars().next().map_or(0, char::len_utf8);
            finding = finding.also(
                span(file, mark.at, mark.at + first),
                format!(
                    "by the indentation, `{}` is missing before this",
                    bracket.close()
                ),
            );
        }
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
        self.inserts.push(Insert {
            at: next.before.max(opener.at + 1),
            text: bracket.closing_text(),
        });
    }
}
