//! The texts of `let`s. Each is made once. A `let` without a value is reported.

use super::scope::Scope;
use super::value_place::ValuePlace;
use crate::check::names::early_facts::Progress;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::Template;
use crate::source::Span;
use crate::syntax::tree::Value;

/// The greatest length of a chain of `let`s. It is more than a real file needs, and far from a stack overflow.
pub(super) const MAX_CHAIN: usize = 64;

impl Scope<'_> {
    /// Returns the template of a `let`. It is made once.
    pub fn let_text(self, defined_at: Span, value: &Value) -> Option<Template> {
        let known = self.facts.lets.borrow().get(&defined_at).cloned();
        if let Some(Progress::Done(template)) = known {
            return template;
        }
        if !self.open_let(defined_at) {
            return None;
        }
        let template = self.at(ValuePlace::Let).value_as_text(value);
        self.facts
            .lets
            .borrow_mut()
            .insert(defined_at, Progress::Done(template.clone()));
        template
    }

    /// Begins to resolve a `let`. Returns `false` and reports an error if the `let` is already open, or if too many are
    /// open.
    pub fn open_let(self, defined_at: Span) -> bool {
        let (met, open) = {
            let mut lets = self.facts.lets.borrow_mut();
            let before = lets.insert(defined_at, Progress::Open);
            let open = lets
                .values()
                .filter(|progress| matches!(progress, Progress::Open))
                .count();
            (matches!(before, Some(Progress::Open)), open)
        };
        if met {
            self.circle(defined_at);
        } else if open > MAX_CHAIN {
            self.chain(defined_at);
            let mut lets = self.facts.lets.borrow_mut();
            lets.insert(defined_at, Progress::Done(None));
        } else {
            return true;
        }
        false
    }

    /// Ends the check of a `let` that has no text.
    pub fn close_let(self, defined_at: Span) {
        self.facts.lets.borrow_mut().remove(&defined_at);
    }

    /// Reports a `let` that contains itself. Reports one error for all `let`s of a circle.
    pub fn circle(self, defined_at: Span) {
        self.unresolved(
            defined_at,
            "it contains itself",
            "end the circle: give one of its `let`s a value without another `let`",
        );
    }

    /// Reports a `let` at the end of a chain that is too long. Reports only the first one.
    pub fn chain(self, defined_at: Span) {
        if self.findings.first_chain() {
            self.unresolved(
                defined_at,
                &format!("`let`s are nested more than {MAX_CHAIN} deep"),
                "use fewer `let`s inside of each other",
            );
        }
    }

    fn unresolved(self, defined_at: Span, why: &str, help: &str) {
        let lets = self.facts.lets.borrow();
        let open = lets
            .iter()
            .filter(|(_, progress)| matches!(progress, Progress::Open))
            .map(|(span, _)| *span);
        if !self.findings.first_circle(defined_at, open) {
            return;
        }
        self.findings.push(
            Diagnostic::new(
                Code::CYCLE,
                defined_at,
                format!("this `let` cannot be resolved: {why}"),
            )
            .help(help),
        );
    }
}
