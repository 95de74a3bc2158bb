//! The model of a host: what the proxy's file says, what is in force, what runs, what the journal says.
//!
//! Small and copied freely: the walk keeps every one that can be reached, each once.

use super::super::{Kind, Phase};
use super::color::{Color, Route};
use super::file::File;

/// Who started what runs in a color's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// The release that the state's link of the color points to.
    #[default]
    Linked,
    /// The release that an unfinished deployment has made.
    Fresh,
    /// Somebody else: a color started by hand, or a stranger on its port.
    Hand,
}

/// What runs in a color's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about a color, each by itself, not modes"
)]
pub(super) struct Life {
    /// A bit a service.
    pub(super) running: u16,
    /// Runs and does not pass its gates.
    pub(super) sick: bool,
    pub(super) owner: Owner,
    /// The proxy's workers of before the last change of route may still be answering with it, and have
    /// not had all the time of the drain.
    pub(super) busy: bool,
    /// The linked release, whether it runs or not, is of an older deploy.bg, with other services.
    pub(super) past: bool,
}

impl Life {
    /// A program that is none of the services.
    pub(super) const STRANGER: u16 = 1 << 15;

    /// Nothing of it runs any more.
    pub(super) fn gone(&mut self) {
        *self = Self {
            past: self.past,
            ..Self::default()
        };
    }

    /// Those services do not run any more.
    pub(super) fn stop(&mut self, services: u16) {
        self.running &= !services;
        if self.running == 0 {
            self.gone();
        }
    }

    pub(super) fn by_hand(self) -> bool {
        self.running != 0 && self.owner == Owner::Hand
    }

    /// Which deploy.bg the release is of that runs there, or would.
    pub(super) fn of_past(self) -> bool {
        self.past && (self.running == 0 || self.owner == Owner::Linked)
    }
}

/// The journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "the journal's keys, each by itself, not modes"
)]
pub(super) struct Journal {
    pub(super) phase: Phase,
    pub(super) kind: Kind,
    pub(super) from: Route,
    pub(super) to: Color,
    /// The reservation's time is over, or the host was booted since.
    pub(super) over: bool,
    /// What may run only once is being moved.
    pub(super) handed: bool,
    /// The proxy's generation of before a reload, of this boot.
    pub(super) drains: bool,
    /// A rollback to what ran before that began, and goes on as it was if it fails.
    pub(super) warm: bool,
    /// The release that was made is a copy of one of an older deploy.bg.
    pub(super) past: bool,
}

impl Journal {
    /// Nothing is under way.
    pub(super) const IDLE: Self = Self {
        phase: Phase::Idle,
        kind: Kind::Deploy,
        from: None,
        to: Color::A,
        over: false,
        handed: false,
        drains: false,
        warm: false,
        past: false,
    };

    /// Whether the copy that was put off is this one's to take up again. Another is what a kill right after the copy left.
    pub(super) fn has_put_off(self) -> bool {
        match self.kind {
            Kind::Deploy | Kind::RollbackTo | Kind::Remove => false,
            Kind::Rollback => self.phase != Phase::Switched,
            Kind::Adopt => true,
        }
    }

    fn swap_colors(&mut self) {
        if self.phase != Phase::Idle {
            self.from = self.from.map(Color::other);
            self.to = self.to.other();
        }
    }
}

/// All that outlives a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    /// What the proxy's file on the disk says.
    pub(super) disk: File,
    /// What the workers that accept have loaded.
    pub(super) force: File,
    /// Of the colors A and B.
    pub(super) life: [Life; 2],
    pub(super) journal: Journal,
    /// The copy of the journal that a rollback or an adoption has put off.
    pub(super) pending: Option<Journal>,
    /// The text of before the swap, where that is not what a release of ours has.
    pub(super) kept: Option<File>,
}

impl World {
    /// Nothing was ever deployed.
    pub(super) const FRESH: Self = Self {
        disk: File::Absent,
        force: File::Absent,
        life: [Life {
            running: 0,
            sick: false,
            owner: Owner::Linked,
            busy: false,
            past: false,
        }; 2],
        journal: Journal::IDLE,
        pending: None,
        kept: None,
    };

    pub(super) fn life(&self, color: Color) -> &Life {
        &self.life[color as usize]
    }

    pub(super) fn life_mut(&mut self, color: Color) -> &mut Life {
        &mut self.life[color as usize]
    }

    /// Whether all of `services` run in the color and it passes its gates.
    pub(super) fn well(&self, color: Color, services: u16) -> bool {
        let life = self.life(color);
        !life.sick && life.running & services == services
    }

    /// The proxy loads what is on the disk: the workers that accepted until now finish what they have.
    pub(super) fn load(&mut self) {
        let (was, is) = (self.force.color(), self.disk.color());
        self.force = self.disk;
        if let Some(color) = was.filter(|_| was != is) {
            let life = self.life_mut(color);
            // Requests to what does not run have failed already.
            life.busy = life.running != 0;
        }
    }

    /// Nothing is under way, or what was put off is again.
    pub(super) fn close(&mut self) {
        let put_off = self.pending.filter(|_| self.journal.has_put_off());
        let drains = self.journal.drains;
        self.journal = put_off.unwrap_or(Journal::IDLE);
        // What drains drains from the last reload on.
        self.journal.drains |= drains && put_off.is_some();
        self.pending = None;
        self.kept = None;
    }

    /// Without what makes no difference any more: nobody asks what drains where nothing does.
    #[must_use]
    pub(super) fn normal(mut self) -> Self {
        // What serves is not stopped before the route changes again, and then it is busy in any case.
        if let Some(live) = self.force.color() {
            self.life_mut(live).busy = false;
        }
        if self.force == self.disk && self.life.iter().all(|life| !life.busy) {
            if matches!(self.journal.phase, Phase::Switched | Phase::Returning) {
                self.journal.drains = false;
            }
            if let Some(pending) = &mut self.pending {
                pending.drains = false;
            }
        }
        self
    }

    /// The colors' names do not matter: the live one is called A.
    #[must_use]
    pub(super) fn canonical(mut self) -> Self {
        self.pending = self.pending.filter(|_| self.journal.has_put_off());
        if self.is_renamed() {
            self.renamed()
        } else {
            self
        }
    }

    /// Whether [`World::canonical`] changes the colors' names.
    pub(super) fn is_renamed(&self) -> bool {
        self.disk.color() == Some(Color::B)
    }

    /// The same with the colors' names changed.
    #[must_use]
    pub(super) fn renamed(mut self) -> Self {
        self.life.swap(0, 1);
        self.disk = self.disk.other();
        self.force = self.force.other();
        self.kept = self.kept.map(File::other);
        self.journal.swap_colors();
        if let Some(pending) = &mut self.pending {
            pending.swap_colors();
        }
        self
    }
}

/// Whether a color is the one that an unfinished deployment has made a release for.
pub(super) fn made_by_this_run(journal: Journal, color: Color) -> bool {
    let unfinished = !matches!(journal.phase, Phase::Idle | Phase::Switched);
    unfinished && journal.kind.makes_release() && journal.to == color
}
