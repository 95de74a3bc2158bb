//! What a step does to the host: every outcome that it may have, the half-done ones among them.
//!
//! A step that hangs ends at its deadline, which is a failure. The run may die before any step, so a
//! state after half of an effect is one in which the run may die too.

use super::super::{Action, Entry, Intent, PhaseName, Reservation, Side};
use super::program::{Node, Place, Program, bit};
use super::world::{Color, Health, Life, Proof, Route, Run, World};
use crate::model::Name;

/// How a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has done what it is for.
    Done,
    /// It has failed, hung or was interrupted; some of it may be done.
    Failed,
}

/// The outcomes of one step. The first is what happens on a day without faults.
pub(super) struct Effects {
    outcomes: Vec<(End, World, Run)>,
    world: World,
    run: Run,
}

impl Effects {
    fn done(&mut self, change: impl FnOnce(&mut World, &mut Run)) {
        self.push(End::Done, change);
    }

    fn failed(&mut self, change: impl FnOnce(&mut World, &mut Run)) {
        self.push(End::Failed, change);
    }

    fn push(&mut self, end: End, change: impl FnOnce(&mut World, &mut Run)) {
        let (mut world, mut run) = (self.world, self.run);
        change(&mut world, &mut run);
        if !self.outcomes.contains(&(end, world, run)) {
            self.outcomes.push((end, world, run));
        }
    }

    /// It works and changes that, or fails and changes nothing.
    fn either(&mut self, change: impl FnOnce(&mut World, &mut Run)) {
        self.done(change);
        self.failed(|_, _| ());
    }

    /// Every outcome of a step.
    pub(super) fn of(
        program: &Program<'_>,
        node: &Node,
        world: World,
        run: Run,
        into: &mut Vec<(End, World, Run)>,
    ) {
        into.clear();
        let mut effects = Self {
            outcomes: std::mem::take(into),
            world,
            run,
        };
        effects.step(program, node);
        *into = effects.outcomes;
    }

    fn step(&mut self, program: &Program<'_>, node: &Node) {
        match &node.action {
            Action::Lock => self.either(|_, run| run.locked = true),
            Action::Recover
            | Action::Preflight
            | Action::ReadInputs
            | Action::MakeRelease
            | Action::Stage(_)
            | Action::UserStep(..)
            | Action::Persist(..)
            | Action::InstallResume
            | Action::TestAsIs
            | Action::Clear(..) => self.either(|_, _| ()),
            Action::ReadRouted => self.read_routed(node.place),
            Action::ClearIdle(service) => self.clear_idle(program.service(service)),
            Action::Start(service, side) => self.start(program, node, service, *side),
            Action::Probe(service, gate, side) | Action::ProbeAgain(service, gate, side) => {
                self.probe(program, service, *gate, *side);
            }
            Action::Reserve => self.either(|world, _| {
                world.entry = Entry::Prepared;
                world.reservation = Reservation::Held;
            }),
            Action::LockProxy | Action::Test => self.either(|_, run| quiet(node, run)),
            Action::Write(_) => {
                self.done(|_, run| quiet(node, run));
                self.failed(|_, run| run.candidate = None);
            }
            Action::Journal(intent) => self.journal(program, node.place, *intent),
            Action::Swap(side) => self.swap(*side),
            Action::Reload => self.reload(),
            Action::Confirm => {
                if self.world.force == self.world.disk {
                    self.done(|_, run| run.proof = run.proof.then(Proof::Confirmed));
                }
                self.failed(|_, _| ());
            }
            Action::Verify(number) => self.verify(program, node, *number),
            Action::HandOver(service) => self.hand_over(program.service(service)),
            Action::Commit => self.either(|world, run| {
                world.entry = Entry::Switched;
                world.from = run.from;
                world.to = run.to;
                world.warm = false;
                world.pending = false;
                world.lame = false;
                world.life_mut(run.to).linked = true;
            }),
            Action::Drain(side) => self.drain(node.place, *side),
            Action::Stop(service, side) => self.stop(program.service(service), *side),
            Action::Record => self.either(|world, run| {
                if node.place == Place::Back && world.warm && world.pending {
                    // The cleanup that the rollback preempted: of what it wanted to go back to.
                    world.entry = Entry::Switched;
                    world.from = Some(run.to);
                    world.to = run.to.other();
                    world.warm = false;
                    world.pending = false;
                    world.reservation = Reservation::Held;
                } else {
                    world.forget();
                }
            }),
        }
    }

    /// Which color is live decides which is idle.
    fn read_routed(&mut self, place: Place) {
        let disk = self.world.disk;
        let agrees = match place {
            Place::Phase(PhaseName::Switch) => disk == self.run.from,
            // Whether there is a release to go back to does not matter: a start may fail.
            Place::Phase(PhaseName::Rollback) => disk.is_some(),
            _ => true,
        };
        if agrees {
            self.done(|_, run| {
                run.read = true;
                run.from = disk;
                if place != Place::Phase(PhaseName::Switch) {
                    run.to = disk.map_or(Color::A, Color::other);
                }
            });
        }
        self.failed(|_, _| ());
    }

    /// What is left of the idle color and known is stopped; somebody else's program is an error.
    fn clear_idle(&mut self, service: u16) {
        let to = self.run.to;
        let life = *self.world.life(to);
        let runs = life.running & service != 0;
        if life.health != Health::Stranger && (!runs || life.linked) {
            self.done(|world, _| stop(world.life_mut(to), service));
        }
        self.failed(|_, _| ());
    }

