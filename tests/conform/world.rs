//! The world between two commands, as files: which services run, what the proxy reads and has loaded, and the script's
//! state.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::accept::Before;
use crate::plan::{Kind, Phase};

/// A running service of a color.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The release that has started or adopted it; `-` if somebody has started it by hand.
    pub release: String,
    /// Whether it is exclusive.
    pub once: bool,
}

/// The whole world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The running services, by color and service.
    pub runs: BTreeMap<(String, String), Running>,
    /// The services that start by themselves after a reboot, by color and service.
    pub boots: BTreeSet<(String, String)>,
    /// The proxy's file, byte for byte; none without a file.
    pub file: Option<Vec<u8>>,
    /// The content of the proxy's file; empty without a file.
    pub disk: String,
    /// The configuration in force; empty if nothing was ever loaded.
    pub force: String,
    /// The keys of the journal; none without a journal.
    pub journal: BTreeMap<String, String>,
    /// The keys of the journal that was saved for later; none without one.
    pub saved: BTreeMap<String, String>,
    /// What it says is under way.
    pub pending: Option<Before>,
    /// The text that the release of the journal has saved of the proxy's file; empty without one.
    pub way_back: String,
    /// What is under way, as the journal and the journal that was saved for later say.
    pub under_way: Before,
    /// The release that was switched to last.
    pub live: Option<String>,
    /// The release that served before it.
    pub previous: Option<String>,
    /// The releases that are kept.
    pub releases: BTreeSet<String>,
    /// The kept releases that have served.
    pub served: BTreeSet<String>,
    /// The meta file of each release, by its keys.
    pub metas: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the last line of the history that is not about a refusal says that a deployment went back.
    pub went_back: bool,
    /// Whether something on the host is not as it should be: a color that is not healthy, or somebody else at work.
    pub is_unwell: bool,
}

impl World {
    /// Reads the world from a stand's folder.
    pub fn read(folder: &Path) -> Self {
        let state = folder.join("app/.deployc");
        let pointer = |name: &str| {
            let target = fs::read_link(state.join(name)).ok()?;
            Some(target.file_name()?.to_str()?.to_owned())
        };
        let journal = keys(&state.join("journal"));
        let candidate = journal.get("release").cloned().unwrap_or_default();
        Self {
            runs: runs(&folder.join("world/runs"), &state.join("releases")),
            boots: names(&folder.join("world/boots"))
                .filter_map(|name| {
                    let (color, service) = name.split_once('.')?;
                    Some((color.to_owned(), service.to_owned()))
                })
                .collect(),
            file: fs::read(folder.join("world/proxy.conf")).ok(),
            disk: text(&folder.join("world/proxy.conf")),
            force: text(&folder.join("world/force")),
            journal,
            saved: keys(&state.join("journal.pending")),
            pending: Some(text(&state.join("journal.pending")))
                .filter(|saved| !saved.is_empty())
                .map(|saved| Before::read(&saved, "")),
            way_back: text(&state.join("releases").join(candidate).join("way-back")),
            under_way: Before::read(
                &text(&state.join("journal")),
                &text(&state.join("journal.pending")),
            ),
            live: pointer("live"),
            previous: pointer("previous"),
            served: names(&state.join("releases"))
                .filter(|name| state.join("releases").join(name).join("served").exists())
                .collect(),
            metas: names(&state.join("releases"))
                .map(|name| {
                    let meta = keys(&state.join("releases").join(&name).join("meta"));
                    (name, meta)
                })
                .collect(),
            went_back: went_back(&text(&state.join("history"))),
            is_unwell: ["sick", "deaf", "refused", "foreign"]
                .iter()
                .any(|name| folder.join("world").join(name).exists()),
            releases: names(&state.join("releases")).collect(),
        }
    }

    /// The target of `rollback RELEASE`: the oldest release that has served and is not live.
    pub fn wanted(&self) -> String {
        let served = self.served.iter();
        let mut wanted = served.filter(|release| Some(*release) != self.live.as_ref());
        wanted.next().map_or("none", String::as_str).to_owned()
    }

    /// The phase of the journal.
    pub fn phase(&self) -> Phase {
        self.under_way.phase
    }

    /// The kind of the journal.
    pub fn kind(&self) -> Kind {
        self.under_way.kind
    }

    /// The value of a key of the journal, unless it is empty.
    pub fn says(&self, key: &str) -> Option<&str> {
        self.journal
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a key of a release's meta file.
    pub fn meta(&self, release: &str, key: &str) -> Option<&str> {
        self.metas.get(release)?.get(key).map(String::as_str)
    }

    /// The release that runs in a color, by its first service.
    pub fn release_in(&self, color: &str) -> Option<&str> {
        let mut runs = self.runs.iter();
        runs.find(|((of, _), _)| of == color)
            .map(|(_, running)| running.release.as_str())
    }

    /// Whether a service of a color runs.
    pub fn has(&self, color: &str, service: &str) -> bool {
        self.runs
            .contains_key(&(color.to_owned(), service.to_owned()))
    }
}

/// The color that a text of the proxy's file routes to: by the line that scripts write, or by its addresses.
pub fn color_of(text: &str, fragments: &[(&str, &str)]) -> Option<String> {
    if let Some(rest) = text.strip_prefix("# color=") {
        return Some(rest.split(' ').next()?.to_owned());
    }
    let routes = |fragment: &str| {
        let mut addresses = fragment
            .lines()
            .filter_map(|line| line.strip_prefix("route "));
        addresses.any(|route| {
            route
                .split(' ')
                .next_back()
                .is_some_and(|at| text.contains(at))
        })
    };
    let mut colors = fragments.iter().filter(|(_, fragment)| routes(fragment));
    colors.next().map(|(color, _)| (*color).to_owned())
}

fn runs(folder: &Path, releases: &Path) -> BTreeMap<(String, String), Running> {
    let runs = names(folder).filter_map(|name| {
        let (color, service) = name.split_once('.')?;
        let said = text(&folder.join(&name));
        let mut words = said.split_whitespace();
        let mut release = words.next()?.to_owned();
        if release == "-" {
            release = adopter(releases, color, service).unwrap_or(release);
        }
        let running = Running {
            release,
            once: words.nth(1) == Some("once"),
        };
        Some(((color.to_owned(), service.to_owned()), running))
    });
    runs.collect()
}

/// The release that has adopted a program that somebody had started by hand.
fn adopter(releases: &Path, color: &str, service: &str) -> Option<String> {
    let identity = format!("{color}.{service} of ");
    let mut releases = names(releases).filter(|release| {
        text(&releases.join(release).join(format!("identity.{service}"))).starts_with(&identity)
    });
    releases.next()
}

/// The same question as that of the script's `deploy_went_back`.
fn went_back(history: &str) -> bool {
    let lines = history
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let mut results = lines.filter_map(|words| Some((*words.get(2)?, *words.get(3)?)));
    let last = results.rfind(|(_, result)| *result != "refused");
    last.is_some_and(|(command, result)| {
        result == "went-back" && !matches!(command, "rollback" | "restart")
    })
}

fn keys(file: &Path) -> BTreeMap<String, String> {
    let text = text(file);
    let keys = text.lines().filter_map(|line| line.split_once('='));
    keys.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).map_or_else(|_| String::new(), |text| text.trim_end().to_owned())
}
