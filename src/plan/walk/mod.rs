//! The proof on the plan: every state that a host can get into is visited, and the laws are checked
//! in each.
//!
//! The walk interprets the plan as data, as the script's runner does: its programs, what a failure of each step asks for, its ways
//! back, and what each command does about an interrupted run. Every step may succeed, fail, hang until its deadline, be done by half
//! or be interrupted by a signal; the run may die before, in the middle of and after each; a color may
//! end or stop passing its gates at any time; another program may reload the proxy at any time. Between two
//! runs the host may be booted, a stranger may take an idle port, a color may be started and the proxy's file be edited by hand, a
//! reservation may expire, deploy.bg may change; and then comes any of the commands, of this or of another deployment.
//!
//! The user's steps and drivers fail, hang or die, and touch nothing of the script's.

mod color;
mod effect;
mod ends;
mod event;
mod events;
mod file;
mod follow;
mod graph;
mod laws;
#[cfg(test)]
mod listed;
mod run;
mod seen;
mod time;
mod trace;
mod walker;
mod world;

pub use graph::Grain;
pub use laws::Law;
pub use trace::{Breach, Ended, Taken};

use super::{Answer, Command, Phase, Plan, recovery};
use crate::model::App;
use event::{Event, Good};
use graph::{Exit, Graph};
use run::{Begin, Run, State};
use seen::Seen;
use walker::{Begun, Table, Walker};
use world::World;

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
pub fn walk(app: &App, plan: &Plan, grain: Grain) -> Walked {
    walk_by(app, plan, grain, recovery)
}

/// The same with another table of what comes first.
fn walk_by(app: &App, plan: &Plan, grain: Grain, table: Table) -> Walked {
    let graph = Graph::new(app, plan, grain);
    let mut walk = Walker {
        seen: Seen::new(),
        transitions: 0,
        graph: &graph,
        table,
        spare: Vec::new(),
    };
    let breach = time::circle(&graph)
        .or_else(|| walk.every_state())
        .or_else(|| walk.every_next_command())
        .or_else(|| time::check(app, plan, &graph));
    Walked {
        states: walk.seen.len(),
        transitions: walk.transitions,
        breach,
    }
}

