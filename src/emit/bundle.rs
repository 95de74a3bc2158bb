//! The generated files, each with its path, permissions and owner.

use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::App;
use camino::Utf8PathBuf;

/// The compiler's version, as generated files name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The number of files of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The application's script, and the runtime beside it.
    Files,
    /// One file that contains the runtime.
    Single,
}

/// The owner of a generated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It belongs to the source from which it was made.
    Source,
    /// It belongs to all sources that are built into this folder, and is the same for each of them.
    Folder,
}

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the folder of the source.
    pub path: Utf8PathBuf,
    /// Its content.
    pub text: String,
    /// Its permissions.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// A generated file's permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 644
    Plain,
    /// 755
    Executable,
}

/// All files that are generated from one source file, in the order in which people read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The files without the manifest, which is made from them.
    pub files: Vec<OutputFile>,
}

impl Bundle {
    /// Adds the files of an app. Reports a path that another app has too.
    pub(super) fn add(&mut self, app: &App, files: Vec<OutputFile>, report: &mut Report) {
        for file in files {
            if self.files.iter().any(|other| other.path == file.path) {
                let message = format!(
                    "app `{}` makes `{}`, which another app of this file makes too",
                    app.name, file.path
                );
                let finding = Diagnostic::new(Code::ONE_PATH_TWICE, app.span, message);
                report.push(finding.help("move one of the two apps into a file in another folder"));
            } else {
                self.files.push(file);
            }
        }
    }
}
