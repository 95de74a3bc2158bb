//! The proof on the plan: every state that a host can get into is visited, and the laws are checked
//! in each.
//!
//! The walk interprets the plan as data: its phases, what a failure of each step does, its ways back,
//! and what each command does about an interrupted run. Every step may succeed, fail, hang until its
//! deadline or be done by half; the run may die before, in the middle of and after each; a color may
//! stop passing its gates at any time; another program may reload the proxy at any time. Between two
//! runs the host may be booted, a color may end, a stranger may take an idle port, a reservation may
//! expire; and then comes any of the commands. TERM is a failure of the step at hand.
//!
//! The user's steps and drivers fail, hang or die, and touch nothing of the script's.

mod effect;
mod laws;
mod program;
mod seen;
mod time;
mod trace;
mod world;

pub use laws::Law;
pub use trace::{Breach, Taken};

use super::{Answer, Command, Entry, Plan, Reservation};
use crate::model::App;
use effect::{Effects, End};
use laws::Begins;
use program::{COMMANDS, Exit, Next, Program};
use seen::Seen;
use world::{Color, Health, Life, Run, State, World};

/// What the walk found.
#[derive(Clone, Debug)]
pub struct Walked {
    /// How many states can be reached.
    pub states: usize,
    /// How many transitions between them there are.
    pub transitions: usize,
    /// The first law that does not hold, on a shortest way from a host where nothing was ever deployed.
    pub breach: Option<Breach>,
}

/// Walks the whole plan of `app`.
#[must_use]
pub fn walk(app: &App, plan: &Plan) -> Walked {
    let program = Program::new(app, plan);
    let mut walk = Walk {
        seen: Seen::new(),
        transitions: 0,
        program: &program,
    };
    let breach = time::check(app, &program)
        .or_else(|| walk.every_state())
        .or_else(|| walk.every_next_command());
    Walked {
        states: walk.seen.len(),
        transitions: walk.transitions,
        breach,
    }
}

/// What leads from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The first state.
    Fresh,
    /// A command begins.
    Begins(Command),
    /// A step ends so.
    Step(u16, End),
    /// The run dies before a step.
    Dies(u16),
    /// A color does not pass its gates any more.
    Sickens(Color),
    /// All that runs in a color ends.
    Ends(Color),
    /// Another program reloads the proxy.
    ForeignReload,
    /// The host is booted.
    Reboot,
    /// A reservation is too old.
    Expires,
    /// Somebody else takes the place of the idle color.
    Stranger(Color),
    /// What older workers answered is answered.
    Answered(Color),
}

/// Where a state leads on a day without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Good {
    /// To that state.
    To(u32),
    /// The command ends.
    Ended(Exit, u32),
    /// It is not looked at yet, or it is between two commands.
    Unknown,
}

struct Walk<'a> {
    program: &'a Program<'a>,
    seen: Seen,
    transitions: usize,
}

