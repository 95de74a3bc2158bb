//! What programs are made with: their lines, and what is asked of the app for several of them.

use super::{Action, Line, Otherwise, Program, ProgramName, Side, Step, Way};
use crate::model::{App, Handover, Service, Verify};
use crate::source::Span;

/// Makes the programs of one app.
pub(super) struct Builder<'a> {
    pub(super) app: &'a App,
}

/// Lines of one program, as they are added.
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

    /// A step of the core's own.
    pub(super) fn step(&mut self, action: Action) -> &mut Self {
        self.at(action, None)
    }

    /// A step that words of the source ask for.
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
    /// A step that is the `switch` driver's.
    pub(super) fn proxy(&self, lines: &mut Lines, action: Action) {
        lines.at(action, self.app.switch.span);
    }

    /// Services that run in both colors at once for a while.
    pub(super) fn overlapping(&self) -> impl Iterator<Item = &Service> {
        let services = self.app.services.iter();
        services.filter(|service| service.handover == Handover::Overlap)
    }

    /// The first service that may run only once.
    pub(super) fn exclusive(&self) -> Option<&Service> {
        let mut services = self.app.services.iter();
        services.find(|service| service.handover == Handover::Exclusive)
    }

    pub(super) fn checks(&self) -> &[Verify] {
        self.app.verify.checks()
    }
}
