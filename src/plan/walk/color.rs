//! The colors, and the color that the proxy routes to.

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

/// The color that the proxy routes to. `None`: no color of the app, as before the first deployment.
pub(super) type Route = Option<Color>;
