//! Services: what a color consists of.

use super::{DriverUse, Duration, Gate, Name, Template};
use crate::source::Span;

/// A part of a color that is started, probed and stopped by itself.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// How it starts, stops and is recognised.
    pub run: DriverUse,
    /// How the proxy reaches it (`host:port`); `None` for a worker without a port.
    pub address: Option<Template>,
    /// The gates on the idle color; every one must pass. May be empty for a worker only.
    pub gates: Vec<Gate>,
    /// How long it has after TERM.
    pub stop_within: Duration,
    /// When a worker is handed over.
    pub handover: Handover,
    /// Where it stands.
    pub span: Span,
}

/// When the new service starts and the old one stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The new one starts in `prepare`, the old one stops in `cleanup`.
    Overlap,
    /// In `switch`, after `verify`: the old one stops, then the new one starts.
    Exclusive,
}

impl Handover {
    /// What a word says.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 2] = [Self::Overlap, Self::Exclusive];

    /// As the language writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Exclusive => "exclusive",
        }
    }
}
