//! The main file and all files that it `use`s. Each is read and parsed once.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::{DriverFile, DriverKind};
use crate::source::{FileId, Sources, Span};
use crate::stdlib;
use crate::syntax::tree::{self, AppItem, DriverItem, Item, OnItem, ServiceItem};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// Reads the files that a `.bg` file names. This is the only access of `check` to the outside.
pub trait Loader {
    /// Returns the bytes of the file at `path`. Relative paths have the same base as the main file's path.
    ///
    /// # Errors
    /// If the file does not exist or cannot be read.
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError>;
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The file does not exist.
    Missing,
    /// The path is a folder.
    Folder,
    /// The file is larger than the compiler accepts.
    TooLarge,
    /// Any other error, as the system's message.
    Other(String),
}

/// A parsed file.
#[derive(Debug)]
pub struct LoadedFile {
    pub id: FileId,
    pub path: Utf8PathBuf,
    pub origin: Origin,
    pub tree: tree::File,
}

/// The owner of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file of the user. Its names have no prefix.
    User,
    /// `std/NAME`. Its probes have names of the form `NAME.probe`.
    Preset(String),
    /// The description of a driver of the library.
    Driver,
}

/// The greatest depth of nested `use`s. It is more than a real file needs, and far from a stack overflow.
const MAX_DEPTH: usize = 32;

/// Reads the main file and all files that it uses.
pub struct Files<'a> {
    sources: &'a mut Sources,
    loader: &'a dyn Loader,
    findings: &'a Findings,
    /// The findings of the parser.
    report: &'a mut Report,
    loaded: Vec<LoadedFile>,
    /// The progress of each file, by its path.
    seen: BTreeMap<Utf8PathBuf, Progress>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Open,
    Done,
}

impl<'a> Files<'a> {
    /// Returns the file `main`, then all files that it uses.
    pub fn load(
        sources: &'a mut Sources,
        main: (FileId, tree::File),
        loader: &'a dyn Loader,
        findings: &'a Findings,
        report: &'a mut Report,
    ) -> Vec<LoadedFile> {
        let path = normal(&sources.get(main.0).path);
        let mut files = Self {
            sources,
            loader,
            findings,
            report,
            loaded: Vec::new(),
            seen: BTreeMap::new(),
        };
        files.add(main.0, path, Origin::User, main.1, 0);
        files.add_drivers();
        files.loaded
    }

