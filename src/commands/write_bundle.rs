//! A bundle and the files on disk: finds the differences, and writes either all files or none.

use super::outcome::Failure;
use crate::emit::manifest::{Build, Manifest, sha256};
use crate::emit::{ATTRIBUTE_LINES, ATTRIBUTES, Bundle, Mode, OutputFile, Owner, RUNTIME_BEGINS};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use tempfile::NamedTempFile;

/// The manifest's name in the output folder.
pub(super) const MANIFEST: &str = "manifest.json";

/// Every generated file and every manifest contains one of these marks in its first lines.
const MARKS: [&str; 4] = [
    "Made by deployc",
    "Written by deployc",
    RUNTIME_BEGINS,
    "\"deployc\": ",
];

/// The number of first lines that may contain a mark.
const MARKED_LINES: usize = 20;

/// What a build would change in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The file is missing.
    Missing,
    /// The file is unchanged since an earlier build wrote it.
    Stale,
    /// The file differs from what the build in the manifest wrote.
    EditedByHand,
    /// deployc did not make the file.
    NotOurs,
    /// The content is right, but the executable bit is wrong.
    WrongMode,
    /// An earlier build wrote the file, but this build does not need it.
    NoLongerMade,
}

/// A file that would change.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// Its path, relative to the source's folder.
    pub(super) path: Utf8PathBuf,
    /// The kind of change.
    pub(super) change: Change,
    /// The current content, as text.
    pub(super) old: String,
    /// The new content. Empty if the file would be removed.
    pub(super) new: String,
}

/// The key of a source in a manifest.
#[derive(Clone, Debug)]
pub(super) enum SourceName {
    /// Its file name. The manifest's paths are relative to the source's folder.
    Beside(String),
    /// Its path as given, because its files go to another folder.
    Elsewhere(String),
}

/// A bundle, its folder, and the files of earlier builds there.
#[derive(Debug)]
pub(super) struct Installation {
    /// The source's folder. Empty for the current folder.
    folder: Utf8PathBuf,
    /// All files of the bundle. The manifest is the last one.
    files: Vec<OutputFile>,
    /// The earlier build of the same source.
    before: Build,
    /// Paths that builds of other sources use.
    pinned: BTreeSet<String>,
    /// The text of the current manifest. Even if it has merge markers and cannot be parsed, it still names our files.
    manifest: String,
    /// Why our lines are in no `.gitattributes` of the output folder, and what to do; `None` if they are in one.
    lacks_attributes: Option<&'static str>,
}

