//! Events on a host that are not steps of a run.

use super::super::{Extent, Phase};
use super::color::Color;
use super::file::File;
use super::graph::Graph;
use super::transition::Meanwhile;
use super::world::{Life, Owner, World};

/// Returns what may happen at any time: to the colors that the next step asks, and to the proxy.
pub(super) fn any_time(
    world: &World,
    asked: &[Color],
) -> impl Iterator<Item = (Meanwhile, World)> + use<> {
    let mut after = Vec::new();
    for color in asked.iter().copied() {
        let life = world.life(color);
        if life.running != 0 && !life.sick {
            let mut sick = *world;
            sick.life_mut(color).sick = true;
            after.push((Meanwhile::Sickens(color), sick));
        }
        if life.running != 0 {
            let mut gone = *world;
            gone.life_mut(color).gone();
            after.push((Meanwhile::Ends(color), gone));
        }
    }
    if world.force != world.disk {
        let mut loaded = *world;
        loaded.load();
        after.push((Meanwhile::ForeignReload, loaded));
    }
    after.into_iter()
}

/// Returns what may happen while no run is active.
pub(super) fn between(
    graph: &Graph,
    world: &World,
) -> impl Iterator<Item = (Meanwhile, World)> + use<> {
    let mut after: Vec<_> = any_time(world, &Color::BOTH).collect();
    let mut push = |what, change: &dyn Fn(&mut World)| {
        let mut world = *world;
        change(&mut world);
        after.push((what, world));
    };
    for color in Color::BOTH {
        if world.life(color).busy {
            push(Meanwhile::Answered, &|world| {
                world.life_mut(color).busy = false;
            });
        }
    }
    push(Meanwhile::Reboot, &|world| {
        for life in &mut world.life {
            life.gone();
        }
        world.force = world.disk;
        for journal in std::iter::once(&mut world.journal).chain(&mut world.pending) {
            journal.drains = false;
            journal.over = matches!(journal.phase, Phase::Prepared) || journal.over;
        }
    });
    let phase = world.journal.phase;
    if phase == Phase::Prepared && !world.journal.over {
        push(Meanwhile::Expires, &|world| world.journal.over = true);
    }
    let rests = matches!(phase, Phase::Idle | Phase::Prepared | Phase::Switched);
    if let File::Ours(live) = world.disk
        && rests
        && world.force == world.disk
    {
        push(Meanwhile::Edited, &|world| {
            world.disk = File::Edited(live);
            world.force = world.disk;
        });
    }
    if phase == Phase::Idle {
        idle(graph, world, &mut push);
    }
    after.into_iter()
}

/// Adds the actions of people on a host without interrupted work.
fn idle(graph: &Graph, world: &World, push: &mut impl FnMut(Meanwhile, &dyn Fn(&mut World))) {
    if let File::Ours(live) = world.disk
        && world.life(live.other()).running == 0
    {
        push(Meanwhile::Stranger, &|world| {
            let life = world.life_mut(live.other());
            life.running = Life::STRANGER;
            life.owner = Owner::Hand;
            life.sick = true;
        });
    }
    let nothing = world.life.iter().all(|life| life.running == 0);
    if world.disk == File::Absent && world.force == File::Absent && nothing {
        push(Meanwhile::TextLaid, &|world| {
            world.disk = File::Text;
            world.force = File::Text;
        });
        push(Meanwhile::ByHand, &|world| {
            world.disk = File::Edited(Color::A);
            world.force = world.disk;
            let life = world.life_mut(Color::A);
            life.running = graph.routed;
            life.owner = Owner::Hand;
        });
    }
    if graph.has_past() {
        older(graph, world, push);
    }
}

/// Adds the case that all releases come from an older deploy.bg. The live color then runs with all services of that
/// file. The other color is kept warm or does not run.
fn older(graph: &Graph, world: &World, push: &mut impl FnMut(Meanwhile, &dyn Fn(&mut World))) {
    let File::Ours(serves) = world.disk else {
        return;
    };
    let ours = |life: &Life| !life.past && life.owner == Owner::Linked;
    let whole = graph.today.of(Extent::Whole);
    let other = world.life(serves.other()).running;
    let rests = world.life(serves).running == whole && (other == 0 || other == graph.today.overlap);
    if rests && world.life.iter().all(ours) {
        push(Meanwhile::Older, &|world| {
            for life in &mut world.life {
                life.past = true;
            }
            world.life_mut(serves).running = graph.past.of(Extent::Whole);
        });
    }
}
