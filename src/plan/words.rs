//! The words of an action. Only this file makes them: the script's lines, `deployc plan`, the log, the walk and the
//! docs all use them.

use super::{Action, Extent, Intent, Occasion, Outcome, Side};

impl Action {
    /// Returns the words of the action's step. Each matches `[a-z0-9._-]+`, except for [`Side::Given`], which is a
    /// variable of the program.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![self.word().to_owned()];
        let mut say = |word: &str| words.push(word.to_owned());
        match self {
            Self::CheckHost
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
            | Self::ReadInputs
            | Self::InputsAgain
            | Self::CheckQuestions
            | Self::FindArtifact
            | Self::PutOffJournal
            | Self::Reserve
            | Self::Commit
            | Self::CommitAdopted
            | Self::FinishAdopted
            | Self::CommitRemoved
            | Self::CloseJournal
            | Self::MakeRelease
            | Self::MakeAdopted
            | Self::CopyRelease
            | Self::SyncRelease
            | Self::KeepResuming
            | Self::Sweep
            | Self::RemoveState
            | Self::SaveWayBack
            | Self::LockProxy
            | Self::UnlockProxy
            | Self::Test
            | Self::Reload
            | Self::Confirm => {}
            Self::StillLive => say(Side::Old.word()),
            Self::NoStranger | Self::PortsAreFree | Self::ClearIdle => say(Side::New.word()),
            Self::TryVerify(name) => {
                say(Side::Old.word());
                say(&name.to_string());
            }
            Self::Verify(name) => {
                say(Side::New.word());
                say(&name.to_string());
            }
            Self::PreflightRun(name)
            | Self::Fetch(name)
            | Self::Stage(name)
            | Self::Start(name)
            | Self::ReadOffers(name) => {
                say(Side::New.word());
                say(name.as_str());
            }
            Self::Gate(service, gate) | Self::GateAgain(service, gate) => {
                say(Side::New.word());
                say(service.as_str());
                say(gate.as_str());
            }
            Self::Dial(side)
            | Self::Ensures(side)
            | Self::Gates(side)
            | Self::PersistOff(side)
            | Self::MoveExclusive(side)
            | Self::Drain(side)
            | Self::Write(side)
            | Self::Swap(side)
            | Self::Verifies(side) => say(side.word()),
            Self::StartMissing(side, extent)
            | Self::Persist(side, extent)
            | Self::Stop(side, extent) => {
                say(side.word());
                if let Some(word) = extent.word() {
                    say(word);
                }
            }
            Self::Journal(intent) => say(intent.word()),
            Self::Record(outcome) => say(outcome.word()),
            Self::EnsureShared(number) => say(&number.to_string()),
            Self::User(place, number) => {
                say(Side::New.word());
                say(&format!("{}.{number}", place.word()));
            }
        }
        words
    }

    /// Returns the words in one line.
    #[must_use]
    pub fn title(&self) -> String {
        self.words().join(" ")
    }

    /// Returns the first word. The runtime's function is `do_WORD`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::CheckHost => "check_host",
            Self::PreflightRun(_) => "preflight_run",
            Self::PreflightProxy => "preflight_proxy",
            Self::TestAsItIs => "test_as_it_is",
            Self::ChooseIdle => "choose_idle",
            Self::FindLive => "find_live",
            Self::ChooseEarlier => "choose_earlier",
            Self::ChooseKept => "choose_kept",
            Self::ChooseLive => "choose_live",
            Self::FindRemovable => "find_removable",
            Self::FindAdoptable => "find_adoptable",
            Self::TakeUp => "take_up",
            Self::StillLive => "still_live",
            Self::TryVerify(_) => "try_verify",
            Self::ReadInputs => "read_inputs",
            Self::InputsAgain => "inputs_again",
            Self::CheckQuestions => "check_questions",
            Self::FindArtifact => "find_artifact",
            Self::NoStranger => "no_stranger",
            Self::PortsAreFree => "ports_are_free",
            Self::Dial(_) => "dial",
            Self::PutOffJournal => "put_off_journal",
            Self::Journal(_) => "journal",
            Self::Reserve => "reserve",
            Self::Commit => "commit",
            Self::CommitAdopted => "commit_adopted",
            Self::FinishAdopted => "finish_adopted",
            Self::CommitRemoved => "commit_removed",
            Self::CloseJournal => "close_journal",
            Self::Record(_) => "record",
            Self::EnsureShared(_) => "ensure_shared",
            Self::Ensures(_) => "ensures",
            Self::MakeRelease => "make_release",
            Self::MakeAdopted => "make_adopted",
            Self::CopyRelease => "copy_release",
            Self::User(..) => "user",
            Self::Fetch(_) => "fetch",
            Self::Stage(_) => "stage",
            Self::SyncRelease => "sync_release",
            Self::ClearIdle => "clear_idle",
            Self::Start(_) => "start",
            Self::ReadOffers(_) => "read_offers",
            Self::StartMissing(..) => "start_missing",
            Self::Gate(..) => "gate",
            Self::GateAgain(..) => "gate_again",
            Self::Gates(_) => "gates",
            Self::Persist(..) => "persist",
            Self::PersistOff(_) => "persist_off",
            Self::KeepResuming => "keep_resuming",
            Self::MoveExclusive(_) => "move_exclusive",
            Self::Drain(_) => "drain",
            Self::Stop(..) => "stop",
            Self::Sweep => "sweep",
            Self::RemoveState => "remove_state",
            Self::SaveWayBack => "save_way_back",
            Self::LockProxy => "lock_proxy",
            Self::UnlockProxy => "unlock_proxy",
            Self::Write(_) => "write",
            Self::Swap(_) => "swap",
            Self::Test => "test",
            Self::Reload => "reload",
            Self::Confirm => "confirm",
            Self::Verify(_) => "verify",
            Self::Verifies(_) => "verifies",
        }
    }
}

impl Side {
    /// Returns the word of this side in a step.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
            Self::Nothing => "nothing",
            Self::Given => "\"$1\"",
        }
    }
}

impl Extent {
    /// Returns the word of this extent in a step. The whole color has no word.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Overlap => Some("overlap"),
            Self::Exclusive => Some("exclusive"),
        }
    }
}

impl Intent {
    /// Returns the word of this intent in a step.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Adopting => "adopting",
            Self::Swapping => "swapping",
            Self::Handing => "handing",
            Self::Returning => "returning",
            Self::Removing => "removing",
        }
    }
}

impl Outcome {
    /// Returns the word of this outcome in a step and in the history.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
        }
    }
}

impl Occasion {
    /// Returns the word of this occasion in a step.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::BeforeStart => "before-start",
            Self::BeforeSwitch => "before-switch",
            Self::AfterSwitch => "after-switch",
            Self::AfterVerify => "after-verify",
            Self::AfterStop => "after-stop",
            Self::OnSuccess => "on-success",
            Self::OnFailure => "on-failure",
            Self::OnAlways => "on-always",
        }
    }
}
