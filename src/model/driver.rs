//! Drivers, as they are described.

use super::{Duration, Name};
use crate::source::Span;
use camino::Utf8PathBuf;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a driver drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriverKind {
    /// How a color starts, stops and is recognised.
    Run,
    /// How the proxy is pointed at a color.
    Switch,
    /// How the artifact gets to the host.
    Ship,
    /// Who calls the script.
    Target,
    /// Who is told.
    Notify,
    /// What both colors need.
    Shared,
}

impl DriverKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Run,
        Self::Switch,
        Self::Ship,
        Self::Target,
        Self::Notify,
        Self::Shared,
    ];

    /// The kind that a word names.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word of the language, also the folder's name in `stdlib/`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Switch => "switch",
            Self::Ship => "ship",
            Self::Target => "target",
            Self::Notify => "notify",
            Self::Shared => "shared",
        }
    }
}

/// A driver's description, resolved: what `stdlib/` or a user's `.bg` file says of it.
#[derive(Clone, Debug)]
pub struct Driver {
    /// What it drives.
    pub kind: DriverKind,
    /// `nginx`, `jar`, …
    pub name: Name,
    /// What `##` says above it.
    pub docs: String,
    /// The driver that it extends: its settings are accepted too, its functions stand in for missing ones.
    pub base: Option<Arc<Driver>>,
    /// Its shell functions.
    pub functions: Option<DriverFile>,
    /// Programs that must be on the host.
    pub tools: Vec<String>,
    /// How long each function of the contract may take.
    pub deadlines: BTreeMap<String, Duration>,
    /// Placeholders that it fills in when the color runs.
    pub offers: Vec<String>,
    /// Functions of the contract that it leaves out.
    pub cannot: Vec<String>,
    /// The template of what is written for a color.
    pub fragment: Option<(DriverFile, Quoting)>,
    /// Files that a target wants: path and template.
    pub files: Vec<(String, DriverFile)>,
    /// Variables that a target passes to hooks.
    pub environment: Vec<String>,
    /// The setting whose folder the target's installer empties.
    pub wipes: Option<String>,
    /// The longest that a target lets one hook run.
    pub limit: Option<Duration>,
    /// The shell variables that its own settings and parts become, and where those are described.
    pub variables: Vec<(String, Span)>,
    /// Its name where it is described.
    pub span: Span,
}

impl Driver {
    /// One of which nothing but its name is known so far.
    #[must_use]
    pub fn new(kind: DriverKind, name: Name, span: Span) -> Self {
        Self {
            kind,
            name,
            docs: String::new(),
            base: None,
            functions: None,
            tools: Vec::new(),
            deadlines: BTreeMap::new(),
            offers: Vec::new(),
            cannot: Vec::new(),
            fragment: None,
            files: Vec::new(),
            environment: Vec::new(),
            wipes: None,
            limit: None,
            variables: Vec::new(),
            span,
        }
    }

    /// The shell variable of a setting, a part, or a setting of a part: `DRIVER_SETTING`.
    #[must_use]
    pub fn variable(&self, words: &[&str]) -> String {
        variable(&self.name, words)
    }

    /// This driver and those that it extends, nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |driver| driver.base.as_deref())
    }
}

/// The shell variable of something that the driver of that name describes.
#[must_use]
pub fn variable(driver: &Name, words: &[&str]) -> String {
    let name = [&[driver.as_str()], words].concat().join("_");
    name.replace('-', "_")
}

/// A file beside a driver's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverFile {
    /// Its path, as diagnostics name it.
    pub path: Utf8PathBuf,
    /// What is in it.
    pub text: String,
    /// Where the description names it.
    pub span: Span,
}

/// How values in a fragment's template are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// An nginx word: bare where that is safe, else in double quotes.
    Nginx,
    /// A Caddyfile token.
    Caddy,
    /// Only words that need no quoting in any of these languages; others are refused.
    Plain,
}
