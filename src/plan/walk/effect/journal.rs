//! What is written down: the journal and the pointers.

use super::super::super::{Intent, Kind, Phase, ProgramName};
use super::super::world::{Journal, Owner};
use super::{Effects, End};

impl Effects<'_> {
    pub(super) fn journal(&mut self, intent: Intent) {
        let rollback = self.node.program == ProgramName::Rollback;
        let overlap = self.graph.sets(&self.world, self.run.to).overlap;
        let hands = self.graph.moves();
        self.either(|world, run| match intent {
            Intent::Preparing => {
                let warm = world.life(run.to).running & overlap != 0;
                world.kept = None;
                world.journal = Journal {
                    phase: Phase::Preparing,
                    kind: if rollback {
                        Kind::Rollback
                    } else {
                        Kind::Deploy
                    },
                    from: run.from,
                    to: run.to,
                    warm: rollback && warm,
                    ..Journal::IDLE
                };
            }
            Intent::Adopting => {
                world.kept = None;
                world.journal = Journal {
                    phase: Phase::Adopting,
                    kind: Kind::Adopt,
                    from: run.from,
                    to: run.to,
                    ..Journal::IDLE
                };
            }
            Intent::Swapping => {
                world.journal.phase = Phase::Swapping;
                world.journal.drains = true;
            }
            // Where nothing may run only once, nobody looks.
            Intent::Handing => world.journal.handed = hands,
            Intent::Returning => {
                world.journal.phase = Phase::Returning;
                world.journal.drains = true;
            }
        });
    }

    pub(super) fn commit(&mut self) {
        self.either(|world, run| {
            let kind = world.journal.kind;
            // Of a deployment or of a rollback: what is left to do is the same.
            world.journal = Journal {
                phase: Phase::Switched,
                from: run.from,
                to: run.to,
                drains: world.journal.drains,
                ..Journal::IDLE
            };
            world.pending = None;
            world.kept = None;
            let life = world.life_mut(run.to);
            life.past &= kind != Kind::Deploy;
            if life.owner == Owner::Fresh {
                life.owner = Owner::Linked;
            }
        });
    }

    /// The driver could tell which processes are the color's, or could not: then only the file is adopted. A signal cannot split it, a
    /// kill can.
    pub(super) fn commit_adopted(&mut self) {
        let to = self.world.journal.to;
        self.done(|world, _| {
            world.life_mut(to).owner = Owner::Linked;
            world.close();
        });
        if self.world.life(to).by_hand() {
            self.done(|world, _| world.close());
        }
        self.push(End::Died, |world, _| world.journal.phase = Phase::Switched);
        self.failed(|_, _| ());
    }
}
