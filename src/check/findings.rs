//! Where the parts of `check` put what they find.

use crate::diagnostics::{Code, Diagnostic, Report, Severity};
use crate::source::Span;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// What identifies a finding: defaults are looked at once for each service, and say the same each time.
type Identity = (Code, Option<Span>, String);

/// Collects findings. Shared by reference, because names are looked up from many places at once.
#[derive(Debug, Default)]
pub struct Findings {
    report: RefCell<Report>,
    seen: RefCell<HashSet<Identity>>,
    errors: Cell<usize>,
    incomplete: Cell<bool>,
    circles: RefCell<HashSet<Span>>,
    chain: Cell<bool>,
}

impl Findings {
    /// Statements were lost to syntax errors: what is missing may have been written.
    pub fn set_incomplete(&self) {
        self.incomplete.set(true);
    }

    /// Whether the circle that was met at `at` is met for the first time; `members` led there, or are in it.
    pub fn first_circle(&self, at: Span, members: impl IntoIterator<Item = Span>) -> bool {
        let mut circles = self.circles.borrow_mut();
        let first = circles.insert(at);
        circles.extend(members);
        first
    }

    /// Whether a chain of definitions is found to be too long for the first time: one is said, for its pieces are
    /// too long as well.
    pub fn first_chain(&self) -> bool {
        !self.chain.replace(true)
    }

    /// Whether definitions led nowhere: what lies behind was not looked at, and may use anything.
    pub fn met_circle(&self) -> bool {
        !self.circles.borrow().is_empty()
    }

    /// Adds a finding, unless the same was found before.
    pub fn push(&self, finding: Diagnostic) {
        let span = finding.label.as_ref().map(|label| label.span);
        let identity = (finding.code, span, finding.message.clone());
        if self.seen.borrow_mut().insert(identity) {
            if finding.code.severity() == Severity::Error {
                self.errors.set(self.errors.get() + 1);
            }
            self.report.borrow_mut().push(finding);
        }
    }

    /// Adds a finding about something that is not there. One mistake, one message: after a syntax
    /// error it may well be there, in the statement that could not be read.
    pub fn push_absent(&self, finding: Diagnostic) {
        if self.incomplete.get() {
            if finding.code.severity() == Severity::Error {
                self.errors.set(self.errors.get() + 1);
            }
        } else {
            self.push(finding);
        }
    }

    /// How many errors there are so far; a part that added none has succeeded.
    pub fn errors(&self) -> usize {
        self.errors.get()
    }

    /// All that was found.
    pub fn into_report(self) -> Report {
        self.report.into_inner()
    }
}
