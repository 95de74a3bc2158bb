//! What a step does: data, so that every path through a plan can be walked.

use crate::model::Name;

/// Which of the two colors an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The idle color that is being deployed.
    New,
    /// The color that served when the run began.
    Previous,
}

/// What the journal says of the run at hand, so that the next one knows what was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// `preparing`: a new color is made; users see nothing of it.
    Prepare,
    /// `swapping`, with the proxy's generation: the proxy's file and what is in force may differ.
    Swap,
    /// `preparing` again, with the proxy's older workers and the time: the previous color serves, and
    /// the new one is stopped after a drain.
    Return,
}

/// Where a step of the user's stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
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

impl Place {
    /// As the language says it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::BeforeStart => "before start",
            Self::BeforeSwitch => "before switch",
            Self::AfterSwitch => "after switch",
            Self::AfterVerify => "after verify",
            Self::AfterStop => "after stop",
            Self::OnSuccess => "on success",
            Self::OnFailure => "on failure",
            Self::OnAlways => "on always",
        }
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Take the app's mutex, check the reservation.
    Lock,
    /// Finish or undo what an interrupted run left: at worst, its whole way back.
    Recover,
    /// Is the host ready, is the proxy up, does `verify` of the live color pass?
    Preflight,
    /// Read and check the inputs.
    ReadInputs,
    /// Ask the proxy's files which color is live.
    ReadRouted,
    /// Stop what still runs of a service in the idle color, and remove what it left.
    ClearIdle(Name),
    /// Make the release's folder: artifact, inputs, script.
    MakeRelease,
    /// Make a service's slot ready beyond the copied artifact.
    Stage(Name),
    /// Run a step of the user's: the place, and which one there, from 1.
    UserStep(Place, usize),
    /// Start a service.
    Start(Name, Side),
    /// Probe a service until it passes or its budget is spent: the service's gate, by number from 0.
    Probe(Name, usize, Side),
    /// Probe again right before a swap.
    ProbeAgain(Name, usize, Side),
    /// Write down that the color is ready, for whom and until when.
    Reserve,
    /// Make a service survive a reboot, or cease to.
    Persist(Name, Side),
    /// Install what brings the live color up after a boot.
    InstallResume,
    /// Take the mutex of the proxy, shared with other apps.
    LockProxy,
    /// Does the proxy accept what is on disk before we touch it?
    TestAsIs,
    /// Write the candidate beside the proxy's file.
    Write(Side),
    /// Write down what is about to happen.
    Journal(Intent),
    /// One rename: the candidate becomes the proxy's file. Back from a first deployment: the file goes.
    Swap(Side),
    /// Does the proxy accept what is on disk now?
    Test,
    /// Ask the proxy to load it.
    Reload,
    /// See that it is in force.
    Confirm,
    /// Ask through the proxy: the check's number, from 0.
    Verify(usize),
    /// Stop an exclusive service of the previous color and start the new one's.
    HandOver(Name),
    /// The new color is the live one, and the journal says so, with the proxy's older workers and
    /// the time; from here there is no way back.
    Commit,
    /// Wait until nothing that began before the switch is still being answered by that color, at
    /// most as long as the app says. Without a switch in the journal, or after a reboot, there is nothing.
    Drain(Side),
    /// Stop a service.
    Stop(Name, Side),
    /// Remove what a stopped service left beside its release.
    Clear(Name, Side),
    /// Nothing is under way any more: the journal goes, the history has the outcome.
    Record,
}
