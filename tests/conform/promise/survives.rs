//! What starts by itself after a reboot: all services of the release that serves, and no others.

use std::collections::BTreeSet;

use super::Ended;
use crate::plan::Phase;
use crate::trace::Event;
use crate::world::World;

impl Ended<'_> {
    /// If the journal is at rest, the right services start after a reboot. The step that switches the start of a
    /// service off may fail, which is only a warning. So a mistake that an earlier run has left is no complaint about
    /// this run.
    pub(super) fn survives(&self, broken: &mut Vec<String>) {
        let rests = |world: &World| matches!(world.phase(), Phase::Idle | Phase::Prepared);
        let mut events = self.ran.events.iter();
        let is_told = |event: &Event| matches!(event, Event::Failed(words) if words.starts_with("persist_off"));
        if !rests(self.after) || events.any(is_told) {
            return;
        }
        let mut found = self.boots_wrong(self.after);
        if rests(self.before) {
            let left = self.boots_wrong(self.before);
            found.retain(|what| !left.contains(what));
        }
        broken.extend(found);
    }

    /// The services that start although they do not serve, and those that serve but do not start. A color that somebody
    /// has started by hand is not judged, because only that person knows whether it starts.
    fn boots_wrong(&self, world: &World) -> BTreeSet<String> {
        let live = self.stand.color_of(&world.force).unwrap_or_default();
        let release = world.release_in(&live).unwrap_or_default();
        let mut wanted = BTreeSet::new();
        if !release.is_empty() && release != "-" {
            let services = self.stand.built_of(release).services();
            wanted.extend(services.map(|service| (live.clone(), service.to_owned())));
        }
        let starts = world.boots.difference(&wanted);
        let starts = starts.filter(|(color, _)| release != "-" || *color != live);
        let starts = starts.map(|(color, service)| {
            format!("{service} of {color} does not serve, and starts after a reboot")
        });
        let missing = wanted.difference(&world.boots).map(|(color, service)| {
            format!("{service} of {color} serves, and does not start after a reboot")
        });
        starts.chain(missing).collect()
    }
}
