//! The laws as predicates: what a step must not do in the state in which it begins.

use super::super::{Action, Command, Intent, Kind, Phase, Side};
use super::color::Color;
use super::effect;
use super::graph::{Course, Graph, Node};
use super::run::{Proof, Run};
use super::world::World;
use std::fmt;

/// A law that a generated script keeps on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// L1: before a swap, the same process has seen the target color pass its gates, and has connected to it from the
    /// proxy's side.
    Gate,
    /// L2: a color that is live, or may be live, is not stopped.
    LiveIsUntouchable,
    /// L3: decisions depend only on the proxy's file and the journal.
    OneTruth,
    /// L4: a switch counts only after its confirmation.
    Proof,
    /// L5: after a failure the color from before still serves, and the next command ends well.
    WayBack,
    /// L6: one deployment at a time, and an exclusive service runs only once.
    OneAtATime,
    /// L7: an accepted request is answered completely.
    NoCut,
    /// L8: the script stops only what it started.
    OnlyOurs,
    /// L9: every step has a deadline, and the sums are those that the callers get.
    Bounded,
}

impl Law {
    /// Returns the number and the name.
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

/// The result of a predicate. `Err` says how the law is broken.
pub(super) type Verdict = Result<(), &'static str>;

/// A step that is about to begin.
pub(super) struct Begins<'a> {
    pub(super) graph: &'a Graph,
    pub(super) node: &'a Node,
    pub(super) world: &'a World,
    pub(super) run: &'a Run,
}

/// A law as a predicate on a step.
type Holds = fn(&Begins<'_>) -> Verdict;

/// The laws on steps. If a step breaks several laws, the first in this list is reported.
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
    /// Returns the law that the step breaks.
    pub(super) fn broken(&self) -> Option<(Law, &'static str)> {
        STEPS
            .iter()
            .find_map(|(law, holds)| Some((*law, holds(self).err()?)))
    }

    /// Returns the colors that the step stops, each with the services that it stops.
    fn stops(&self) -> impl Iterator<Item = (Color, u16)> {
        let (graph, world, run) = (self.graph, self.world, self.run);
        let moved = match self.node.action {
            Action::MoveExclusive(side) if world.journal.handed => {
                effect::moved(graph, side, world, run)
            }
            _ => Vec::new(),
        };
        let stopped = effect::stops(graph, &self.node.action, world, run);
        moved.into_iter().chain(stopped)
    }

    /// Returns whether the color that the file routes to runs, but lacks an exclusive service. A color that was started
    /// by hand has no exclusive services.
    fn lacks_exclusive(&self) -> bool {
        self.world.disk.color().is_some_and(|live| {
            let life = self.world.life(live);
            let exclusive = self.graph.sets(self.world, live).exclusive;
            let runs = life.running & self.graph.routed != 0 && !life.by_hand();
            runs && life.running & exclusive != exclusive
        })
    }

    fn is_forward(&self) -> bool {
        matches!(self.node.place, Course::Forward(_))
    }

    fn touches_proxy(&self) -> bool {
        reach(&self.node.action) == Reach::Proxy
    }
}

/// What an action can take away from another deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The proxy's file, or its configuration in force.
    Proxy,
    /// A prepared color, its release, or the journal that reserves it.
    Reservation,
    /// Neither. It only looks, or it changes what belongs to this deployment alone.
    Own,
}

/// Returns the reach of `action`. Every action is named, so a new one cannot be forgotten.
fn reach(action: &Action) -> Reach {
    match action {
        Action::Write(_) | Action::Swap(_) | Action::Reload | Action::Confirm => Reach::Proxy,
        Action::Journal(_)
        | Action::Reserve
        | Action::Commit
        | Action::CommitRemoved
        | Action::CloseJournal
        | Action::MakeRelease
        | Action::CopyRelease
        | Action::ClearIdle
        | Action::Start(_)
        | Action::MoveExclusive(_)
        | Action::Stop(..)
        | Action::RemoveState => Reach::Reservation,
        Action::CheckHost
        | Action::PreflightRun(_)
        | Action::PreflightProxy
        | Action::TestAsItIs
        | Action::ChooseIdle
        | Action::FindLive
        | Action::ChooseEarlier
        | Action::ChooseKept
        | Action::ChooseLive
        | Action::FindRemovable
        | Action::FindAdoptable
        | Action::TakeUp
        | Action::StillLive
        | Action::TryVerify(_)
        | Action::ReadInputs
        | Action::InputsAgain
        | Action::CheckQuestions
        | Action::FindArtifact
        | Action::NoStranger
        | Action::PortsAreFree
        | Action::Dial(_)
        | Action::PutOffJournal
        | Action::CommitAdopted
        | Action::FinishAdopted
        | Action::Record(_)
        | Action::EnsureShared(_)
        | Action::Ensures(_)
        | Action::MakeAdopted
        | Action::User(..)
        | Action::Fetch(_)
        | Action::Stage(_)
        | Action::SyncRelease
        | Action::ReadOffers(_)
        | Action::StartMissing(..)
        | Action::Gate(..)
        | Action::GateAgain(..)
        | Action::Gates(_)
        | Action::Persist(..)
        | Action::PersistOff(_)
        | Action::KeepResuming
        | Action::Drain(_)
        | Action::Sweep
        | Action::SaveWayBack
        | Action::LockProxy
        | Action::UnlockProxy
        | Action::Test
        | Action::Verify(_)
        | Action::Verifies(_) => Reach::Own,
    }
}

