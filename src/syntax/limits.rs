//! How much of a text is read, and how many mistakes in it are shown.

use crate::diagnostics::{Code, Diagnostic};

/// The maximum size of a file, in bytes. A deployment needs a few kilobytes. Without the limit a wrong file (a log, a
/// jar) could take a minute and a gigabyte.
pub const MAX_BYTES: usize = 1 << 20;

/// The maximum number of mistakes of one kind that are reported for a file.
pub(super) const MAX_FINDINGS: usize = 100;

/// The maximum depth of nested blocks, lists and maps. Real files reach 6. The limit keeps the parser's stack small.
pub(super) const MAX_DEPTH: usize = 64;

/// Says that there are more mistakes than are shown.
pub(super) fn too_many() -> Diagnostic {
    Diagnostic::whole(
        Code::UNEXPECTED,
        format!("more than {MAX_FINDINGS} mistakes: the others are not shown"),
    )
}

/// A byte offset in 32 bits. It always fits, because files larger than [`MAX_BYTES`] are refused before.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
