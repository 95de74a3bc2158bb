//! Services: what a color consists of.

use super::{DriverUse, Duration, Gate, Name, Template};
use crate::source::Span;

/// One program of a color. Each service is started, probed and stopped separately.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// How it starts, stops and is recognised.
    pub run: DriverUse,
    /// The address by which the proxy reaches it (`host:port`). `None` for a worker without a port.
    pub address: Option<Template>,
    /// The gates on the idle color. All must pass. Only a worker may have none.
    pub gates: Vec<Gate>,
    /// The time between TERM and KILL.
    pub stop_within: Duration,
    /// When the old worker stops and the new one starts.
    pub handover: Handover,
    /// Its place in the source.
    pub span: Span,
}

/// When the new service starts and the old one stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The new service starts in `prepare`; the old one stops in `cleanup`.
    Overlap,
    /// The old service stops in `switch`, after `verify`; then the new one starts.
    Exclusive,
}

impl Handover {
    /// The handover with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    const ALL: [Self; 2] = [Self::Overlap, Self::Exclusive];

    /// The word in the language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Exclusive => "exclusive",
        }
    }
}