/// L1: before each swap of the proxy's configuration, forward or back, the same process has seen all gates of the
/// target color pass, and has connected to that color from the proxy's side. A swap to no color needs neither. Only a
/// removal and the way back of a first deployment may swap to no color.
fn gate(step: &Begins<'_>) -> Verdict {
    let Action::Swap(side) = step.node.action else {
        return Ok(());
    };
    let journal = &step.world.journal;
    let undoes_first = !step.is_forward() && journal.from.is_none();
    let removes = journal.kind == Kind::Remove && side == Side::Nothing;
    let target = step.run.text(step.world, side);
    let gates = step.graph.all_gates;
    match target.color() {
        Some(color) if step.run.passed[color as usize] & gates != gates => {
            Err("the color that the proxy is pointed at has not passed its gates in this process")
        }
        Some(color) if !step.run.dialed[color as usize] => {
            Err("the color has not accepted a connection from the proxy's side in this process")
        }
        None if !undoes_first && !removes => {
            Err("the proxy is pointed at no color, although a color served")
        }
        _ => Ok(()),
    }
}

/// L2: no step stops or restarts a color that is in force, or that the file on the disk routes to. From the journalled
/// swap until its commit, or until the confirmation that it was undone, this holds for both colors. A kept release is
/// never started or changed itself; the script uses a copy. The proxy does not route to exclusive services, so they may
/// move after the swap is confirmed.
fn live_is_untouchable(step: &Begins<'_>) -> Verdict {
    let (world, run) = (step.world, step.run);
    let live = [world.disk.color(), world.force.color()];
    let starts = matches!(step.node.action, Action::StartMissing(Side::New, _));
    if starts && step.is_forward() && world.journal.kind.makes_release() && !run.made {
        return Err("a kept release itself would be started, instead of a copy of it");
    }
    if let Action::Start(_) | Action::MakeRelease | Action::CopyRelease | Action::ClearIdle =
        step.node.action
        && live.contains(&Some(run.to))
    {
        return Err("the new color is made in the place of the live one");
    }
    let swapping = world.journal.phase == Phase::Swapping;
    for (color, services) in step.stops() {
        let routed = services & step.graph.routed != 0;
        if routed && live[1] == Some(color) {
            return Err("the proxy routes to the color that is stopped");
        } else if routed && live[0] == Some(color) {
            return Err(
                "the proxy's file routes to the color that is stopped: the next reload puts the file in force",
            );
        } else if swapping && (run.proof != Proof::Confirmed || routed && step.is_forward()) {
            return Err("a swap to or from the color that is stopped is unfinished");
        }
    }
    Ok(())
}

/// L3: the same process reads from the proxy's file which color is idle, and where a swap starts. A swap is journalled
/// before it happens, because only then may the disk and the configuration in force differ. A run that finds a
/// journalled swap writes, tests, reloads and confirms before it stops anything.
fn one_truth(step: &Begins<'_>) -> Verdict {
    let decides = matches!(
        step.node.action,
        Action::ClearIdle
            | Action::MakeRelease
            | Action::CopyRelease
            | Action::Journal(Intent::Preparing | Intent::Adopting | Intent::Removing)
            | Action::Swap(_)
    );
    if step.is_forward() && decides && !step.run.chosen {
        return Err("this process has not read from the proxy's file which color is live");
    }
    let phase = step.world.journal.phase;
    if matches!(step.node.action, Action::Swap(_)) && phase != Phase::Swapping {
        return Err("the swap is not journalled: a later run could not see that it was begun");
    }
    let undecided = step.run.found_swapping && step.run.proof != Proof::Confirmed;
    if undecided && step.stops().next().is_some() {
        return Err("after an interrupted swap, a color is stopped before one color is in force");
    }
    Ok(())
}