impl Walker<'_> {
    /// Breadth first, so that a breach is found on a shortest way.
    fn every_state(&mut self) -> Option<Breach> {
        let world = World::FRESH;
        self.seen
            .add(State { world, run: None }, u32::MAX, Event::Fresh);
        let mut at = 0;
        while let Some(State { world, run }) = self.seen.state(at) {
            match run {
                None => {
                    if let Some(breach) = self.between(at, world) {
                        return Some(breach);
                    }
                }
                Some(run) => {
                    if let Some(breach) = self.within(at, world, run) {
                        return Some(breach);
                    }
                }
            }
            at += 1;
        }
        None
    }

    /// No process of ours runs: commands may begin, and the world goes its way.
    fn between(&mut self, at: u32, world: World) -> Option<Breach> {
        for begin in begins(&world) {
            let event = Event::Begins(begin);
            match self.begun(begin, &world) {
                Begun::At(run) => {
                    self.go(at, event, world, Some(run));
                }
                Begun::First(run, answer) => {
                    if let Some((law, why)) = reserved(&world, begin, answer) {
                        return Some(trace::at_begin(self, at, begin, law, why));
                    }
                    self.go(at, event, world, Some(run));
                    // Whatever came of it, the command begins.
                    if let (Answer::Try(_), Some(run)) = (answer, self.own(begin, &world)) {
                        self.go(at, event, world, Some(run));
                    }
                }
                Begun::Ended(_) => {}
            }
        }
        for (what, after) in events::between(self.graph, &world) {
            self.go(at, Event::Meanwhile(what), after, None);
        }
        None
    }

    /// L5: from every state between two commands, each command without further faults.
    fn every_next_command(&self) -> Option<Breach> {
        let mut known = vec![Good::Unknown; self.seen.len()];
        for at in 0..self.seen.count() {
            let Some(State { world, run: None }) = self.seen.state(at) else {
                continue;
            };
            for begin in begins(&world) {
                let why = match self.without_faults(at, begin, &mut known) {
                    None => Err("a command without a fault does not end"),
                    Some((exit, left)) => ends::next_command(&ends::Ended {
                        graph: self.graph,
                        begin,
                        found: &world,
                        exit,
                        left: &left,
                    }),
                };
                if let Err(why) = why {
                    return Some(trace::next_command(self, at, begin, why));
                }
            }
        }
        None
    }

    /// How a command ends that finds that state, and what it leaves, with the colors' names as it found them. `None`: it goes round in a
    /// circle.
    fn without_faults(
        &self,
        found: u32,
        begin: Begin,
        known: &mut [Good],
    ) -> Option<(Exit, World)> {
        let mut at = found;
        let mut last = None;
        let mut renamed = false;
        let as_found = |world: World, renamed| if renamed { world.renamed() } else { world };
        // There are fewer phases than this.
        for _ in 0..8 {
            let world = self.seen.state(at)?.world;
            let (run, answer) = match self.begun(begin, &world) {
                Begun::Ended(exit) => return Some((exit, as_found(world, renamed))),
                Begun::At(run) => (run, Answer::Proceed),
                Begun::First(run, answer) => (run, answer),
            };
            // What the last round could not put right is for the next command, or for a person.
            let phase = (world.journal.phase, world.journal.kind);
            if answer != Answer::Proceed && last.replace(phase) == Some(phase) {
                return Some((Exit::Refused, as_found(world, renamed)));
            }
            let (exit, left, swapped) = self.end_of(world, run, known)?;
            renamed ^= swapped;
            let world = self.seen.state(left)?.world;
            match answer {
                Answer::Instead(_) if exit == Exit::Recovered => {
                    return Some((Exit::Done, as_found(world, renamed)));
                }
                Answer::Try(_) => {
                    let run = self.own(begin, &world)?;
                    let (exit, left, swapped) = self.end_of(world, run, known)?;
                    let left = self.seen.state(left)?.world;
                    return Some((exit, as_found(left, renamed ^ swapped)));
                }
                Answer::Undo(_) if exit == Exit::Recovered => at = left,
                _ => return Some((exit, as_found(world, renamed))),
            }
        }
        None
    }

    /// Where the steps from that one on lead without faults. What is found is kept in `known`.
    fn end_of(&self, world: World, run: Run, known: &mut [Good]) -> Option<(Exit, u32, bool)> {
        let run = Some(run);
        let mut at = self.seen.find(&State { world, run })?;
        let mut path = Vec::new();
        let end = loop {
            if known[at as usize] != Good::Unknown {
                // Not an end: it is on this very way, which leads back to itself.
                break known[at as usize];
            }
            let good = self.seen.good(at);
            known[at as usize] = good;
            path.push(at);
            match good {
                Good::To(next) => at = next,
                end => break end,
            }
        };
        for at in path {
            known[at as usize] = end;
        }
        match end {
            Good::Ended(exit, left, renamed) => Some((exit, left, renamed)),
            Good::To(_) | Good::Unknown => None,
        }
    }
}

/// Every command; where it matters of the deployment that the journal names, and of another one.
fn begins(world: &World) -> impl Iterator<Item = Begin> + use<> {
    let asks = matches!(world.journal.phase, Phase::Prepared | Phase::Switched);
    Command::ALL.into_iter().flat_map(move |command| {
        let whose: &[bool] = if asks { &[true, false] } else { &[true] };
        whose.iter().map(move |mine| Begin {
            command,
            mine: *mine,
        })
    })
}

/// L6: what another deployment has prepared is not taken away.
fn reserved(world: &World, begin: Begin, answer: Answer) -> Option<(Law, &'static str)> {
    let journal = &world.journal;
    let reserved = journal.phase == Phase::Prepared && !journal.over && !begin.mine;
    let undone = answer.program().is_some();
    (reserved && undone).then_some((
        Law::OneAtATime,
        "a color that another deployment has prepared is taken away",
    ))
}

#[cfg(test)]
mod broken;
#[cfg(test)]
mod tests;
