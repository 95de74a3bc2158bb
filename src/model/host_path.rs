//! Paths on the host.

use std::fmt;

/// A path on the host. It is absolute and contains no placeholder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPath(String);

impl HostPath {
    /// Checks a text. Returns `None` if it is not an absolute path.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        text.starts_with('/').then_some(Self(text))
    }

    /// A folder in `/`.
    pub(super) fn top(folder: &str) -> Self {
        Self(format!("/{folder}"))
    }

    /// The path of `name` in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
