//! The common parts of the walk: the states that it has reached, and how commands begin.

use super::super::{Answer, Command, Kind, Phase, Reservation};
use super::effect::Outcome;
use super::graph::{Exit, Graph, Next};
use super::run::{Begin, Run, State};
use super::transition::Event;
use super::visited::Seen;
use super::world::World;

/// The table of recoveries: what a command does first, depending on the journal.
pub(super) type Table = fn(Command, Phase, Kind, Reservation) -> Answer;

/// How far a command gets before it changes anything.
pub(super) enum Begun {
    /// To its first step.
    At(Run),
    /// To the first step of a recovery, with the answer of the table.
    First(Run, Answer),
    /// To its end.
    Ended(Exit),
}

/// A walk and its progress.
pub(super) struct Walker<'a> {
    pub(super) graph: &'a Graph,
    pub(super) seen: Seen,
    pub(super) transitions: usize,
    pub(super) table: Table,
    /// Lists of outcomes for reuse.
    pub(super) spare: Vec<Vec<Outcome>>,
}

impl Walker<'_> {
    pub(super) fn go(&mut self, from: u32, event: Event, world: World, run: Option<Run>) -> u32 {
        self.transitions += 1;
        let world = if run.is_none() {
            world.normal().canonical()
        } else {
            world.normal()
        };
        self.seen.add(State { world, run }, from, event)
    }

    /// Begins a command: it takes the lock and reads the journal. This changes nothing, so the walk has no state
    /// between the start and the first step.
    pub(super) fn begun(&self, begin: Begin, world: &World) -> Begun {
        let journal = &world.journal;
        let whose = match (journal.over, begin.mine) {
            (true, _) => Reservation::Over,
            (false, true) => Reservation::Mine,
            (false, false) => Reservation::Held,
        };
        let answer = (self.table)(begin.command, journal.phase, journal.kind, whose);
        match answer {
            Answer::Proceed => self
                .own(begin, world)
                .map_or(Begun::Ended(Exit::Done), Begun::At),
            Answer::Nothing => Begun::Ended(Exit::Done),
            Answer::Usage => Begun::Ended(Exit::Usage),
            Answer::Refuse => Begun::Ended(Exit::Busy),
            Answer::Undo(program) | Answer::Try(program) | Answer::Instead(program) => {
                match self.graph.recovery(program) {
                    Next::Node(node) => Begun::First(Run::begins(node, *journal), answer),
                    Next::End(_) => Begun::Ended(Exit::Refused),
                }
            }
        }
    }

    /// Returns a process at the command's own first step.
    pub(super) fn own(&self, begin: Begin, world: &World) -> Option<Run> {
        match self.graph.start(begin.command) {
            Next::Node(node) => Some(Run::begins(node, world.journal)),
            Next::End(_) => None,
        }
    }
}