    fn start(&mut self, program: &Program<'_>, node: &Node, service: &Name, side: Side) {
        let Some(color) = self.run.color(side) else {
            self.done(|_, _| ());
            return;
        };
        let service = program.service(service);
        let life = *self.world.life(color);
        if life.running & service != 0 {
            self.done(|_, _| ());
            return;
        }
        let new = side == Side::New && node.place == Place::Phase(PhaseName::Prepare);
        let starts = move |health| {
            move |world: &mut World, _: &mut Run| {
                let life = world.life_mut(color);
                if life.running == 0 {
                    life.linked = !new;
                    life.health = health;
                }
                life.running |= service;
            }
        };
        if life.health != Health::Stranger {
            self.done(starts(Health::Well));
            if life.running == 0 {
                self.done(starts(Health::Sick));
            }
            // Killed or failed after the program began, before its identity was saved: the stop finds
            // it all the same, which the contract of the drivers asks for.
            self.failed(starts(Health::Well));
        }
        let exclusive = service & program.overlapping == 0;
        self.failed(|world, _| world.lame |= exclusive && side == Side::Previous);
    }

    fn probe(&mut self, program: &Program<'_>, service: &Name, gate: usize, side: Side) {
        let gate = program.gate(service, gate);
        let Some(color) = self.run.color(side) else {
            self.done(|_, _| ());
            return;
        };
        if self.world.well(color, program.service(service)) {
            self.done(|_, run| run.passed[color as usize] |= gate);
        }
        self.failed(|_, _| ());
    }

    fn journal(&mut self, program: &Program<'_>, place: Place, intent: Intent) {
        let overlapping = program.overlapping;
        self.either(|world, run| match intent {
            Intent::Prepare => {
                let rollback = place == Place::Phase(PhaseName::Rollback);
                world.pending = rollback && world.entry == Entry::Switched;
                world.warm = rollback && world.life(run.to).running & overlapping != 0;
                world.entry = Entry::Preparing;
                world.from = run.from;
                world.to = run.to;
                world.reservation = Reservation::Held;
                world.snapshot &= world.pending;
            }
            Intent::Swap => {
                world.entry = Entry::Swapping;
                world.snapshot = true;
            }
            Intent::Return => {
                world.entry = Entry::Preparing;
                world.snapshot = true;
            }
        });
    }

    fn swap(&mut self, side: Side) {
        let target: Route = self.run.color(side);
        let swaps = |world: &mut World, run: &mut Run| {
            world.disk = target;
            run.candidate = None;
            run.proof = Proof::Swapped;
            run.verified = 0;
        };
        // Taking the file away needs no candidate.
        if target.is_none() || self.run.candidate == Some(target) {
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

    fn verify(&mut self, program: &Program<'_>, node: &Node, number: usize) {
        let serves = self.world.force;
        if serves.is_some_and(|color| self.world.well(color, program.overlapping)) {
            self.done(|_, run| run.verified |= bit(number));
        }
        self.failed(|_, run| run.verified |= if node.warns { bit(number) } else { 0 });
    }

    fn hand_over(&mut self, service: u16) {
        let (from, to) = (self.run.from, self.run.to);
        let stops = move |world: &mut World, _: &mut Run| {
            if let Some(from) = from {
                stop(world.life_mut(from), service);
            }
        };
        let both = move |world: &mut World, run: &mut Run| {
            stops(world, run);
            world.life_mut(to).running |= service;
        };
        self.done(both);
        self.failed(|_, _| ());
        self.failed(stops);
        self.failed(both);
    }

    /// Ends when nothing is answered any more, or with its time. What cannot be asked is waited for
    /// until then; a signal ends it early, but not on a way back.
    fn drain(&mut self, place: Place, side: Side) {
        let color = self.run.color(side);
        let busy = color.filter(|color| self.world.life(*color).busy);
        match busy {
            Some(color) if self.world.snapshot => {
                let over = |world: &mut World, _: &mut Run| world.life_mut(color).busy = false;
                self.done(over);
                if place == Place::Back {
                    self.failed(over);
                } else {
                    self.failed(|_, _| ());
                }
            }
            _ => self.either(|_, _| ()),
        }
    }

    fn stop(&mut self, service: u16, side: Side) {
        let color = self.run.color(side);
        let stays = side == Side::New && self.world.warm;
        match color {
            Some(color) if !stays => self.either(|world, _| stop(world.life_mut(color), service)),
            _ => self.done(|_, _| ()),
        }
    }
}

/// What a process knows after a step that changes nothing else.
pub(super) fn quiet(node: &Node, run: &mut Run) {
    match node.action {
        Action::LockProxy => run.proxy = true,
        Action::Write(side) => run.candidate = Some(run.color(side)),
        Action::Test => run.proof = run.proof.then(Proof::Tested),
        _ => {}
    }
}

/// A service of a color does not run any more; what is not the script's does.
fn stop(life: &mut Life, service: u16) {
    if life.health != Health::Stranger {
        life.running &= !service;
        if life.running == 0 {
            *life = Life::default();
        }
    }
}

impl Proof {
    /// Each counts only after the one before it.
    fn then(self, next: Self) -> Self {
        if self as u8 + 1 == next as u8 {
            next
        } else {
            self
        }
    }
}
