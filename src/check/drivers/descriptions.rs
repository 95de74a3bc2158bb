//! Finds all descriptions in the files, and combines each description with the one that it extends.

use super::description::Description;
use super::description_reader::{Reader, WrittenDriver};
use super::target_names;
use crate::check::findings::Findings;
use crate::check::names::definitions;
use crate::check::names::files::{LoadedFile, Loader, Origin};
use crate::check::names::spelling;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::DriverKind;
use crate::stdlib;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree::{self, DriverItem, Item};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All descriptions in the files, resolved.
#[derive(Debug, Default)]
pub struct Descriptions {
    /// `None`: the description has an error that was reported.
    known: BTreeMap<(DriverKind, String), Option<Arc<Description>>>,
}

/// The result of a driver lookup.
pub enum Found {
    Known(Arc<Description>),
    /// There is no such driver, or its description has an error. This was reported.
    Unknown,
}

impl Descriptions {
    /// Resolves all descriptions in the files.
    pub fn resolve(files: &[LoadedFile], loader: &dyn Loader, findings: &Findings) -> Self {
        let mut sources: BTreeMap<(DriverKind, String), WrittenDriver<'_>> = BTreeMap::new();
        for file in files {
            for statement in &file.tree.body.statements {
                let Item::Driver(driver) = &statement.node else {
                    continue;
                };
                let kind = driver.kind;
                let key = (kind, driver.name.text.clone());
                if let Some(first) = sources.get(&key) {
                    if file.origin != Origin::Driver {
                        findings.push(definitions::duplicate(&driver.name, first.driver.name.span));
                    }
                    continue;
                }
                let ours = stdlib::driver_path(kind, &driver.name.text).is_some();
                if ours && file.origin != Origin::Driver {
                    findings.push(
                        Diagnostic::new(
                            Code::DUPLICATE,
                            driver.name.span,
                            format!("the library already has a `{}` driver `{}`", kind.word(), driver.name.text),
                        )
                        .help(format!(
                            "give your driver another name; with `extends {}` it also has the settings and functions of the library's driver",
                            driver.name.text
                        )),
                    );
                    continue;
                }
                sources.insert(
                    key,
                    WrittenDriver {
                        file,
                        driver,
                        docs: statement.docs(),
                    },
                );
            }
        }
        let mut resolver = Resolver {
            sources: &sources,
            loader,
            findings,
            known: BTreeMap::new(),
            open: Vec::new(),
        };
        for (kind, name) in sources.keys() {
            resolver.resolve(*kind, name);
        }
        Self {
            known: resolver.known,
        }
    }

    /// Returns the driver with the name `name`. Reports an error if there is no such driver.
    pub fn find(&self, kind: DriverKind, name: &tree::Name, findings: &Findings) -> Found {
        match self.known.get(&(kind, name.text.clone())) {
            Some(Some(description)) => return Found::Known(Arc::clone(description)),
            Some(None) => return Found::Unknown,
            None => {}
        }
        findings.push_unknown(&name.text, unknown_driver(kind, name, &self.names(kind)));
        Found::Unknown
    }

    /// Returns the driver. Reports nothing if there is no such driver.
    pub fn peek(&self, kind: DriverKind, name: &str) -> Option<&Arc<Description>> {
        self.known.get(&(kind, name.to_owned()))?.as_ref()
    }

    fn names(&self, kind: DriverKind) -> Vec<&str> {
        let users = self
            .known
            .keys()
            .filter(|(known, _)| *known == kind)
            .map(|(_, name)| name.as_str());
        let mut names: Vec<&str> = stdlib::drivers(kind).into_iter().chain(users).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn unknown_driver(kind: DriverKind, name: &tree::Name, known: &[&str]) -> Diagnostic {
    let word = kind.word();
    let finding = Diagnostic::new(
        Code::UNKNOWN_DRIVER,
        name.span,
        format!("there is no `{word}` driver `{}`", name.text),
    );
    if known.is_empty() {
        return finding.help(format!(
            "this version of deployc has no `{word}` drivers; to add one, write `driver {word} {} {{ … }}` in a file that you `use`",
            name.text
        ));
    }
    match nearest(&name.text, known.iter().copied()) {
        Some(near) => finding
            .label(format!("did you mean `{near}`?"))
            .help(format!("`{word}` drivers: {}", listed(known, "and")))
            .fix(name.span, near),
        None => finding.help(format!(
            "this version of deployc has {}; to add one, write `driver {word} {} {{ … }}` in a file that you `use`",
            listed(known, "and"),
            name.text
        )),
    }
}

struct Resolver<'r, 't> {
    sources: &'r BTreeMap<(DriverKind, String), WrittenDriver<'t>>,
    loader: &'r dyn Loader,
    findings: &'r Findings,
    known: BTreeMap<(DriverKind, String), Option<Arc<Description>>>,
    /// The drivers that are being resolved. A driver that extends one of them closes a cycle.
    open: Vec<String>,
}

/// The greatest length of a chain of `extends`.
const MAX_BASES: usize = 8;

impl Resolver<'_, '_> {
    fn resolve(&mut self, kind: DriverKind, name: &str) -> Option<Arc<Description>> {
        let key = (kind, name.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let source = self.sources.get(&key)?;
        self.open.push(name.to_owned());
        let description = self.describe(kind, source).map(Arc::new);
        self.open.pop();
        self.known.insert(key, description.clone());
        description
    }

    fn describe(&mut self, kind: DriverKind, source: &WrittenDriver<'_>) -> Option<Description> {
        let errors = self.findings.errors();
        let name = spelling::name(&source.driver.name, "a driver", self.findings)?;
        let mut reader = Reader::new(source, name, self.loader, self.findings);
        let mut base = None;
        for statement in &source.driver.body.statements {
            if let DriverItem::Extends(word) = &statement.node {
                reader.once("extends", statement.span);
                base = self.base(kind, word);
            } else {
                reader.item(statement);
            }
        }
        let description = reader.described(base);
        target_names::check(&description, self.findings);
        (self.findings.errors() == errors).then_some(description)
    }

    fn base(&mut self, kind: DriverKind, word: &tree::Name) -> Option<Arc<Description>> {
        if self.open.contains(&word.text) {
            self.findings.push(
                Diagnostic::new(
                    Code::CYCLE,
                    word.span,
                    format!("`extends {}` leads back to the same driver", word.text),
                )
                .help("one of the drivers must be without `extends`"),
            );
            return None;
        }
        if self.open.len() > MAX_BASES {
            self.findings.push(
                Diagnostic::new(
                    Code::CYCLE,
                    word.span,
                    format!("more than {MAX_BASES} drivers extend each other"),
                )
                .help("make one driver of some of them"),
            );
            return None;
        }
        if !self.sources.contains_key(&(kind, word.text.clone())) {
            let mut known: Vec<&str> = stdlib::drivers(kind);
            known.extend(
                self.sources
                    .keys()
                    .filter(|(known, _)| *known == kind)
                    .map(|(_, name)| name.as_str()),
            );
            known.sort_unstable();
            known.dedup();
            self.findings.push(unknown_driver(kind, word, &known));
            return None;
        }
        self.resolve(kind, &word.text)
    }
}
