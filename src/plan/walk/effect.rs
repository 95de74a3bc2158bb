//! What a step does to the host: every outcome that it may have, the half-done ones among them.
//!
//! A step that hangs ends at its deadline, which is a failure. The run may die before any step, so a
//! state after half of an effect is one in which the run may die too.

use super::super::{Action, Extent, Intent, Kind, Phase, ProgramName, Side};
use super::file::File;
use super::graph::{Graph, Node, bits};
use super::run::{Proof, Run};
use super::world::{Color, Journal, Life, Owner, World};
use crate::model::Name;

/// How a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has done what it is for.
    Done,
    /// There was nothing to do for the whole program: it ends well.
    Nothing,
    /// It has failed or hung; some of it may be done.
    Failed,
    /// A signal has interrupted it; some of it may be done.
    Told,
    /// The run has died in the middle of it.
    Died,
}

/// One outcome of a step.
pub(super) type Outcome = (End, World, Run);

/// The outcomes of one step. The first is what happens on a day without faults.
pub(super) struct Effects<'a> {
    graph: &'a Graph,
    node: &'a Node,
    outcomes: Vec<Outcome>,
    world: World,
    run: Run,
}

impl<'a> Effects<'a> {
    /// Every outcome of a step.
    pub(super) fn of(
        graph: &'a Graph,
        node: &'a Node,
        world: World,
        run: Run,
        into: &mut Vec<Outcome>,
    ) {
        into.clear();
        let mut effects = Self {
            graph,
            node,
            outcomes: std::mem::take(into),
            world,
            run,
        };
        effects.step();
        *into = effects.outcomes;
    }

    fn done(&mut self, change: impl FnOnce(&mut World, &mut Run)) {
        self.push(End::Done, change);
    }

    fn failed(&mut self, change: impl FnOnce(&mut World, &mut Run)) {
        self.push(End::Failed, change);
    }

    fn push(&mut self, end: End, change: impl FnOnce(&mut World, &mut Run)) {
        let (mut world, mut run) = (self.world, self.run);
        change(&mut world, &mut run);
        let mut push = |outcome: Outcome| {
            if !self.outcomes.contains(&outcome) {
                self.outcomes.push(outcome);
            }
        };
        push((end, world, run));
        let told = self.node.told.filter(|told| *told != self.node.failed);
        if end == End::Failed && told.is_some() {
            push((End::Told, world, run));
        }
    }

    /// It works and changes that, or fails and changes nothing.
    fn either(&mut self, change: impl FnOnce(&mut World, &mut Run)) {
        self.done(change);
        self.failed(|_, _| ());
    }

    fn step(&mut self) {
        match &self.node.action {
            Action::CheckHost
            | Action::PreflightRun(_)
            | Action::PreflightProxy
            | Action::TestAsItIs
            | Action::TryVerify(_)
            | Action::ReadInputs
            | Action::CheckQuestions
            | Action::FindArtifact
            | Action::Record(_)
            | Action::EnsureShared(_)
            | Action::Ensures(_)
            | Action::MakeRelease
            | Action::User(..)
            | Action::Fetch(_)
            | Action::Stage(_)
            | Action::SyncRelease
            | Action::ReadOffers(_)
            | Action::Persist(..)
            | Action::PersistOff(_)
            | Action::KeepResuming
            | Action::Sweep => self.either(|_, _| ()),
            Action::ChooseIdle
            | Action::FindLive
            | Action::ChooseEarlier
            | Action::FindAdoptable
            | Action::TakeUp
            | Action::StillLive => self.choose(),
            Action::NoStranger => self.looks(!self.world.life(self.run.to).by_hand()),
            Action::PortsAreFree => self.looks(self.world.life(self.run.to).running == 0),
            Action::Dial(side) => self.dial(*side),
            Action::PutOffJournal => self.either(|world, _| {
                let journal = world.journal;
                world.pending = (journal.phase != Phase::Idle).then_some(journal);
            }),
            Action::Journal(intent) => self.journal(*intent),
            Action::Reserve => self.either(|world, _| {
                world.journal.phase = Phase::Prepared;
                world.journal.over = false;
            }),
            Action::Commit => self.commit(),
            Action::CommitAdopted | Action::FinishAdopted => self.commit_adopted(),
            Action::CloseJournal => self.either(|world, _| world.close()),
            Action::MakeAdopted | Action::SaveWayBack => self.either(|world, _| {
                world.kept = Some(world.disk).filter(|text| !text.is_ours());
            }),
            Action::ClearIdle => self.stop(),
            Action::Start(service) => self.start(self.graph.service(service)),
            Action::StartMissing(side, extent) => self.start_missing(*side, *extent),
            Action::Gate(service, gate) | Action::GateAgain(service, gate) => {
                self.gate(service, gate);
            }
            Action::Gates(side) => self.gates(*side),
            Action::MoveExclusive(side) => self.move_exclusive(*side),
            Action::Drain(side) => self.drain(*side),
            Action::Stop(..) => self.stop(),
            Action::LockProxy => self.either(|_, run| run.proxy = true),
            Action::UnlockProxy => self.either(|_, run| run.proxy = false),
            Action::Write(side) => {
                let text = self.run.text(&self.world, *side);
                self.done(|_, run| run.candidate = Some(text));
                self.failed(|_, run| run.candidate = None);
            }
            Action::Swap(side) => self.swap(*side),
            Action::Test => self.either(|_, run| run.proof = run.proof.then(Proof::Tested)),
            Action::Reload => self.reload(),
            Action::Confirm => {
                if self.world.force == self.world.disk {
                    self.done(|_, run| run.proof = run.proof.then(Proof::Confirmed));
                }
                self.failed(|_, _| ());
            }
            Action::Verify(name) => self.verify(self.graph.check(name)),
            Action::Verifies(_) => self.verify(self.graph.all_checks),
        }
    }

