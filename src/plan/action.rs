//! The actions of steps. They are data, so that the walk can follow every path through a plan.

use crate::model::{Name, VerifyName};

/// The color that an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The idle color that becomes the new color.
    New,
    /// The color that was live when the command began.
    Old,
    /// No color: the script removes the proxy's file.
    Nothing,
    /// The side that the caller gives, in a program with such a parameter.
    Given,
}

/// The services of a color that an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// All services.
    Whole,
    /// The services that run in both colors for a while.
    Overlap,
    /// The exclusive services.
    Exclusive,
}

/// The state of the journal from a step on. It is synced before the first effect that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// The script makes a new color. Users do not see it yet.
    Preparing,
    /// The script adopts a color that it did not make. It starts and stops no service.
    Adopting,
    /// The proxy's file on the disk and the configuration in force may differ.
    Swapping,
    /// Still `swapping`, and the exclusive services are moving.
    Handing,
    /// The old color is live again. The new color drains and stops.
    Returning,
    /// The script removes the app. Its color is still live.
    Removing,
}

/// The place of a step of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// `before start`
    BeforeStart,
    /// `before switch`
    BeforeSwitch,
    /// `after switch`
    AfterSwitch,
    /// `after verify`
    AfterVerify,
    /// `after stop`
    AfterStop,
    /// `on success`
    OnSuccess,
    /// `on failure`
    OnFailure,
    /// `on always`
    OnAlways,
}

/// The result of a command in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The new color is live.
    Ok,
    /// The new color is not live.
    Failed,
}

/// The action of a step. The runtime has one function for each action, and none of them calls another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    // ---- checks; they change nothing ----
    /// Checks that the host has the tools that the script calls.
    CheckHost,
    /// Checks that a service's driver is ready on this host.
    PreflightRun(Name),
    /// Checks that the proxy is up and that the script has the rights.
    PreflightProxy,
    /// Tests the proxy's configuration on the disk before the script changes it. It does not repeat the test within ten
    /// seconds.
    TestAsItIs,
    /// Reads from the proxy's files which color is live; the other color is new. If no color is live, there is no old
    /// color.
    ChooseIdle,
    /// Reads from the proxy's files which color is live; that color is old. Does nothing more if no color is live.
    FindLive,
    /// Sets old to the live color, and new to the release that was live before it.
    ChooseEarlier,
    /// Sets old to the live color, and new to the idle color, for a copy of the named release.
    ChooseKept,
    /// Sets old to the live color, and new to the idle color, for a copy of the live release.
    ChooseLive,
    /// Sets old to the live color, if the command may remove it, and new to the other color.
    FindRemovable,
    /// Sets both old and new to the color that the proxy's files route to, if that color does not belong to this script
    /// already.
    FindAdoptable,
    /// Sets old and new to the colors that `prepare` has left.
    TakeUp,
    /// Checks that the proxy's files still route to the same color.
    StillLive,
    /// Asks the live color one `verify` once. A redirect is an error, any other failure a warning.
    TryVerify(VerifyName),
    /// Reads and checks the inputs.
    ReadInputs,
    /// Reads and checks the inputs of the live release, with its script.
    InputsAgain,
    /// Checks that this host can ask all questions of the gates and verifies.
    CheckQuestions,
    /// Checks that there is exactly one artifact.
    FindArtifact,
    /// Checks that no foreign program listens on a port of the idle color.
    NoStranger,
    /// Checks that no program still listens on the ports of the color that is about to start.
    PortsAreFree,
    /// Checks that the proxy's side can connect to each address of a color.
    Dial(Side),

    // ---- the journal and the pointers ----
    /// Saves a copy of the journal for later. The script restores it when this command ends.
    PutOffJournal,
    /// Writes the next state into the journal.
    Journal(Intent),
    /// Writes that the new color is ready, for which deployment, and until when.
    Reserve,
    /// Records the new color as live: first in the journal, then in the pointers.
    Commit,
    /// Records the adopted color as live, as `commit` does. There is nothing to clean up.
    CommitAdopted,
    /// Writes the pointers and the journal of an adoption that was interrupted after its commit.
    FinishAdopted,
    /// Records in the journal that the app has no live color, and removes the record of the live release.
    CommitRemoved,
    /// Closes the journal, or restores the journal that was saved for later.
    CloseJournal,
    /// Adds a line to the history.
    Record(Outcome),

    // ---- the release and its color ----
    /// Makes sure that a resource which both colors need is there. The resources have numbers from 1.
    EnsureShared(usize),
    /// Makes sure that the shared resources of a color are there, with the script of its release.
    Ensures(Side),
    /// Makes a release: a folder with script, inputs, fragment and artifact.
    MakeRelease,
    /// Makes a release for a color that this script did not start. The script can stop it, but not start it.
    MakeAdopted,
    /// Makes a folder with slot, script and inputs of a release that stays unchanged, and a fragment for the new color.
    CopyRelease,
    /// Runs a step of the user. The steps of each place have numbers from 1.
    User(Occasion, usize),
    /// Fetches what a service's driver starts, for example an image.
    Fetch(Name),
    /// Prepares a service's part of the release, in addition to the copied artifact.
    Stage(Name),
    /// Syncs the whole release to the disk.
    SyncRelease,
    /// Stops the programs that still run in the idle color or use one of its ports.
    ClearIdle,
    /// Starts a service of the new color.
    Start(Name),
    /// Saves the values that a service's driver offers (`{container.ip}`) in the release.
    ReadOffers(Name),
    /// Starts the services of a color that do not run, with the script of its release.
    StartMissing(Side, Extent),
    /// Probes a service of the new color until it passes or its time ends.
    Gate(Name, Name),
    /// Probes a service again right before the swap, unless it has just passed.
    GateAgain(Name, Name),
    /// Probes all gates of a color, with the script of its release.
    Gates(Side),
    /// Lets a color start by itself after a reboot, if its driver can do this.
    Persist(Side, Extent),
    /// Makes a color no longer start by itself after a reboot.
    PersistOff(Side),
    /// Installs the unit that starts the live color after a boot.
    KeepResuming,
    /// Moves the exclusive services, so that they run only in that color. Does nothing unless the journal says
    /// `handed`.
    MoveExclusive(Side),
    /// Waits until that color has answered all requests from before the last reload, at most for the app's drain time.
    Drain(Side),
    /// Stops a color, with the script of its release. Before that, checks law L2 again.
    Stop(Side, Extent),
    /// Removes releases that are no longer needed.
    Sweep,
    /// Removes the app's state and the unit that resumes it.
    RemoveState,

    // ---- the proxy ----
    /// Saves the current text of the proxy's file.
    SaveWayBack,
    /// Locks the proxy against changes by other deployc applications, and records the configuration that is in force.
    LockProxy,
    /// Unlocks the proxy.
    UnlockProxy,
    /// Writes a color's fragment beside the proxy's file.
    Write(Side),
    /// Renames the fragment to the proxy's file in one step. If there is no such color, the file is removed or gets its
    /// earlier text.
    Swap(Side),
    /// Tests the configuration that is on the disk now.
    Test,
    /// Asks the proxy to load the configuration.
    Reload,
    /// Checks that the configuration is in force.
    Confirm,
    /// Asks a `verify` through the proxy.
    Verify(VerifyName),
    /// Asks all verifies of a color through the proxy, with the script of its release.
    Verifies(Side),
}

