//! Reads the files that the user names for a command.

use super::cli::{DEFAULT_FILE, Files};
use super::outcome::{Failure, Outcome};
use super::terminal::Terminal;
use crate::check::{LoadError, Loader};
use crate::syntax::{self, MAX_BYTES};
use camino::{Utf8Path, Utf8PathBuf};
use std::io::{ErrorKind, Read};

/// A source that was read.
#[derive(Debug)]
pub(super) struct Input {
    /// Its path as given. For standard input, the name that messages use.
    pub(super) path: Utf8PathBuf,
    /// Its origin.
    pub(super) origin: Origin,
    /// Its text: UTF-8.
    pub(super) text: String,
}

/// The origin of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file.
    File,
    /// Standard input.
    Stdin,
}

impl Input {
    /// The folder of the source. Empty for the current folder.
    pub(super) fn folder(&self) -> &Utf8Path {
        self.path.parent().unwrap_or(Utf8Path::new(""))
    }
}

/// The files that a command reads.
fn paths(files: &Files) -> Result<Vec<Utf8PathBuf>, Failure> {
    if !files.files.is_empty() {
        return Ok(files.files.clone());
    }
    if Utf8Path::new(DEFAULT_FILE).is_file() {
        return Ok(vec![DEFAULT_FILE.into()]);
    }
    Err(Failure(format!(
        "there is no `{DEFAULT_FILE}` in this folder: name a file, or `-` for standard input"
    )))
}

/// Reads the files one after the other and calls `one` with each. A failure is printed, and the other files are still
/// read. The result is the worst of all results.
///
/// # Errors
/// No file is given, and this folder has no `deploy.bg`.
pub(super) fn each(
    files: &Files,
    terminal: &Terminal,
    mut one: impl FnMut(Input) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let mut worst = Outcome::Clean;
    for path in paths(files)? {
        let outcome = read(&path, files).and_then(&mut one);
        worst = worst.max(outcome.unwrap_or_else(|Failure(why)| {
            terminal.error(&why);
            Outcome::Failed
        }));
    }
    Ok(worst)
}

/// Reads one file.
pub(super) fn read(path: &Utf8Path, files: &Files) -> Result<Input, Failure> {
    let (bytes, path, origin) = if path == "-" {
        (read_stdin()?, files.stdin_filename.clone(), Origin::Stdin)
    } else {
        let bytes = HostFiles.read(path).map_err(|why| {
            let why = match why {
                LoadError::Missing => "there is no such file".to_owned(),
                LoadError::Folder => {
                    format!(
                        "it is a folder; name a file in it, for example `{}`",
                        path.join(DEFAULT_FILE)
                    )
                }
                LoadError::TooLarge => too_large(),
                LoadError::Other(why) => why,
            };
            Failure(format!("`{path}` cannot be read: {why}"))
        })?;
        (bytes, path.to_owned(), Origin::File)
    };
    let text = syntax::check_bytes(&bytes).map_err(|finding| {
        let help = finding.help.map(|help| format!("; {help}"));
        let help = help.unwrap_or_default();
        Failure(format!(
            "`{path}`: {}: {}{help}",
            finding.code, finding.message
        ))
    })?;
    Ok(Input {
        text: text.to_owned(),
        path,
        origin,
    })
}

fn too_large() -> String {
    format!(
        "it is larger than {} MiB; is it the right file?",
        MAX_BYTES >> 20
    )
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    // Reading one byte more than the limit shows whether the input is too long.
    let limit = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    std::io::stdin()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure(format!("standard input cannot be read: {error}")))?;
    if bytes.len() > MAX_BYTES {
        return Err(Failure(format!("standard input: {}", too_large())));
    }
    Ok(bytes)
}

/// Reads from this machine the files that a source names.
pub(super) struct HostFiles;

impl Loader for HostFiles {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LoadError::Missing,
            _ => LoadError::Other(error.to_string()),
        })?;
        if metadata.is_dir() {
            return Err(LoadError::Folder);
        }
        if metadata.len() > u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) {
            return Err(LoadError::TooLarge);
        }
        std::fs::read(path).map_err(|error| LoadError::Other(error.to_string()))
    }
}
