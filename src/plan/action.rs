//! What a step does: data, so that every path through a plan can be walked.

use crate::model::Name;

/// Which of the two colors an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The idle color that is being made.
    New,
    /// The color that served when the command began.
    Old,
    /// No color: the proxy's file goes.
    Nothing,
    /// In a program that is given one: the side that its caller names.
    Given,
}

/// How much of a color an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// All of its services.
    Whole,
    /// The services that run in both colors for a while.
    Overlap,
    /// The services that may run only once.
    Exclusive,
}

/// What the journal says from a step on, synced before the first effect that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// A new color is made; users see nothing of it.
    Preparing,
    /// What somebody else made becomes this script's; nothing is started or stopped.
    Adopting,
    /// The proxy's file and what is in force may differ.
    Swapping,
    /// Still `swapping`, and what may run only once is being moved.
    Handing,
    /// The old color serves again; the new one is drained and stopped.
    Returning,
    /// The app goes away; its color still serves.
    Removing,
}

/// Where a step of the user's stands.
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

/// What the history says of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The new color serves.
    Ok,
    /// It does not.
    Failed,
}

/// What a step does. The runtime has one function for each, and none of them calls another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    // ---- looks; nothing is changed ----
    /// Are the tools there that the script calls?
    CheckHost,
    /// Is a service's driver ready on this host?
    PreflightRun(Name),
    /// Is the proxy up, are the rights there?
    PreflightProxy,
    /// Does the proxy accept what is on the disk before it is touched? Not asked again within ten seconds.
    TestAsItIs,
    /// Ask the proxy's files which color is live; the other one is new. With neither, old is none.
    ChooseIdle,
    /// Ask the proxy's files which color is live: it is old. Nothing to do without one.
    FindLive,
    /// Old is what is live, new the release that served before it.
    ChooseEarlier,
    /// Old is what is live, new the idle color, for a copy of the release that was named.
    ChooseKept,
    /// Old is what is live, new the idle color, for a copy of the live release.
    ChooseLive,
    /// Old is what is live, if the command may take it away, and new the other color.
    FindRemovable,
    /// Old and new are the color that the proxy's files route to, if it is not this script's already.
    FindAdoptable,
    /// Old and new are those of the color that `prepare` has left.
    TakeUp,
    /// Do the proxy's files route where they did?
    StillLive,
    /// Ask the live color one `verify` once: a redirect is an error, anything else a warning.
    TryVerify(Name),
    /// Read and check the inputs.
    ReadInputs,
    /// Read and check the inputs of the live release, by its script.
    InputsAgain,
    /// Can this host ask all that will be asked?
    CheckQuestions,
    /// Is the artifact there, exactly one?
    FindArtifact,
    /// Does a stranger listen on a port of the idle color?
    NoStranger,
    /// Is nobody left on the ports of the color that is about to start?
    PortsAreFree,
    /// Can each address of a color be connected to from where the proxy stands?
    Dial(Side),

    // ---- the journal and the pointers ----
    /// Keep a copy of the journal: it is taken up again when this command is over.
    PutOffJournal,
    /// Write down what is about to happen.
    Journal(Intent),
    /// Write down that the new color is ready, for whom and until when.
    Reserve,
    /// The new color is what serves: the journal says so, then the pointers do.
    Commit,
    /// The adopted color is what serves: as `commit`, but nothing is left to clean up.
    CommitAdopted,
    /// What an adoption that was cut short after its commit left: pointers and journal.
    FinishAdopted,
    /// Nothing of the app serves any more: the journal says so, and which release serves is forgotten.
    CommitRemoved,
    /// Nothing is under way any more, or what was put off is taken up again.
    CloseJournal,
    /// A line in the history.
    Record(Outcome),

    // ---- the release and its color ----
    /// Make sure of what both colors need, by its number from 1.
    EnsureShared(usize),
    /// The same for a color, as the script of its release knows it.
    Ensures(Side),
    /// A folder with script, inputs, fragment and artifact.
    MakeRelease,
    /// A release for a color that somebody else started: it can be stopped, not started.
    MakeAdopted,
    /// A folder with slot, script and inputs of a release that stays as it is, and a fragment for the color at hand.
    CopyRelease,
    /// Run a step of the user's, by its place and its number there from 1.
    User(Occasion, usize),
    /// Get what a service's driver starts: an image.
    Fetch(Name),
    /// Make a service's part of the release ready beyond the copied artifact.
    Stage(Name),
    /// All of the release is on the disk.
    SyncRelease,
    /// Stop what still runs in the idle color or has one of its ports.
    ClearIdle,
    /// Start a service of the new color.
    Start(Name),
    /// Keep what a service's driver offers (`{container.ip}`) in the release.
    ReadOffers(Name),
    /// Start what does not run of a color, by the script of its release.
    StartMissing(Side, Extent),
    /// Probe a service of the new color until it passes or its time is over.
    Gate(Name, Name),
    /// The same right before the swap, unless it has just passed.
    GateAgain(Name, Name),
    /// All gates of a color, by the script of its release.
    Gates(Side),
    /// A color comes up after a reboot by itself, where its driver can.
    Persist(Side, Extent),
    /// It does not any more.
    PersistOff(Side),
    /// What brings the live color up after a boot is installed.
    KeepResuming,
    /// What may run only once runs in that color, and nowhere else. Nothing unless the journal says `handed`.
    MoveExclusive(Side),
    /// Wait until nothing of before the last reload is answered by that color, at most as long as the app says.
    Drain(Side),
    /// Stop a color, by the script of its release, after L2 was asked again.
    Stop(Side, Extent),
    /// Remove releases that nobody needs.
    Sweep,
    /// What is known of the app, and the unit that resumes it, are gone.
    RemoveState,

    // ---- the proxy ----
    /// Keep the text that the proxy's file has now.
    SaveWayBack,
    /// No other application of ours changes this proxy meanwhile; what is in force now is noted.
    LockProxy,
    /// Let others.
    UnlockProxy,
    /// Write a color's fragment beside the proxy's file.
    Write(Side),
    /// One rename: it becomes the proxy's file. Without that color the file goes, or says what it said.
    Swap(Side),
    /// Does the proxy accept what is on the disk now?
    Test,
    /// Ask the proxy to load it.
    Reload,
    /// See that it is in force.
    Confirm,
    /// Ask through the proxy.
    Verify(Name),
    /// All that a color is asked through the proxy, by the script of its release.
    Verifies(Side),
}

impl Action {
    /// In a program that is given a side: the same for that one.
    #[must_use]
    pub fn given(&self, given: Side) -> Self {
        match self {
            Self::Write(Side::Given) => Self::Write(given),
            Self::Swap(Side::Given) => Self::Swap(given),
            other => other.clone(),
        }
    }
}
