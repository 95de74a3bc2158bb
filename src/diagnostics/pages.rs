//! The pages of the codes: `pages/CODE.md`, embedded in the binary.

use super::Code;
use include_dir::{Dir, include_dir};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/diagnostics/pages");

/// The page of a code, in Markdown: the mistake, an example that triggers it, and its cure.
#[must_use]
pub fn page(code: Code) -> Option<&'static str> {
    PAGES.get_file(format!("{code}.md"))?.contents_utf8()
}
