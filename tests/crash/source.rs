//! What is deployed: two apps of one name, so that a host can have one after the other.

/// An app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// One program and nothing else.
    Plain,
    /// A worker beside it that may run only once, a step of the user's at every place, a notification.
    Whole,
}

impl Source {
    /// All.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Whole];

    /// Its `deploy.bg`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Plain => include_str!("deploy.bg"),
            Self::Whole => include_str!("whole.bg"),
        }
    }

    /// Files beside it, each a name and a text.
    pub fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Plain => &[],
            Self::Whole => &[
                ("chat.bg", include_str!("../cases/build/notify/chat.bg")),
                ("chat.sh", include_str!("../cases/build/notify/chat.sh")),
            ],
        }
    }

    /// What runs of a color that serves.
    pub fn services(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["app"],
            Self::Whole => &["web", "worker"],
        }
    }

    /// Where the host keeps what was built.
    pub fn built(self) -> &'static str {
        match self {
            Self::Plain => "/opt/built/plain",
            Self::Whole => "/opt/built/whole",
        }
    }
}
