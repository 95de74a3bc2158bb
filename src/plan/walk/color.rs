//! The colors, and what the proxy points to.

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
