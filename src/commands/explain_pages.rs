//! The drivers and probes that `.bg` files define, of the library and of the user. Each has a page.

use crate::diagnostics::Report;
use crate::model::{DriverKind, Function};
use crate::source::Sources;
use crate::stdlib;
use crate::syntax;
use crate::syntax::tree::{Body, Driver, DriverItem, File, Item, Statement};
use camino::{Utf8Path, Utf8PathBuf};
use std::fmt::Write as _;

/// Drivers and probes, in the order of their files.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    all: Vec<Definition>,
    /// The file that the user named. `None` for the library.
    file: Option<Utf8PathBuf>,
}

#[derive(Debug)]
struct Definition {
    name: String,
    what: What,
    statement: Statement<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Driver(DriverKind),
    Probe,
    /// A probe of `std/NAME`.
    ProbeOf(String),
}

impl Definitions {
    /// The definitions of the library.
    pub(super) fn of_library(sources: &mut Sources) -> Self {
        let mut library = Self::default();
        let mut add = |path: &str, called: String, preset: Option<&str>| {
            if let Some(text) = stdlib::text(path) {
                let id = sources.add(called, text);
                let tree = syntax::parse(id, text, &mut Report::new());
                library.add(tree, preset);
            }
        };
        for kind in DriverKind::ALL {
            for name in stdlib::drivers(kind) {
                let path = format!("{}/{name}.bg", kind.word());
                add(&path, format!("std/{path}"), None);
            }
        }
        for name in stdlib::presets() {
            add(
                &format!("presets/{name}.bg"),
                format!("std/{name}"),
                Some(name),
            );
        }
        library
    }

    /// The definitions of `file` and of the files that it uses. `files` contains all of them, each with the name of its
    /// preset, if it is a preset.
    pub(super) fn of_files(files: Vec<(Option<String>, File)>, file: &Utf8Path) -> Self {
        let mut own = Self {
            all: Vec::new(),
            file: Some(file.to_owned()),
        };
        for (preset, tree) in files {
            own.add(tree, preset.as_deref());
        }
        own
    }

    fn add(&mut self, tree: File, preset: Option<&str>) {
        for statement in tree.body.statements {
            let (name, what) = match &statement.node {
                Item::Driver(driver) => {
                    let kind = driver.kind;
                    (driver.name.text.clone(), What::Driver(kind))
                }
                Item::Probe(probe) => match preset {
                    Some(preset) => (
                        format!("{preset}.{}", probe.name.text),
                        What::ProbeOf(preset.to_owned()),
                    ),
                    None => (probe.name.text.clone(), What::Probe),
                },
                Item::Use(_) | Item::Let(_) | Item::App(_) | Item::Allow(_) => continue,
            };
            self.all.push(Definition {
                name,
                what,
                statement,
            });
        }
    }

    /// The names.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.all.iter().map(|one| one.name.clone())
    }

    /// One line for each definition, under headings.
    pub(super) fn list(&self, text: &mut String) {
        text.push_str("\ndrivers\n");
        for one in &self.all {
            if let What::Driver(kind) = one.what {
                // Writing to a String does not fail.
                let _ = writeln!(text, "  {:<16} {}", one.name, kind.word());
            }
        }
        text.push_str("\nprobes\n");
        for one in &self.all {
            if let What::ProbeOf(preset) = &one.what {
                let _ = writeln!(text, "  {:<16} use \"std/{preset}\"", one.name);
            }
        }
    }

    /// The pages with this name. A definition of the user replaces one of the library with the same name and kind.
    pub(super) fn pages(&self, topic: &str, library: &Self, sources: &Sources) -> Vec<String> {
        let named = |one: &&Definition| one.name == topic;
        let own = self.all.iter().filter(named);
        let others = library.all.iter().filter(named);
        let others = others.filter(|other| !own.clone().any(|one| one.what == other.what));
        own.clone()
            .map(|one| one.page(self.file.as_deref(), sources))
            .chain(others.map(|one| one.page(None, sources)))
            .collect()
    }
}

