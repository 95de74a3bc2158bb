//! The text of the proxy's file.

use super::color::{Color, Route};

/// What the proxy's file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum File {
    /// There is none.
    Absent,
    /// Somebody's text that leads to nothing of ours.
    Text,
    /// As a release of ours writes it.
    Ours(Color),
    /// It routes to a color, but nothing of ours has written it so.
    Edited(Color),
}

impl File {
    /// What it routes to.
    pub(super) fn color(self) -> Route {
        match self {
            Self::Absent | Self::Text => None,
            Self::Ours(color) | Self::Edited(color) => Some(color),
        }
    }

    /// Whether it is what a script of ours leaves.
    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Ours(_))
    }

    /// The same with the colors' names changed.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Ours(color) => Self::Ours(color.other()),
            Self::Edited(color) => Self::Edited(color.other()),
            text => text,
        }
    }
}
