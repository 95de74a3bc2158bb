//! The model of a host: what the proxy's file says, what is in force, what runs, what the journal says.
//!
//! Small and copied freely: the walk keeps every one that can be reached, each once.

use super::super::{Command, Entry, Reservation, Side};

/// One of the two colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Color {
    A,
    B,
}

impl Color {
    pub(super) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What the proxy points to; `None`: nothing of ours, as before a first deployment.
pub(super) type Route = Option<Color>;

/// How what runs in a color's place is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Health {
    /// Passes its gates, if all of it runs.
    #[default]
    Well,
    /// Runs and does not pass.
    Sick,
    /// Runs, but was never started by the script: somebody else's program on the port.
    Stranger,
}

/// What runs in a color's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Life {
    /// A bit a service.
    pub(super) running: u16,
    pub(super) health: Health,
    /// It is the release that the state's link of the color points to.
    pub(super) linked: bool,
    /// The proxy's workers of before the last change of route may still be answering with it, and have
    /// not had all the time of the drain.
    pub(super) busy: bool,
}

/// All that outlives a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about a host, each by itself, not modes"
)]
pub(super) struct World {
    /// What the proxy's file on the disk routes to.
    pub(super) disk: Route,
    /// What the workers that accept route to.
    pub(super) force: Route,
    /// Of the colors A and B.
    pub(super) life: [Life; 2],
    /// The journal.
    pub(super) entry: Entry,
    pub(super) from: Route,
    pub(super) to: Color,
    pub(super) reservation: Reservation,
    /// It has the proxy's generation of before a swap, of this boot.
    pub(super) snapshot: bool,
    /// It is of a rollback to what ran before that began, and goes on as it was if it fails.
    pub(super) warm: bool,
    /// A cleanup was under way when that rollback began.
    pub(super) pending: bool,
    /// An exclusive service could not be started again, and that was said.
    pub(super) lame: bool,
}

impl World {
    /// Nothing was ever deployed.
    pub(super) fn fresh() -> Self {
        Self {
            disk: None,
            force: None,
            life: [Life::default(); 2],
            entry: Entry::Idle,
            from: None,
            to: Color::A,
            reservation: Reservation::Held,
            snapshot: false,
            warm: false,
            pending: false,
            lame: false,
        }
    }

    pub(super) fn life(&self, color: Color) -> &Life {
        &self.life[color as usize]
    }

    pub(super) fn life_mut(&mut self, color: Color) -> &mut Life {
        &mut self.life[color as usize]
    }

    /// Whether all of `services` run in the color and it passes its gates.
    pub(super) fn well(&self, color: Color, services: u16) -> bool {
        let life = self.life(color);
        life.health == Health::Well && life.running & services == services
    }

    /// The proxy loads what is on the disk: the workers that accepted until now finish what they have.
    pub(super) fn load(&mut self) {
        if self.force == self.disk {
            return;
        }
        if let Some(color) = self.force {
            let life = self.life_mut(color);
            // Requests to what does not run have failed already.
            life.busy = life.running != 0;
        }
        self.force = self.disk;
    }

    /// Nothing of the color runs any more.
    pub(super) fn gone(&mut self, color: Color) {
        *self.life_mut(color) = Life::default();
    }

    /// Nothing is under way.
    pub(super) fn forget(&mut self) {
        self.entry = Entry::Idle;
        self.from = None;
        self.to = Color::A;
        self.reservation = Reservation::Held;
        self.snapshot = false;
        self.warm = false;
        self.pending = false;
    }

    /// The colors' names do not matter: the live one is called A.
    #[must_use]
    pub(super) fn canonical(mut self) -> Self {
        for life in &mut self.life {
            if life.running == 0 && life.health != Health::Stranger {
                *life = Life::default();
            }
        }
        if self.disk == Some(Color::B) {
            self.life.swap(0, 1);
            self.disk = Some(Color::A);
            self.force = self.force.map(Color::other);
            if self.entry != Entry::Idle {
                self.from = self.from.map(Color::other);
                self.to = self.to.other();
            }
        }
        self
    }
}

/// What one process knows; gone when it dies. A recovery does not depend on the command that follows
/// it, so a run that does one has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about a run, each by itself, not modes"
)]
pub(super) struct Run {
    pub(super) command: Option<Command>,
    /// The next step, a number in the program.
    pub(super) node: u16,
    pub(super) from: Route,
    pub(super) to: Color,
    /// Holds the app's mutex.
    pub(super) locked: bool,
    /// Holds the proxy's mutex.
    pub(super) proxy: bool,
    /// Has asked the proxy's file which color is live.
    pub(super) read: bool,
    /// Gates that passed in this process, a bit each, of the colors A and B.
    pub(super) passed: [u16; 2],
    /// The candidate that this process wrote beside the proxy's file.
    pub(super) candidate: Option<Route>,
    /// How far the last swap of this process is proven.
    pub(super) proof: Proof,
    /// Checks through the proxy that were asked since the swap, a bit each.
    pub(super) verified: u16,
    /// The journal said `swapping` when the process began.
    pub(super) found_swapping: bool,
}

/// How far a swap is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Proof {
    /// This process has swapped nothing.
    None,
    /// The candidate is the proxy's file.
    Swapped,
    /// The proxy accepts it.
    Tested,
    /// The proxy was asked to load it.
    Reloaded,
    /// It is in force.
    Confirmed,
}

impl Run {
    /// A process that begins.
    pub(super) fn begins(command: Command, world: &World) -> Self {
        Self {
            command: Some(command),
            node: 0,
            from: world.from,
            to: world.to,
            locked: false,
            proxy: false,
            read: false,
            passed: [0; 2],
            candidate: None,
            proof: Proof::None,
            verified: 0,
            found_swapping: false,
        }
    }

    /// It goes back: what it knew of the way forward counts no more, so it must find out again.
    pub(super) fn goes_back(&mut self) {
        self.proxy = false;
        self.read = false;
        self.passed = [0; 2];
        self.candidate = None;
        self.verified = 0;
        if self.proof != Proof::None {
            self.proof = Proof::Swapped;
        }
        // Which of these it was does not matter any more.
        if let Some(Command::Prepare | Command::Rollback) = self.command {
            self.command = Some(Command::Deploy);
        }
    }

    /// Which color a step speaks of.
    pub(super) fn color(&self, side: Side) -> Route {
        match side {
            Side::New => Some(self.to),
            Side::Previous => self.from,
        }
    }
}

/// A state of the walk: the host, and the process that is at work, if one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) run: Option<Run>,
}