impl Definition {
    fn page(&self, file: Option<&Utf8Path>, sources: &Sources) -> String {
        let (name, docs) = (&self.name, self.statement.docs());
        let used = match (&self.what, &self.statement.node) {
            (What::Driver(kind), Item::Driver(driver)) => {
                let mut text = headed(kind.word(), name, &docs);
                describe(driver, *kind, file, sources, &mut text);
                return text;
            }
            (What::ProbeOf(preset), _) => format!("`use \"std/{preset}\"`, then "),
            _ => String::new(),
        };
        let written = sources.text(self.statement.span);
        let head = headed("probe", name, &docs);
        format!("{head}\n{written}\n\nUse it: {used}`probe ready from {name}`.\n")
    }
}

/// A page's heading and its documentation (`##`).
fn headed(kind: &str, name: &str, docs: &str) -> String {
    let docs = if docs.is_empty() {
        String::new()
    } else {
        format!("\n{docs}\n")
    };
    format!("# {kind} {name}\n{docs}")
}

fn describe(
    driver: &Driver,
    kind: DriverKind,
    file: Option<&Utf8Path>,
    sources: &Sources,
    text: &mut String,
) {
    let base = driver
        .body
        .statements
        .iter()
        .find_map(|statement| match &statement.node {
            DriverItem::Extends(base) => Some(base),
            _ => None,
        });
    if let Some(base) = base {
        let base = &base.text;
        // `explain` finds a driver of the user only if the user's file is named.
        let file = file.filter(|_| stdlib::driver_path(kind, base).is_none());
        let file = file.map_or(String::new(), |file| format!(" {file}"));
        let _ = writeln!(
            text,
            "\nThis driver extends `{base}`. It also has the settings of `{base}`, and the functions that it does not define itself. See `deployc explain {base}{file}` ({}).",
            kind.word()
        );
    }
    settings(&driver.body, "", sources, text);
    if base.is_none() {
        functions(driver, kind, text);
    }
}

/// The functions of the contract that the driver has.
fn functions(driver: &Driver, kind: DriverKind, text: &mut String) {
    let Some(functions) = Function::of_kind(kind) else {
        return;
    };
    let cannot: Vec<&str> = driver
        .body
        .statements
        .iter()
        .filter_map(|statement| match &statement.node {
            DriverItem::Cannot(name) => Some(name.text.as_str()),
            _ => None,
        })
        .collect();
    let can: Vec<&str> = functions
        .iter()
        .map(|function| function.name())
        .filter(|function| !cannot.contains(function))
        .collect();
    let _ = writeln!(text, "\nfunctions: {}", can.join(", "));
}

/// The settings with their documentation, in the order of the description. The settings of a part are below the part.
fn settings(body: &Body<DriverItem>, indent: &str, sources: &Sources, text: &mut String) {
    let mut entry = |statement: &Statement<DriverItem>, head: &str| {
        let _ = writeln!(text, "\n{indent}{head}");
        for line in statement.docs().lines() {
            let _ = writeln!(text, "{indent}    {line}");
        }
    };
    let mut parts = Vec::new();
    for statement in &body.statements {
        let written = sources.text(statement.span);
        match &statement.node {
            DriverItem::Setting { .. } => {
                entry(
                    statement,
                    written.strip_prefix("setting ").unwrap_or(written),
                );
            }
            DriverItem::ExactlyOne(_) => entry(statement, written),
            DriverItem::Part { body, .. } => parts.push((statement, body, written)),
            _ => {}
        }
    }
    for (statement, body, written) in parts {
        let head = written.split('{').next().unwrap_or(written).trim_end();
        let _ = writeln!(text, "\n{indent}{head} {{ … }}");
        for line in statement.docs().lines() {
            let _ = writeln!(text, "{indent}    {line}");
        }
        settings(body, &format!("{indent}  "), sources, text);
    }
}
