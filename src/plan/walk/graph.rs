//! Programs as a graph: one node for each step, and edges for what follows a success, a failure and a signal, as in the
//! script's runner.

use super::super::{Action, Command, Extent, Otherwise, Plan, Planned, ProgramName, Way};
use super::color::Color;
use super::world::{World, made_by_this_run};
use crate::model::{App, Duration, Handover, Name, Verification, VerifyName};
use crate::source::Span;
use std::collections::HashMap;

/// How exactly the walk models the running services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Each service is modelled alone, so it is possible that only a part of a color runs.
    Service,
    /// The same as `Color`. In addition, a release may come from an older deploy.bg with other exclusive services.
    Release,
    /// All overlapping services of a color count as one, and so do all exclusive services. This has far fewer states.
    Color,
}

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Exit {
    /// The command succeeded, or there was nothing to do.
    Done,
    /// The command succeeded. The next command does the rest.
    Later,
    /// The command failed and went back.
    Failed,
    /// A signal ended the command, and nothing had to be undone.
    Interrupted,
    /// The command changed nothing.
    Refused,
    /// Another deployment is in progress.
    Busy,
    /// There is nothing that the command could work on.
    Usage,
    /// A person is needed.
    Person,
    /// A recovery has ended. The command follows.
    Recovered,
}

/// What follows a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    Node(u16),
    End(Exit),
}

/// The kind of run that takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Course {
    /// A command, before any failure.
    Forward(Command),
    /// The recovery from an interrupted run.
    Recovery,
    /// A way back. No signal interrupts it.
    Back,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) action: Action,
    pub(super) place: Course,
    /// The program that contains the step.
    pub(super) program: ProgramName,
    pub(super) span: Option<Span>,
    pub(super) worst: Duration,
    pub(super) otherwise: Otherwise,
    pub(super) done: Next,
    pub(super) failed: Next,
    /// What follows a signal. `None` on a way back.
    pub(super) told: Option<Next>,
}

impl Node {
    /// Returns whether a failure of the step is only reported.
    pub(super) fn warns(&self) -> bool {
        self.otherwise == Otherwise::Warn
    }

    /// Returns the exit of the program if there is nothing more to do.
    pub(super) fn ended(&self) -> Exit {
        match self.place {
            Course::Forward(_) => Exit::Done,
            Course::Recovery => Exit::Recovered,
            Course::Back => Exit::Failed,
        }
    }
}

/// The services of a release, one bit for each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sets {
    /// The services that run in both colors for a while.
    pub(super) overlap: u16,
    /// The exclusive services.
    pub(super) exclusive: u16,
}

impl Sets {
    pub(super) fn of(self, extent: Extent) -> u16 {
        match extent {
            Extent::Whole => self.overlap | self.exclusive,
            Extent::Overlap => self.overlap,
            Extent::Exclusive => self.exclusive,
        }
    }
}

/// A plan as a graph, with the facts about the app that the laws need.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    commands: Vec<(Command, Next)>,
    recoveries: Vec<(ProgramName, Next)>,
    services: HashMap<Name, u16>,
    gates: HashMap<(Name, Name), u16>,
    checks: HashMap<VerifyName, u16>,
    /// The services of a release that this script makes.
    pub(super) today: Sets,
    /// The services of a release from an older deploy.bg. Its exclusive services no longer exist, and the current
    /// exclusive services are new.
    pub(super) past: Sets,
    /// The bits of the services that the proxy routes to.
    pub(super) routed: u16,
    /// The bits of all gates of the overlapping services.
    pub(super) all_gates: u16,
    /// The bits of all checks through the proxy.
    pub(super) all_checks: u16,
    /// Whether a cleanup stops the old color.
    pub(super) stops: bool,
    /// A step whose way back leads to itself, if there is one.
    pub(super) circle: Option<Planned>,
}

/// Returns the bit of a number. All numbers from 14 on share one bit.
pub(super) fn bit(number: usize) -> u16 {
    1 << number.min(14)
}

/// Returns each bit separately.
pub(super) fn bits(all: u16) -> impl Iterator<Item = u16> {
    (0..16)
        .map(|number| 1 << number)
        .filter(move |bit| all & bit != 0)
}

