//! A folder in memory.

use std::fs::{self, Permissions};
use std::path::Path;

/// The entries of a folder: the name of each, and what it is.
pub struct Tree(Vec<(String, Entry)>);

enum Entry {
    Folder(Tree),
    File(Vec<u8>, Permissions),
}

impl Tree {
    /// Reads a folder of files and folders.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn read(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).expect("the folder can be read");
        let read = |entry: fs::DirEntry| {
            let path = entry.path();
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            if path.is_dir() {
                return (name, Entry::Folder(Self::read(&path)));
            }
            let mode = entry.metadata().expect("the file is there").permissions();
            (
                name,
                Entry::File(fs::read(&path).expect("the file can be read"), mode),
            )
        };
        Self(
            entries
                .map(|entry| read(entry.expect("the folder can be read")))
                .collect(),
        )
    }

    /// Makes the folder, with everything in it.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn write(&self, folder: &Path) {
        fs::create_dir(folder).expect("the folder can be made");
        for (name, entry) in &self.0 {
            let path = folder.join(name);
            match entry {
                Entry::Folder(tree) => tree.write(&path),
                Entry::File(bytes, mode) => {
                    fs::write(&path, bytes).expect("the file can be written");
                    fs::set_permissions(&path, mode.clone()).expect("the file has its mode");
                }
            }
        }
    }
}
