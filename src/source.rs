//! Source texts and places in them.
//!
//! After parsing, a phase refers to the text by [`Span`]s. Only messages, documentation and the formatter read the text
//! itself again.

use camino::{Utf8Path, Utf8PathBuf};

/// The number of a file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes `start..end` in one source file. Always on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers `self` and `other`, which must be in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// One source file: its path as the user named it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as given on the command line or in `use` (`std/spring` for a file of the library).
    pub path: Utf8PathBuf,
    /// The whole text, in UTF-8. The parser reports a BOM, a NUL or a CR in it.
    pub text: String,
    /// The byte offsets at which the lines begin. The first is 0.
    line_starts: Vec<u32>,
}

/// All source files of one run, in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A line and a column for people. Both count from 1. The column counts characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Sources {
    /// Returns a collection without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and returns its number.
    ///
    /// # Panics
    /// If more than `u32::MAX` files are added. No run reads so many files.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| offset(at + 1)))
            .collect();
        self.files.push(Source {
            path: path.into(),
            text,
            line_starts,
        });
        FileId(offset(self.files.len() - 1))
    }

    /// The file's path and text.
    ///
    /// # Panics
    /// If `id` comes from another `Sources`.
    #[must_use]
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// All files with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files
            .iter()
            .enumerate()
            .map(|(at, file)| (FileId(offset(at)), file))
    }

    /// The text of `span`.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.get(span.file).text[span.start as usize..span.end as usize]
    }

    /// The path of the file that contains `span`.
    #[must_use]
    pub fn path(&self, span: Span) -> &Utf8Path {
        &self.get(span.file).path
    }

    /// The line and column at which `span` begins, for people.
    #[must_use]
    pub fn line_column(&self, span: Span) -> LineColumn {
        self.get(span.file).line_column(span.start)
    }
}

impl Source {
    /// The line and column of a byte offset.
    #[must_use]
    pub fn line_column(&self, at: u32) -> LineColumn {
        let line = self.line_starts.partition_point(|&start| start <= at);
        let start = self.line_starts[line - 1] as usize;
        let column = self.text[start..at as usize].chars().count() + 1;
        LineColumn { line, column }
    }
}

/// Returns an offset or a number in 32 bits. It fits, because `commands/` refuses files that are larger than a few
/// megabytes.
fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("source files are refused long before 4 GiB")
}