impl Walk<'_> {
    /// Breadth first, so that a breach is found on a shortest way.
    fn every_state(&mut self) -> Option<Breach> {
        let world = World::fresh();
        self.seen
            .add(State { world, run: None }, u32::MAX, Event::Fresh);
        let mut outcomes = Vec::new();
        let mut at = 0;
        while let Some(State { world, run }) = self.seen.state(at) {
            match run {
                None => self.between(at, world),
                Some(run) => {
                    if let Some(breach) = self.within(at, world, run, &mut outcomes) {
                        return Some(breach);
                    }
                }
            }
            at += 1;
        }
        None
    }

    fn go(&mut self, from: u32, event: Event, world: World, run: Option<Run>) -> u32 {
        self.transitions += 1;
        let world = if run.is_none() {
            world.canonical()
        } else {
            world
        };
        self.seen.add(State { world, run }, from, event)
    }

    /// No process of ours runs: commands may begin, and the world goes its way.
    fn between(&mut self, at: u32, world: World) {
        for command in COMMANDS {
            if let Next::Node(node) = self.program.start(command) {
                let run = Run::begins(command, node, &world);
                self.go(at, Event::Begins(command), world, Some(run));
            }
        }
        self.meanwhile(at, world, None);
        for color in Color::BOTH {
            let life = *world.life(color);
            if life.running != 0 {
                let mut world = world;
                world.gone(color);
                self.go(at, Event::Ends(color), world, None);
            } else if world.disk.is_some_and(|live| live != color) {
                let mut world = world;
                world.life_mut(color).health = match life.health {
                    Health::Stranger => Health::Well,
                    _ => Health::Stranger,
                };
                self.go(at, Event::Stranger(color), world, None);
            }
            if life.old != world::Old::Gone {
                let mut world = world;
                world.life_mut(color).old = world::Old::Gone;
                self.go(at, Event::Answered(color), world, None);
            }
        }
        let mut booted = world;
        booted.life = [Life::default(); 2];
        booted.force = booted.disk;
        booted.snapshot = false;
        booted.reservation = Reservation::Over;
        self.go(at, Event::Reboot, booted, None);
        if world.entry == Entry::Prepared {
            let mut world = world;
            world.reservation = Reservation::Over;
            self.go(at, Event::Expires, world, None);
        }
    }

    /// What may happen at any time.
    fn meanwhile(&mut self, at: u32, world: World, run: Option<Run>) {
        for color in Color::BOTH {
            let life = world.life(color);
            if life.running != 0 && life.health == Health::Well {
                let mut world = world;
                world.life_mut(color).health = Health::Sick;
                self.go(at, Event::Sickens(color), world, run);
            }
        }
        if world.force != world.disk {
            let mut world = world;
            world.load();
            self.go(at, Event::ForeignReload, world, run);
        }
    }

    /// A process of ours is about to take a step.
    fn within(
        &mut self,
        at: u32,
        world: World,
        run: Run,
        outcomes: &mut Vec<(End, World, Run)>,
    ) -> Option<Breach> {
        let program = self.program;
        let node = &program.nodes[usize::from(run.node)];
        if node.action == super::Action::Recover {
            self.recover(at, world, run);
        } else {
            let begins = Begins {
                program,
                node,
                world: &world,
                run: &run,
            };
            if let Some((law, why)) = begins.broken() {
                return Some(self.breach(at, Some(run.node), law, why));
            }
            Effects::of(program, node, world, run, outcomes);
            for (end, after, run_after) in outcomes.drain(..) {
                let next = match end {
                    End::Done => node.done,
                    End::Failed => node.failed,
                };
                let event = Event::Step(run.node, end);
                if let Err(breach) = self.follow(at, event, next, after, run_after) {
                    return Some(breach);
                }
            }
        }
        self.meanwhile(at, world, Some(run));
        self.go(at, Event::Dies(run.node), world, None);
        None
    }

    /// To what follows a step; the first to be followed is what happens without faults.
    fn follow(
        &mut self,
        at: u32,
        event: Event,
        next: Next,
        world: World,
        mut run: Run,
    ) -> Result<(), Breach> {
        let good = match (next, run.returns) {
            (Next::Node(node), _) => {
                run.node = node;
                Good::To(self.go(at, event, world, Some(run)))
            }
            // The journal is looked at again, as by a process that has just begun.
            (Next::End(Exit::Recovered), Some(recover)) => {
                let mut again = Run::begins(run.command, recover, &world);
                again.locked = run.locked;
                Good::To(self.go(at, event, world, Some(again)))
            }
            (Next::End(exit), _) => {
                let place = self.program.nodes[usize::from(run.node)].place;
                if let Err(why) = laws::ended(exit, place, &world, &run) {
                    return Err(trace::ended(self, at, event, why));
                }
                let to = self.go(at, event, world, None);
                Good::Ended(exit, to)
            }
        };
        self.seen.set_good(at, good);
        Ok(())
    }

    /// What a command does first about the journal that it finds.
    fn recover(&mut self, at: u32, world: World, mut run: Run) {
        let program = self.program;
        let recovery = &program.plan.recovery;
        let node = &program.nodes[usize::from(run.node)];
        let answer = recovery.answer(world.entry, world.reservation, run.command);
        let next = match answer {
            Answer::Proceed => node.done,
            Answer::Nothing => Next::End(Exit::Done),
            Answer::Refuse => Next::End(Exit::Refused),
            Answer::Undo(way) => {
                run.returns = Some(run.node);
                run.found_swapping = world.entry == Entry::Swapping;
                program.recovery(way)
            }
        };
        // Nothing is changed here, so no law can be broken by the command's end.
        let _ = self.follow(at, Event::Step(run.node, End::Done), next, world, run);
    }

    /// L5: from every state between two commands, each command without further faults.
    fn every_next_command(&self) -> Option<Breach> {
        let mut ends = vec![Good::Unknown; self.seen.len()];
        let mut path = Vec::new();
        for at in 0..self.seen.count() {
            let Some(State { world, run: None }) = self.seen.state(at) else {
                continue;
            };
            for command in COMMANDS {
                let Next::Node(node) = self.program.start(command) else {
                    continue;
                };
                let run = Some(Run::begins(command, node, &world));
                let Some(begin) = self.seen.find(&State { world, run }) else {
                    continue;
                };
                let Some((exit, end)) = self.without_faults(begin, &mut ends, &mut path) else {
                    let why = "a command without a fault does not end";
                    return Some(self.breach(begin, None, Law::WayBack, why));
                };
                let Some(State { world: left, .. }) = self.seen.state(end) else {
                    continue;
                };
                let verdict = laws::next_command(self.program, command, &world, exit, &left);
                if let Err(why) = verdict {
                    let way = self.good_way(begin);
                    return Some(trace::next_command(self, at, command, &way, why));
                }
            }
        }
        None
    }

    /// How a command ends from a state on, and in which state.
    fn without_faults(
        &self,
        begin: u32,
        ends: &mut [Good],
        path: &mut Vec<u32>,
    ) -> Option<(Exit, u32)> {
        path.clear();
        let mut at = begin;
        let end = loop {
            match ends[at as usize] {
                Good::Ended(exit, end) => break (exit, end),
                // Only what is on this way is marked so: it leads back to itself.
                Good::To(_) => return None,
                Good::Unknown => {}
            }
            match self.seen.good(at) {
                Good::Unknown => return None,
                Good::Ended(exit, end) => {
                    path.push(at);
                    break (exit, end);
                }
                Good::To(next) => {
                    ends[at as usize] = Good::To(next);
                    path.push(at);
                    at = next;
                }
            }
        };
        for at in path.iter() {
            ends[*at as usize] = Good::Ended(end.0, end.1);
        }
        Some(end)
    }

    /// The states of a command without faults, from its first.
    fn good_way(&self, begin: u32) -> Vec<u32> {
        let mut way = vec![begin];
        while let Some(Good::To(next)) = way.last().map(|at| self.seen.good(*at)) {
            way.push(next);
        }
        way
    }

    fn breach(&self, at: u32, step: Option<u16>, law: Law, why: &'static str) -> Breach {
        trace::breach(self, at, step, law, why)
    }
}

#[cfg(test)]
mod tests;
