//! `manifest.json`: the compiler, the sources, and the files that were made from them.
//!
//! Several sources may share an output folder. So the manifest has an entry for each source. A build replaces its own
//! entry and keeps the others.

use super::bundle::{Bundle, VERSION};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// All builds whose files are in the folder, by the name of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Builds by source.
    pub builds: BTreeMap<String, Build>,
}

/// The build of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The compiler's version.
    pub deployc: String,
    /// SHA-256 of every source and driver file that was read, by path relative to the source's folder.
    pub sources: BTreeMap<String, String>,
    /// SHA-256 of every file that was written, by path relative to the source's folder.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads a manifest. A manifest that cannot be read counts as missing. Then nothing is removed, and all files are
    /// compared by their content.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The manifest's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl Build {
    /// Describes a bundle that was made from `sources` (path and text).
    #[must_use]
    pub fn new<'a>(bundle: &Bundle, sources: impl IntoIterator<Item = (String, &'a str)>) -> Self {
        Self {
            deployc: VERSION.to_owned(),
            sources: sources
                .into_iter()
                .map(|(path, text)| (path, sha256(text)))
                .collect(),
            files: bundle
                .files
                .iter()
                .map(|file| (file.path.to_string(), sha256(&file.text)))
                .collect(),
        }
    }
}

/// SHA-256 in lower-case hexadecimal digits.
#[must_use]
pub fn sha256(text: impl AsRef<[u8]>) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_ref()) {
        // Writing to a String does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
