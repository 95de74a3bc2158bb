//! Findings for programs. The format has a version: fields are added, never changed.

use crate::diagnostics::{Diagnostic, Report};
use crate::source::{Sources, Span};
use serde::Serialize;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: String,
    severity: &'static str,
    title: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Label<'a>>,
    others: Vec<Label<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Location<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    #[serde(flatten)]
    place: Location<'a>,
    replacement: &'a str,
}

/// A range of a file. Lines and columns count from 1, and columns count characters. `bytes` are offsets from the
/// beginning of the file; the end is exclusive.
#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    start: Position,
    end: Position,
    bytes: [u32; 2],
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

/// All findings in source order, as a JSON document that ends with a line end.
#[must_use]
pub fn json(report: &Report, sources: &Sources) -> String {
    let findings = report
        .sorted()
        .into_iter()
        .map(|finding| of(finding, sources))
        .collect();
    let document = Document {
        version: VERSION,
        findings,
    };
    // The document contains only strings, numbers and lists of them, so serialisation cannot fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn of<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
    let label = |label: &'a crate::diagnostics::Label| Label {
        place: place(label.span, sources),
        text: &label.text,
    };
    Finding {
        code: finding.code.to_string(),
        severity: finding.code.severity().word(),
        title: finding.code.title(),
        message: &finding.message,
        label: finding.label.as_ref().map(label),
        others: finding.others.iter().map(label).collect(),
        help: finding.help.as_deref(),
        fix: finding.fix.as_ref().map(|fix| Fix {
            place: place(fix.span, sources),
            replacement: &fix.text,
        }),
    }
}

fn place(span: Span, sources: &Sources) -> Location<'_> {
    let file = sources.get(span.file);
    let position = |at: u32| {
        let at = file.line_column(at);
        Position {
            line: at.line,
            column: at.column,
        }
    };
    Location {
        path: file.path.as_str(),
        start: position(span.start),
        end: position(span.end),
        bytes: [span.start, span.end],
    }
}
