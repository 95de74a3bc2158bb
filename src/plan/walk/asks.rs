//! The color whose health a step asks for. A color may become unhealthy right before such a step.

use super::super::{Action, Side};
use super::color::Route;
use super::run::Run;
use super::world::World;

/// The color whose health a step asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// The color of this side.
    Side(Side),
    /// The color in force, because the step asks through the proxy.
    InForce,
    /// No color. So it does not matter whether a color becomes unhealthy now or later.
    Nobody,
}

impl Asks {
    /// Every action is named, so a new one cannot be forgotten.
    pub(super) fn of(action: &Action) -> Self {
        match action {
            Action::Gate(..) | Action::GateAgain(..) => Self::Side(Side::New),
            Action::Gates(side) => Self::Side(*side),
            Action::Verify(_) | Action::Verifies(_) => Self::InForce,
            Action::Write(_)
            | Action::Swap(_)
            | Action::Reload
            | Action::Confirm
            | Action::Journal(_)
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
            | Action::RemoveState
            | Action::CheckHost
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
            | Action::Persist(..)
            | Action::PersistOff(_)
            | Action::KeepResuming
            | Action::Drain(_)
            | Action::Sweep
            | Action::SaveWayBack
            | Action::LockProxy
            | Action::UnlockProxy
            | Action::Test => Self::Nobody,
        }
    }

    /// The color that answers. `None` if there is none.
    pub(super) fn color(self, world: &World, run: &Run) -> Route {
        match self {
            Self::Side(side) => run.color(side),
            Self::InForce => world.force.color(),
            Self::Nobody => None,
        }
    }
}
