//! Paths on the host.

use std::fmt;

/// A path on the host: absolute, no placeholder left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPath(String);

impl HostPath {
    /// Checks a text; `None` when it is no absolute path.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        text.starts_with('/').then_some(Self(text))
    }

    /// A folder right below `/`.
    pub(super) fn top(folder: &str) -> Self {
        Self(format!("/{folder}"))
    }

    /// What is called `name` in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0))
    }

    /// As text.
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