/// L4: a loaded configuration was tested. The commit follows the confirmation and all checks through the proxy. (A run
/// that stays on the new color because the old one is down does not need the checks: a failed check may be the reason.
/// It checks after the commit and tells a person.)
fn proof(step: &Begins<'_>) -> Verdict {
    let run = step.run;
    let removes = step.node.action == Action::CommitRemoved;
    let commits = removes || matches!(step.node.action, Action::Commit | Action::CommitAdopted);
    let all = step.graph.all_checks;
    match step.node.action {
        Action::Reload if run.proof == Proof::Swapped => {
            Err("the loaded configuration was not tested")
        }
        _ if commits && run.proof != Proof::Confirmed => {
            Err("the commit comes before the proxy was seen to serve the new color")
        }
        // A removal has no color that could be checked.
        _ if removes => Ok(()),
        _ if commits && step.is_forward() && run.verified & all != all => {
            Err("the commit comes before every check through the proxy has passed")
        }
        _ => Ok(()),
    }
}

/// L5 for a step: the journal of a swap is kept until the swap has ended and the exclusive services run again. The text
/// of the proxy's file is saved before it changes.
fn way_back(step: &Begins<'_>) -> Verdict {
    let world = step.world;
    let forgets = matches!(
        step.node.action,
        Action::CloseJournal
            | Action::Reserve
            | Action::Journal(
                Intent::Preparing | Intent::Adopting | Intent::Returning | Intent::Removing
            )
    );
    let swapping = world.journal.phase == Phase::Swapping;
    if forgets && swapping && step.run.proof != Proof::Confirmed {
        return Err("the journal forgets a swap that is unfinished");
    }
    let ends = forgets || step.node.action == Action::Commit;
    if ends && swapping && world.journal.handed && step.lacks_exclusive() {
        return Err("an exclusive service does not run in the color that serves");
    }
    let swaps = matches!(step.node.action, Action::Swap(Side::New | Side::Nothing));
    let first = step.is_forward() && swaps;
    if first && !world.disk.is_ours() && world.kept != Some(world.disk) {
        return Err("the proxy's current file is not saved: it could not be put back");
    }
    Ok(())
}

/// L6: a step that changes the proxy holds the proxy's mutex, from the swap to its confirmation. A prepared color whose
/// reservation is not over belongs to the switch or abort of its deployment. `adopt` and `resume` leave it unchanged.
/// (Every command that changes something holds the app's mutex: the runner takes it first.)
fn one_at_a_time(step: &Begins<'_>) -> Verdict {
    if step.touches_proxy() && !step.run.proxy {
        return Err("the proxy's lock is not held, so another app could change the proxy");
    }
    let journal = &step.world.journal;
    let reserved = journal.phase == Phase::Prepared && !journal.over;
    let another = match step.node.place {
        Course::Forward(Command::Adopt) => step.node.action != Action::Journal(Intent::Adopting),
        Course::Forward(command) => !matches!(command, Command::Switch | Command::Abort),
        Course::Recovery | Course::Back => false,
    };
    if reserved && another && reach(&step.node.action) != Reach::Own {
        return Err("a color that another deployment has prepared is removed");
    }
    Ok(())
}

/// L6 after a step: an exclusive service is not started while it runs in the other color.
pub(super) fn runs_once(graph: &Graph, before: &World, after: &World) -> Verdict {
    for color in Color::BOTH {
        let started = after.life(color).running & !before.life(color).running;
        let exclusive = graph.sets(after, color).exclusive;
        if started & exclusive & after.life(color.other()).running != 0 {
            return Err("an exclusive service runs twice");
        }
    }
    Ok(())
}

/// L7: a color is stopped only if no proxy worker from before the last change of route may still answer with it, or if
/// those workers had the full drain time.
fn no_cut(step: &Begins<'_>) -> Verdict {
    for (color, services) in step.stops() {
        let routed = services & step.graph.routed != 0;
        if routed && step.world.life(color).busy {
            return Err(
                "workers of the proxy may still answer requests with the color that is stopped",
            );
        }
    }
    let swapping = step.node.action == Action::Journal(Intent::Swapping);
    if swapping && !step.run.proxy {
        return Err("the journal does not contain the proxy's generation from before the swap");
    }
    Ok(())
}

/// L8: a stop needs a journal, and so a recorded release. Without it the script would guess. The state is removed only
/// when no service that the script started is running.
fn only_ours(step: &Begins<'_>) -> Verdict {
    let idle = step.world.journal.phase == Phase::Idle;
    let mut lives = step.world.life.iter();
    let ours = lives.any(|life| life.running != 0 && !life.by_hand());
    if step.node.action == Action::RemoveState && ours {
        return Err(
            "programs that the script started keep running, but the state that is needed to stop them is removed",
        );
    }
    if matches!(step.node.action, Action::Stop(..) | Action::ClearIdle) && idle {
        return Err("no journal says that the script started the color that is stopped");
    }
    Ok(())
}
