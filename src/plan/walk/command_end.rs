//! Law L5 at the end of a command: the live color still serves, and the interrupted work is finished.

use super::super::{Command, Kind, Phase};
use super::color::Color;
use super::file::File;
use super::graph::{Course, Exit, Graph};
use super::laws::Verdict;
use super::run::{Begin, Proof, Run};
use super::world::World;

/// Checks that a run does not end in the middle of a swap, unless it asks for a person. There are two exceptions: a run
/// whose way back is confirmed, and a recovery that a signal ended. In both cases the journal may stay as it is,
/// because the next command goes back again.
pub(super) fn ended(exit: Exit, place: Course, world: &World, run: &Run) -> Verdict {
    let swapping = world.journal.phase == Phase::Swapping && run.proof != Proof::None;
    let is_back = run.proof == Proof::Confirmed && !matches!(place, Course::Forward(_));
    let told = exit == Exit::Interrupted && place == Course::Recovery;
    if swapping && exit != Exit::Person && !is_back && !told {
        return Err("the run ends in the middle of a swap without a way back");
    }
    Ok(())
}

/// The state that a command found, how it ended without a fault, and the state that it left.
pub(super) struct Ended<'a> {
    pub(super) graph: &'a Graph,
    pub(super) begin: Begin,
    pub(super) found: &'a World,
    pub(super) exit: Exit,
    pub(super) left: &'a World,
}

/// Checks what every command must leave: the file on the disk is in force, and a color that served well still serves
/// well.
pub(super) fn next_command(end: &Ended<'_>) -> Verdict {
    if end.exit == Exit::Person {
        return end.person();
    }
    let (found, left) = (end.found, end.left);
    let swapping = |world: &World| world.journal.phase == Phase::Swapping;
    // After a boot the live color matters most: `resume` begins whether the recovery succeeded or not.
    let unfinished = swapping(found) && swapping(left) && end.begin.command == Command::Resume;
    if unfinished {
        return Ok(());
    }
    if left.disk != left.force {
        return Err("the file on the disk is not in force");
    }
    if end.served() && !end.serves() && !end.removes() {
        return Err("the color that served does not serve any more");
    }
    if swapping(found) && swapping(left) {
        return Err("an interrupted swap is still unfinished");
    }
    match end.begin.command {
        Command::Deploy => end.deploy(),
        Command::Rollback => end.rollback(),
        Command::RollbackTo | Command::Restart => end.copied(),
        Command::Remove => end.remove(),
        Command::Resume => end.resume(),
        Command::Adopt => end.adopt(),
        _ => Ok(()),
    }
}

