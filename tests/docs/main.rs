//! Tests of the Markdown pages: `deploy` blocks are checked, `console` blocks are run, links must lead somewhere.
//!
//! The word after the three backquotes says what a block is:
//!
//! - `deploy`: a whole file without findings; `deploy BG402`: a whole file with exactly such findings.
//! - `deploy app`: statements of an `app`. The test adds the statements that every app needs and that the block leaves
//!   out.
//! - `console`: commands after `$ `, each with its output below it. bash runs them in a folder with a copy of
//!   `examples/`. A line `...` matches any lines, `…` within a line matches any text. A last line `[exit N]` is the
//!   exit code. Without that line it must be 0.

mod console;
mod defaults;
mod deploy;
mod links;
mod shown_by;
mod steps;

use std::fs;
use std::path::Path;

/// A fenced block of a page.
struct Block {
    /// `README.md:12`
    place: String,
    /// The text after the backquotes.
    kind: String,
    text: String,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every page with its path in the repository. The pages in `pages/` have their own test, `tests/pages.rs`.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    collect(repository(), "", &mut pages);
    pages.sort();
    assert!(pages.iter().any(|(name, _)| name == "README.md"));
    pages
}

fn collect(folder: &Path, prefix: &str, pages: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let entry = entry.expect("a folder can be listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir()
            && !name.starts_with('.')
            && !["target", "pages", "tests"].contains(&&*name)
        {
            collect(&path, &format!("{prefix}{name}/"), pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(&path).expect("a page is UTF-8");
            pages.push((format!("{prefix}{name}"), text));
        }
    }
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (name, text) in pages() {
        let mut open: Option<Block> = None;
        // A block in a list is indented.
        let mut indent = 0;
        for (number, line) in text.lines().enumerate() {
            if open.is_none() {
                indent = line.len() - line.trim_start().len();
            }
            let line = line.get(indent..).unwrap_or_default();
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(kind)) => {
                    open = Some(Block {
                        place: format!("{name}:{}", number + 1),
                        kind: kind.to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{name}: a block is not closed");
    }
    blocks
}
