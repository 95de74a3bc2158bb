//! The effects of steps on the proxy's file and the configuration in force.

use super::super::super::Side;
use super::super::file::File;
use super::super::run::{Proof, Run};
use super::super::world::World;
use super::Effects;

impl Effects<'_> {
    pub(super) fn swap(&mut self, side: Side) {
        let text = self.run.text(&self.world, side);
        let swaps = |world: &mut World, run: &mut Run| {
            world.disk = text;
            run.candidate = None;
            run.proof = Proof::Swapped;
            run.verified = 0;
        };
        // The removal of the file needs no candidate.
        if text == File::Absent || self.run.candidate == Some(text) {
            self.done(swaps);
            self.failed(swaps);
        }
        self.failed(|_, _| ());
    }

    /// A reload may be lost. A reload with a reported failure may still have happened.
    pub(super) fn reload(&mut self) {
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

    pub(super) fn verify(&mut self, checks: u16) {
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