impl Action {
    /// Returns the action with the side `given`, in a program with such a parameter.
    #[must_use]
    pub fn given(&self, given: Side) -> Self {
        let mut action = self.clone();
        if let Some(side) = action.side_mut()
            && *side == Side::Given
        {
            *side = given;
        }
        action
    }

    /// Returns the side that the action is about, if it is about one. Without `_`, so that no new action is forgotten.
    fn side_mut(&mut self) -> Option<&mut Side> {
        match self {
            Self::Dial(side)
            | Self::Ensures(side)
            | Self::StartMissing(side, _)
            | Self::Gates(side)
            | Self::Persist(side, _)
            | Self::PersistOff(side)
            | Self::MoveExclusive(side)
            | Self::Drain(side)
            | Self::Stop(side, _)
            | Self::Write(side)
            | Self::Swap(side)
            | Self::Verifies(side) => Some(side),
            Self::CheckHost
            | Self::PreflightRun(_)
            | Self::PreflightProxy
            | Self::TestAsItIs
            | Self::ChooseIdle
            | Self::FindLive
            | Self::ChooseEarlier
            | Self::ChooseKept
            | Self::ChooseLive
            | Self::FindRemovable
            | Self::FindAdoptable
            | Self::TakeUp
            | Self::StillLive
            | Self::TryVerify(_)
            | Self::ReadInputs
            | Self::InputsAgain
            | Self::CheckQuestions
            | Self::FindArtifact
            | Self::NoStranger
            | Self::PortsAreFree
            | Self::PutOffJournal
            | Self::Journal(_)
            | Self::Reserve
            | Self::Commit
            | Self::CommitAdopted
            | Self::FinishAdopted
            | Self::CommitRemoved
            | Self::CloseJournal
            | Self::Record(_)
            | Self::EnsureShared(_)
            | Self::MakeRelease
            | Self::MakeAdopted
            | Self::CopyRelease
            | Self::User(..)
            | Self::Fetch(_)
            | Self::Stage(_)
            | Self::SyncRelease
            | Self::ClearIdle
            | Self::Start(_)
            | Self::ReadOffers(_)
            | Self::Gate(..)
            | Self::GateAgain(..)
            | Self::KeepResuming
            | Self::Sweep
            | Self::RemoveState
            | Self::SaveWayBack
            | Self::LockProxy
            | Self::UnlockProxy
            | Self::Test
            | Self::Reload
            | Self::Confirm
            | Self::Verify(_) => None,
        }
    }

    /// Whether the side is still to be given by the program that calls this one.
    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        self.clone()
            .side_mut()
            .is_some_and(|side| *side == Side::Given)
    }
}