impl Graph {
    pub(super) fn new(app: &App, plan: &Plan, grain: Grain) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            commands: Vec::new(),
            recoveries: Vec::new(),
            services: HashMap::new(),
            gates: HashMap::new(),
            checks: HashMap::new(),
            today: Sets::default(),
            past: Sets::default(),
            routed: 0,
            all_gates: 0,
            all_checks: 0,
            stops: app.cleanup.previous == crate::model::Previous::Stopped,
            circle: None,
        };
        graph.names(app, grain);
        let mut builder = Builder {
            app,
            plan,
            graph: &mut graph,
            ways: Vec::new(),
            passed: Vec::new(),
        };
        builder.commands();
        graph
    }

    fn names(&mut self, app: &App, grain: Grain) {
        for (number, service) in app.services.iter().enumerate() {
            let overlaps = service.handover == Handover::Overlap;
            let own = match grain {
                Grain::Service => bit(number),
                Grain::Color | Grain::Release if overlaps => bit(0),
                Grain::Color | Grain::Release => bit(1),
            };
            self.services.insert(service.name.clone(), own);
            if !overlaps {
                self.today.exclusive |= own;
                continue;
            }
            self.today.overlap |= own;
            for gate in &service.gates {
                let gate_bit = bit(self.gates.len());
                let name = (service.name.clone(), gate.name.clone());
                self.gates.insert(name, gate_bit);
                self.all_gates |= gate_bit;
            }
        }
        if let Verification::Checks(checks) = &app.verify {
            for (number, check) in checks.iter().enumerate() {
                self.checks.insert(check.name.clone(), bit(number));
                self.all_checks |= bit(number);
            }
        }
        self.routed = self.today.overlap;
        self.past = self.today;
        if grain == Grain::Release {
            self.past.exclusive = bit(2);
        }
    }

    /// Returns whether a current or an older release has an exclusive service.
    pub(super) fn moves(&self) -> bool {
        self.today.exclusive | self.past.exclusive != 0
    }

    /// Returns whether the walk distinguishes releases of an older deploy.bg.
    pub(super) fn has_past(&self) -> bool {
        self.past.exclusive != self.today.exclusive
    }

    /// Returns the services of a whole color.
    pub(super) fn whole(&self, past: bool) -> u16 {
        let sets = if past { self.past } else { self.today };
        sets.of(Extent::Whole)
    }

    /// Returns the services of the release that runs in a color, or would run there.
    pub(super) fn sets(&self, world: &World, color: Color) -> Sets {
        let past = if made_by_this_run(world.journal, color) {
            world.journal.past
        } else {
            world.life(color).of_past()
        };
        if past { self.past } else { self.today }
    }

    /// Returns the services that a color's gates ask.
    pub(super) fn asked(&self, world: &World, color: Color) -> u16 {
        self.sets(world, color).overlap
    }

    /// Returns the first step of a command.
    pub(super) fn start(&self, command: Command) -> Next {
        let found = self.commands.iter().find(|(other, _)| *other == command);
        found.map_or(Next::End(Exit::Refused), |(_, start)| *start)
    }

    /// Returns the first step of a recovery.
    pub(super) fn recovery(&self, program: ProgramName) -> Next {
        let mut all = self.recoveries.iter();
        let found = all.find(|(other, _)| *other == program);
        found.map_or(Next::End(Exit::Recovered), |(_, start)| *start)
    }

    pub(super) fn service(&self, name: &Name) -> u16 {
        self.services.get(name).copied().unwrap_or_default()
    }

    pub(super) fn gate(&self, service: &Name, gate: &Name) -> u16 {
        let gate = (service.clone(), gate.clone());
        self.gates.get(&gate).copied().unwrap_or_default()
    }

    pub(super) fn check(&self, name: &VerifyName) -> u16 {
        self.checks.get(name).copied().unwrap_or_default()
    }

    /// Returns the exit that follows, if no step before it can change the host or fail. Otherwise `None`.
    pub(super) fn end(&self, next: Next) -> Option<Exit> {
        let mut next = next;
        loop {
            let number = match next {
                Next::End(exit) => return Some(exit),
                Next::Node(number) => number,
            };
            let node = &self.nodes[usize::from(number)];
            let inert = matches!(node.action, Action::Record(_) | Action::User(..));
            if !inert || node.failed != node.done {
                return None;
            }
            next = node.done;
        }
    }
}

/// What follows the end of a program, a step that is left for later, a refusal, a step that needs a person, and a
/// signal.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    done: Next,
    later: Next,
    failed: Next,
    refused: Next,
    person: Next,
    interrupted: Next,
}

/// The number of ways back taken so far. After more than one, the run ends with exit `Person`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ways {
    None,
    One,
    More,
}

struct Builder<'a> {
    app: &'a App,
    plan: &'a Plan,
    graph: &'a mut Graph,
    /// The ways back built so far. Equal ones share their nodes.
    ways: Vec<(Way, Ways, Ends, Next)>,
    /// The ways back that are being built.
    passed: Vec<Way>,
}

