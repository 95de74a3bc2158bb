//! The model of a host: the proxy's file, the configuration in force, the running services and the journal.
//!
//! It is small and cheap to copy, because the walk stores every reachable host once.

use super::super::{Kind, Phase};
use super::color::{Color, Route};
use super::file::File;

/// Who started the programs in a color's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// The release that the link of the color points to.
    #[default]
    Linked,
    /// The release that an unfinished deployment has made.
    Fresh,
    /// A person who started a color by hand, or a foreign program on its port.
    Hand,
}

/// The programs in a color's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each bool is a separate fact about a color, not a mode"
)]
pub(super) struct Life {
    /// The running services, one bit for each.
    pub(super) running: u16,
    /// The color runs and does not pass its gates.
    pub(super) sick: bool,
    pub(super) owner: Owner,
    /// The proxy's workers from before the last change of route may still answer with the color, and have not had the
    /// full drain time.
    pub(super) busy: bool,
    /// The linked release, running or not, comes from an older deploy.bg with other services.
    pub(super) past: bool,
}

impl Life {
    /// The bit of a program that is not a service of the app.
    pub(super) const STRANGER: u16 = 1 << 15;

    /// No program of the color runs any more.
    pub(super) fn gone(&mut self) {
        *self = Self {
            past: self.past,
            ..Self::default()
        };
    }

    /// Stops those services.
    pub(super) fn stop(&mut self, services: u16) {
        self.running &= !services;
        if self.running == 0 {
            self.gone();
        }
    }

    pub(super) fn by_hand(self) -> bool {
        self.running != 0 && self.owner == Owner::Hand
    }

    /// Returns whether the release that runs there, or would run there, comes from an older deploy.bg.
    pub(super) fn of_past(self) -> bool {
        self.past && (self.running == 0 || self.owner == Owner::Linked)
    }
}

/// The journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each bool is a separate key of the journal, not a mode"
)]
pub(super) struct Journal {
    pub(super) phase: Phase,
    pub(super) kind: Kind,
    pub(super) from: Route,
    pub(super) to: Color,
    /// The reservation is over: its time has ended, or the host was booted since.
    pub(super) over: bool,
    /// The exclusive services are moving.
    pub(super) handed: bool,
    /// The journal has the proxy's generation from before a reload, and the host was not booted since.
    pub(super) drains: bool,
    /// A rollback to a color that was already running. If the rollback fails, the color keeps running.
    pub(super) warm: bool,
    /// The new release is a copy of a release from an older deploy.bg.
    pub(super) past: bool,
}

impl Journal {
    /// No deployment is in progress.
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

    /// Returns whether the saved copy belongs to this journal and must be restored. If not, the copy is left from a run
    /// that was killed right after it made the copy.
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

/// All facts that outlive a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    /// The text of the proxy's file on the disk.
    pub(super) disk: File,
    /// The text that the accepting workers have loaded.
    pub(super) force: File,
    /// The colors A and B.
    pub(super) life: [Life; 2],
    pub(super) journal: Journal,
    /// The copy of the journal that a rollback or an adoption has saved for later.
    pub(super) pending: Option<Journal>,
    /// The text from before the swap, if it is not the text of a release of this app.
    pub(super) kept: Option<File>,
}

impl World {
    /// A host without any deployment.
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

    /// Returns whether all of `services` run in the color and it passes its gates.
    pub(super) fn well(&self, color: Color, services: u16) -> bool {
        let life = self.life(color);
        !life.sick && life.running & services == services
    }

    /// The proxy loads the file on the disk. The workers that accepted requests until now finish their requests.
    pub(super) fn load(&mut self) {
        let (was, is) = (self.force.color(), self.disk.color());
        self.force = self.disk;
        if let Some(color) = was.filter(|_| was != is) {
            let life = self.life_mut(color);
            // Requests to a color that does not run have failed already.
            life.busy = life.running != 0;
        }
    }

    /// Closes the journal, or restores the saved one.
    pub(super) fn close(&mut self) {
        let put_off = self.pending.filter(|_| self.journal.has_put_off());
        let drains = self.journal.drains;
        self.journal = put_off.unwrap_or(Journal::IDLE);
        // The drain counts from the last reload.
        self.journal.drains |= drains && put_off.is_some();
        self.pending = None;
        self.kept = None;
    }

    /// Removes facts that no longer matter: if no color is busy, the draining generation is not used.
    #[must_use]
    pub(super) fn normal(mut self) -> Self {
        // The live color cannot be stopped before the next change of route, and that change makes it busy anyway.
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

    /// Renames the colors so that the live one is A. The names do not matter.
    #[must_use]
    pub(super) fn canonical(mut self) -> Self {
        self.pending = self.pending.filter(|_| self.journal.has_put_off());
        if self.is_renamed() {
            self.renamed()
        } else {
            self
        }
    }

    /// Returns whether [`World::canonical`] swaps the names of the colors.
    pub(super) fn is_renamed(&self) -> bool {
        self.disk.color() == Some(Color::B)
    }

    /// Returns the same host with the names of the colors swapped.
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

/// Returns whether an unfinished deployment has made a release for the color.
pub(super) fn made_by_this_run(journal: Journal, color: Color) -> bool {
    let unfinished = !matches!(journal.phase, Phase::Idle | Phase::Switched);
    unfinished && journal.kind.makes_release() && journal.to == color
}
