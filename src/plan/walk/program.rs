//! A plan as a graph: one node a step, edges for what follows a success and a failure.

use super::super::{Action, Command, Failure, Phase, PhaseName, Plan, Step, WayBack};
use super::Grain;
use super::world::{Run, World};
use crate::model::{App, Duration, Handover, Name, Verification};
use crate::source::Span;
use std::collections::HashMap;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Exit {
    /// It did what it is for.
    Done,
    /// It failed and went back.
    Failed,
    /// It changed nothing.
    Refused,
    /// What is left is the next command's.
    Later,
    /// A person is needed.
    Person,
    /// A recovery is through; the command follows.
    Recovered,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    Node(u16),
    End(Exit),
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// In a phase.
    Phase(PhaseName),
    /// On a way back, which no signal interrupts.
    Back,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) action: Action,
    pub(super) place: Place,
    pub(super) span: Option<Span>,
    pub(super) worst: Duration,
    pub(super) done: Next,
    pub(super) failed: Next,
    /// A failure is only said.
    pub(super) warns: bool,
}

/// A plan as a graph, and what the laws need to know of the app.
pub(super) struct Program<'a> {
    pub(super) plan: &'a Plan,
    pub(super) nodes: Vec<Node>,
    commands: Vec<(Command, Next)>,
    recoveries: Vec<(&'a WayBack, Next)>,
    services: HashMap<Name, u16>,
    gates: HashMap<(Name, usize), u16>,
    /// Bits of the services that the proxy routes to.
    pub(super) overlapping: u16,
    /// Bits of all services.
    pub(super) every: u16,
    /// Bits of all gates of the overlapping services.
    pub(super) all_gates: u16,
    /// Bits of all checks through the proxy.
    pub(super) all_checks: u16,
    /// Whether the previous color is stopped in a cleanup.
    pub(super) stops: bool,
}

/// The commands that change something.
pub(super) const COMMANDS: [Command; 7] = [
    Command::Deploy,
    Command::Prepare,
    Command::Switch,
    Command::Cleanup,
    Command::Rollback,
    Command::Abort,
    Command::Resume,
];

/// The bit of a number; what is beyond the last shares it.
pub(super) fn bit(number: usize) -> u16 {
    1 << number.min(15)
}

impl<'a> Program<'a> {
    pub(super) fn new(app: &App, plan: &'a Plan, grain: Grain) -> Self {
        let mut services = HashMap::new();
        let mut gates = HashMap::new();
        let (mut overlapping, mut every, mut all_gates) = (0, 0, 0);
        for (number, service) in app.services.iter().enumerate() {
            let overlaps = service.handover == Handover::Overlap;
            let own = match grain {
                Grain::Service => bit(number),
                Grain::Color if overlaps => bit(0),
                Grain::Color => 0,
            };
            services.insert(service.name.clone(), own);
            every |= own;
            if overlaps {
                overlapping |= own;
                for gate in 0..service.gates.len() {
                    let gate_bit = bit(gates.len());
                    gates.insert((service.name.clone(), gate), gate_bit);
                    all_gates |= gate_bit;
                }
            }
        }
        let checks = match &app.verify {
            Verification::Checks(checks) => checks.len(),
            Verification::None { .. } => 0,
        };
        let mut program = Self {
            plan,
            nodes: Vec::new(),
            commands: Vec::new(),
            recoveries: Vec::new(),
            services,
            gates,
            overlapping,
            every,
            all_gates,
            all_checks: (0..checks).map(bit).fold(0, |all, one| all | one),
            stops: app.cleanup.previous == crate::model::Previous::Stopped,
        };
        let mut ways = Ways::new();
        for command in COMMANDS {
            let start = program.command(command, &mut ways);
            program.commands.push((command, start));
        }
        let recovery = &plan.recovery;
        let undone = [&recovery.preparing, &recovery.prepared, &recovery.swapping];
        for way in undone {
            let start = program.way(way, Exit::Recovered, &mut ways);
            program.recoveries.push((way, start));
        }
        // A cleanup is no way back: a signal ends its drain, also in a recovery.
        let cleanup: Vec<_> = with(PhaseName::Cleanup, recovery.switched.steps()).collect();
        let start = program.sequence(&cleanup, Exit::Recovered, &mut ways);
        program.recoveries.push((&recovery.switched, start));
        program
    }

    /// Where a command begins.
    pub(super) fn start(&self, command: Command) -> Next {
        let found = self.commands.iter().find(|(other, _)| *other == command);
        found.map_or(Next::End(Exit::Refused), |(_, start)| *start)
    }

    /// Where a recovery begins.
    pub(super) fn recovery(&self, way: &WayBack) -> Next {
        let mut all = self.recoveries.iter();
        let found = all.find(|(other, _)| std::ptr::eq(*other, way));
        found.map_or(Next::End(Exit::Recovered), |(_, start)| *start)
    }

