//! What is generated: files, and what is known of each.

use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::App;
use camino::Utf8PathBuf;

/// The compiler's version, as generated files name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// In how many files a script comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The application's script, and the runtime beside it.
    Files,
    /// One file, which has the runtime in it.
    Single,
}

/// Whose a generated file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The source's that it was made from.
    Source,
    /// That of all sources that are built into this folder: it is the same for each.
    Folder,
}

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the folder of the source.
    pub path: Utf8PathBuf,
    /// What is in it.
    pub text: String,
    /// Who may run it.
    pub mode: Mode,
    /// Whose it is.
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

/// Everything that one source file becomes, in the order in which people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The files; the manifest is made of them and is not among them.
    pub files: Vec<OutputFile>,
}

impl Bundle {
    /// Adds the files of an app; a path that another app has too is said.
    pub(super) fn add(&mut self, app: &App, files: Vec<OutputFile>, report: &mut Report) {
        for file in files {
            if self.files.iter().any(|other| other.path == file.path) {
                let message = format!(
                    "app `{}` makes `{}`, which another app of this file makes too",
                    app.name, file.path
                );
                let finding = Diagnostic::new(Code::ONE_PATH_TWICE, app.span, message);
                report.push(
                    finding.help("put one of the two apps into a file and folder of its own"),
                );
            } else {
                self.files.push(file);
            }
        }
    }
}
