//! The effects of steps that write the journal and the pointers.

use super::super::super::{Intent, Kind, Phase, ProgramName};
use super::super::run::Run;
use super::super::world::{Journal, Owner, World};
use super::{Effects, End};

impl Effects<'_> {
    pub(super) fn journal(&mut self, intent: Intent) {
        let kind = match self.node.program {
            ProgramName::Rollback => Kind::Rollback,
            ProgramName::RollbackTo => Kind::RollbackTo,
            _ => Kind::Deploy,
        };
        let rollback = kind == Kind::Rollback;
        let copies_past = self.copies_past();
        let overlap = self.graph.sets(&self.world, self.run.to).overlap;
        let hands = self.graph.moves();
        let writes = |past: bool| {
            move |world: &mut World, run: &mut Run| match intent {
                Intent::Preparing => {
                    let warm = world.life(run.to).running & overlap != 0;
                    world.kept = None;
                    world.journal = Journal {
                        phase: Phase::Preparing,
                        kind,
                        from: run.from,
                        to: run.to,
                        warm: rollback && warm,
                        past,
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
                Intent::Removing => {
                    world.kept = None;
                    world.journal = Journal {
                        phase: Phase::Removing,
                        kind: Kind::Remove,
                        from: run.from,
                        to: run.to,
                        ..Journal::IDLE
                    };
                }
                Intent::Swapping => {
                    world.journal.phase = Phase::Swapping;
                    world.journal.drains = true;
                }
                // Without exclusive services no step reads `handed`, so it stays false.
                Intent::Handing => world.journal.handed = hands,
                Intent::Returning => {
                    world.journal.phase = Phase::Returning;
                    world.journal.drains = true;
                }
            }
        };
        for past in copies_past {
            self.done(writes(*past));
        }
        self.failed(|_, _| ());
    }

    /// Returns whether the copied release may come from an older deploy.bg: it is the live release, or any kept
    /// release. A deployment copies no release.
    fn copies_past(&self) -> &'static [bool] {
        match self.node.program {
            ProgramName::RollbackTo if self.graph.has_past() => &[false, true],
            ProgramName::Restart => match self.run.from {
                Some(live) if self.world.life(live).of_past() => &[true],
                _ => &[false],
            },
            _ => &[false],
        }
    }

    pub(super) fn commit(&mut self) {
        self.either(|world, run| {
            let (kind, past) = (world.journal.kind, world.journal.past);
            // After a deployment or a rollback the remaining work is the same.
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
            if kind.makes_release() {
                life.past = past;
            }
            if life.owner == Owner::Fresh {
                life.owner = Owner::Linked;
            }
        });
    }

    /// Now the color that served drains and stops. The new journal names only the colors, and whether a drain is left.
    pub(super) fn commit_removed(&mut self) {
        self.either(|world, run| {
            world.journal = Journal {
                phase: Phase::Switched,
                kind: Kind::Remove,
                from: run.from,
                to: run.to,
                drains: world.journal.drains,
                ..Journal::IDLE
            };
            world.kept = None;
        });
    }

    /// No release owns the running programs any more.
    pub(super) fn remove_state(&mut self) {
        self.either(|world, _| {
            for life in &mut world.life {
                life.past = false;
                if life.running != 0 {
                    life.owner = Owner::Hand;
                }
            }
        });
    }

    /// The driver may find the processes of the color, or not. If not, only the file is adopted. A signal cannot
    /// interrupt the step half done, but a kill can.
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
