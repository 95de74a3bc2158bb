//! Checks the imports in `src/`: no two files import each other, and a folder ("room") of `src/check` imports only
//! itself and the rooms before it.
//!
//! An import is a path to another file of the crate, in a `use` or in the code, outside of `#[cfg(test)]`. A path
//! through a re-export counts for the file that defines the item. `mod x;` is no import, because a parent must name its
//! children. For the same reason a re-export is no import if the file does not use the name itself. An item that a
//! `mod.rs` defines belongs to that file. So if a child uses the item and the parent calls the child, they import each
//! other.

mod source;

use source::{Module, Source, read};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The rooms of `src/check`, in their order. The files beside the rooms, such as `findings.rs`, come before all rooms.
/// Only `mod.rs` comes after all rooms.
const ROOMS: [&str; 6] = ["names", "values", "drivers", "probe", "app", "rules"];

/// Which files each file imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

static IMPORTS: LazyLock<Imports> = LazyLock::new(|| imports(&read()));

#[test]
fn no_two_files_import_each_other() {
    let imports = &*IMPORTS;
    assert!(
        imports.len() > 100,
        "the sources were not found: {imports:?}"
    );
    let mut circles = String::new();
    for circle in circles_of(imports) {
        circles.push('\n');
        for file in &circle {
            let others: Vec<_> = imports[file]
                .intersection(&circle)
                .map(String::as_str)
                .collect();
            circles.push_str(&format!("\n  {file} imports {}", others.join(", ")));
        }
    }
    assert!(circles.is_empty(), "files that import each other:{circles}");
}

#[test]
fn a_room_knows_only_the_rooms_before_it() {
    let imports = &*IMPORTS;
    let mut wrong = String::new();
    for (from, others) in imports {
        for to in others {
            if room(from)
                .zip(room(to))
                .is_some_and(|(own, other)| other > own)
            {
                wrong.push_str(&format!("\n  {from} imports {to}"));
            }
        }
    }
    let seen: BTreeSet<_> = imports.keys().filter_map(|file| room(file)).collect();
    assert_eq!(seen.len(), ROOMS.len() + 2, "a room has no files");
    assert!(wrong.is_empty(), "imports from a later room:{wrong}");
}

/// Returns the number of a file's room, or `None` outside of `src/check`.
fn room(file: &str) -> Option<usize> {
    let inside = file.strip_prefix("check/")?;
    let Some((folder, _)) = inside.split_once('/') else {
        return Some(if inside == "mod.rs" {
            ROOMS.len() + 1
        } else {
            0
        });
    };
    let at = ROOMS.iter().position(|room| *room == folder);
    Some(1 + at.unwrap_or_else(|| panic!("src/check/{folder} is not in `ROOMS`: add it there")))
}

/// Returns the groups of files in which the imports lead from each file to each other file.
fn circles_of(imports: &Imports) -> BTreeSet<BTreeSet<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|file| (file.as_str(), reached_from(file, imports)))
        .collect();
    let circle = |file: &str| -> BTreeSet<String> {
        let back = |other: &&&str| reached[**other].contains(file);
        reached[file]
            .iter()
            .filter(back)
            .map(|other| (*other).to_owned())
            .collect()
    };
    imports
        .keys()
        .map(|file| circle(file))
        .filter(|circle| !circle.is_empty())
        .collect()
}

fn reached_from<'i>(file: &str, imports: &'i Imports) -> BTreeSet<&'i str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = imports[file].iter().map(String::as_str).collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(imports[file].iter().map(String::as_str));
        }
    }
    reached
}

fn imports(sources: &BTreeMap<Module, Source>) -> Imports {
    let of = |(module, source): (&Module, &Source)| {
        let mut files: BTreeSet<_> = source
            .paths
            .iter()
            .filter_map(|path| defined_in(sources, module, path))
            .collect();
        files.remove(&source.file);
        (source.file.clone(), files)
    };
    sources.iter().map(of).collect()
}

/// Returns the file that defines the item at the end of a path in a module. Returns `None` for an item of another
/// crate. Returns `None` for a module too, because each use of its items is a path of its own.
fn defined_in(
    sources: &BTreeMap<Module, Source>,
    module: &Module,
    path: &[String],
) -> Option<String> {
    let mut at = module.clone();
    let mut words = path.iter();
    if path[0] == "crate" {
        at.clear();
        words.next();
    } else if !matches!(path[0].as_str(), "super" | "self") {
        let child = [module.as_slice(), &path[..1]].concat();
        if !sources.contains_key(&child) && !sources[module].names.contains_key(&path[0]) {
            return None;
        }
    }
    while let Some(word) = words.next() {
        let child = [at.as_slice(), std::slice::from_ref(word)].concat();
        if word == "super" {
            at.pop();
        } else if word == "self" {
        } else if sources.contains_key(&child) {
            at = child;
        } else if let Some(known) = sources[&at].names.get(word) {
            // After `use NAME;` the name itself is its path. Such a name is another crate.
            let whole: Vec<String> = known.iter().chain(words.as_slice()).cloned().collect();
            return (known[0] != *word).then(|| defined_in(sources, &at, &whole))?;
        } else {
            return Some(sources[&at].file.clone());
        }
    }
    None
}