impl Ended<'_> {
    fn well(&self, world: &World, color: Color) -> bool {
        world.well(color, self.graph.asked(world, color))
    }

    /// Returns whether a color served well. In the middle of a swap this is the color from before the swap.
    fn served(&self) -> bool {
        let found = self.found;
        let served = match found.journal.phase {
            Phase::Swapping => found.journal.from,
            _ => found.force.color(),
        };
        served.is_some_and(|color| self.well(found, color))
    }

    fn serves(&self) -> bool {
        let serves = self.left.force.color();
        serves.is_some_and(|color| self.well(self.left, color))
    }

    /// Returns whether the command removed the app. This is the only exception to law L2.
    fn removes(&self) -> bool {
        self.begin.command == Command::Remove && self.exit == Exit::Done
    }

    /// Returns whether all services of the live color run.
    fn is_whole(&self) -> bool {
        let whole = |color| {
            let services = self.graph.whole(self.left.life(color).of_past());
            self.left.well(color, services)
        };
        self.left.force.color().is_some_and(whole)
    }

    /// Checks that a person is asked only if no color can serve, or if one serves already.
    fn person(&self) -> Verdict {
        let (found, left) = (self.found, self.left);
        // A color that is down can serve if the recovery starts it. The recovery starts the old color, but not a color
        // that was to be adopted.
        let journal = found.journal;
        let starts = journal.kind != Kind::Adopt;
        let down = |color: Color| starts && found.life(color).running == 0;
        if self.begin.command == Command::Resume {
            // `resume` is only about the color that the file routes to.
            let live = found.disk.color();
            return if live.is_some_and(|live| self.well(found, live)) && !self.serves() {
                Err("a person is asked although the live color can serve")
            } else {
                self.resume()
            };
        }
        let can_serve = journal
            .from
            .is_some_and(|old| self.well(found, old) || down(old))
            || journal.kind != Kind::Remove && self.well(found, journal.to);
        if left.disk == left.force && self.serves() || !can_serve {
            Ok(())
        } else {
            Err("a person is asked although a color can serve")
        }
    }

    /// Checks that only a new color serves, and that no work is in progress.
    fn deploy(&self) -> Verdict {
        if self.may_refuse() {
            return Ok(());
        }
        self.serves_alone()
    }

    fn serves_alone(&self) -> Verdict {
        let left = self.left;
        if self.exit != Exit::Done || !self.is_whole() {
            return Err("a deploy does not end with a new color that serves");
        }
        let idle = left.force.color().map(Color::other);
        let alone = idle.is_none_or(|color| {
            let life = left.life(color);
            life.running == 0 || life.by_hand()
        });
        if self.graph.stops && !alone {
            return Err("the old color is left running");
        }
        if left.journal.phase == Phase::Idle {
            Ok(())
        } else {
            Err("the journal is not closed after a deploy without a fault")
        }
    }

    /// Returns whether a deploy may end without a new color: another deployment has a prepared color, the file is
    /// edited by hand, or a foreign program runs in the idle color.
    fn may_refuse(&self) -> bool {
        let (found, left) = (self.found, self.left);
        let reserved =
            |journal: super::world::Journal| journal.phase == Phase::Prepared && !journal.over;
        let busy =
            reserved(found.journal) && !self.begin.mine || found.pending.is_some_and(reserved);
        let edited = matches!(left.disk, File::Edited(_));
        let mut lives = found.life.iter();
        let stranger = lives.any(|life| life.by_hand());
        match self.exit {
            Exit::Busy => busy,
            Exit::Refused => edited || stranger,
            _ => false,
        }
    }

    /// Checks the same as for a deploy. Two refusals are allowed: a color that is prepared or switched belongs to its
    /// deployment, and without a live color of this script there may be no release to copy.
    fn copied(&self) -> Verdict {
        let rests = matches!(self.left.journal.phase, Phase::Prepared | Phase::Switched);
        let live = self.left.disk.color();
        let ours = live.is_some_and(|live| !self.left.life(live).by_hand());
        let refused = match self.exit {
            Exit::Busy => rests,
            Exit::Refused => !ours,
            _ => false,
        };
        if refused || self.may_refuse() {
            return Ok(());
        }
        self.serves_alone()
    }

    /// Checks that no part of the app serves or runs, or that the command changed nothing.
    fn remove(&self) -> Verdict {
        let left = self.left;
        if self.exit != Exit::Done {
            let reserved = left.journal.phase == Phase::Prepared;
            return match self.exit {
                Exit::Busy if reserved => Ok(()),
                Exit::Refused if matches!(left.disk, File::Edited(_)) => Ok(()),
                Exit::Refused if left.life.iter().any(|life| life.by_hand()) => Ok(()),
                _ => Err("a removal ends without a removal of the app"),
            };
        }
        let runs = left
            .life
            .iter()
            .any(|life| life.running != 0 && !life.by_hand());
        if left.force.color().is_some() || runs || left.journal.phase != Phase::Idle {
            return Err("a part of the app is left after its removal");
        }
        Ok(())
    }

    /// Checks that the requested release serves. It checks nothing more after an interrupted swap of a deployment.
    fn rollback(&self) -> Verdict {
        let (found, left) = (self.found, self.left);
        if self.exit != Exit::Done {
            return Ok(());
        }
        let journal = found.journal;
        let swapping = journal.phase == Phase::Swapping;
        if swapping && (journal.kind == Kind::Deploy || !self.served()) {
            return Ok(());
        }
        let wanted = match journal.kind {
            Kind::Rollback if swapping => Some(journal.to),
            Kind::Adopt if swapping => Some(journal.to.other()),
            Kind::RollbackTo | Kind::Remove if swapping => journal.from.map(Color::other),
            _ => found.force.color().map(Color::other),
        };
        if left.force.color() == wanted {
            Ok(())
        } else {
            Err("a rollback ends with another release than the one that was asked for")
        }
    }

    /// Checks that the color that the file routes to runs with all services.
    fn resume(&self) -> Verdict {
        let left = self.left;
        let own = match left.disk {
            File::Ours(color) => !left.life(color).by_hand(),
            _ => false,
        };
        let sick = self
            .found
            .life
            .iter()
            .any(|life| life.sick || life.by_hand());
        if own && !sick && !(self.exit == Exit::Done && self.is_whole()) {
            return Err("the live color does not run after a resume without a fault");
        }
        Ok(())
    }

    /// Checks that a file that was edited by hand now belongs to the script, and that the saved journal is restored.
    fn adopt(&self) -> Verdict {
        let (found, left) = (self.found, self.left);
        let File::Edited(color) = found.disk else {
            return Ok(());
        };
        let resting = matches!(
            found.journal.phase,
            Phase::Idle | Phase::Prepared | Phase::Switched
        );
        if !resting || found.journal.over || !self.well(found, color) {
            return Ok(());
        }
        if self.exit != Exit::Done || left.disk != File::Ours(color) {
            return Err("a file that was edited by hand is not adopted");
        }
        if left.journal.phase != found.journal.phase && found.journal.kind != Kind::Adopt {
            return Err("the work that an adoption postponed is lost");
        }
        Ok(())
    }
}
