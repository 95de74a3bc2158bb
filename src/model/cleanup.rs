//! What happens to the previous color.

use super::Duration;
use crate::source::Span;

/// What happens to the previous color after the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// At most so long for what the old color still answers.
    pub drain: Duration,
    /// Whether it is stopped then.
    pub previous: Previous,
    /// Where `cleanup` stands; `None` when all of it is default.
    pub span: Option<Span>,
}

/// What becomes of the previous color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It is stopped after the drain.
    Stopped,
    /// `keep warm`: it runs until the next `prepare` needs its place.
    KeptWarm,
}
