//! The proof on the plan: the walk visits every state that a host can reach, and checks the laws in each.
//!
//! The walk interprets the plan as data, as the script's runner does: its programs, what follows a failure of each
//! step, its ways back, and the recovery of each command after an interrupted run. Every step may succeed, fail, hang
//! until its deadline, be half done or be interrupted by a signal. The run may die before, during and after each step.
//! A color may end or stop passing its gates at any time, and another program may reload the proxy at any time. Between
//! two runs the host may be booted, a foreign program may take an idle port, a person may start a color or edit the
//! proxy's file, a reservation may expire, and deploy.bg may change. After that any command may follow, of this or of
//! another deployment.
//!
//! The user's steps and the drivers may fail, hang or die, but they change nothing that belongs to the script.

mod asks;
mod color;
mod command_end;
mod effect;
mod file;
mod follow;
mod graph;
mod host_events;
mod laws;
#[cfg(test)]
mod listed;
mod run;
mod time;
mod trace;
mod transition;
mod visited;
mod walker;
mod world;

pub use graph::Grain;
pub use laws::Law;
pub use trace::{Breach, Ended, Taken};

use super::{Answer, Command, Phase, Plan, recovery};
use crate::model::App;
use graph::{Exit, Graph};
use run::{Begin, Run, State};
use transition::{Event, Good};
use visited::Seen;
use walker::{Begun, Table, Walker};
use world::World;

/// The result of the walk.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The number of reachable states.
    pub states: usize,
    /// The number of transitions between them.
    pub transitions: usize,
    /// The first broken law, on a shortest path from a host without any deployment.
    pub breach: Option<Breach>,
}

/// Walks the whole plan of `app`.
#[must_use]
pub fn walk(app: &App, plan: &Plan, grain: Grain) -> Walked {
    walk_by(app, plan, grain, recovery)
}

/// Does the same with another table of recoveries.
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
    /// Visits all states breadth first, so that a breach has a shortest path.
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

    /// Follows a state in which no run is active: commands may begin, and events may happen on the host.
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
                    // The command begins, whether the recovery succeeded or not.
                    if let (Answer::Try(_), Some(run)) = (answer, self.own(begin, &world)) {
                        self.go(at, event, world, Some(run));
                    }
                }
                Begun::Ended(_) => {}
            }
        }
        for (what, after) in host_events::between(self.graph, &world) {
            self.go(at, Event::Meanwhile(what), after, None);
        }
        None
    }

    /// L5: checks each command without further faults, from every state between two commands.
    fn every_next_command(&self) -> Option<Breach> {
        let mut known = vec![Good::Unknown; self.seen.len()];
        for at in 0..self.seen.count() {
            let Some(State { world, run: None }) = self.seen.state(at) else {
                continue;
            };
            for begin in begins(&world) {
                let why = match self.without_faults(at, begin, &mut known) {
                    None => Err("a command without a fault does not end"),
                    Some((exit, left)) => command_end::next_command(&command_end::Ended {
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

    /// Returns how a command ends that finds this state, and the state that it leaves. The colors have the same names.
    /// `None`: the command does not end.
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
            // The last recovery did not change the journal. The next command or a person must continue.
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

    /// Returns where the steps from `run` on lead without faults. Results are saved in `known`.
    fn end_of(&self, world: World, run: Run, known: &mut [Good]) -> Option<(Exit, u32, bool)> {
        let run = Some(run);
        let mut at = self.seen.find(&State { world, run })?;
        let mut path = Vec::new();
        let end = loop {
            if known[at as usize] != Good::Unknown {
                // If this is not an end, the state is on the current path, so the path is a circle.
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

/// Returns every command. If it matters, each command occurs for the journal's deployment and for another one.
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

/// L6: a color that another deployment has prepared is not removed.
fn reserved(world: &World, begin: Begin, answer: Answer) -> Option<(Law, &'static str)> {
    let journal = &world.journal;
    let reserved = journal.phase == Phase::Prepared && !journal.over && !begin.mine;
    let undone = answer.program().is_some();
    (reserved && undone).then_some((
        Law::OneAtATime,
        "a color that another deployment has prepared is removed",
    ))
}

#[cfg(test)]
mod broken;
#[cfg(test)]
mod tests;
