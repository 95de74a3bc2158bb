//! What a command does first about a run that ended in the middle: data too, by what the journal says.

use super::back::stop_started;
use super::build::{Builder, core, start};
use super::{Action, Command, Failure, Side, Step, WayBack};
use crate::model::{Duration, Service};

/// What the journal says between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Nothing is under way.
    Idle,
    /// A run was cut short while users saw nothing of its color, or see nothing of it any more.
    Preparing,
    /// A color is ready and waits for its `switch`: a resting state, not a crash.
    Prepared,
    /// A run was cut short between its swap and its commit: disk and force may differ.
    Swapping,
    /// The switch was good; the previous color is still there.
    Switched,
}

/// Whether a prepared color still belongs to its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reservation {
    /// It does, to the switch or the abort of that deployment.
    Held,
    /// Its time is over, or the host was booted since.
    Over,
}

/// How an interrupted run is undone or finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The new color is drained, if it had traffic, and stopped.
    pub preparing: WayBack,
    /// The new color is stopped.
    pub prepared: WayBack,
    /// What is missing of the previous color is started (the host may have been booted), then the
    /// whole way back.
    pub swapping: WayBack,
    /// The cleanup.
    pub switched: WayBack,
}

/// What a command does about the journal that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It begins.
    Proceed,
    /// There is nothing to do: the command has succeeded.
    Nothing,
    /// Another deployment is at work, or nothing is prepared.
    Refuse,
    /// This comes first; then the journal is looked at again.
    Undo(&'a WayBack),
}

impl Recovery {
    /// What `command` does when the journal says `entry`. It is taken to be of another deployment
    /// than a reservation, unless it is its `switch` or an `abort`.
    #[must_use]
    pub fn answer(&self, entry: Entry, reservation: Reservation, command: Command) -> Answer<'_> {
        match (entry, command) {
            (_, Command::Doctor)
            | (Entry::Idle | Entry::Switched, Command::Abort)
            | (Entry::Idle, Command::Cleanup)
            | (Entry::Switched, Command::Switch) => Answer::Nothing,
            (Entry::Preparing, _) => Answer::Undo(&self.preparing),
            (Entry::Swapping, _) => Answer::Undo(&self.swapping),
            (Entry::Prepared, _) if reservation == Reservation::Over => {
                Answer::Undo(&self.prepared)
            }
            (Entry::Prepared, Command::Abort | Command::Switch)
            | (Entry::Switched, Command::Cleanup | Command::Rollback) => Answer::Proceed,
            (Entry::Prepared, _) | (Entry::Idle, Command::Switch) => Answer::Refuse,
            (Entry::Switched, _) => Answer::Undo(&self.switched),
            (Entry::Idle, _) => Answer::Proceed,
        }
    }

    /// The longest that it takes to undo or finish what was left.
    #[must_use]
    pub fn longest(&self) -> &WayBack {
        [&self.preparing, &self.prepared, &self.switched]
            .into_iter()
            .fold(&self.swapping, |longest, way| {
                if way.worst() > longest.worst() {
                    way
                } else {
                    longest
                }
            })
    }

    /// How long that is.
    #[must_use]
    pub fn worst(&self) -> Duration {
        self.longest().worst()
    }
}

impl Builder<'_> {
    /// What the next command does about each kind of interrupted run.
    pub(super) fn recovery(&self) -> Recovery {
        let every: Vec<&Service> = self.overlapping().chain(self.exclusive()).collect();
        let stop = stop_started(&every);
        let mut preparing = vec![self.drain(Side::New, Failure::Warn)];
        preparing.extend_from_slice(stop.steps());
        let handed: Vec<&Service> = self.exclusive().collect();
        let mut swapping: Vec<Step> = self
            .overlapping()
            .map(|service| {
                let revived = Action::Start(service.name.clone(), Side::Previous);
                core(revived, start(service), Failure::Warn)
            })
            .collect();
        let mut proof = self.proof();
        proof.retain_mut(|step| {
            step.on_failure = Failure::Person;
            matches!(step.action, Action::Verify(_))
        });
        swapping.extend_from_slice(self.way_back(&handed, &proof).steps());
        Recovery {
            preparing: WayBack::new(preparing),
            prepared: stop_started(&self.overlapping().collect::<Vec<_>>()),
            swapping: WayBack::new(swapping),
            switched: WayBack::new(self.clean()),
        }
    }
}
