//! How much of a text is read, and how many mistakes in it are shown.

use crate::diagnostics::{Code, Diagnostic};

/// The largest file that is read, in bytes. A deployment fits in a few kilobytes; the limit keeps a
/// wrong file (a log, a jar) from taking a minute and a gigabyte.
pub const MAX_BYTES: usize = 1 << 20;

/// How many mistakes of a kind are reported in one file.
pub(super) const MAX_FINDINGS: usize = 100;

/// How deep blocks, lists and maps may be nested in each other. Real files reach 6; the limit keeps
/// the parser's stack small.
pub(super) const MAX_DEPTH: usize = 64;

/// Says that there are more mistakes than are shown.
pub(super) fn too_many() -> Diagnostic {
    Diagnostic::whole(
        Code::UNEXPECTED,
        format!("more than {MAX_FINDINGS} mistakes: the others are not shown"),
    )
}

/// Byte offsets are kept in 32 bits; files larger than [`MAX_BYTES`] are refused before.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
