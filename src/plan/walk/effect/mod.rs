//! The effects of a step on the host: all possible outcomes, including half-done ones.
//!
//! A step that hangs ends at its deadline, which is a failure. The run may die before any step. So the run may also die
//! after a step that is only half done.

mod choose;
mod colors;
mod journal;
mod proxy;

pub(super) use colors::{moved, stops};

use super::super::{Action, Phase};
use super::graph::{Graph, Next, Node};
use super::run::{Proof, Run};
use super::world::World;

/// How a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The step succeeded.
    Done,
    /// The whole program has nothing left to do. It succeeds.
    Nothing,
    /// The step failed or hung. It may be half done.
    Failed,
    /// A signal interrupted the step. It may be half done.
    Told,
    /// The run died during the step.
    Died,
}

impl End {
    /// Returns what follows a step with this end. `None` if the run has died.
    pub(super) fn after(self, node: &Node) -> Option<Next> {
        match self {
            Self::Done => Some(node.done),
            Self::Nothing => Some(Next::End(node.ended())),
            Self::Failed => Some(node.failed),
            Self::Told => Some(node.told.unwrap_or(node.failed)),
            Self::Died => None,
        }
    }
}

/// One outcome of a step.
pub(super) type Outcome = (End, World, Run);

/// The outcomes of one step. The first is the outcome without faults.
pub(super) struct Effects<'a> {
    graph: &'a Graph,
    node: &'a Node,
    outcomes: Vec<Outcome>,
    world: World,
    run: Run,
}

impl<'a> Effects<'a> {
    /// Adds all outcomes of a step to `into`.
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

    /// Adds two outcomes: the step succeeds with this change, or fails without a change.
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
            | Action::InputsAgain
            | Action::CheckQuestions
            | Action::FindArtifact
            | Action::Record(_)
            | Action::EnsureShared(_)
            | Action::Ensures(_)
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
            | Action::ChooseKept
            | Action::ChooseLive
            | Action::FindRemovable
            | Action::FindLive
            | Action::ChooseEarlier
            | Action::FindAdoptable
            | Action::TakeUp
            | Action::StillLive => self.choose(),
            Action::MakeRelease | Action::CopyRelease => self.either(|_, run| run.made = true),
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
            Action::CommitRemoved => self.commit_removed(),
            Action::RemoveState => self.remove_state(),
            Action::CloseJournal => self.either(|world, _| world.close()),
            Action::MakeAdopted | Action::SaveWayBack => self.either(|world, _| {
                world.kept = Some(world.disk).filter(|text| !text.is_ours());
            }),
            Action::Start(service) => self.start(self.graph.service(service)),
            Action::StartMissing(side, extent) => self.start_missing(*side, *extent),
            Action::Gate(service, gate) | Action::GateAgain(service, gate) => {
                self.gate(service, gate);
            }
            Action::Gates(side) => self.gates(*side),
            Action::MoveExclusive(side) => self.move_exclusive(*side),
            Action::Drain(side) => self.drain(*side),
            Action::ClearIdle | Action::Stop(..) => self.stop(),
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

    /// Adds the outcomes of a check. It can succeed only if `found` is true.
    fn looks(&mut self, found: bool) {
        if found {
            self.done(|_, _| ());
        }
        self.failed(|_, _| ());
    }
}
