//! The standard library, embedded in the binary: drivers, presets and the script's runtime.

mod shell_names;

pub use shell_names::{
    SCRIPT_FUNCTIONS, SCRIPT_VARIABLES, ShellNames, functions, of_runtime, variables,
};

use crate::model::DriverKind;
use camino::Utf8Path;
use include_dir::{Dir, include_dir};

static STDLIB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The text of a file of the library, by its path below `stdlib/`.
#[must_use]
pub fn text(path: &str) -> Option<&'static str> {
    STDLIB.get_file(path)?.contents_utf8()
}

/// The paths of the files directly in a folder of the library, sorted. Empty if there is no such folder.
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

/// The paths of all templates of the library.
#[cfg(test)]
#[must_use]
pub fn templates() -> Vec<&'static str> {
    fn below(dir: &'static Dir<'static>, found: &mut Vec<&'static str>) {
        let paths = dir.files().filter_map(|file| file.path().to_str());
        found.extend(paths.filter(|path| Utf8Path::new(path).extension() == Some("j2")));
        for dir in dir.dirs() {
            below(dir, found);
        }
    }
    let mut found = Vec::new();
    below(&STDLIB, &mut found);
    found
}

/// The texts of the shell files directly in a folder of the library, in the order of their names.
pub fn shell_files(folder: &str) -> impl Iterator<Item = &'static str> {
    let shell = |path: &&str| Utf8Path::new(path).extension() == Some("sh");
    files(folder).into_iter().filter(shell).filter_map(text)
}

/// The text of the preset that `use "std/NAME"` imports.
#[must_use]
pub fn preset(name: &str) -> Option<&'static str> {
    presets()
        .contains(&name)
        .then(|| text(&format!("presets/{name}.bg")))
        .flatten()
}

/// The names of all presets, sorted.
#[must_use]
pub fn presets() -> Vec<&'static str> {
    descriptions("presets")
}

/// The names of the library's drivers of a kind, sorted.
#[must_use]
pub fn drivers(kind: DriverKind) -> Vec<&'static str> {
    descriptions(kind.word())
}

/// The path of a driver's description, if the library has it.
#[must_use]
pub fn driver_path(kind: DriverKind, name: &str) -> Option<String> {
    drivers(kind)
        .contains(&name)
        .then(|| format!("{}/{name}.bg", kind.word()))
}

fn descriptions(folder: &str) -> Vec<&'static str> {
    files(folder)
        .into_iter()
        .filter_map(|path| {
            path.rsplit('/')
                .next()
                .and_then(|file| file.strip_suffix(".bg"))
        })
        .collect()
}