    /// It may find what it looks for only where that is so.
    fn looks(&mut self, found: bool) {
        if found {
            self.done(|_, _| ());
        }
        self.failed(|_, _| ());
    }

    // ---- what is live ------------------------------------------------------------------------

    /// What the proxy's file says decides which color is which.
    fn choose(&mut self) {
        let disk = self.world.disk;
        let adopts = self.node.program == ProgramName::Adopt;
        let sides = match self.node.action {
            Action::ChooseIdle => match disk {
                File::Ours(live) => Some((Some(live), live.other())),
                File::Absent | File::Text => Some((None, Color::A)),
                File::Edited(_) => None,
            },
            Action::FindLive => match disk {
                File::Ours(live) => Some((Some(live), live.other())),
                File::Absent | File::Text => return self.push(End::Nothing, |_, _| ()),
                File::Edited(_) => None,
            },
            // Whether there is a release to go back to does not matter: a start may fail. After the first switch there is none.
            Action::ChooseEarlier => match disk {
                File::Ours(live) if self.has_earlier(live.other()) => {
                    Some((Some(live), live.other()))
                }
                _ => None,
            },
            Action::FindAdoptable => {
                // Only a journal that rests can be put off; what an unfinished run has left comes first.
                let rests = matches!(
                    self.world.journal.phase,
                    Phase::Idle | Phase::Prepared | Phase::Switched
                );
                match disk {
                    File::Edited(live) if rests => Some((Some(live), live)),
                    File::Ours(live) if self.world.life(live).by_hand() && rests => {
                        Some((Some(live), live))
                    }
                    File::Ours(_) => return self.push(End::Nothing, |_, _| ()),
                    _ => None,
                }
            }
            // It routes where it did when that was chosen.
            _ => {
                let (from, to) = (self.run.from, self.run.to);
                let own = adopts || !matches!(disk, File::Edited(_));
                (disk.color() == from && own).then_some((from, to))
            }
        };
        if let Some((from, to)) = sides {
            self.done(|_, run| {
                run.chosen = true;
                run.from = from;
                run.to = to;
            });
        }
        self.failed(|_, _| ());
    }

    fn has_earlier(&self, color: Color) -> bool {
        let journal = &self.world.journal;
        let first = journal.phase == Phase::Switched && journal.from.is_none();
        !first && !self.world.life(color).by_hand()
    }

    // ---- the journal -------------------------------------------------------------------------

