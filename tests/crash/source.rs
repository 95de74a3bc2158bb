//! The deployed apps: two apps with one name, so that a host can have one after the other.

/// An app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// An app with only one program.
    Plain,
    /// An app that also has an exclusive worker, a step of the user at every place, and a notification.
    Whole,
}

impl Source {
    /// All values.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Whole];

    /// Returns the app's `deploy.bg`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Plain => include_str!("deploy.bg"),
            Self::Whole => include_str!("whole.bg"),
        }
    }

    /// Returns the files beside it, each with a name and a text.
    pub fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Plain => &[],
            Self::Whole => &[
                ("chat.bg", include_str!("../cases/build/notify/chat.bg")),
                ("chat.sh", include_str!("../cases/build/notify/chat.sh")),
                (
                    "chat_line.sh",
                    include_str!("../cases/build/notify/chat_line.sh"),
                ),
            ],
        }
    }

    /// Returns the services of a live color.
    pub fn services(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["app"],
            Self::Whole => &["web", "worker"],
        }
    }

    /// Returns the folder on the host with the build.
    pub fn built(self) -> &'static str {
        match self {
            Self::Plain => "/opt/built/plain",
            Self::Whole => "/opt/built/whole",
        }
    }
}
