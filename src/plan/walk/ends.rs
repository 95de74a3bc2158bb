//! L5, of a command's end: what served serves, and what was under way is at its end.

use super::super::{Command, Kind, Phase};
use super::color::Color;
use super::file::File;
use super::graph::{Course, Exit, Graph};
use super::laws::Verdict;
use super::run::{Begin, Proof, Run};
use super::world::World;

/// A run that ends by itself leaves no swap in the middle, unless it asks for a person. Once the way back is confirmed the journal may
/// stay as it is: the next command goes back once more. So it does where a signal has ended a recovery.
pub(super) fn ended(exit: Exit, place: Course, world: &World, run: &Run) -> Verdict {
    let swapping = world.journal.phase == Phase::Swapping && run.proof != Proof::None;
    let is_back = run.proof == Proof::Confirmed && !matches!(place, Course::Forward(_));
    let told = exit == Exit::Interrupted && place == Course::Recovery;
    if swapping && exit != Exit::Person && !is_back && !told {
        return Err("the run ends in the middle of a swap, and nothing goes back");
    }
    Ok(())
}

/// What a command found, how it ended without a fault, and what it has left.
pub(super) struct Ended<'a> {
    pub(super) graph: &'a Graph,
    pub(super) begin: Begin,
    pub(super) found: &'a World,
    pub(super) exit: Exit,
    pub(super) left: &'a World,
}

/// What any command has to leave: the disk in force, and what served well still well.
pub(super) fn next_command(end: &Ended<'_>) -> Verdict {
    if end.exit == Exit::Person {
        return end.person();
    }
    let (found, left) = (end.found, end.left);
    let swapping = |world: &World| world.journal.phase == Phase::Swapping;
    // After a boot what serves comes first: `resume` begins whatever came of the recovery.
    let unfinished = swapping(found) && swapping(left) && end.begin.command == Command::Resume;
    if unfinished {
        return Ok(());
    }
    if left.disk != left.force {
        return Err("what is on the disk is not what is in force");
    }
    if end.served() && !end.serves() && !end.removes() {
        return Err("what served does not serve any more");
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

    /// In the middle of a swap what counts is what served before it.
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

    /// L2's only exception: whoever wants the app to go away.
    fn removes(&self) -> bool {
        self.begin.command == Command::Remove && self.exit == Exit::Done
    }

    /// All of the color that serves runs.
    fn is_whole(&self) -> bool {
        let whole = |color| {
            let services = self.graph.whole(self.left.life(color).of_past());
            self.left.well(color, services)
        };
        self.left.force.color().is_some_and(whole)
    }

    /// A person is asked only where no color can serve, or one does.
    fn person(&self) -> Verdict {
        let (found, left) = (self.found, self.left);
        // What is down can serve if the recovery starts it, which it does with the old color, but with none that was to be adopted.
        let journal = found.journal;
        let starts = journal.kind != Kind::Adopt;
        let down = |color: Color| starts && found.life(color).running == 0;
        if self.begin.command == Command::Resume {
            // It is about the color that the file routes to, and no other.
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

    /// A new color serves, alone, and nothing is under way.
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

    /// Whether a deploy may end without a new color: another deployment has one prepared, the file is edited by hand, or a stranger has
    /// the idle color's place.
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

    /// As a deploy; what is prepared belongs to its deployment, and without a live color of ours there may be nothing to copy.
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

    /// Nothing of the app serves or runs, or nothing was changed.
    fn remove(&self) -> Verdict {
        let left = self.left;
        if self.exit != Exit::Done {
            let reserved = left.journal.phase == Phase::Prepared;
            return match self.exit {
                Exit::Busy if reserved => Ok(()),
                Exit::Refused if matches!(left.disk, File::Edited(_)) => Ok(()),
                Exit::Refused if left.life.iter().any(|life| life.by_hand()) => Ok(()),
                _ => Err("a removal does not end with nothing that serves"),
            };
        }
        let runs = left
            .life
            .iter()
            .any(|life| life.running != 0 && !life.by_hand());
        if left.force.color().is_some() || runs || left.journal.phase != Phase::Idle {
            return Err("something of the app is left after its removal");
        }
        Ok(())
    }

    /// What was asked for serves; after an interrupted deployment that is what served before it.
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

    /// The color that the file routes to runs, all of it.
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

    /// A file that was edited by hand is the script's own, and what was put off goes on.
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
