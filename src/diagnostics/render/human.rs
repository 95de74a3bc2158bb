//! Findings for people: the words are underlined, and the next step is below. miette draws them.

use super::visible::visible;
use crate::diagnostics::{Diagnostic, Report, Severity};
use crate::source::{Source, Sources, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::borrow::Cow;
use std::fmt;

/// The longest line that is shown, in bytes. A generated file may consist of one long line, which nobody would read.
const LONGEST_LINE: usize = 400;

/// How findings are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colors and links, for terminals.
    pub color: bool,
    /// The maximum width of a line, in columns.
    pub width: usize,
}

/// All findings in source order, each on several lines. The last line counts them. Empty if there are no findings.
#[must_use]
pub fn human(report: &Report, sources: &Sources, look: Look) -> String {
    let styles = if look.color {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles,
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(look.width)
        .with_context_lines(1);
    let mut text = String::new();
    let findings = report.sorted();
    for finding in &findings {
        let shown = Shown::new(finding, sources);
        // Writing to a string cannot fail, and all spans are valid in the sources.
        let _ = handler.render_report(&mut text, &shown);
        text.push('\n');
    }
    text.push_str(&summary(&findings));
    text
}

fn summary(findings: &[&Diagnostic]) -> String {
    let counted: Vec<String> = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Advice, "piece of advice", "pieces of advice"),
    ]
    .into_iter()
    .filter_map(|(severity, one, many)| {
        let count = findings
            .iter()
            .filter(|finding| finding.code.severity() == severity)
            .count();
        match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        }
    })
    .collect();
    // The first finding with the highest severity. The last line suggests `explain` for its code.
    let worst = findings
        .iter()
        .min_by_key(|finding| finding.code.severity());
    let Some(Diagnostic { code, .. }) = worst else {
        return String::new();
    };
    format!(
        "{}; `deployc explain {code}` says more\n",
        counted.join(", ")
    )
}

/// A finding in the form of miette. Places in other files become separate notes, because miette underlines in only one
/// file at a time.
struct Shown<'a> {
    finding: &'a Diagnostic,
    file: Option<File<'a>>,
    help: Option<String>,
}

/// A file, and its text as it is shown.
struct File<'a> {
    source: &'a Source,
    text: Cow<'a, str>,
}

impl<'a> Shown<'a> {
    fn new(finding: &'a Diagnostic, sources: &'a Sources) -> Self {
        let main = finding.label.as_ref().map(|label| label.span.file);
        let file = main
            .map(|file| sources.get(file))
            .filter(|source| !has_long_lines(finding, &source.text));
        let mut help: Vec<String> = finding.help.iter().cloned().collect();
        if let (Some(label), None) = (&finding.label, file) {
            let at = sources.line_column(label.span);
            let path = sources.path(label.span);
            help.insert(0, format!("it is at {path}:{}:{}", at.line, at.column));
        }
        for other in &finding.others {
            if Some(other.span.file) != main {
                let at = sources.line_column(other.span);
                help.push(format!(
                    "{}: {}:{}:{}",
                    other.text,
                    sources.path(other.span),
                    at.line,
                    at.column
                ));
            }
        }
        Self {
            finding,
            file: file.map(|source| File {
                source,
                text: visible(&source.text),
            }),
            help: (!help.is_empty()).then(|| visible(&help.join("\n")).into_owned()),
        }
    }
}

/// Whether one of the lines that would be shown is too long. One line before and one after the span are shown too.
fn has_long_lines(finding: &Diagnostic, text: &str) -> bool {
    let Some(main) = &finding.label else {
        return false;
    };
    let others = finding
        .others
        .iter()
        .map(|other| other.span)
        .filter(|span| span.file == main.span.file);
    std::iter::once(main.span).chain(others).any(|span| {
        let (before, after) = (&text[..span.start as usize], &text[span.end as usize..]);
        let start = before.rmatch_indices('\n').nth(1).map_or(0, |(at, _)| at);
        let end = after.match_indices('\n').nth(1);
        let end = end.map_or(text.len(), |(at, _)| span.end as usize + at);
        text[start..end]
            .lines()
            .any(|line| line.len() > LONGEST_LINE)
    })
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&visible(&self.finding.message))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&visible(&self.finding.message))
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let severity = self.finding.code.severity().word();
        Some(Box::new(format!("{severity}[{}]", self.finding.code)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.code.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let file = self.file.as_ref()?;
        Some(file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let main = self.finding.label.as_ref()?;
        let others = self
            .finding
            .others
            .iter()
            .filter(|other| other.span.file == main.span.file)
            .map(|other| LabeledSpan::new_with_span(text(&other.text), span(other.span)));
        let first = LabeledSpan::new_primary_with_span(text(&main.text), span(main.span));
        Some(Box::new(std::iter::once(first).chain(others)))
    }
}

fn text(label: &str) -> Option<String> {
    (!label.is_empty()).then(|| visible(label).into_owned())
}

fn span(span: Span) -> SourceSpan {
    let length = span.end.saturating_sub(span.start) as usize;
    SourceSpan::new((span.start as usize).into(), length)
}

impl SourceCode for File<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(span, before, after)?;
        // A call without context asks for the place in the heading. That place counts characters, but miette counts
        // bytes.
        let column = match (before, after, u32::try_from(span.offset())) {
            (0, 0, Ok(at)) => self.source.line_column(at).column - 1,
            _ => contents.column(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            visible(self.source.path.as_str()).into_owned(),
            contents.data(),
            *contents.span(),
            contents.line(),
            column,
            contents.line_count(),
        )))
    }
}
