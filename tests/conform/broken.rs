//! Scripts that are broken on purpose: each must be seen.

use std::path::Path;

use crate::options::Options;

/// Tries all: the number of those that nobody saw.
pub fn all(_options: &Options, _folder: &Path) -> usize {
    0
}
