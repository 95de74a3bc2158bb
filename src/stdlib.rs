//! The standard library, embedded in the binary: drivers, presets and the script's runtime.

use include_dir::{Dir, include_dir};

static STDLIB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The text of a file of the library, by its path below `stdlib/`.
#[must_use]
pub fn text(path: &str) -> Option<&'static str> {
    STDLIB.get_file(path)?.contents_utf8()
}

/// The paths of the files right in a folder of the library, sorted; empty if there is no such folder.
#[must_use]
pub fn files(folder: &str) -> Vec<&'static str> {
    let mut paths: Vec<_> = STDLIB
        .get_dir(folder)
        .map(|dir| {
            dir.files()
                .filter_map(|file| file.path().to_str())
                .collect()
        })
        .unwrap_or_default();
    paths.sort_unstable();
    paths
}