impl Builder<'_> {
    fn commands(&mut self) {
        // All commands get the same ends. So their ways back are equal too and share their nodes.
        let mut failing = None;
        for command in Command::ALL {
            let ends = match command.after_failure() {
                Some(program) => *failing.get_or_insert_with(|| self.failing(program)),
                None => Ends::COMMAND,
            };
            let steps = self.plan.steps(command.programs());
            let place = Course::Forward(command);
            let start = self.sequence(&steps, place, Ways::None, ends);
            self.graph.commands.push((command, start));
        }
        let ends = Ends {
            refused: Next::End(Exit::Refused),
            person: Next::End(Exit::Person),
            interrupted: Next::End(Exit::Interrupted),
            ..Ends::all(Next::End(Exit::Recovered))
        };
        for program in [
            ProgramName::RecoverEndNew,
            ProgramName::RecoverSwap,
            ProgramName::RecoverRollback,
            ProgramName::RecoverAdopted,
            ProgramName::RecoverKept,
            ProgramName::RecoverRemoved,
            ProgramName::Cleanup,
            ProgramName::Way(Way::LetGo),
            ProgramName::Way(Way::UndoAdopt),
        ] {
            let steps = self.plan.steps(&[program]);
            let start = self.sequence(&steps, Course::Recovery, Ways::None, ends);
            self.graph.recoveries.push((program, start));
        }
    }

    /// Returns the ends of a command with a program that runs after each failure or refusal.
    fn failing(&mut self, program: ProgramName) -> Ends {
        let steps = self.plan.steps(&[program]);
        let mut then = |end| self.sequence(&steps, Course::Back, Ways::One, Ends::all(end));
        let ends = Ends::COMMAND;
        Ends {
            failed: then(ends.failed),
            refused: then(ends.refused),
            person: then(ends.person),
            ..ends
        }
    }

    fn way(&mut self, way: Way, ways: Ways, ends: Ends, from: &Planned) -> Next {
        let mut known = self.ways.iter();
        if let Some((.., start)) =
            known.find(|known| known.0 == way && known.1 == ways && known.2 == ends)
        {
            return *start;
        }
        // This way back leads to itself, so the runner would never end.
        if self.passed.contains(&way) {
            self.graph.circle = Some(from.clone());
            return ends.person;
        }
        self.passed.push(way);
        let steps = self.plan.steps(&[ProgramName::Way(way)]);
        let start = self.sequence(&steps, Course::Back, ways, ends);
        self.passed.pop();
        self.ways.push((way, ways, ends, start));
        start
    }

    /// Builds the nodes of steps. The last step is built first, because each node names the node that follows it.
    fn sequence(&mut self, steps: &[Planned], place: Course, ways: Ways, ends: Ends) -> Next {
        let through = match ways {
            Ways::None => ends.done,
            Ways::One => ends.failed,
            Ways::More => ends.person,
        };
        let later = match ways {
            Ways::None => ends.later,
            Ways::One | Ways::More => through,
        };
        // What follows if all remaining steps are skipped.
        let (mut next, mut told) = (through, through);
        for step in steps.iter().rev() {
            let failed = match step.otherwise {
                Otherwise::Refuse => ends.refused,
                Otherwise::Later => later,
                Otherwise::Person | Otherwise::Given => ends.person,
                Otherwise::Warn => next,
                Otherwise::Way(way) => {
                    let ways = match ways {
                        Ways::None => Ways::One,
                        Ways::One | Ways::More => Ways::More,
                    };
                    self.way(way, ways, ends, step)
                }
            };
            told = match step.otherwise {
                Otherwise::Refuse | Otherwise::Person | Otherwise::Given => ends.interrupted,
                Otherwise::Warn => told,
                Otherwise::Later | Otherwise::Way(_) => failed,
            };
            self.graph.nodes.push(Node {
                action: step.action.clone(),
                place,
                program: step.program,
                span: step.span,
                worst: step.action.worst(self.app),
                otherwise: step.otherwise,
                done: next,
                failed,
                told: (place != Course::Back).then_some(told),
            });
            let number = u16::try_from(self.graph.nodes.len() - 1).unwrap_or(u16::MAX);
            next = Next::Node(number);
        }
        next
    }
}

impl Ends {
    const COMMAND: Self = Self {
        done: Next::End(Exit::Done),
        later: Next::End(Exit::Later),
        failed: Next::End(Exit::Failed),
        refused: Next::End(Exit::Refused),
        person: Next::End(Exit::Person),
        interrupted: Next::End(Exit::Interrupted),
    };

    /// Returns ends that all lead to `next`.
    fn all(next: Next) -> Self {
        Self {
            done: next,
            later: next,
            failed: next,
            refused: next,
            person: next,
            interrupted: next,
        }
    }
}
