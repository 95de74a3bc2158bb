//! Helpers for making programs: their lines, and queries on the app that several programs need.

use super::{Action, Line, Otherwise, Program, ProgramName, Side, Step, Way};
use crate::model::{App, Handover, Service, Verify};
use crate::source::Span;

/// Makes the programs of one app.
pub(super) struct Builder<'a> {
    pub(super) app: &'a App,
}

/// The lines of one program, in the order in which they are added.
pub(super) struct Lines(Vec<Line>);

impl Lines {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn otherwise(&mut self, otherwise: Otherwise) -> &mut Self {
        self.0.push(Line::Otherwise(otherwise));
        self
    }

    pub(super) fn way(&mut self, way: Way) -> &mut Self {
        self.otherwise(Otherwise::Way(way))
    }

    /// Adds a step that the script always has.
    pub(super) fn step(&mut self, action: Action) -> &mut Self {
        self.at(action, None)
    }

    /// Adds a step that a statement of the source asks for.
    pub(super) fn at(&mut self, action: Action, span: impl Into<Option<Span>>) -> &mut Self {
        let span = span.into();
        self.0.push(Line::Step(Step { action, span }));
        self
    }

    pub(super) fn run(&mut self, program: ProgramName) -> &mut Self {
        self.0.push(Line::Run(program));
        self
    }

    pub(super) fn point_proxy_at(&mut self, side: Side, otherwise: Otherwise) -> &mut Self {
        self.0.push(Line::PointProxyAt(side, otherwise));
        self
    }

    pub(super) fn named(self, name: ProgramName) -> Program {
        Program {
            name,
            lines: self.0,
        }
    }
}

impl Builder<'_> {
    /// Adds a step of the `switch` driver.
    pub(super) fn proxy(&self, lines: &mut Lines, action: Action) {
        lines.at(action, self.app.switch.span);
    }

    /// Returns the services that run in both colors for a while.
    pub(super) fn overlapping(&self) -> impl Iterator<Item = &Service> {
        let services = self.app.services.iter();
        services.filter(|service| service.handover == Handover::Overlap)
    }

    /// Returns the first exclusive service.
    pub(super) fn exclusive(&self) -> Option<&Service> {
        let mut services = self.app.services.iter();
        services.find(|service| service.handover == Handover::Exclusive)
    }

    pub(super) fn checks(&self) -> &[Verify] {
        self.app.verify.checks()
    }
}