impl Installation {
    /// Reads the current state. `out` is the output folder, relative to `folder`.
    pub(super) fn new(
        folder: &Utf8Path,
        out: &Utf8Path,
        source: SourceName,
        bundle: Bundle,
        mut build: Build,
    ) -> Result<Self, Failure> {
        let path = out.join(MANIFEST);
        let text = lossy(read(&folder.join(&path))?);
        let mut manifest = Manifest::parse(&text);
        let is_here = |other: &String| match &source {
            SourceName::Beside(_) => folder.join(other).exists(),
            SourceName::Elsewhere(_) => true,
        };
        // If a source was renamed or removed, this build takes over its files: it updates or removes them.
        let (here, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = manifest
            .builds
            .into_iter()
            .partition(|(other, _)| is_here(other));
        manifest.builds = here;
        let (SourceName::Beside(source) | SourceName::Elsewhere(source)) = source;
        let mut before = manifest.builds.remove(&source).unwrap_or_default();
        before
            .files
            .extend(gone.into_values().flat_map(|build: Build| build.files));
        for (other, theirs) in &manifest.builds {
            let twice = |file: &&OutputFile| {
                file.owner == Owner::Source && theirs.files.contains_key(file.path.as_str())
            };
            if let Some(file) = bundle.files.iter().find(twice) {
                return Err(Failure(format!(
                    "`{}` is also made from `{other}`: put one of the two sources into a folder of its own",
                    folder.join(&file.path)
                )));
            }
        }
        let others = manifest.builds.values();
        let pinned = others.flat_map(|build| build.files.keys().cloned());
        let pinned = pinned.collect();
        let mut installation = Self {
            folder: folder.to_owned(),
            files: bundle.files,
            before,
            pinned,
            manifest: text,
            lacks_attributes: None,
        };
        installation.leave_attributes(out, &mut build)?;
        manifest.builds.insert(source, build);
        installation.files.push(OutputFile {
            path,
            text: manifest.render(),
            mode: Mode::Plain,
            owner: Owner::Folder,
        });
        Ok(installation)
    }

    /// Leaves a `.gitattributes` of the user unchanged.
    fn leave_attributes(&mut self, out: &Utf8Path, build: &mut Build) -> Result<(), Failure> {
        let path = out.join(ATTRIBUTES);
        let found = read(&self.folder.join(&path))?;
        let ours = self.files.iter().position(|file| file.path == path);
        if let Some(at) = ours {
            if found.as_ref().is_none_or(|bytes| self.made(&path, bytes)) {
                return Ok(());
            }
            self.files.remove(at);
            build.files.remove(path.as_str());
        }
        self.lacks_attributes = match found {
            Some(bytes) if says_attributes(&bytes) => None,
            Some(_) => {
                Some("the `.gitattributes` here is yours and is not changed; add these lines to it")
            }
            None => Some(
                "a `.gitattributes` here would apply to all of your files, so none is written; write one with these lines",
            ),
        };
        Ok(())
    }

    /// Advice to add our lines to `.gitattributes`, if that file belongs to the user.
    pub(super) fn advice(&self) -> Option<String> {
        self.lacks_attributes.map(|what| {
            format!(
                "advice: {what}, so that the scripts are the same on every checkout and reviews hide the runtime:\n  {}\n",
                ATTRIBUTE_LINES.join("\n  ")
            )
        })
    }

    /// The changes that a build would make, in the order of the bundle.
    pub(super) fn changes(&self) -> Result<Vec<Changed>, Failure> {
        let mut changes = Vec::new();
        for file in &self.files {
            let path = self.folder.join(&file.path);
            let old = read(&path)?;
            let change = match &old {
                None => Change::Missing,
                Some(bytes) if bytes == file.text.as_bytes() => {
                    if is_executable(&path)? == (file.mode == Mode::Executable) {
                        continue;
                    }
                    Change::WrongMode
                }
                // Lines that the user has added stay.
                Some(bytes) if is_attributes(&file.path) && says_attributes(bytes) => continue,
                Some(bytes) if self.knows(&file.path, bytes) => Change::Stale,
                Some(bytes) if !self.made(&file.path, bytes) => Change::NotOurs,
                Some(_) if file.path.file_name() == Some(MANIFEST) => Change::Stale,
                Some(_) => Change::EditedByHand,
            };
            changes.push(Changed {
                path: file.path.clone(),
                change,
                old: lossy(old),
                new: file.text.clone(),
            });
        }
        for path in self.before.files.keys() {
            let kept = self.pinned.contains(path);
            let path = Utf8Path::new(path);
            if kept || self.files.iter().any(|file| file.path == path) || !is_below(path) {
                continue;
            }
            if let Some(old) = read(&self.folder.join(path))? {
                changes.push(Changed {
                    path: path.to_owned(),
                    change: if self.knows(path, &old) {
                        Change::NoLongerMade
                    } else {
                        Change::EditedByHand
                    },
                    old: lossy(Some(old)),
                    new: String::new(),
                });
            }
        }
        Ok(changes)
    }

    /// Makes the changes. All files are written beside their places first and then renamed, so that a failed write
    /// changes nothing. A file that deployc did not make is never overwritten.
    pub(super) fn apply(&self, changes: &[Changed]) -> Result<(), Failure> {
        let strange: Vec<String> = changes
            .iter()
            .filter(|changed| changed.change == Change::NotOurs)
            .map(|changed| format!("`{}`", self.folder.join(&changed.path)))
            .collect();
        if !strange.is_empty() {
            return Err(Failure(format!(
                "{} exists and was not made by deployc: nothing was written; move the file away, or build into another folder with `--out`",
                strange.join(" and ")
            )));
        }
        let mut made = Folders::default();
        let mut ready: Vec<(NamedTempFile, Utf8PathBuf)> = Vec::new();
        for file in &self.files {
            if changes.iter().any(|changed| changed.path == file.path) {
                let path = self.folder.join(&file.path);
                let written = beside(&path, file, &mut made)
                    .map_err(|error| Failure(format!("`{path}` cannot be written: {error}")));
                match written {
                    Ok(temporary) => ready.push((temporary, path)),
                    Err(failure) => {
                        drop(ready);
                        made.remove();
                        return Err(failure);
                    }
                }
            }
        }
        for (temporary, path) in ready {
            temporary
                .persist(&path)
                .map_err(|error| Failure(format!("`{path}` cannot be written: {}", error.error)))?;
        }
        for changed in changes {
            if changed.change == Change::NoLongerMade {
                let path = self.folder.join(&changed.path);
                fs::remove_file(&path)
                    .map_err(|error| Failure(format!("`{path}` cannot be removed: {error}")))?;
                // Also remove its folder, unless the folder contains other files.
                if let Some(folder) = path.parent() {
                    let _ = fs::remove_dir(folder);
                }
            }
        }
        Ok(())
    }

    /// Whether deployc made the current file, even if it was edited since. Either the manifest names the file, or the
    /// file has a mark.
    fn made(&self, path: &Utf8Path, bytes: &[u8]) -> bool {
        let named = serde_json::to_string(path.as_str());
        let named = named.is_ok_and(|named| self.manifest.contains(&named));
        let text = String::from_utf8_lossy(bytes);
        let mut top = text.lines().take(MARKED_LINES);
        named || top.any(|line| MARKS.iter().any(|mark| line.contains(mark)))
    }

    /// Whether an earlier build wrote exactly these bytes.
    fn knows(&self, path: &Utf8Path, bytes: &[u8]) -> bool {
        self.before
            .files
            .get(path.as_str())
            .is_some_and(|hash| *hash == sha256(bytes))
    }
}

fn is_attributes(path: &Utf8Path) -> bool {
    path.file_name() == Some(ATTRIBUTES)
}

/// Whether a `.gitattributes` contains all of our lines.
fn says_attributes(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let says = |line: &&str| text.lines().any(|other| other.trim() == *line);
    ATTRIBUTE_LINES.iter().all(says)
}

/// A manifest may have been edited. So a path in it counts only if a build can write there.
fn is_below(path: &Utf8Path) -> bool {
    path.components()
        .all(|part| matches!(part, camino::Utf8Component::Normal(_)))
}

/// A file's bytes. `None` if there is no file.
fn read(path: &Utf8Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure(format!("`{path}` cannot be read: {error}"))),
    }
}

