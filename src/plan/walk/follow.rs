//! From one state to the next: the outcomes of a step, and the following steps that need no state of their own.

use super::super::Otherwise;
use super::asks::Asks;
use super::effect::{Effects, End, Outcome};
use super::graph::{Course, Exit, Next, Node};
use super::laws::{self, Begins, Law};
use super::run::Run;
use super::trace;
use super::trace::Breach;
use super::transition::{Event, Good};
use super::walker::Walker;
use super::world::World;
use super::{command_end, host_events};

impl Walker<'_> {
    /// Follows the next step of a running process.
    pub(super) fn within(&mut self, at: u32, world: World, run: Run) -> Option<Breach> {
        let graph = self.graph;
        let node = &graph.nodes[usize::from(run.node)];
        if let Some((law, why)) = self.broken(node, &world, &run) {
            return Some(trace::at_step(self, at, run.node, law, why));
        }
        let mut outcomes = self.spare.pop().unwrap_or_default();
        Effects::of(graph, node, world, run, &mut outcomes);
        let mut good = Good::Unknown;
        for (end, after, run_after) in outcomes.drain(..) {
            let event = Event::Step {
                node: run.node,
                end,
                failed: None,
            };
            if let Err(why) = laws::runs_once(graph, &world, &after) {
                return Some(trace::at_step(self, at, run.node, Law::OneAtATime, why));
            }
            match self.follow(at, event, (end, node), after, run_after) {
                Ok(next) if good == Good::Unknown => good = next,
                Ok(_) => {}
                Err(breach) => return Some(breach),
            }
        }
        self.spare.push(outcomes);
        self.seen.set_good(at, good);
        let asked = Asks::of(&node.action).color(&world, &run);
        for (what, after) in host_events::any_time(&world, asked.as_slice()) {
            self.go(at, Event::Meanwhile(what), after, Some(run));
        }
        self.go(at, Event::Dies(run.node), world, None);
        None
    }

    fn broken(&self, node: &Node, world: &World, run: &Run) -> Option<(Law, &'static str)> {
        let begins = Begins {
            graph: self.graph,
            node,
            world,
            run,
        };
        begins.broken()
    }

    /// Goes to what follows a step. A step that changes nothing outside of the process has no state of its own: a run
    /// that dies before it leaves the same host as a run that dies before the step that precedes it.
    fn follow(
        &mut self,
        at: u32,
        event: Event,
        (end, node): (End, &Node),
        world: World,
        mut run: Run,
    ) -> Result<Good, Breach> {
        let graph = self.graph;
        let Some(mut next) = end.after(node) else {
            self.go(at, event, world, None);
            return Ok(Good::Unknown);
        };
        if end != End::Done && matches!(node.otherwise, Otherwise::Way(_)) {
            run.goes_back();
        }
        let mut place = node.place;
        loop {
            if let Some(exit) = graph.end(next) {
                return self.end(at, event, (exit, place), world, &run);
            }
            let Next::Node(number) = next else {
                return Ok(Good::Unknown);
            };
            let node = &graph.nodes[usize::from(number)];
            place = node.place;
            run.node = number;
            let outcomes = self.quiet(node, event, &world, &run);
            let Some(mut outcomes) = outcomes else {
                return Ok(Good::To(self.go(at, event, world, Some(run))));
            };
            if let Some((law, why)) = self.broken(node, &world, &run) {
                return Err(trace::after(self, at, event, number, (law, why)));
            }
            let mut done = None;
            let mut good = Good::Unknown;
            for (end, _, left) in outcomes.drain(..) {
                if end == End::Done {
                    done = Some(left);
                } else if done != Some(left) || node.failed != node.done || end != End::Failed {
                    let event = fails(event, number);
                    let follows = self.follow(at, event, (end, node), world, left)?;
                    if done.is_none() && good == Good::Unknown {
                        good = follows;
                    }
                }
            }
            self.spare.push(outcomes);
            let Some(left) = done else {
                return Ok(good);
            };
            run = left;
            next = node.done;
        }
    }

    /// Returns the outcomes of a step that needs no state of its own.
    fn quiet(
        &mut self,
        node: &Node,
        event: Event,
        world: &World,
        run: &Run,
    ) -> Option<Vec<Outcome>> {
        // An event can record only one failure.
        if Asks::of(&node.action) != Asks::Nobody
            || !matches!(event, Event::Step { failed: None, .. })
        {
            return None;
        }
        let mut outcomes = self.spare.pop().unwrap_or_default();
        Effects::of(self.graph, node, *world, *run, &mut outcomes);
        let done = outcomes.iter().filter(|outcome| outcome.0 == End::Done);
        let same = |outcome: &Outcome| outcome.1 == *world && outcome.0 != End::Died;
        if done.count() <= 1 && outcomes.iter().all(same) {
            return Some(outcomes);
        }
        self.spare.push(outcomes);
        None
    }

    fn end(
        &mut self,
        at: u32,
        event: Event,
        (exit, place): (Exit, Course),
        world: World,
        run: &Run,
    ) -> Result<Good, Breach> {
        if let Err(why) = command_end::ended(exit, place, &world, run) {
            return Err(trace::at_end(self, at, event, why));
        }
        let left = self.go(at, event, world, None);
        Ok(Good::Ended(exit, left, world.is_renamed()))
    }
}

/// Returns the same event, ending at a step that fails.
fn fails(event: Event, number: u16) -> Event {
    match event {
        Event::Step { node, end, .. } => Event::Step {
            node,
            end,
            failed: Some(number),
        },
        other => other,
    }
}
