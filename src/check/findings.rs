//! The collector for the findings of all parts of `check`.

use crate::diagnostics::{Code, Diagnostic, Report, Severity};
use crate::source::Span;
use crate::suggestions::occurrences;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// The key for removing duplicates. The app's statements are defaults for its services: they are checked once for each
/// service and give the same findings each time.
type Identity = (Code, Option<Span>, String);

/// Collects findings. It is passed by shared reference, because many parts look names up and report findings.
#[derive(Debug, Default)]
pub struct Findings {
    report: RefCell<Report>,
    seen: RefCell<HashSet<Identity>>,
    errors: Cell<usize>,
    incomplete: Cell<bool>,
    written: RefCell<Option<String>>,
    circles: RefCell<HashSet<Span>>,
    chain: Cell<bool>,
}

impl Findings {
    /// Marks the source as incomplete: the parser dropped statements with syntax errors, so a missing item may be in
    /// one of them. `written` is the text of all files, or `None` if a `use` was dropped, so that not all files are there.
    pub fn set_incomplete(&self, written: Option<String>) {
        self.incomplete.set(true);
        *self.written.borrow_mut() = written;
    }

    /// Returns whether the circle at `at` is new. `members`: the definitions that lead to the circle or are in it. They
    /// count as known from now on.
    pub fn first_circle(&self, at: Span, members: impl IntoIterator<Item = Span>) -> bool {
        let mut circles = self.circles.borrow_mut();
        let first = circles.insert(at);
        circles.extend(members);
        first
    }

    /// Returns whether this is the first chain of definitions that is too long. Only the first is reported, because its
    /// parts are too long as well.
    pub fn first_chain(&self) -> bool {
        !self.chain.replace(true)
    }

    /// Returns whether definitions form a circle. Definitions that are used only through a circle were not checked.
    /// They may use any name, so no name can be reported as unused.
    pub fn met_circle(&self) -> bool {
        !self.circles.borrow().is_empty()
    }

    /// Adds a finding, unless the same finding is already there.
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

    /// Adds a finding about a missing item. After a syntax error it only counts the error: the item may be in the
    /// statement that the parser dropped, and one mistake gives one message.
    pub fn push_absent(&self, finding: Diagnostic) {
        if self.incomplete.get() {
            if finding.code.severity() == Severity::Error {
                self.errors.set(self.errors.get() + 1);
            }
        } else {
            self.push(finding);
        }
    }

    /// Adds a finding about a name that nothing defines. After a syntax error it does the same as `push_absent` if the
    /// name is written twice: one of the two may be the definition, in the statement that the parser dropped.
    pub fn push_unknown(&self, name: &str, finding: Diagnostic) {
        let written = self.written.borrow();
        if written
            .as_ref()
            .is_some_and(|text| occurrences(text, name, &['-']) == 1)
        {
            self.push(finding);
        } else {
            self.push_absent(finding);
        }
    }

    /// Returns the number of errors so far. A part that added no errors has succeeded.
    pub fn errors(&self) -> usize {
        self.errors.get()
    }

    /// Returns all findings.
    pub fn into_report(self) -> Report {
        self.report.into_inner()
    }
}
