//! The laws as predicates: what a step may not do in the state in which it begins, and how a command
//! may not end.

use super::super::{Action, Command, Entry, Intent, PhaseName, Reservation, Side};
use super::program::{Exit, Node, Place, Program};
use super::world::{Color, Health, Life, Proof, Route, Run, World};
use std::fmt;

/// A law of what a generated script keeps on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// L1: a swap follows a probe pass of what it points to, in the same process.
    Gate,
    /// L2: what serves, or may serve, is not stopped.
    LiveIsUntouchable,
    /// L3: decisions come from the proxy's file and the journal, and nothing else.
    OneTruth,
    /// L4: a switch has happened when it was seen.
    Proof,
    /// L5: what served before serves after a failure, and the next command ends well.
    WayBack,
    /// L6: one deployment at a time.
    OneAtATime,
    /// L7: a request that was accepted ends whole.
    NoCut,
    /// L8: only what the script started is stopped.
    OnlyOurs,
    /// L9: everything has a deadline, and the sums are those that the callers are told.
    Bounded,
}

impl Law {
    /// Its number and name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gate => "L1, gate",
            Self::LiveIsUntouchable => "L2, live is untouchable",
            Self::OneTruth => "L3, one truth",
            Self::Proof => "L4, proof",
            Self::WayBack => "L5, way back",
            Self::OneAtATime => "L6, one at a time",
            Self::NoCut => "L7, no cut",
            Self::OnlyOurs => "L8, only ours",
            Self::Bounded => "L9, bounded",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What a predicate says of a breach.
pub(super) type Verdict = Result<(), &'static str>;

/// A step that is about to be taken.
pub(super) struct Begins<'a> {
    pub(super) program: &'a Program<'a>,
    pub(super) node: &'a Node,
    pub(super) world: &'a World,
    pub(super) run: &'a Run,
}

/// A law as a predicate on a step.
type Holds = fn(&Begins<'_>) -> Verdict;

/// The laws on steps; the one that says most about a breach comes first.
const STEPS: [(Law, Holds); 8] = [
    (Law::OneAtATime, one_at_a_time),
    (Law::OneTruth, one_truth),
    (Law::OnlyOurs, only_ours),
    (Law::LiveIsUntouchable, live_is_untouchable),
    (Law::NoCut, no_cut),
    (Law::Gate, gate),
    (Law::Proof, proof),
    (Law::WayBack, way_back),
];

impl Begins<'_> {
    /// The law that the step breaks.
    pub(super) fn broken(&self) -> Option<(Law, &'static str)> {
        STEPS
            .iter()
            .find_map(|(law, holds)| Some((*law, holds(self).err()?)))
    }

    /// The color and the bit of the service that the step stops, if that runs.
    fn stops(&self) -> Option<(Color, u16)> {
        let (service, route): (_, Route) = match &self.node.action {
            // What ran before a rollback goes on as it was.
            Action::Stop(_, Side::New) if self.world.warm => return None,
            Action::Stop(service, side) => (service, self.run.color(*side)),
            Action::ClearIdle(service) => (service, Some(self.run.to)),
            Action::HandOver(service) => (service, self.run.from),
            _ => return None,
        };
        let service = self.program.service(service);
        let color = route?;
        let life = self.world.life(color);
        (life.running & service != 0 && life.health != Health::Stranger).then_some((color, service))
    }

    /// Whether the step changes the host or the state.
    fn changes(&self) -> bool {
        matches!(
            self.node.action,
            Action::ClearIdle(_)
                | Action::MakeRelease
                | Action::Start(..)
                | Action::Reserve
                | Action::Persist(..)
                | Action::InstallResume
                | Action::Journal(_)
                | Action::HandOver(_)
                | Action::Commit
                | Action::Stop(..)
                | Action::Clear(..)
                | Action::Record
        ) || self.touches_proxy()
    }

    fn touches_proxy(&self) -> bool {
        matches!(
            self.node.action,
            Action::Write(_) | Action::Swap(_) | Action::Reload | Action::Confirm
        )
    }
}

/// L1: every swap of the proxy's configuration, forward or back, is preceded in the same process by
/// a pass of every gate of the color that it points to.
fn gate(step: &Begins<'_>) -> Verdict {
    let Action::Swap(side) = step.node.action else {
        return Ok(());
    };
    let target = step.run.color(side);
    let gates = step.program.all_gates;
    match target {
        Some(color) if step.run.passed[color as usize] & gates != gates => {
            Err("the color that the proxy is pointed at has not passed its gates in this process")
        }
        _ => Ok(()),
    }
}