    pub(super) fn service(&self, name: &Name) -> u16 {
        self.services.get(name).copied().unwrap_or_default()
    }

    pub(super) fn gate(&self, service: &Name, number: usize) -> u16 {
        let gate = (service.clone(), number);
        self.gates.get(&gate).copied().unwrap_or_default()
    }

    /// Whether a step changes nothing but what the process knows, and ends the command if it fails, or
    /// changes nothing at all, whether it fails or not.
    pub(super) fn is_quiet(&self, node: &Node, world: &World, run: &Run) -> bool {
        let ends = matches!(node.failed, Next::End(_));
        let harmless = ends || node.failed == node.done;
        let runs = |service: &Name, color| world.life(color).running & self.service(service) != 0;
        match &node.action {
            Action::LockProxy | Action::Write(_) | Action::Test => ends,
            Action::Preflight
            | Action::ReadInputs
            | Action::MakeRelease
            | Action::Stage(_)
            | Action::UserStep(..)
            | Action::Persist(..)
            | Action::InstallResume
            | Action::TestAsIs
            | Action::Clear(..) => harmless,
            Action::Stop(service, side) => {
                harmless && !run.color(*side).is_some_and(|color| runs(service, color))
            }
            Action::Start(service, side) => {
                let nobody_looks = self.service(service) == 0;
                nobody_looks || run.color(*side).is_none_or(|color| runs(service, color))
            }
            Action::Drain(side) => {
                harmless && !run.color(*side).is_some_and(|color| world.life(color).busy)
            }
            _ => false,
        }
    }

    /// A command's steps in a row. In a `deploy` nobody reserves, and the lock is held already.
    fn command(&mut self, command: Command, ways: &mut Ways<'a>) -> Next {
        let plan = self.plan;
        let again = |step: &&Step| !matches!(step.action, Action::Lock | Action::Recover);
        let rest = |phase: &'a Phase| with(phase.name, phase.steps.iter().filter(again));
        let whole = |phase: &'a Phase| with(phase.name, &phase.steps);
        let steps: Vec<_> = match command {
            Command::Prepare => whole(&plan.prepare).collect(),
            Command::Switch => whole(&plan.switch).collect(),
            Command::Cleanup => whole(&plan.cleanup).collect(),
            Command::Abort => whole(&plan.abort).collect(),
            Command::Resume => whole(&plan.resume).collect(),
            Command::Rollback => whole(&plan.rollback).chain(rest(&plan.cleanup)).collect(),
            Command::Deploy => whole(&plan.prepare)
                .filter(|(_, step)| step.action != Action::Reserve)
                .chain(rest(&plan.switch))
                .chain(rest(&plan.cleanup))
                .collect(),
            Command::Doctor | Command::Adopt => Vec::new(),
        };
        self.sequence(&steps, Exit::Done, ways)
    }

    fn way(&mut self, way: &'a WayBack, exit: Exit, ways: &mut Ways<'a>) -> Next {
        let mut known = ways.iter();
        if let Some((_, _, start)) = known.find(|known| known.1 == exit && known.0 == way) {
            return *start;
        }
        let steps: Vec<_> = way.steps().iter().map(|step| (Place::Back, step)).collect();
        let start = self.sequence(&steps, exit, ways);
        ways.push((way, exit, start));
        start
    }

    fn sequence(&mut self, steps: &[(Place, &'a Step)], exit: Exit, ways: &mut Ways<'a>) -> Next {
        let mut next = Next::End(exit);
        // From the end, so that what follows is known.
        for (place, step) in steps.iter().rev() {
            let failed = match &step.on_failure {
                Failure::Refuse => Next::End(Exit::Refused),
                Failure::Later => Next::End(Exit::Later),
                Failure::Person => Next::End(Exit::Person),
                Failure::Warn => next,
                Failure::Stop(way) | Failure::GoBack(way) => {
                    // Whoever must leave a way back asks a person in the end.
                    let exit = match place {
                        Place::Back => Exit::Person,
                        Place::Phase(_) => Exit::Failed,
                    };
                    self.way(way, exit, ways)
                }
            };
            self.nodes.push(Node {
                action: step.action.clone(),
                place: *place,
                span: step.span,
                worst: step.worst,
                done: next,
                failed,
                warns: step.on_failure == Failure::Warn,
            });
            let number = u16::try_from(self.nodes.len() - 1).unwrap_or(u16::MAX);
            next = Next::Node(number);
        }
        next
    }
}

/// Equal ways back are one.
type Ways<'a> = Vec<(&'a WayBack, Exit, Next)>;

fn with<'s>(
    phase: PhaseName,
    steps: impl IntoIterator<Item = &'s Step>,
) -> impl Iterator<Item = (Place, &'s Step)> {
    steps
        .into_iter()
        .map(move |step| (Place::Phase(phase), step))
}
