//! Findings about a file. This module has the data. The place that detects a mistake writes the message, and the
//! renderers decide how it looks.
//!
//! A [`Diagnostic`] does not stop a phase. Each phase collects all its findings in a [`Report`]. If an error is among
//! them, the pipeline stops before the next phase.

mod codes;
mod pages;
pub mod render;

pub use codes::{Code, Severity};
pub use pages::page;

use crate::source::Span;

/// One finding: a code, one sentence, the exact words in the source, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its entry in the registry: number, severity, page.
    pub code: Code,
    /// What was found and what was expected. One sentence that begins with a lower-case letter and has no full stop.
    /// Names are in backquotes.
    pub message: String,
    /// The words in the source. `None` only for findings about a whole file.
    pub label: Option<Label>,
    /// Other places that matter, such as "first defined here".
    pub others: Vec<Label>,
    /// The next step, in one or two sentences.
    pub help: Option<String>,
    /// A replacement of exact words that corrects the mistake, for editors.
    pub fix: Option<Fix>,
}

/// Words in the source, with a remark beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark. May be empty.
    pub text: String,
}

/// Replace `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The words to replace.
    pub span: Span,
    /// The new text.
    pub text: String,
}

impl Diagnostic {
    /// A finding about the words at `span`.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            label: Some(Label {
                span,
                text: String::new(),
            }),
            others: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A finding about a whole file or run.
    #[must_use]
    pub fn whole(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            label: None,
            others: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Puts a remark beside the underlined words.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = &mut self.label {
            label.text = text.into();
        }
        self
    }

    /// Points at another place too.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.others.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds the next step.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Offers a replacement of the words at `span`.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix {
            span,
            text: text.into(),
        });
        self
    }
}

/// All findings so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Diagnostic>,
}

impl Report {
    /// A report without findings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Adds all findings of another report.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// Keeps only the findings for which `keep` is true.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.findings.retain(keep);
    }

    /// Whether an error is among the findings.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code.severity() == Severity::Error)
    }

    /// Whether there are no findings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings in source order (file, place, code), without duplicates.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings
            .sort_by_key(|finding| (finding.label.as_ref().map(|label| label.span), finding.code));
        findings.dedup();
        findings
    }
}