/// L2: nothing stops, or starts anew, what is in force or on the disk as live; and from the journalled
/// swap until its commit, or until the confirmation that it was undone, neither of its two colors. A service that may run only once is not routed to:
/// it may be handed over once the swap is confirmed.
fn live_is_untouchable(step: &Begins<'_>) -> Verdict {
    let world = step.world;
    if let Action::Start(_, Side::New) | Action::MakeRelease = step.node.action {
        let new = Some(step.run.to);
        if new == world.disk || new == world.force {
            return Err("the new color is made where the live one is");
        }
    }
    let Some((color, service)) = step.stops() else {
        return Ok(());
    };
    let routed = service & step.program.overlapping != 0;
    let swapping = world.entry == Entry::Swapping;
    let forward = matches!(step.node.place, Place::Phase(_));
    if routed && world.force == Some(color) {
        Err("the proxy routes to what is stopped")
    } else if routed && world.disk == Some(color) {
        Err("the proxy's file routes to what is stopped: the next reload puts it in force")
    } else if swapping && (step.run.proof != Proof::Confirmed || routed && forward) {
        Err("a swap to or from what is stopped is not at its end")
    } else {
        Ok(())
    }
}

/// L3: which color is idle, and from where a swap goes, is read from the proxy's file in the same
/// process. A swap is journalled before, for only then may disk and force differ. Who finds a journalled
/// swap writes, tests, reloads and confirms before anything is stopped.
fn one_truth(step: &Begins<'_>) -> Verdict {
    let forward = matches!(step.node.place, Place::Phase(_));
    let decides = matches!(
        step.node.action,
        Action::ClearIdle(_)
            | Action::MakeRelease
            | Action::Journal(Intent::Prepare)
            | Action::Swap(_)
    );
    if forward && decides && !step.run.read {
        return Err("nobody has asked the proxy's file which color is live");
    }
    if matches!(step.node.action, Action::Swap(_)) && step.world.entry != Entry::Swapping {
        return Err("the swap is not journalled: nobody could tell that it was under way");
    }
    let undecided = step.run.found_swapping && step.run.proof != Proof::Confirmed;
    if undecided && step.stops().is_some() {
        return Err("after an interrupted swap something is stopped before one color is in force");
    }
    Ok(())
}

/// L4: what is loaded was tested; the commit follows the confirmation and every check through the
/// proxy. (Who stays on the new color because the previous one is gone asks for no check: its failure
/// may be the reason. A person is told.)
fn proof(step: &Begins<'_>) -> Verdict {
    let run = step.run;
    match step.node.action {
        Action::Reload if run.proof == Proof::Swapped => Err("what is loaded was not tested"),
        Action::Commit if run.proof != Proof::Confirmed => {
            Err("the commit comes before the proxy was seen to serve the new color")
        }
        Action::Commit
            if matches!(step.node.place, Place::Phase(_))
                && run.verified & step.program.all_checks != step.program.all_checks =>
        {
            Err("the commit comes before every check through the proxy has passed")
        }
        _ => Ok(()),
    }
}

/// L5, of a step: the journal of a swap is not forgotten before the swap is at its end.
fn way_back(step: &Begins<'_>) -> Verdict {
    let forgets = matches!(
        step.node.action,
        Action::Record | Action::Reserve | Action::Journal(Intent::Prepare | Intent::Return)
    );
    let swapping = step.world.entry == Entry::Swapping;
    if forgets && swapping && step.run.proof != Proof::Confirmed {
        return Err("the journal forgets a swap that is not at its end");
    }
    Ok(())
}

/// L6: whatever changes anything holds the app's mutex, and the proxy's from the swap to its
/// confirmation; a prepared color that is not too old belongs to its deployment's switch or abort.
fn one_at_a_time(step: &Begins<'_>) -> Verdict {
    if step.changes() && !step.run.locked {
        return Err("nothing keeps another run away");
    }
    if step.touches_proxy() && !step.run.proxy {
        return Err("nothing keeps another app's run away from the proxy");
    }
    let reserved =
        step.world.entry == Entry::Prepared && step.world.reservation == Reservation::Held;
    let its_own = matches!(
        step.run.command,
        None | Some(Command::Switch | Command::Abort | Command::Prepare)
    ) && step.node.place != Place::Phase(PhaseName::Prepare);
    if reserved && step.changes() && !its_own {
        return Err("a color that another deployment has prepared is taken away");
    }
    Ok(())
}

