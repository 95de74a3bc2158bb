//! `.gitattributes` of the output folder: how git stores and shows the files there.

use super::bundle::{Mode, OutputFile, Owner};
use super::places::Places;

/// Its name in the output folder.
pub const ATTRIBUTES: &str = ".gitattributes";

/// Its lines. bash reads a CR as a part of a word, so no checkout may add one. The runtime is folded away in reviews,
/// because it is the same for every application and trusted by its hash. With `auto` git does not change the user's
/// binary files.
pub const ATTRIBUTE_LINES: [&str; 2] = [
    "* text=auto eol=lf",
    "deployc-runtime-*.sh linguist-generated=true gitlab-generated=true",
];

/// The file for an output folder.
#[must_use]
pub fn attributes(places: &Places<'_>) -> OutputFile {
    let mut text = String::from("# Made by deployc.\n");
    for line in ATTRIBUTE_LINES {
        text.push_str(line);
        text.push('\n');
    }
    OutputFile {
        path: places.out(ATTRIBUTES),
        text,
        mode: Mode::Plain,
        owner: Owner::Folder,
    }
}