fn lossy(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

fn is_executable(path: &Utf8Path) -> Result<bool, Failure> {
    let metadata =
        fs::metadata(path).map_err(|error| Failure(format!("`{path}` cannot be read: {error}")))?;
    Ok(metadata.permissions().mode() & 0o111 != 0)
}

/// Writes a file under a temporary name in its own folder.
fn beside(
    path: &Utf8Path,
    file: &OutputFile,
    folders: &mut Folders,
) -> std::io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != "" => folder,
        _ => Utf8Path::new("."),
    };
    folders.create(folder)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".deployc-")
        .tempfile_in(folder)?;
    temporary.write_all(file.text.as_bytes())?;
    let permissions = match file.mode {
        Mode::Plain => 0o644,
        Mode::Executable => 0o755,
    };
    temporary
        .as_file()
        .set_permissions(Permissions::from_mode(permissions))?;
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// Replaces a file's text and keeps its permissions. If the write fails, the file is unchanged.
pub(super) fn replace(path: &Utf8Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure(format!("`{path}` cannot be written: {error}"));
    // A link stays a link: its target is replaced.
    let real = path.canonicalize_utf8().map_err(failed)?;
    let permissions = fs::metadata(&real).map_err(failed)?.permissions();
    let folder = real.parent().unwrap_or(Utf8Path::new("/"));
    let mut temporary = tempfile::Builder::new()
        .prefix(".deployc-")
        .tempfile_in(folder)
        .map_err(failed)?;
    temporary.write_all(text.as_bytes()).map_err(failed)?;
    temporary
        .as_file()
        .set_permissions(permissions)
        .map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary
        .persist(&real)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

/// The folders that a build has made. They are removed if the build fails.
#[derive(Debug, Default)]
struct Folders(Vec<Utf8PathBuf>);

impl Folders {
    fn create(&mut self, folder: &Utf8Path) -> std::io::Result<()> {
        let missing = folder
            .ancestors()
            .take_while(|folder| *folder != "" && !folder.exists());
        let missing: Vec<_> = missing.map(Utf8Path::to_owned).collect();
        fs::create_dir_all(folder)?;
        self.0.extend(missing.into_iter().rev());
        Ok(())
    }

    fn remove(self) {
        for folder in self.0.iter().rev() {
            // This fails if the folder is not empty any more, and then the folder stays.
            let _ = fs::remove_dir(folder);
        }
    }
}
