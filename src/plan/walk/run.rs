//! What one process knows; gone when it dies.

use super::super::Phase;
use super::super::{Command, Side};
use super::color::{Color, Route};
use super::file::File;
use super::world::{Journal, World};

/// A process that is at work. A recovery does not depend on the command that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about a run, each by itself, not modes"
)]
pub(super) struct Run {
    /// The next step, a number in the graph.
    pub(super) node: u16,
    pub(super) from: Route,
    pub(super) to: Color,
    /// Holds the proxy's mutex.
    pub(super) proxy: bool,
    /// Has asked the proxy's file which color is live.
    pub(super) chosen: bool,
    /// Has made a release for the new color.
    pub(super) made: bool,
    /// Gates that passed in this process, a bit each, of the colors A and B.
    pub(super) passed: [u16; 2],
    /// The colors that could be connected to from where the proxy stands.
    pub(super) dialed: [bool; 2],
    /// The candidate that this process wrote beside the proxy's file.
    pub(super) candidate: Option<File>,
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

impl Proof {
    /// Each counts only after the one before it.
    pub(super) fn then(self, next: Self) -> Self {
        if self as u8 + 1 == next as u8 {
            next
        } else {
            self
        }
    }
}

impl Run {
    /// A process that begins, and has read the journal.
    pub(super) fn begins(node: u16, journal: Journal) -> Self {
        Self {
            node,
            from: journal.from,
            to: journal.to,
            proxy: false,
            chosen: false,
            made: false,
            passed: [0; 2],
            dialed: [false; 2],
            candidate: None,
            proof: Proof::None,
            verified: 0,
            found_swapping: journal.phase == Phase::Swapping,
        }
    }

    /// A way back begins: what was known on the way there counts no more, so it must find out again.
    pub(super) fn goes_back(&mut self) {
        self.proxy = false;
        self.chosen = false;
        self.made = false;
        self.passed = [0; 2];
        self.dialed = [false; 2];
        self.candidate = None;
        self.verified = 0;
        if self.proof != Proof::None {
            self.proof = Proof::Swapped;
        }
    }

    /// Which color a step speaks of.
    pub(super) fn color(&self, side: Side) -> Route {
        match side {
            Side::New => Some(self.to),
            Side::Old | Side::Given => self.from,
            Side::Nothing => None,
        }
    }

    /// The text that a step writes for a side.
    pub(super) fn text(&self, world: &World, side: Side) -> File {
        match (side, self.from) {
            (Side::New, _) => File::Ours(self.to),
            (Side::Nothing, _) => File::Absent,
            (Side::Old | Side::Given, from) => {
                world.kept.or(from.map(File::Ours)).unwrap_or(File::Absent)
            }
        }
    }
}

/// A state of the walk: the host, and the process that is at work, if one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) run: Option<Run>,
}

/// A command, and whether the color that is prepared is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) command: Command,
    pub(super) mine: bool,
}
