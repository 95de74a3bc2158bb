//! Programs as a graph: one node a step, edges for what follows a success, a failure and a signal, as the script's runner goes.

use super::super::{Action, Command, Extent, Otherwise, Plan, Planned, ProgramName, Way};
use super::color::Color;
use super::world::{World, made_by_this_run};
use crate::model::{App, Duration, Handover, Name, Verification};
use crate::source::Span;
use std::collections::HashMap;

/// How finely the walk looks at what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Each service by itself: a part of a color may run.
    Service,
    /// As by color, and a release may be of an older deploy.bg, in which other services might run only once.
    Release,
    /// A color's services that overlap are one, and so are those that may run only once: a fraction of the states.
    Color,
}

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Exit {
    /// It did what it is for, or there was nothing to do.
    Done,
    /// What is left is the next command's; it has succeeded.
    Later,
    /// It failed and went back.
    Failed,
    /// A signal has ended it before anything else was to be done.
    Interrupted,
    /// It changed nothing.
    Refused,
    /// Another deployment is at work.
    Busy,
    /// Nothing is there for it to work on.
    Usage,
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

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Course {
    /// A command, on its way forward.
    Forward(Command),
    /// What comes first about a run that was cut short.
    Recovery,
    /// A way back, which no signal interrupts.
    Back,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) action: Action,
    pub(super) place: Course,
    /// Where it is written.
    pub(super) program: ProgramName,
    pub(super) span: Option<Span>,
    pub(super) worst: Duration,
    pub(super) otherwise: Otherwise,
    pub(super) done: Next,
    pub(super) failed: Next,
    /// What follows a signal; none on a way back.
    pub(super) told: Option<Next>,
}

impl Node {
    /// Its failure is only said.
    pub(super) fn warns(&self) -> bool {
        self.otherwise == Otherwise::Warn
    }

    /// What follows the program where there is nothing more to do.
    pub(super) fn ended(&self) -> Exit {
        match self.place {
            Course::Forward(_) => Exit::Done,
            Course::Recovery => Exit::Recovered,
            Course::Back => Exit::Failed,
        }
    }
}

/// The services of a release, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sets {
    /// Those that run in both colors for a while.
    pub(super) overlap: u16,
    /// Those that may run only once.
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

/// A plan as a graph, and what the laws need to know of the app.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    commands: Vec<(Command, Next)>,
    recoveries: Vec<(ProgramName, Next)>,
    services: HashMap<Name, u16>,
    gates: HashMap<(Name, Name), u16>,
    checks: HashMap<Name, u16>,
    /// Of a release that this script makes.
    pub(super) today: Sets,
    /// Of a release that an older deploy.bg has made: what might run only once then is gone today, and what may today is new.
    pub(super) past: Sets,
    /// Bits of the services that the proxy routes to.
    pub(super) routed: u16,
    /// Bits of all gates of the overlapping services.
    pub(super) all_gates: u16,
    /// Bits of all checks through the proxy.
    pub(super) all_checks: u16,
    /// Whether the old color is stopped in a cleanup.
    pub(super) stops: bool,
    /// Ways back that lead to themselves.
    pub(super) circle: Option<Planned>,
}

/// The bit of a number; what is beyond the last shares it.
pub(super) fn bit(number: usize) -> u16 {
    1 << number.min(14)
}

/// Each bit by itself.
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

    /// Whether a service may run only once, in a release of today or in an older one.
    pub(super) fn moves(&self) -> bool {
        self.today.exclusive | self.past.exclusive != 0
    }

    /// Whether releases of an older deploy.bg are told apart.
    pub(super) fn has_past(&self) -> bool {
        self.past.exclusive != self.today.exclusive
    }

    /// The services of a whole color.
    pub(super) fn whole(&self, past: bool) -> u16 {
        let sets = if past { self.past } else { self.today };
        sets.of(Extent::Whole)
    }

    /// The services of the release that runs in a color, or would.
    pub(super) fn sets(&self, world: &World, color: Color) -> Sets {
        let past = if made_by_this_run(world.journal, color) {
            world.journal.past
        } else {
            world.life(color).of_past()
        };
        if past { self.past } else { self.today }
    }

    /// The services that a color's gates ask.
    pub(super) fn asked(&self, world: &World, color: Color) -> u16 {
        self.sets(world, color).overlap
    }

    /// Where a command begins.
    pub(super) fn start(&self, command: Command) -> Next {
        let found = self.commands.iter().find(|(other, _)| *other == command);
        found.map_or(Next::End(Exit::Refused), |(_, start)| *start)
    }

    /// Where a recovery begins.
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

    pub(super) fn check(&self, name: &Name) -> u16 {
        self.checks.get(name).copied().unwrap_or_default()
    }

    /// The end that follows where nothing on the way there changes a host or can fail.
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

/// What a program's own end, a step that is left for later, a refusal, a question to a person and a signal lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    done: Next,
    later: Next,
    failed: Next,
    refused: Next,
    person: Next,
    interrupted: Next,
}

/// How many ways back were taken: none, one, or more, which ends with a person.
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
    /// Equal ways back are one.
    ways: Vec<(Way, Ways, Ends, Next)>,
    /// Ways that are being built.
    passed: Vec<Way>,
}

impl Builder<'_> {
    fn commands(&mut self) {
        // The same for all commands, so that their ways back are the same, too.
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

    /// The ends of a command whose failure, a refusal included, is followed by a program.
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
        // The runner would go round for ever.
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

    /// From the end, so that what follows is known.
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
        // What follows when nothing of the rest is done any more.
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

    /// Whatever comes of it.
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