    fn add(
        &mut self,
        id: FileId,
        path: Utf8PathBuf,
        origin: Origin,
        tree: tree::File,
        depth: usize,
    ) {
        self.seen.insert(path.clone(), Progress::Open);
        let uses: Vec<tree::Text> = tree
            .body
            .statements
            .iter()
            .filter_map(|statement| match &statement.node {
                Item::Use(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        self.loaded.push(LoadedFile {
            id,
            path: path.clone(),
            origin,
            tree,
        });
        for text in uses {
            self.follow(&path, &text, depth);
        }
        self.seen.insert(path, Progress::Done);
    }

    fn parse(&mut self, id: FileId) -> tree::File {
        crate::syntax::parse(id, &self.sources.get(id).text, self.report)
    }

    /// Reads the file that a `use` names.
    fn follow(&mut self, from: &Utf8Path, text: &tree::Text, depth: usize) {
        let Some(name) = text.literal() else {
            self.findings.push(
                Diagnostic::new(
                    Code::BAD_USE,
                    text.span,
                    "the path of a `use` must not contain a placeholder",
                )
                .help("files are read when the script is made; write the path itself"),
            );
            return;
        };
        if let Some(preset) = name.strip_prefix("std/") {
            self.preset(preset, text.span);
            return;
        }
        let Some(path) = beside(from, &name, text.span, self.findings) else {
            return;
        };
        match self.seen.get(&path) {
            Some(Progress::Done) => return,
            Some(Progress::Open) => {
                let message = if path == from {
                    format!("`{path}` uses itself")
                } else {
                    format!("`{path}` is being read already: the files use each other in a circle")
                };
                self.findings.push(
                    Diagnostic::new(Code::CYCLE, text.span, message)
                        .help("move what both need into a third file, and `use` that"),
                );
                return;
            }
            None => {}
        }
        if depth >= MAX_DEPTH {
            self.findings.push(
                Diagnostic::new(
                    Code::CYCLE,
                    text.span,
                    format!("`use` leads more than {MAX_DEPTH} files deep"),
                )
                .help("let the main file `use` the files that it needs directly"),
            );
            return;
        }
        let Some(content) = read_text(self.loader, &path, text.span, self.findings) else {
            return;
        };
        let id = self.sources.add(path.clone(), content);
        let tree = self.parse(id);
        self.add(id, path, Origin::User, tree, depth + 1);
    }

    fn preset(&mut self, name: &str, span: Span) {
        let key = Utf8PathBuf::from(format!("std/{name}"));
        if self.seen.contains_key(&key) {
            return;
        }
        let Some(content) = stdlib::preset(name) else {
            let known = stdlib::presets();
            let finding = Diagnostic::new(
                Code::UNREADABLE,
                span,
                format!("the library has no `std/{name}`"),
            )
            .help(format!(
                "it has {}; drivers need no `use`",
                crate::suggestions::listed(known.iter().map(|known| format!("std/{known}")), "and")
            ));
            self.findings.push(
                match crate::suggestions::nearest(name, known.iter().copied()) {
                    Some(near) => finding
                        .label(format!("did you mean `std/{near}`?"))
                        .fix(span, format!("\"std/{near}\"")),
                    None => finding,
                },
            );
            return;
        };
        let id = self.sources.add(key.clone(), content);
        let tree = self.parse(id);
        self.add(id, key, Origin::Preset(name.to_owned()), tree, 0);
    }

    /// Parses the descriptions of the library's drivers that the files name.
    fn add_drivers(&mut self) {
        let mut at = 0;
        while at < self.loaded.len() {
            for (kind, name) in drivers_named(&self.loaded[at].tree) {
                let Some(path) = stdlib::driver_path(kind, &name) else {
                    continue;
                };
                let key = Utf8PathBuf::from(format!("std/{path}"));
                if self.seen.contains_key(&key) {
                    continue;
                }
                let Some(content) = stdlib::text(&path) else {
                    continue;
                };
                let id = self.sources.add(key.clone(), content);
                let tree = self.parse(id);
                self.seen.insert(key.clone(), Progress::Done);
                self.loaded.push(LoadedFile {
                    id,
                    path: key,
                    origin: Origin::Driver,
                    tree,
                });
            }
            at += 1;
        }
    }
}

/// Returns the drivers that a file uses or extends. Every statement of an `app` is named, so a new one that names a
/// driver cannot be forgotten.
fn drivers_named(file: &tree::File) -> Vec<(DriverKind, String)> {
    let mut named = Vec::new();
    for statement in &file.body.statements {
        match &statement.node {
            Item::App(app) => {
                for item in app.body.statements.iter().map(|statement| &statement.node) {
                    match item {
                        AppItem::Run(used) => named.push((DriverKind::Run, &used.driver)),
                        AppItem::Switch(used) => named.push((DriverKind::Switch, &used.driver)),
                        AppItem::Shared(used) => named.push((DriverKind::Shared, &used.driver)),
                        AppItem::Ship(used) => named.push((DriverKind::Ship, &used.driver)),
                        AppItem::Target(used) => named.push((DriverKind::Target, &used.driver)),
                        AppItem::Service(service) => {
                            for item in service.body.iter().flat_map(|body| &body.statements) {
                                match &item.node {
                                    ServiceItem::Run(used) => {
                                        named.push((DriverKind::Run, &used.driver));
                                    }
                                    ServiceItem::Probe(_)
                                    | ServiceItem::Verify(_)
                                    | ServiceItem::Address(_)
                                    | ServiceItem::NoPort(_)
                                    | ServiceItem::Handover(_)
                                    | ServiceItem::StopWithin(_)
                                    | ServiceItem::Let(_) => {}
                                }
                            }
                        }
                        AppItem::On(on) => {
                            for item in &on.body.statements {
                                match &item.node {
                                    OnItem::Notify(used) => {
                                        named.push((DriverKind::Notify, &used.driver));
                                    }
                                    OnItem::Command(_) => {}
                                }
                            }
                        }
                        AppItem::Root(_)
                        | AppItem::Sudo(_)
                        | AppItem::Input(_)
                        | AppItem::Let(_)
                        | AppItem::Color(_)
                        | AppItem::Address(_)
                        | AppItem::Artifact(_)
                        | AppItem::Probe(_)
                        | AppItem::Verify(_)
                        | AppItem::Cleanup(_)
                        | AppItem::Steps(_)
                        | AppItem::Lock(_)
                        | AppItem::Build(_)
                        | AppItem::Hosts(_)
                        | AppItem::Allow(_) => {}
                    }
                }
            }
            Item::Driver(driver) => {
                let kind = driver.kind;
                for item in &driver.body.statements {
                    if let DriverItem::Extends(base) = &item.node {
                        named.push((kind, base));
                    }
                }
            }
            Item::Use(_) | Item::Let(_) | Item::Probe(_) | Item::Allow(_) => {}
        }
    }
    named
        .into_iter()
        .map(|(kind, name)| (kind, name.text.clone()))
        .collect()
}

/// Reads a file that a driver's description names. Its path is relative to the description.
pub fn driver_file(
    file: &LoadedFile,
    text: &tree::Text,
    loader: &dyn Loader,
    findings: &Findings,
) -> Option<DriverFile> {
    let Some(name) = text.literal() else {
        findings.push(
            Diagnostic::new(
                Code::BAD_USE,
                text.span,
                "the path of a driver's file must not contain a placeholder",
            )
            .help("files are read when the script is made; write the path itself"),
        );
        return None;
    };
    if file.origin == Origin::Driver {
        let folder = file.path.strip_prefix("std").unwrap_or(&file.path).parent();
        let path = folder.unwrap_or(Utf8Path::new("")).join(&name);
        let Some(content) = stdlib::text(path.as_str()) else {
            findings.push(Diagnostic::new(
                Code::UNREADABLE,
                text.span,
                format!("the library has no `{path}`"),
            ));
            return None;
        };
        return Some(DriverFile {
            path: Utf8Path::new("std").join(path),
            text: content.to_owned(),
            span: text.span,
        });
    }
    let span = text.span;
    let path = beside(&file.path, &name, span, findings)?;
    let text = read_text(loader, &path, span, findings)?;
    Some(DriverFile { path, text, span })
}

/// Returns the path of `name` relative to the file `from`. Reports an error if `name` is not a usable path.
fn beside(from: &Utf8Path, name: &str, span: Span, findings: &Findings) -> Option<Utf8PathBuf> {
    let finding = if name.is_empty() {
        Diagnostic::new(Code::BAD_USE, span, "the path is empty")
            .help("name a file, for example `\"./common.bg\"`")
    } else if name.starts_with('/') || name.starts_with('~') {
        Diagnostic::new(
            Code::BAD_USE,
            span,
            format!("`{name}` is not relative to this file"),
        )
        .help("the same sources must give the same script on every machine: keep the file in the repository and name it as `\"./…\"`")
    } else if name.ends_with('/') {
        Diagnostic::new(Code::BAD_USE, span, format!("`{name}` is a folder"))
            .help("name one file in it")
    } else {
        let folder = from.parent().unwrap_or(Utf8Path::new(""));
        return Some(normal(&folder.join(name)));
    };
    findings.push(finding);
    None
}

/// Returns the path without `.` and, as far as possible, without `..`.
fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

fn read_text(
    loader: &dyn Loader,
    path: &Utf8Path,
    span: Span,
    findings: &Findings,
) -> Option<String> {
    let (message, help) = match loader.read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Some(text),
            Err(error) => (
                format!(
                    "`{path}` is not UTF-8: byte {}",
                    error.utf8_error().valid_up_to() + 1
                ),
                "save it as UTF-8",
            ),
        },
        Err(LoadError::Missing) => (
            format!("there is no file `{path}`"),
            "paths are relative to the folder of the file that names them",
        ),
        Err(LoadError::Folder) => (format!("`{path}` is a folder"), "name one file in it"),
        Err(LoadError::TooLarge) => (
            format!("`{path}` is too large"),
            "a description is a few kilobytes; is it the right file?",
        ),
        Err(LoadError::Other(why)) => (
            format!("`{path}` cannot be read: {why}"),
            "make sure that your user may read it",
        ),
    };
    findings.push(Diagnostic::new(Code::UNREADABLE, span, message).help(help));
    None
}
