//! What every part of the walk works with: the states that were seen, and how commands begin.

use super::super::{Answer, Command, Kind, Phase, Reservation};
use super::effect::Outcome;
use super::event::Event;
use super::graph::{Exit, Graph, Next};
use super::run::{Begin, Run, State};
use super::seen::Seen;
use super::world::World;

/// What a command does first, by what the journal says.
pub(super) type Table = fn(Command, Phase, Kind, Reservation) -> Answer;

/// The walk, as far as it has come.
/// How far a command gets before it changes anything.
pub(super) enum Begun {
    /// To its first step.
    At(Run),
    /// To the first step of what comes first, and that answer.
    First(Run, Answer),
    /// To its end.
    Ended(Exit),
}

/// A walk, as far as it has come.
pub(super) struct Walker<'a> {
    pub(super) graph: &'a Graph,
    pub(super) seen: Seen,
    pub(super) transitions: usize,
    pub(super) table: Table,
    /// Lists of outcomes that nobody uses at the moment.
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

    /// The lock is taken and the journal is looked at: nothing is changed, so no state lies between.
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

    /// The command's own first step.
    pub(super) fn own(&self, begin: Begin, world: &World) -> Option<Run> {
        match self.graph.start(begin.command) {
            Next::Node(node) => Some(Run::begins(node, world.journal)),
            Next::End(_) => None,
        }
    }
}
