//! The paths of generated files, and the names of source places in them.

use crate::source::{FileId, Sources, Span};
use camino::{Utf8Path, Utf8PathBuf};

/// The sources of one build, and the folder for the generated files.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// All files that were read.
    pub sources: &'a Sources,
    /// The file that the user named.
    pub main: FileId,
    /// The output folder, relative to the folder of `main`: `deploy`.
    pub folder: &'a Utf8Path,
}

impl Places<'_> {
    /// A path in the output folder, relative to the source's folder.
    #[must_use]
    pub fn out(&self, path: &str) -> Utf8PathBuf {
        self.folder.join(path)
    }

    /// The main source's file name, in a form that is safe in a comment.
    #[must_use]
    pub fn source(&self) -> String {
        self.relative(&self.sources.get(self.main).path)
    }

    /// The beginning of a span. `@14` is line 14 of the main source. `@common.bg:14` is line 14 of another file, whose
    /// path is relative to the main source's folder.
    #[must_use]
    pub fn at(&self, span: Span) -> String {
        let line = self.sources.line_column(span).line;
        if span.file == self.main {
            return format!("@{line}");
        }
        let file = self.relative(self.sources.path(span));
        format!("@{file}:{line}")
    }

    /// A source's path, relative to the main source's folder. It is never absolute and has only one line, because it is
    /// used in comments of files that must be the same on every machine.
    #[must_use]
    pub fn relative(&self, path: &Utf8Path) -> String {
        let folder = self.sources.get(self.main).path.parent();
        let path = folder
            .and_then(|folder| path.strip_prefix(folder).ok())
            .unwrap_or(path);
        let path = if path.is_absolute() {
            path.file_name().map_or(path, Utf8Path::new)
        } else {
            path.strip_prefix("./").unwrap_or(path)
        };
        path.as_str().replace(char::is_control, "?")
    }
}
