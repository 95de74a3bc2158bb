//! What happens to the previous color.

use super::Duration;
use crate::source::Span;

/// How the previous color is drained and stopped after the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// The longest time that the old color gets for its open requests.
    pub drain: Duration,
    /// Whether it is stopped after the drain.
    pub previous: Previous,
    /// The place of `cleanup` in the source. `None` if the app has no `cleanup` block.
    pub span: Option<Span>,
}

/// Whether the previous color is stopped after the drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It is stopped after the drain.
    Stopped,
    /// `keep warm`: it runs until the next `prepare` needs its color.
    KeptWarm,
}