    fn journal(&mut self, intent: Intent) {
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

    fn commit(&mut self) {
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
    fn commit_adopted(&mut self) {
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

    // ---- the colors --------------------------------------------------------------------------

    /// Stops service by service what it may stop. Somebody else's program in the place that is to be cleared is an error.
    fn stop(&mut self) {
        let clears = self.node.action == Action::ClearIdle;
        let life = *self.world.life(self.run.to);
        let unknown = life.running != 0 && life.owner != Owner::Linked;
        let Some((color, services)) = stops(self.graph, &self.node.action, &self.world, &self.run)
        else {
            return self.looks(!(clears && unknown));
        };
        let refused = !clears && self.refuses_to_stop(color);
        if !refused {
            self.done(|world, _| world.life_mut(color).stop(services));
        }
        self.failed(|_, _| ());
        let first = services & services.wrapping_neg();
        if !refused && first != services {
            self.failed(|world, _| world.life_mut(color).stop(first));
        }
    }

    /// L2, asked by the step itself: what the file routes to, and what takes part in a swap. A way back whose end was seen has left the
    /// swap behind, whether the disk took that note or not.
    fn refuses_to_stop(&self, color: Color) -> bool {
        let swapping = self.world.journal.phase == Phase::Swapping;
        self.world.disk.color() == Some(color) || swapping && self.run.proof != Proof::Confirmed
    }

    fn starts(
        &self,
        color: Color,
        services: u16,
        sick: bool,
    ) -> impl Fn(&mut World, &mut Run) + use<> {
        let owner = if made_by_this_run(&self.world.journal, color) {
            Owner::Fresh
        } else {
            Owner::Linked
        };
        move |world, _| {
            let life = world.life_mut(color);
            if life.running == 0 {
                life.owner = owner;
                life.sick = sick;
            }
            life.running |= services;
        }
    }

    fn start(&mut self, service: u16) {
        let color = self.run.to;
        let life = *self.world.life(color);
        if service == 0 || life.running & service != 0 {
            return self.looks(true);
        }
        if !life.by_hand() {
            self.done(self.starts(color, service, false));
            if life.running == 0 {
                self.done(self.starts(color, service, true));
            }
            // Killed or failed after the program began, before its identity was saved: the stop finds
            // it all the same, which the contract of the drivers asks for.
            self.failed(self.starts(color, service, false));
        }
        self.failed(|_, _| ());
    }

    fn start_missing(&mut self, side: Side, extent: Extent) {
        let Some(color) = self.run.color(side) else {
            return self.done(|_, _| ());
        };
        let life = *self.world.life(color);
        let missing = self.graph.sets(&self.world, color).of(extent) & !life.running;
        if missing == 0 || life.by_hand() {
            // What was not started by a script of ours is not started by one.
            return self.looks(life.running & Life::STRANGER == 0);
        }
        self.done(self.starts(color, missing, false));
        if life.running == 0 {
            self.done(self.starts(color, missing, true));
        }
        self.failed(|_, _| ());
        self.failed(self.starts(color, missing, false));
        let first = missing & missing.wrapping_neg();
        if first != missing {
            self.failed(self.starts(color, first, false));
        }
    }

    fn gate(&mut self, service: &Name, gate: &Name) {
        let color = self.run.to;
        let gate = self.graph.gate(service, gate);
        if self.world.well(color, self.graph.service(service)) {
            self.done(|_, run| run.passed[color as usize] |= gate);
        }
        self.failed(|_, _| ());
    }

    /// All of them, by the script of the color's release.
    fn gates(&mut self, side: Side) {
        let Some(color) = self.run.color(side) else {
            return self.done(|_, _| ());
        };
        let gates = self.graph.all_gates;
        if self.world.well(color, self.graph.asked(&self.world, color)) {
            self.done(|_, run| run.passed[color as usize] |= gates);
        }
        self.failed(|_, _| ());
    }

    /// It may fail where every gate has passed.
    fn dial(&mut self, side: Side) {
        let Some(color) = self.run.color(side) else {
            return self.done(|_, _| ());
        };
        if self.world.well(color, self.graph.asked(&self.world, color)) {
            self.done(|_, run| run.dialed[color as usize] = true);
        }
        self.failed(|_, _| ());
    }

    /// What may run only once is stopped in the other color, on the way back in this one too, and started here.
    fn move_exclusive(&mut self, side: Side) {
        if !self.world.journal.handed {
            return self.done(|_, _| ());
        }
        let color = self.run.color(side);
        let starts = color.filter(|color| !self.world.life(*color).by_hand());
        let starts = starts.map_or(0, |color| self.graph.sets(&self.world, color).exclusive);
        let mut stopped: Vec<(Color, u16)> = Vec::new();
        for (color, services) in moved(self.graph, side, &self.world, &self.run) {
            stopped.extend(bits(services).map(|service| (color, service)));
        }
        let stop = |world: &mut World, number: usize| {
            for (color, service) in &stopped[..number] {
                world.life_mut(*color).stop(*service);
            }
        };
        let start: Vec<u16> = bits(starts).collect();
        let own = |services: u16| color.map(|color| self.starts(color, services, false));
        let all = own(starts);
        let some: Vec<_> = start.iter().map(|service| own(*service)).collect();
        let run_all = |world: &mut World, run: &mut Run| {
            stop(world, stopped.len());
            if let Some(start) = all.as_ref().filter(|_| starts != 0) {
                start(world, run);
            }
        };
        self.done(run_all);
        for number in 0..=stopped.len() {
            self.failed(|world, _| stop(world, number));
        }
        for number in 1..=start.len() {
            self.failed(|world, run| {
                stop(world, stopped.len());
                for start in some[..number].iter().flatten() {
                    start(world, run);
                }
            });
        }
    }

    /// Ends when nothing is answered any more, or with its time. What cannot be asked is waited for
    /// until then; a signal ends it early, but not on a way back.
    fn drain(&mut self, side: Side) {
        let color = self.run.color(side);
        let busy = color.filter(|color| self.world.life(*color).busy);
        match busy {
            Some(color) if self.world.journal.drains => {
                let over = |world: &mut World, _: &mut Run| world.life_mut(color).busy = false;
                self.done(over);
                self.failed(over);
                if self.node.told.is_some() {
                    self.push(End::Told, |_, _| ());
                }
            }
            _ => self.either(|_, _| ()),
        }
    }

    // ---- the proxy ---------------------------------------------------------------------------

    fn swap(&mut self, side: Side) {
        let text = self.run.text(&self.world, side);
        let swaps = |world: &mut World, run: &mut Run| {
            world.disk = text;
            run.candidate = None;
            run.proof = Proof::Swapped;
            run.verified = 0;
        };
        // Taking the file away needs no candidate.
        if text == File::Absent || self.run.candidate == Some(text) {
            self.done(swaps);
            self.failed(swaps);
        }
        self.failed(|_, _| ());
    }

    /// A reload may be lost, and one that is said to have failed may have been done.
    fn reload(&mut self) {
        let proof = self.run.proof.then(Proof::Reloaded);
        let loads = |world: &mut World, run: &mut Run| {
            world.load();
            run.proof = proof;
        };
        self.done(loads);
        self.done(|_, run| run.proof = proof);
        self.failed(loads);
        self.failed(|_, _| ());
    }

    fn verify(&mut self, checks: u16) {
        let serves = self.world.force.color();
        let well = |color| {
            let asked = self.graph.asked(&self.world, color);
            self.world.well(color, asked)
        };
        if serves.is_some_and(well) {
            self.done(|_, run| run.verified |= checks);
        }
        let warns = self.node.warns();
        self.failed(|_, run| run.verified |= if warns { checks } else { 0 });
    }
}

/// Whether a color is the one that an unfinished deployment has made a release for.
pub(super) fn made_by_this_run(journal: &Journal, color: Color) -> bool {
    let unfinished = !matches!(journal.phase, Phase::Idle | Phase::Switched);
    unfinished && journal.kind == Kind::Deploy && journal.to == color
}

/// What a step stops: the color, and those of its services that run.
pub(super) fn stops(
    graph: &Graph,
    action: &Action,
    world: &World,
    run: &Run,
) -> Option<(Color, u16)> {
    let journal = &world.journal;
    let (color, owner, extent) = match action {
        Action::ClearIdle => (run.to, Owner::Linked, Extent::Whole),
        Action::Stop(side, extent) => {
            let color = run.color(*side)?;
            let owner = match (side, journal.kind) {
                // What ran before a rollback goes on as it was; what was adopted is nobody's to stop.
                (Side::New, Kind::Rollback) if journal.warm => return None,
                (Side::New, Kind::Adopt) => return None,
                (Side::New, Kind::Deploy) if journal.phase != Phase::Idle => Owner::Fresh,
                _ => Owner::Linked,
            };
            (color, owner, *extent)
        }
        _ => return None,
    };
    let life = world.life(color);
    let services = match extent {
        Extent::Whole => life.running,
        part => life.running & graph.sets(world, color).of(part),
    };
    (services != 0 && life.owner == owner).then_some((color, services))
}

/// What a move of what may run only once stops first: in the other color what is exclusive there or named so here, on the way back in
/// this one too.
pub(super) fn moved(graph: &Graph, side: Side, world: &World, run: &Run) -> Vec<(Color, u16)> {
    let (color, other) = match side {
        Side::New => (Some(run.to), run.from),
        Side::Old | Side::Given => (run.from, Some(run.to)),
    };
    let here = color.map_or(0, |color| graph.sets(world, color).exclusive);
    let mut stopped = Vec::new();
    if let Some(other) = other.filter(|other| Some(*other) != color) {
        stopped.push((other, here | graph.sets(world, other).exclusive));
    }
    if side != Side::New {
        stopped.extend(color.map(|color| (color, here)));
    }
    stopped.retain_mut(|(color, services)| {
        let life = world.life(*color);
        *services &= life.running;
        *services != 0 && life.owner != Owner::Hand
    });
    stopped
}
