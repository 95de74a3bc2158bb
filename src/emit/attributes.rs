//! `.gitattributes` of the output folder: how git keeps and shows what lies there.

use super::bundle::{Mode, OutputFile, Owner};
use super::places::Places;

/// Its name in the output folder.
pub const ATTRIBUTES: &str = ".gitattributes";

/// What it says: bash takes a CR for a part of a word, so no checkout may add one; and the runtime, which is the same for every
/// application and trusted by its hash, is folded away in reviews. `auto`: nothing is done to a file of the user's that is no text.
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
