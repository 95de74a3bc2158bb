//! The situations in which a command is interrupted, and how each is set up.

use std::time::Duration;

use crate::harm::{Harm, How};
use crate::point::Point;
use crate::source::Source;
use crate::stand::{Init, Release, Stand};

/// For a run that nothing happens to.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What is under way when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Situation {
    /// The first deployment; the fragment was put there by hand and its color does not run.
    First,
    /// The first deployment; there is no fragment.
    FirstWithout,
    /// From one color to the other.
    Deploy,
    /// The same with requests of 1 s and streams of 2 s in flight.
    Drain,
    /// The new release never passes its probe.
    BadProbe,
    /// The new release passes its probe and fails `verify`: the way back.
    BadVerify,
    /// Back to what served before.
    Rollback,
    /// The phases as commands of their own.
    Prepare,
    /// Of a prepared color.
    Switch,
    /// After a switch.
    Cleanup,
    /// Of a prepared color.
    Abort,
    /// A deploy that first has to clear what one left that was killed while it prepared.
    AfterPreparing,
    /// The same, killed between swap and confirmation.
    AfterSwapping,
    /// The same, killed in its drain.
    AfterSwitched,
    /// The host went down and came up with nothing but nginx: what is live is started again.
    Resume,
    /// The same; it went down between swap and confirmation.
    ResumeSwapping,
    /// Of a color that was started by hand, behind a fragment that was written by hand.
    Adopt,
    /// Of a fragment that was edited by hand; its color is the script's.
    AdoptEdited,
    /// From one color to the other, with a worker that is handed over, and steps of the user's.
    Whole,
    /// The same, and the worker of the new release ends at once: the way back after a hand-over.
    WholeBadWorker,
    /// Back to what served before, with a worker that is handed over.
    WholeRollback,
    /// From one color to the other, on a host with systemd.
    Systemd,
    /// Back to what served before, there.
    SystemdRollback,
    /// Of what was live when its unit ended.
    SystemdResume,
}

impl Situation {
    /// All.
    pub const ALL: [Self; 24] = [
        Self::First,
        Self::FirstWithout,
        Self::Deploy,
        Self::Drain,
        Self::BadProbe,
        Self::BadVerify,
        Self::Rollback,
        Self::Prepare,
        Self::Switch,
        Self::Cleanup,
        Self::Abort,
        Self::AfterPreparing,
        Self::AfterSwapping,
        Self::AfterSwitched,
        Self::Resume,
        Self::ResumeSwapping,
        Self::Adopt,
        Self::AdoptEdited,
        Self::Whole,
        Self::WholeBadWorker,
        Self::WholeRollback,
        Self::Systemd,
        Self::SystemdRollback,
        Self::SystemdResume,
    ];

