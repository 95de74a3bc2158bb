//! Findings that are meant.

use super::{Name, Text};

/// `allow CODE "reason"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The code of the finding: `BG704`.
    pub code: Name,
    /// The reason, for whoever reads the file.
    pub reason: Text,
}