/// L7: a color is stopped only when no worker of before the last change of route may be answering
/// with it, or when these had all the time of the drain.
fn no_cut(step: &Begins<'_>) -> Verdict {
    let Some((color, service)) = step.stops() else {
        return Ok(());
    };
    let routed = service & step.program.overlapping != 0;
    if routed && step.world.life(color).busy {
        return Err("workers of the proxy may still be answering requests with what is stopped");
    }
    Ok(())
}

/// L8: a stop has a journal, and so a recorded release; without one it would be guesswork.
fn only_ours(step: &Begins<'_>) -> Verdict {
    if matches!(step.node.action, Action::Stop(..)) && step.world.entry == Entry::Idle {
        return Err("nothing says that what is stopped was started by the script");
    }
    Ok(())
}

/// L5, of a command's end: a run that ends by itself leaves no swap in the middle, unless it asks for
/// a person.
/// a person. Once the way back is confirmed the journal may stay as it is: the next command goes back
/// once more.
pub(super) fn ended(exit: Exit, place: Place, world: &World, run: &Run) -> Verdict {
    let is_back = run.proof == Proof::Confirmed && place == Place::Back;
    let swapped = run.proof != Proof::None;
    if swapped && exit != Exit::Person && !is_back && world.entry == Entry::Swapping {
        return Err("the run ends in the middle of a swap, and nothing goes back");
    }
    Ok(())
}

/// L5, of a day without faults: whatever state a command finds, it ends with the disk in force and
/// what served well still well; and a deploy ends with a new color that serves, alone.
pub(super) fn next_command(
    program: &Program<'_>,
    command: Command,
    found: &World,
    exit: Exit,
    left: &World,
) -> Verdict {
    // What is down can serve if the recovery starts it, which it does with the previous color.
    let well = |color: Color| found.well(color, program.overlapping);
    let down = |color: Color| *found.life(color) == Life::default();
    let can_serve = found.from.is_some_and(|from| well(from) || down(from)) || well(found.to);
    if exit == Exit::Person {
        let serves = left.disk == left.force
            && left
                .force
                .is_some_and(|color| left.well(color, program.overlapping));
        return if serves || !can_serve {
            Ok(())
        } else {
            Err("a person is asked although a color can serve")
        };
    }
    if left.disk != left.force {
        return Err("what is on the disk is not what is in force");
    }
    // In the middle of a swap what counts is what served before it.
    let served = match found.entry {
        Entry::Swapping => found.from,
        _ => found.force,
    };
    let served = served.is_some_and(|color| found.well(color, program.overlapping));
    if served
        && !left
            .force
            .is_some_and(|color| left.well(color, program.overlapping))
    {
        return Err("what served does not serve any more");
    }
    let whole = left
        .force
        .is_some_and(|color| left.well(color, program.every));
    if found.entry == Entry::Swapping && served && !left.lame && !whole {
        return Err("a service of the color that serves was not started again");
    }
    if command != Command::Deploy || may_end_so(exit, found) {
        return Ok(());
    }
    if exit != Exit::Done || !whole {
        return Err("a deploy does not end with a new color that serves");
    }
    let idle = left.force.map(Color::other);
    let alone = idle.is_none_or(|color| {
        left.life(color).running == 0 || left.life(color).health == Health::Stranger
    });
    if program.stops && !alone {
        return Err("the previous color is left running");
    }
    if left.entry == Entry::Idle {
        Ok(())
    } else {
        Err("the journal is not at its end after a deploy without a fault")
    }
}

/// Whether a deploy may end without a new color: it refuses where another deployment has one prepared,
/// and fails where a stranger has the idle color's place.
fn may_end_so(exit: Exit, found: &World) -> bool {
    let reserved = found.entry == Entry::Prepared && found.reservation == Reservation::Held;
    let mut lives = found.life.iter();
    let stranger = lives.any(|life| life.health == Health::Stranger);
    exit == Exit::Refused && reserved || exit == Exit::Failed && stranger
}
