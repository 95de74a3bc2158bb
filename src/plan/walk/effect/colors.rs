//! The effects of steps that start, probe and stop services.

use super::super::super::{Action, Extent, Kind, Phase, Side};
use super::super::color::Color;
use super::super::graph::{Graph, bits};
use super::super::run::{Proof, Run};
use super::super::world::{Life, Owner, World, made_by_this_run};
use super::{Effects, End};
use crate::model::Name;

impl Effects<'_> {
    /// Stops the services that may be stopped, one by one. A foreign program in the idle color is an error.
    pub(super) fn stop(&mut self) {
        // A removal does not need the idle color to be free.
        let removes = self.world.journal.kind == Kind::Remove;
        let clears = self.node.action == Action::ClearIdle && !removes;
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

    /// Returns whether the step itself refuses the stop because of L2: the file routes to the color, or a swap is not
    /// confirmed. A way back that is confirmed has ended the swap, whether the journal says so or not.
    pub(super) fn refuses_to_stop(&self, color: Color) -> bool {
        let swapping = self.world.journal.phase == Phase::Swapping;
        self.world.disk.color() == Some(color) || swapping && self.run.proof != Proof::Confirmed
    }

    pub(super) fn starts(
        &self,
        color: Color,
        services: u16,
        sick: bool,
    ) -> impl Fn(&mut World, &mut Run) + use<> {
        let owner = if made_by_this_run(self.world.journal, color) {
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

    pub(super) fn start(&mut self, service: u16) {
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
            // The run died or failed after the program began and before its identity was saved. The contract of the
            // drivers requires that a stop finds the program anyway.
            self.failed(self.starts(color, service, false));
        }
        self.failed(|_, _| ());
    }

    pub(super) fn start_missing(&mut self, side: Side, extent: Extent) {
        let Some(color) = self.run.color(side) else {
            return self.done(|_, _| ());
        };
        let life = *self.world.life(color);
        let missing = self.graph.sets(&self.world, color).of(extent) & !life.running;
        if missing == 0 || life.by_hand() {
            // The script does not start a color that it did not start before.
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

    pub(super) fn gate(&mut self, service: &Name, gate: &Name) {
        let color = self.run.to;
        let gate = self.graph.gate(service, gate);
        if self.world.well(color, self.graph.service(service)) {
            self.done(|_, run| run.passed[color as usize] |= gate);
        }
        self.failed(|_, _| ());
    }

    /// Probes all gates, with the script of the color's release.
    pub(super) fn gates(&mut self, side: Side) {
        let Some(color) = self.run.color(side) else {
            return self.done(|_, _| ());
        };
        let gates = self.graph.all_gates;
        if self.world.well(color, self.graph.asked(&self.world, color)) {
            self.done(|_, run| run.passed[color as usize] |= gates);
        }
        self.failed(|_, _| ());
    }

    /// A connection may fail even if all gates have passed.
    pub(super) fn dial(&mut self, side: Side) {
        let Some(color) = self.run.color(side) else {
            return self.done(|_, _| ());
        };
        if self.world.well(color, self.graph.asked(&self.world, color)) {
            self.done(|_, run| run.dialed[color as usize] = true);
        }
        self.failed(|_, _| ());
    }

    /// Moves the exclusive services: stops them in the other color, on a way back also in this one, and starts them
    /// here.
    pub(super) fn move_exclusive(&mut self, side: Side) {
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

    /// Ends when all requests are answered, or when its time ends. If the proxy cannot be asked, the step waits for the
    /// full time. A signal ends the wait early, but not on a way back.
    pub(super) fn drain(&mut self, side: Side) {
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
}

/// Returns the color that a step stops, and its running services.
pub(in super::super) fn stops(
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
                // A color that ran before the rollback keeps running. The script must not stop an adopted color.
                (Side::New, Kind::Rollback) if journal.warm => return None,
                (Side::New, Kind::Adopt) => return None,
                (Side::New, kind) if kind.makes_release() && journal.phase != Phase::Idle => {
                    Owner::Fresh
                }
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

/// Returns the services that a move of the exclusive services stops first. In the other color these are the services
/// that are exclusive in either release. On a way back, also the ones in this color.
pub(in super::super) fn moved(
    graph: &Graph,
    side: Side,
    world: &World,
    run: &Run,
) -> Vec<(Color, u16)> {
    let (color, other) = match side {
        Side::New => (Some(run.to), run.from),
        Side::Old | Side::Nothing | Side::Given => (run.from, Some(run.to)),
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
