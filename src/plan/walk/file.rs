//! The text of the proxy's file.

use super::color::{Color, Route};

/// The contents of the proxy's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum File {
    /// There is no file.
    Absent,
    /// A foreign text that does not route to the app.
    Text,
    /// The text that a release of this app writes.
    Ours(Color),
    /// A text that routes to a color, but was not written by this script.
    Edited(Color),
}

impl File {
    /// Returns the color that the file routes to.
    pub(super) fn color(self) -> Route {
        match self {
            Self::Absent | Self::Text => None,
            Self::Ours(color) | Self::Edited(color) => Some(color),
        }
    }

    /// Returns whether the file is one that this script leaves.
    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Ours(_))
    }

    /// Returns the same file with the names of the colors swapped.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Ours(color) => Self::Ours(color.other()),
            Self::Edited(color) => Self::Edited(color.other()),
            text => text,
        }
    }
}
