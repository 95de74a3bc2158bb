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
pub use trace::{Breach, Ended, Taken};

use super::{Action, Answer, Command, Entry, Plan, Reservation};
use crate::model::App;
use effect::{Effects, End};
use laws::Begins;
use program::{COMMANDS, Exit, Next, Node, Place, Program};
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

/// How finely the walk looks at what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Each service by itself: a part of a color may run.
    Service,
    /// A color's services that overlap are one, and nobody looks at those that may run only once, to
    /// which the proxy does not route: a fraction of the states.
    Color,
}

/// Walks the whole plan of `app`.
#[must_use]
pub fn walk(app: &App, plan: &Plan, grain: Grain) -> Walked {
    let program = Program::new(app, plan, grain);
    let mut walk = Walk {
        seen: Seen::new(),
        transitions: 0,
        program: &program,
    };
    let breach = walk
        .every_state()
        .or_else(|| walk.every_next_command())
        .or_else(|| time::check(app, &program));
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
    /// The recovery is through, and left this state to the command.
    Recovered(u32),
    /// It is not looked at yet, or it is between two commands.
    Unknown,
}

/// How far a command gets before it changes anything.
enum Begun {
    /// To its first step of its own, or of a recovery.
    At(Run),
    /// To its end.
    Ended(Exit),
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
            if let Begun::At(run) = self.begun(command, &world) {
                self.go(at, Event::Begins(command), world, Some(run));
            }
        }
        self.meanwhile(at, world, None, [true; 2]);
        for color in Color::BOTH {
            let life = *world.life(color);
            if life.running != 0 {
                let mut world = world;
                world.gone(color);
                self.go(at, Event::Ends(color), world, None);
            } else if world.entry == Entry::Idle && world.disk.is_some_and(|live| live != color) {
                let mut world = world;
                world.life_mut(color).health = match life.health {
                    Health::Stranger => Health::Well,
                    _ => Health::Stranger,
                };
                self.go(at, Event::Stranger(color), world, None);
            }
            if life.busy {
                let mut world = world;
                world.life_mut(color).busy = false;
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

    /// What may happen at any time, to the colors that somebody is about to look at: whoever does not
    /// look sees no difference between a color that fails now and one that fails later.
    fn meanwhile(&mut self, at: u32, world: World, run: Option<Run>, looked_at: [bool; 2]) {
        for color in Color::BOTH {
            let life = world.life(color);
            if looked_at[color as usize] && life.running != 0 && life.health == Health::Well {
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
        if let Some((law, why)) = self.broken(node, &world, &run) {
            return Some(trace::at_step(self, at, run.node, law, why));
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
        let looked_at = match &node.action {
            Action::Probe(_, _, side) | Action::ProbeAgain(_, _, side) => run.color(*side),
            Action::Verify(_) => world.force,
            _ => None,
        };
        let looked_at = Color::BOTH.map(|color| looked_at == Some(color));
        self.meanwhile(at, world, Some(run), looked_at);
        self.go(at, Event::Dies(run.node), world, None);
        None
    }

    fn broken(&self, node: &Node, world: &World, run: &Run) -> Option<(Law, &'static str)> {
        let program = self.program;
        let begins = Begins {
            program,
            node,
            world,
            run,
        };
        begins.broken()
    }

    /// To what follows a step; the first to be followed is what happens without faults. Steps that
    /// change nothing outside of the process, and end it when they fail, have no states of their own.
    fn follow(
        &mut self,
        at: u32,
        event: Event,
        next: Next,
        world: World,
        mut run: Run,
    ) -> Result<(), Breach> {
        let program = self.program;
        let mut next = next;
        let good = loop {
            let place = program.nodes[usize::from(run.node)].place;
            let number = match next {
                Next::Node(number) => number,
                // The command looks at the journal again, like one that begins now.
                Next::End(Exit::Recovered) => {
                    break Good::Recovered(self.go(at, event, world, None));
                }
                Next::End(exit) => {
                    if let Err(why) = laws::ended(exit, place, &world, &run) {
                        return Err(trace::at_end(self, at, event, run.node, why));
                    }
                    break Good::Ended(exit, self.go(at, event, world, None));
                }
            };
            let node = &program.nodes[usize::from(number)];
            if node.place == Place::Back && place != Place::Back {
                run.goes_back();
            }
            run.node = number;
            if !program.is_quiet(node, &world, &run) {
                break Good::To(self.go(at, event, world, Some(run)));
            }
            if let Some((law, why)) = self.broken(node, &world, &run) {
                return Err(trace::after(
                    self,
                    at,
                    event,
                    (number, Ended::Breaks),
                    (law, why),
                ));
            }
            if let Next::End(exit) = node.failed
                && let Err(why) = laws::ended(exit, node.place, &world, &run)
            {
                let failed = (number, Ended::Failed);
                return Err(trace::after(self, at, event, failed, (Law::WayBack, why)));
            }
            effect::quiet(node, &mut run);
            next = node.done;
        };
        self.seen.set_good(at, good);
        Ok(())
    }

    /// The lock is taken and the journal is looked at: nothing is changed, so no state lies between.
    fn begun(&self, command: Command, world: &World) -> Begun {
        let program = self.program;
        let recovery = &program.plan.recovery;
        let mut next = program.start(command);
        let mut run = Run::begins(command, world);
        loop {
            run.node = match next {
                Next::Node(node) => node,
                Next::End(exit) => return Begun::Ended(exit),
            };
            let node = &program.nodes[usize::from(run.node)];
            next = match node.action {
                Action::Lock => {
                    run.locked = true;
                    node.done
                }
                Action::Recover if run.command.is_some() => {
                    match recovery.answer(world.entry, world.reservation, command) {
                        Answer::Proceed => node.done,
                        Answer::Nothing => Next::End(Exit::Done),
                        Answer::Refuse => Next::End(Exit::Refused),
                        Answer::Undo(way) => {
                            run.command = None;
                            run.found_swapping = world.entry == Entry::Swapping;
                            program.recovery(way)
                        }
                    }
                }
                _ => return Begun::At(run),
            };
        }
    }

    /// L5: from every state between two commands, each command without further faults.
    fn every_next_command(&self) -> Option<Breach> {
        let mut ends = vec![Good::Unknown; self.seen.len()];
        for at in 0..self.seen.count() {
            let Some(State { world, run: None }) = self.seen.state(at) else {
                continue;
            };
            for command in COMMANDS {
                let why = match self.without_faults(at, command, &mut ends) {
                    None => Err("a command without a fault does not end"),
                    Some((exit, left)) => {
                        laws::next_command(self.program, command, &world, exit, &left)
                    }
                };
                if let Err(why) = why {
                    return Some(trace::next_command(self, at, command, why));
                }
            }
        }
        None
    }

    /// What a command does first that finds the state of that number, without faults.
    fn begin(&self, at: u32, command: Command) -> Option<Good> {
        let world = self.seen.state(at)?.world;
        match self.begun(command, &world) {
            Begun::Ended(exit) => Some(Good::Ended(exit, at)),
            Begun::At(run) => {
                let run = Some(run);
                self.seen.find(&State { world, run }).map(Good::To)
            }
        }
    }

    /// How a command ends that finds that state, and what it leaves. `None`: it goes round in a circle.
    fn without_faults(
        &self,
        found: u32,
        command: Command,
        ends: &mut [Good],
    ) -> Option<(Exit, World)> {
        let mut found = found;
        // There are fewer kinds of entries in a journal than this.
        for _ in 0..8 {
            let end = match self.begin(found, command)? {
                Good::To(first) => self.end_of(first, ends),
                end => end,
            };
            match end {
                Good::Ended(exit, left) => return Some((exit, self.seen.state(left)?.world)),
                Good::Recovered(left) => found = left,
                Good::To(_) | Good::Unknown => return None,
            }
        }
        None
    }

    /// Where the steps from that one on lead without faults. What is found is kept in `ends`.
    fn end_of(&self, begin: u32, ends: &mut [Good]) -> Good {
        let mut path = Vec::new();
        let mut at = begin;
        let end = loop {
            let known = ends[at as usize];
            if known != Good::Unknown {
                // Not an end: it is on this very way, which leads back to itself.
                break known;
            }
            let good = self.seen.good(at);
            ends[at as usize] = good;
            path.push(at);
            match good {
                Good::To(next) => at = next,
                end => break end,
            }
        };
        for at in path {
            ends[at as usize] = end;
        }
        end
    }
}

#[cfg(test)]
mod tests;
