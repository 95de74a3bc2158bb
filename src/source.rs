//! Source texts and places in them.
//!
//! Every phase after parsing speaks of the text only through [`Span`]s; the text itself is
//! looked at again only by the renderers of diagnostics and by the formatter.

use camino::{Utf8Path, Utf8PathBuf};

/// Which of the [`Sources`] a [`Span`] lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes `start..end` in one source file. Always on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers `self` and `other`, which lie in one file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// One source file: where it came from, as the user named it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as given on the command line or in `use` (`std/spring` for the library's own).
    pub path: Utf8PathBuf,
    /// The whole text: UTF-8, no BOM, no NUL, no CR (checked before it gets here).
    pub text: String,
    /// Byte offsets at which the lines begin; the first is 0.
    line_starts: Vec<u32>,
}

/// All source files of one run, in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A line and column for people: both count from 1; the column counts characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and returns its number.
    ///
    /// # Panics
    /// When more than `u32::MAX` files are added, which no file system call sequence reaches.
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
    /// When `id` comes from another `Sources`.
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

    /// The text under `span`.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.get(span.file).text[span.start as usize..span.end as usize]
    }

    /// The path of the file that `span` lies in.
    #[must_use]
    pub fn path(&self, span: Span) -> &Utf8Path {
        &self.get(span.file).path
    }

    /// Where `span` begins, for people.
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

/// Byte offsets are kept in 32 bits; `commands/` refuses files that are larger than a few megabytes.
fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("source files are refused long before 4 GiB")
}
