//! The knowledge of one process. It is lost when the process dies.

use super::super::Phase;
use super::super::{Command, Side};
use super::color::{Color, Route};
use super::file::File;
use super::world::{Journal, World};

/// A running process. A recovery does not depend on the command that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each bool is a separate fact about a run, not a mode"
)]
pub(super) struct Run {
    /// The next step, as a number in the graph.
    pub(super) node: u16,
    pub(super) from: Route,
    pub(super) to: Color,
    /// The process holds the proxy's mutex.
    pub(super) proxy: bool,
    /// The process has read from the proxy's file which color is live.
    pub(super) chosen: bool,
    /// The process has made a release for the new color.
    pub(super) made: bool,
    /// The gates that passed in this process, one bit for each, for the colors A and B.
    pub(super) passed: [u16; 2],
    /// The colors that accepted a connection from the proxy's side.
    pub(super) dialed: [bool; 2],
    /// The candidate that this process wrote beside the proxy's file.
    pub(super) candidate: Option<File>,
    /// How far the last swap of this process is proven.
    pub(super) proof: Proof,
    /// The checks through the proxy that ran since the swap, one bit for each.
    pub(super) verified: u16,
    /// The journal said `swapping` when the process began.
    pub(super) found_swapping: bool,
}

/// How far a swap is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Proof {
    /// This process has not swapped.
    None,
    /// The candidate is the proxy's file.
    Swapped,
    /// The proxy accepts the file.
    Tested,
    /// The script has asked the proxy to load the file.
    Reloaded,
    /// The file is in force.
    Confirmed,
}

impl Proof {
    /// Returns `next` if it directly follows this value. Otherwise nothing changes.
    pub(super) fn then(self, next: Self) -> Self {
        if self as u8 + 1 == next as u8 {
            next
        } else {
            self
        }
    }
}

impl Run {
    /// Makes a process that begins and has read the journal.
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

    /// Begins a way back. The process must check everything again.
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

    /// Returns the color that a step means.
    pub(super) fn color(&self, side: Side) -> Route {
        match side {
            Side::New => Some(self.to),
            Side::Old | Side::Given => self.from,
            Side::Nothing => None,
        }
    }

    /// Returns the text that a step writes for a side.
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

/// A state of the walk: the host, and the running process, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) run: Option<Run>,
}

/// A command, and whether the prepared color belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) command: Command,
    pub(super) mine: bool,
}