    /// For the table and for `--situation`.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::FirstWithout => "first-without",
            Self::Deploy => "deploy",
            Self::Drain => "drain",
            Self::BadProbe => "bad-probe",
            Self::BadVerify => "bad-verify",
            Self::Rollback => "rollback",
            Self::Prepare => "prepare",
            Self::Switch => "switch",
            Self::Cleanup => "cleanup",
            Self::Abort => "abort",
            Self::AfterPreparing => "after-preparing",
            Self::AfterSwapping => "after-swapping",
            Self::AfterSwitched => "after-switched",
            Self::Resume => "resume",
            Self::ResumeSwapping => "resume-swapping",
            Self::Adopt => "adopt",
            Self::AdoptEdited => "adopt-edited",
            Self::Whole => "whole",
            Self::WholeBadWorker => "whole-bad-worker",
            Self::WholeRollback => "whole-rollback",
            Self::Systemd => "systemd",
            Self::SystemdRollback => "systemd-rollback",
            Self::SystemdResume => "systemd-resume",
        }
    }

    /// Where it is deployed.
    pub fn init(self) -> Init {
        match self {
            Self::Systemd | Self::SystemdRollback | Self::SystemdResume => Init::Systemd,
            _ => Init::Plain,
        }
    }

    /// What is deployed.
    pub fn source(self) -> Source {
        match self {
            Self::Whole | Self::WholeBadWorker | Self::WholeRollback => Source::Whole,
            _ => Source::Plain,
        }
    }

    /// The command that is interrupted.
    pub fn command(self) -> &'static str {
        match self {
            Self::Rollback | Self::WholeRollback | Self::SystemdRollback => "rollback",
            Self::Prepare => "prepare",
            Self::Switch => "switch",
            Self::Cleanup => "cleanup",
            Self::Abort => "abort",
            Self::Resume | Self::ResumeSwapping | Self::SystemdResume => "resume",
            Self::Adopt | Self::AdoptEdited => "adopt",
            _ => "deploy",
        }
    }

    /// What it exits with when nothing happens to it.
    pub fn exits(self) -> i32 {
        match self {
            Self::BadProbe | Self::BadVerify | Self::WholeBadWorker => 1,
            _ => 0,
        }
    }

    /// Whether users are served all the time: not before the first deployment, and not by a host that went down.
    pub fn has_users(self) -> bool {
        !matches!(self, Self::First | Self::FirstWithout) && !self.is_after_boot()
    }

    /// Whether nothing of the app runs.
    pub fn is_after_boot(self) -> bool {
        matches!(
            self,
            Self::Resume | Self::ResumeSwapping | Self::SystemdResume
        )
    }

    /// Whether the command may need a person after a single fault: a bad release is one fault, a program that fails on its way back the
    /// second.
    pub fn has_a_fault(self) -> bool {
        matches!(self, Self::BadVerify | Self::WholeBadWorker)
    }

    /// The commands that lead out of it, whatever was interrupted; a deploy comes last.
    pub fn ways_out(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Resume | Self::ResumeSwapping | Self::SystemdResume => {
                &[&["resume", "deploy"], &["deploy"]]
            }
            // What was edited by hand nobody takes for granted.
            Self::Adopt | Self::AdoptEdited => &[&["adopt", "deploy"]],
            _ => &[&["deploy"]],
        }
    }

    /// Whether long requests are in flight.
    pub fn has_long_requests(self) -> bool {
        self == Self::Drain
    }

    /// Brings the host there; the last thing that was done to it was a good deploy, or nothing.
    ///
    /// # Errors
    /// What the script said when it failed.
    pub fn set_up(self, stand: &Stand) -> Result<(), String> {
        stand.stage(Release::Good);
        match self {
            Self::First => stand.wipe(true),
            Self::FirstWithout => stand.wipe(false),
            Self::Deploy
            | Self::Drain
            | Self::Rollback
            | Self::Prepare
            | Self::Whole
            | Self::WholeRollback
            | Self::Systemd
            | Self::SystemdRollback => {}
            Self::WholeBadWorker => stand.stage(Release::WorkerFails),
            Self::BadProbe => stand.stage(Release::FailsProbe),
            Self::BadVerify => stand.stage(Release::FailsVerify),
            Self::Switch | Self::Abort => good(stand, "prepare")?,
            Self::Cleanup => {
                good(stand, "prepare")?;
                good(stand, "switch")?;
            }
            Self::AfterPreparing => killed_in(stand, "do_gate")?,
            Self::AfterSwapping => killed_in(stand, "do_reload")?,
            Self::AfterSwitched => killed_in(stand, "do_drain")?,
            Self::Resume | Self::SystemdResume => stand.go_down(),
            Self::ResumeSwapping => {
                killed_in(stand, "do_reload")?;
                stand.go_down();
            }
            Self::Adopt => {
                if stand.on_disk() == Some("blue") {
                    good(stand, "deploy")?;
                }
                stand.make_by_hand()?;
            }
            Self::AdoptEdited => stand.edit(),
        }
        Ok(())
    }
}

/// Runs a command that must succeed.
///
/// # Errors
/// What the script said when it failed.
pub fn good(stand: &Stand, command: &str) -> Result<(), String> {
    let run = stand.run(&[command], &Harm::None, PATIENCE);
    match run.code {
        Some(0) => Ok(()),
        code => Err(format!("{command} exits {code:?}: {}", run.said)),
    }
}

fn killed_in(stand: &Stand, function: &str) -> Result<(), String> {
    let point = Point {
        place: function.to_owned(),
        turn: 1,
    };
    let run = stand.run(&["deploy"], &Harm::Signal(How::Kill, point), PATIENCE);
    if run.hit.is_none() {
        return Err(format!("deploy never came into {function}: {}", run.said));
    }
    match stand.settle() {
        left if left.is_empty() => Ok(()),
        left => Err(format!(
            "still at work after a kill in {function}: {left:?}"
        )),
    }
}
