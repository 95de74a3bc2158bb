//! The descriptions of drivers.

use super::{Duration, Name};
use crate::source::Span;
use crate::suggestions::occurrences;
use camino::Utf8PathBuf;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind of a driver.
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
    /// Who is notified.
    Notify,
    /// Resources that both colors use.
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

    /// The kind with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word of the language. It is also the name of the folder in `stdlib/`.
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

/// A resolved description of a driver, from `stdlib/` or from a user's `.bg` file.
#[derive(Clone, Debug)]
pub struct Driver {
    /// Its kind.
    pub kind: DriverKind,
    /// `nginx`, `jar`, …
    pub name: Name,
    /// Its documentation: the `##` lines above it.
    pub docs: String,
    /// The driver that it extends. The base's settings are accepted too, and the base's functions replace missing ones.
    pub base: Option<Arc<Driver>>,
    /// The files of its shell functions, in the order of its description.
    pub functions: Vec<DriverFile>,
    /// Programs that must be on the host.
    pub tools: Vec<String>,
    /// The deadline of each function of the contract.
    pub deadlines: BTreeMap<String, Duration>,
    /// Placeholders whose values it provides when the color runs.
    pub offers: Vec<String>,
    /// Functions of the contract that it leaves out.
    pub cannot: Vec<String>,
    /// The template of the proxy's file for a color.
    pub fragment: Option<(DriverFile, Quoting)>,
    /// Files that a target generates: path and template.
    pub files: Vec<(String, DriverFile)>,
    /// Variables that a target passes to hooks.
    pub environment: Vec<String>,
    /// The setting whose folder the target's installer empties.
    pub wipes: Option<String>,
    /// The target's time limit for one hook.
    pub limit: Option<Duration>,
    /// The shell variables for its own settings and parts, with the places where those are described.
    pub variables: Vec<(String, Span)>,
    /// The place of its name in its description.
    pub span: Span,
}

impl Driver {
    /// A driver that has only its name so far.
    #[must_use]
    pub fn new(kind: DriverKind, name: Name, span: Span) -> Self {
        Self {
            kind,
            name,
            docs: String::new(),
            base: None,
            functions: Vec::new(),
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

    /// This driver and its bases, nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |driver| driver.base.as_deref())
    }

    /// The template of the proxy's file: its own, or that of the nearest base that has one.
    #[must_use]
    pub fn fragment_template(&self) -> Option<&(DriverFile, Quoting)> {
        self.chain().find_map(|driver| driver.fragment.as_ref())
    }

    /// Whether the template of the proxy's file reads a setting, and no shell function mentions its variable. Then the
    /// script does not need it.
    #[must_use]
    pub fn only_template_reads(&self, setting: &str, variable: &str) -> bool {
        let template = self.fragment_template();
        let functions = || self.chain().flat_map(|driver| &driver.functions);
        template.is_some_and(|(file, _)| occurrences(&file.text, setting, &[]) > 0)
            && !functions().any(|file| occurrences(&file.text, variable, &[]) > 0)
    }

    /// The variables that a target passes to hooks: its own list, or that of the nearest base that has one. Empty if it
    /// passes on every variable.
    #[must_use]
    pub fn passed_variables(&self) -> &[String] {
        let mut lists = self.chain().map(|driver| driver.environment.as_slice());
        lists.find(|list| !list.is_empty()).unwrap_or_default()
    }

    /// Returns whether it, or one of its bases, leaves out a function of the contract.
    #[must_use]
    pub fn leaves_out(&self, function: &str) -> bool {
        self.chain()
            .any(|driver| driver.cannot.iter().any(|name| name == function))
    }

    /// Returns whether this is the driver with a name, or extends it.
    #[must_use]
    pub fn is_or_extends(&self, name: &str) -> bool {
        self.chain().any(|driver| driver.name.as_str() == name)
    }
}

/// The shell variable of a setting or part of the driver with this name.
#[must_use]
pub fn variable(driver: &Name, words: &[&str]) -> String {
    let name = [&[driver.as_str()], words].concat().join("_");
    name.replace('-', "_")
}

/// A file beside a driver's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverFile {
    /// Its path, as findings show it.
    pub path: Utf8PathBuf,
    /// Its content.
    pub text: String,
    /// The place in the description that names it.
    pub span: Span,
}

/// How values are quoted in a fragment's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// An nginx word. Bare if that is safe, otherwise in double quotes.
    Nginx,
    /// A Caddyfile token.
    Caddy,
    /// Only words that need no quoting in any of these languages. Other words are refused.
    Plain,
}
