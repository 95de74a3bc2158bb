//! The situations in which a command is interrupted, and how each is set up.

use std::time::Duration;

use crate::harm::{Harm, How};
use crate::point::Point;
use crate::source::Source;
use crate::stand::{Init, Release, Stand};

/// The deadline of a run without harm.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The situation when the harm happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Situation {
    /// The first deployment. A person wrote the fragment, and its color does not run.
    First,
    /// The first deployment, without a fragment.
    FirstWithout,
    /// A deployment from one color to the other.
    Deploy,
    /// The same with requests of 1 s and streams of 2 s in progress.
    Drain,
    /// The new release never passes its probe.
    BadProbe,
    /// The new release passes its probe and fails `verify`, so the script goes back.
    BadVerify,
    /// A rollback to the color from before.
    Rollback,
    /// A `prepare` as a command of its own.
    Prepare,
    /// The `switch` of a prepared color.
    Switch,
    /// The `cleanup` after a switch.
    Cleanup,
    /// The `abort` of a prepared color.
    Abort,
    /// A deploy after another deploy that was killed while it prepared. It must first recover from it.
    AfterPreparing,
    /// The same, with a kill between swap and confirmation.
    AfterSwapping,
    /// The same, with a kill in the drain.
    AfterSwitched,
    /// A `resume` after a reboot. Only nginx runs, and the live color must start again.
    Resume,
    /// The same, with a reboot between swap and confirmation.
    ResumeSwapping,
    /// An `adopt` of a color that was started by hand, with a fragment that was written by hand.
    Adopt,
    /// An `adopt` of a fragment that was edited by hand. Its color belongs to the script.
    AdoptEdited,
    /// A deployment from one color to the other, with an exclusive worker and steps of the user.
    Whole,
    /// The same, but the worker of the new release ends at once, so the script goes back after the handover.
    WholeBadWorker,
    /// A rollback to the color from before, with an exclusive worker.
    WholeRollback,
    /// A deployment from one color to the other, on a host with systemd.
    Systemd,
    /// A rollback on a host with systemd.
    SystemdRollback,
    /// A `resume` on a host with systemd, after the unit of the live color has ended.
    SystemdResume,
}

impl Situation {
    /// All values.
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

    /// Returns the name for the table and for `--situation`.
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

    /// Returns the kind of host.
    pub fn init(self) -> Init {
        match self {
            Self::Systemd | Self::SystemdRollback | Self::SystemdResume => Init::Systemd,
            _ => Init::Plain,
        }
    }

    /// Returns the app.
    pub fn source(self) -> Source {
        match self {
            Self::Whole | Self::WholeBadWorker | Self::WholeRollback => Source::Whole,
            _ => Source::Plain,
        }
    }

    /// Returns the command that is interrupted.
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

    /// Returns the exit code of the command without harm.
    pub fn exits(self) -> i32 {
        match self {
            Self::BadProbe | Self::BadVerify | Self::WholeBadWorker => 1,
            _ => 0,
        }
    }

    /// Returns whether users get answers all the time. Before the first deployment and after a reboot they do not.
    pub fn has_users(self) -> bool {
        !matches!(self, Self::First | Self::FirstWithout) && !self.is_after_boot()
    }

    /// Returns whether no program of the app runs.
    pub fn is_after_boot(self) -> bool {
        matches!(
            self,
            Self::Resume | Self::ResumeSwapping | Self::SystemdResume
        )
    }

    /// Returns whether the command may need a person after a single fault. A bad release is the first fault, and a
    /// program that fails on the way back is the second.
    pub fn has_a_fault(self) -> bool {
        matches!(self, Self::BadVerify | Self::WholeBadWorker)
    }

    /// Returns the commands that lead out of the situation after any interruption. The last is always a deploy.
    pub fn ways_out(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Resume | Self::ResumeSwapping | Self::SystemdResume => {
                &[&["resume", "deploy"], &["deploy"]]
            }
            // Only `adopt` may accept a file that was edited by hand.
            Self::Adopt | Self::AdoptEdited => &[&["adopt", "deploy"]],
            _ => &[&["deploy"]],
        }
    }

    /// Returns whether long requests are in progress.
    pub fn has_long_requests(self) -> bool {
        self == Self::Drain
    }

    /// Sets the situation up. Before this, the last command on the host was a successful deploy, or there was none.
    ///
    /// # Errors
    /// The output of the script when it failed.
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
/// The output of the script when it failed.
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
