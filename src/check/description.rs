//! Descriptions of drivers: what `driver KIND NAME { … }` says, resolved.

use super::files::{LoadedFile, Loader, Origin, driver_file};
use super::findings::Findings;
use super::near::{listed, nearest};
use super::types::{Type, TypePlace};
use super::{names, number};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Driver, DriverKind, Duration, Quoting};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::tree::{self, DriverItem, Item, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A driver with the settings that it takes.
#[derive(Clone, Debug)]
pub struct Description {
    /// What plan and emit need.
    pub driver: Arc<Driver>,
    /// The description that it extends.
    pub base: Option<Arc<Description>>,
    /// Its own settings, in the order of the file.
    pub settings: Vec<SettingDescription>,
    /// Its own parts.
    pub parts: Vec<PartDescription>,
    /// Of each of these groups exactly one setting or part must be given.
    pub exactly_one: Vec<Vec<String>>,
}

/// `setting NAME: TYPE [= default]`
#[derive(Clone, Debug)]
pub struct SettingDescription {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub ty: Type,
    /// What it is when it is not given.
    pub default: SettingDefault,
    /// What `##` says above it.
    pub docs: String,
    /// Where it stands.
    pub span: Span,
}

/// What a setting is when it is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingDefault {
    /// It must be given.
    Required,
    /// `= none`
    None,
    /// Any other value; placeholders in it are resolved where the driver is used.
    Value(Value),
}

/// `part NAME[: TYPE] { … }`
#[derive(Clone, Debug)]
pub struct PartDescription {
    /// Its name.
    pub name: String,
    /// The type of its label; `None`: it has none.
    pub label: Option<Type>,
    /// Its settings.
    pub settings: Vec<SettingDescription>,
    /// What `##` says above it.
    pub docs: String,
    /// Where it stands.
    pub span: Span,
}

impl Description {
    /// The settings that a use may give, the base's first, each with the driver that describes it.
    #[must_use]
    pub fn all_settings(&self) -> Vec<(&Driver, &SettingDescription)> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_settings())
            .unwrap_or_default();
        all.retain(|(_, setting)| {
            !self.driver.cannot.contains(&setting.name)
                && !self.settings.iter().any(|own| own.name == setting.name)
        });
        all.extend(self.settings.iter().map(|setting| (&*self.driver, setting)));
        all
    }

    /// The parts that a use may give, the base's first.
    #[must_use]
    pub fn all_parts(&self) -> Vec<&PartDescription> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_parts())
            .unwrap_or_default();
        all.extend(&self.parts);
        all
    }

    /// The groups of which exactly one must be given, the base's first.
    #[must_use]
    pub fn all_exactly_one(&self) -> Vec<&Vec<String>> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.all_exactly_one())
            .unwrap_or_default();
        all.extend(&self.exactly_one);
        all
    }

    /// What it and its bases offer as placeholders.
    #[must_use]
    pub fn offers(&self) -> Vec<String> {
        let mut all = self
            .base
            .as_ref()
            .map(|base| base.offers())
            .unwrap_or_default();
        all.extend(self.driver.offers.iter().cloned());
        all
    }
}

/// The kind of a word.
pub(super) fn kind_of(word: &str) -> Option<DriverKind> {
    DriverKind::ALL.into_iter().find(|kind| kind.word() == word)
}

/// All descriptions of a run, resolved.
#[derive(Debug, Default)]
pub(super) struct Descriptions {
    /// `None`: wrong, and said so.
    known: BTreeMap<(DriverKind, String), Option<Arc<Description>>>,
}

/// What looking a driver up gave.
pub(super) enum Found {
    Known(Arc<Description>),
    /// There is none such, or it is wrong; said.
    Unknown,
}

struct Source<'t> {
    file: &'t LoadedFile,
    driver: &'t tree::Driver,
    docs: String,
    span: Span,
}

impl Descriptions {
    /// Resolves every description in the files.
    pub(super) fn resolve(files: &[LoadedFile], loader: &dyn Loader, findings: &Findings) -> Self {
        let mut sources: BTreeMap<(DriverKind, String), Source<'_>> = BTreeMap::new();
        for file in files {
            for statement in &file.tree.body.statements {
                let Item::Driver(driver) = &statement.node else {
                    continue;
                };
                let Some(kind) = kind_of(&driver.kind.text) else {
                    continue;
                };
                let key = (kind, driver.name.text.clone());
                if let Some(first) = sources.get(&key) {
                    if file.origin != Origin::Driver {
                        findings.push(names::duplicate(&driver.name, first.driver.name.span));
                    }
                    continue;
                }
                let ours = stdlib::driver_path(kind, &driver.name.text).is_some();
                if ours && file.origin != Origin::Driver {
                    findings.push(
                        Diagnostic::new(
                            Code::DUPLICATE,
                            driver.name.span,
                            format!("the library has a `{}` driver `{}` already", kind.word(), driver.name.text),
                        )
                        .help(format!(
                            "give yours another name; with `extends {}` it has the library's settings and functions too",
                            driver.name.text
                        )),
                    );
                    continue;
                }
                sources.insert(
                    key,
                    Source {
                        file,
                        driver,
                        docs: statement.docs(),
                        span: statement.span,
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

    /// The driver that `name` names; said when there is none.
    pub(super) fn find(&self, kind: DriverKind, name: &tree::Name, findings: &Findings) -> Found {
        match self.known.get(&(kind, name.text.clone())) {
            Some(Some(description)) => return Found::Known(Arc::clone(description)),
            Some(None) => return Found::Unknown,
            None => {}
        }
        findings.push_absent(unknown_driver(kind, name, self.names(kind)));
        Found::Unknown
    }

    /// The driver, with nothing said when there is none.
    pub(super) fn peek(&self, kind: DriverKind, name: &str) -> Option<&Arc<Description>> {
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

fn unknown_driver(kind: DriverKind, name: &tree::Name, known: Vec<&str>) -> Diagnostic {
    let word = kind.word();
    let finding = Diagnostic::new(
        Code::UNKNOWN_DRIVER,
        name.span,
        format!("there is no `{word}` driver `{}`", name.text),
    );
    if known.is_empty() {
        return finding.help(format!(
            "this version of deployc has no `{word}` drivers; one of your own is `driver {word} {} {{ … }}` in a file that you `use`",
            name.text
        ));
    }
    match nearest(&name.text, known.iter().copied()) {
        Some(near) => finding
            .label(format!("did you mean `{near}`?"))
            .help(format!("`{word}` drivers: {}", listed(&known, "and")))
            .fix(name.span, near),
        None => finding.help(format!(
            "this version of deployc has {}; one of your own is `driver {word} {} {{ … }}` in a file that you `use`",
            listed(&known, "and"),
            name.text
        )),
    }
}

struct Resolver<'r, 't> {
    sources: &'r BTreeMap<(DriverKind, String), Source<'t>>,
    loader: &'r dyn Loader,
    findings: &'r Findings,
    known: BTreeMap<(DriverKind, String), Option<Arc<Description>>>,
    /// Those being resolved: to meet one again is a cycle.
    open: Vec<String>,
}

/// How many drivers may extend each other in a row.
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

    fn describe(&mut self, kind: DriverKind, source: &Source<'_>) -> Option<Description> {
        let errors = self.findings.errors();
        let name = names::name(&source.driver.name, "a driver", self.findings)?;
        let mut reader = Reader::new(source, self.loader, self.findings);
        let mut base = None;
        for statement in &source.driver.body.statements {
            if let DriverItem::Extends(word) = &statement.node {
                reader.once("extends", statement.span);
                base = self.base(kind, word);
            } else {
                reader.item(statement);
            }
        }
        let inherited = base.as_ref().map(|base: &Arc<Description>| &**base);
        reader.check_groups(inherited);
        reader.check_wipes(inherited);
        let Reader {
            functions,
            tools,
            deadlines,
            offers,
            cannot,
            fragment,
            files,
            environment,
            wipes,
            limit,
            settings,
            parts,
            exactly_one,
            ..
        } = reader;
        if self.findings.errors() > errors {
            return None;
        }
        Some(Description {
            driver: Arc::new(Driver {
                kind,
                name,
                docs: source.docs.clone(),
                base: base.as_ref().map(|base| Arc::clone(&base.driver)),
                functions,
                tools,
                deadlines,
                offers,
                cannot,
                fragment,
                files,
                environment,
                wipes,
                limit,
                span: source.span,
            }),
            base,
            settings,
            parts,
            exactly_one,
        })
    }

    fn base(&mut self, kind: DriverKind, word: &tree::Name) -> Option<Arc<Description>> {
        if self.open.contains(&word.text) || self.open.len() > MAX_BASES {
            self.findings.push(
                Diagnostic::new(
                    Code::CYCLE,
                    word.span,
                    format!(
                        "`extends {}` leads back to where it began, or nowhere",
                        word.text
                    ),
                )
                .help("one of the drivers must stand by itself"),
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
            self.findings.push(unknown_driver(kind, word, known));
            return None;
        }
        self.resolve(kind, &word.text)
    }
}

/// Reads the items of one description.
struct Reader<'r> {
    file: &'r LoadedFile,
    kind: DriverKind,
    name_span: Span,
    loader: &'r dyn Loader,
    findings: &'r Findings,
    said: BTreeMap<&'static str, Span>,
    functions: Option<crate::model::DriverFile>,
    tools: Vec<String>,
    deadlines: BTreeMap<String, Duration>,
    offers: Vec<String>,
    cannot: Vec<String>,
    fragment: Option<(crate::model::DriverFile, Quoting)>,
    files: Vec<(String, crate::model::DriverFile)>,
    environment: Vec<String>,
    wipes: Option<String>,
    wipes_span: Option<Span>,
    limit: Option<Duration>,
    settings: Vec<SettingDescription>,
    parts: Vec<PartDescription>,
    exactly_one: Vec<Vec<String>>,
    group_words: Vec<tree::Name>,
}

impl<'r> Reader<'r> {
    fn new(source: &Source<'r>, loader: &'r dyn Loader, findings: &'r Findings) -> Self {
        Self {
            file: source.file,
            kind: kind_of(&source.driver.kind.text).unwrap_or(DriverKind::Run),
            name_span: source.driver.name.span,
            loader,
            findings,
            said: BTreeMap::new(),
            functions: None,
            tools: Vec::new(),
            deadlines: BTreeMap::new(),
            offers: Vec::new(),
            cannot: Vec::new(),
            fragment: None,
            files: Vec::new(),
            environment: Vec::new(),
            wipes: None,
            wipes_span: None,
            limit: None,
            settings: Vec::new(),
            parts: Vec::new(),
            exactly_one: Vec::new(),
            group_words: Vec::new(),
        }
    }

    fn wrong(&self, span: Span, message: String, help: &str) {
        self.findings
            .push(Diagnostic::new(Code::BAD_DESCRIPTION, span, message).help(help));
    }

    fn once(&mut self, what: &'static str, span: Span) {
        if let Some(first) = self.said.insert(what, span) {
            self.findings.push(
                Diagnostic::new(Code::SAID_TWICE, span, format!("`{what}` is said twice"))
                    .also(first, "first said here")
                    .help("remove one of them"),
            );
        }
    }

    fn item(&mut self, statement: &tree::Statement<DriverItem>) {
        let span = statement.span;
        match &statement.node {
            DriverItem::Functions(text) => {
                self.once("functions", span);
                self.functions = driver_file(self.file, text, self.loader, self.findings);
            }
            DriverItem::Extends(_) => {}
            DriverItem::Setting { name, ty, default } => {
                if let Some(setting) =
                    setting(name, ty, default.as_ref(), statement.docs(), self.findings)
                {
                    self.add_setting(setting);
                }
            }
            DriverItem::Part { name, label, body } => {
                self.part(name, label.as_ref(), body, statement.docs());
            }
            DriverItem::ExactlyOne(list) => {
                let mut group = Vec::new();
                for value in list.values() {
                    match value {
                        Value::Word(word) => {
                            group.push(word.text.clone());
                            self.group_words.push(word.clone());
                        }
                        other => self.wrong(
                            other.span(),
                            "`exactly one` takes names of settings and parts".into(),
                            "write their names without quotes",
                        ),
                    }
                }
                self.exactly_one.push(group);
            }
            DriverItem::Tools(value) => {
                let tools = self.texts(value);
                self.tools.extend(tools);
            }
            DriverItem::Deadline { function, within } => self.deadline(function, within),
            DriverItem::Offers(name) => self.offers.push(name.text.clone()),
            DriverItem::Cannot(name) => self.cannot.push(name.text.clone()),
            DriverItem::Fragment { template, quoting } => {
                self.once("fragment", span);
                self.only(DriverKind::Switch, "fragment", span);
                let quoting = match quoting.text.as_str() {
                    "nginx" => Some(Quoting::Nginx),
                    "caddy" => Some(Quoting::Caddy),
                    "plain" => Some(Quoting::Plain),
                    other => {
                        self.wrong(
                            quoting.span,
                            format!("there is no quoting `{other}`"),
                            "quotings: `nginx`, `caddy`, and `plain` for what needs none",
                        );
                        None
                    }
                };
                let file = driver_file(self.file, template, self.loader, self.findings);
                self.fragment = file.zip(quoting);
            }
            DriverItem::File { path, template } => {
                self.only(DriverKind::Target, "file", span);
                let file = driver_file(self.file, template, self.loader, self.findings);
                if let (Some(path), Some(file)) = (path.literal(), file) {
                    self.files.push((path, file));
                }
            }
            DriverItem::Environment(value) => {
                self.once("environment", span);
                self.only(DriverKind::Target, "environment", span);
                self.environment = self.texts(value);
            }
            DriverItem::Wipes(name) => {
                self.once("wipes", span);
                self.only(DriverKind::Target, "wipes", span);
                self.wipes = Some(name.text.clone());
                self.wipes_span = Some(name.span);
            }
            DriverItem::Limit(value) => {
                self.once("limit", span);
                self.only(DriverKind::Target, "limit", span);
                self.limit = self.duration(value);
            }
        }
    }

    fn add_setting(&mut self, setting: SettingDescription) {
        if let Some(first) = self.settings.iter().find(|own| own.name == setting.name) {
            self.findings.push(
                Diagnostic::new(
                    Code::DUPLICATE,
                    setting.span,
                    format!("`{}` is defined twice", setting.name),
                )
                .also(first.span, "first defined here")
                .help("rename or remove one of them"),
            );
            return;
        }
        self.settings.push(setting);
    }

    fn part(
        &mut self,
        name: &tree::Name,
        label: Option<&tree::Type>,
        body: &tree::Body<DriverItem>,
        docs: String,
    ) {
        let label = match label {
            Some(ty) => match Type::of(ty, TypePlace::Setting, self.findings) {
                Some(ty) => Some(ty),
                None => return,
            },
            None => None,
        };
        let mut settings: Vec<SettingDescription> = Vec::new();
        for statement in &body.statements {
            if let DriverItem::Setting { name, ty, default } = &statement.node {
                let found = setting(name, ty, default.as_ref(), statement.docs(), self.findings);
                settings.extend(found);
            } else {
                self.wrong(
                    statement.span,
                    "a part holds settings only".into(),
                    "say this in the driver's own block",
                );
            }
        }
        self.parts.push(PartDescription {
            name: name.text.clone(),
            label,
            settings,
            docs,
            span: name.span,
        });
    }

    fn only(&self, kind: DriverKind, what: &str, span: Span) {
        if self.kind != kind {
            self.wrong(
                span,
                format!("`{what}` belongs to a `{}` driver", kind.word()),
                "remove it",
            );
        }
    }

    fn duration(&self, value: &Value) -> Option<Duration> {
        let Value::Number(found) = value else {
            self.wrong(
                value.span(),
                "expected a duration such as `10s`".into(),
                "descriptions take no `let`s",
            );
            return None;
        };
        match number::duration(found) {
            Ok(duration) if duration > Duration::ZERO => Some(duration),
            Ok(_) => {
                self.wrong(
                    found.span,
                    "no time at all".into(),
                    "say how long it may take",
                );
                None
            }
            Err(finding) => {
                self.findings.push(*finding);
                None
            }
        }
    }

    fn deadline(&mut self, function: &tree::Name, within: &Value) {
        if let Some(functions) = functions_of(self.kind)
            && !functions.contains(&function.text.as_str())
        {
            let finding = Diagnostic::new(
                Code::BAD_DESCRIPTION,
                function.span,
                format!(
                    "a `{}` driver has no function `{}`",
                    self.kind.word(),
                    function.text
                ),
            )
            .help(format!("functions: {}", listed(functions, "and")));
            self.findings
                .push(match nearest(&function.text, functions.iter().copied()) {
                    Some(near) => finding
                        .label(format!("did you mean `{near}`?"))
                        .fix(function.span, near),
                    None => finding,
                });
            return;
        }
        if let Some(within) = self.duration(within) {
            self.deadlines.insert(function.text.clone(), within);
        }
    }

    /// A list of literal texts.
    fn texts(&self, value: &Value) -> Vec<String> {
        let Value::List(list) = value else {
            self.wrong(
                value.span(),
                "expected a list of strings".into(),
                "as in `[\"awk\"]`",
            );
            return Vec::new();
        };
        list.values()
            .filter_map(|value| match value {
                Value::Text(text) if text.literal().is_some() => text.literal(),
                other => {
                    self.wrong(
                        other.span(),
                        "expected a string without placeholders".into(),
                        "descriptions take no `let`s",
                    );
                    None
                }
            })
            .collect()
    }

    /// `exactly one` must name settings and parts that are there.
    fn check_groups(&self, base: Option<&Description>) {
        for word in &self.group_words {
            let own = self
                .settings
                .iter()
                .any(|setting| setting.name == word.text)
                || self.parts.iter().any(|part| part.name == word.text);
            let inherited = base.is_some_and(|base| {
                base.all_settings()
                    .iter()
                    .any(|(_, setting)| setting.name == word.text)
                    || base.all_parts().iter().any(|part| part.name == word.text)
            });
            if !own && !inherited {
                self.wrong(
                    word.span,
                    format!("the driver has no setting or part `{}`", word.text),
                    "describe it with `setting` or `part`",
                );
            }
        }
    }

    /// `wipes` must name a setting that holds a folder.
    fn check_wipes(&self, base: Option<&Description>) {
        let (Some(name), span) = (&self.wipes, self.wipes_span.unwrap_or(self.name_span)) else {
            return;
        };
        let own = self.settings.iter().find(|setting| setting.name == *name);
        let inherited = base.and_then(|base| {
            base.all_settings()
                .into_iter()
                .map(|(_, setting)| setting)
                .find(|setting| setting.name == *name)
        });
        if own
            .or(inherited)
            .is_none_or(|setting| setting.ty != Type::Path)
        {
            self.wrong(
                span,
                format!("`wipes {name}` names no setting of type `path`"),
                "name the setting that says which folder the installer empties",
            );
        }
    }
}

/// The functions that a kind of driver has, by the contract; `None`: not laid down yet.
#[must_use]
pub fn functions_of(kind: DriverKind) -> Option<&'static [&'static str]> {
    match kind {
        DriverKind::Run => Some(&[
            "stage", "start", "alive", "identity", "listens", "enter", "stop", "clear", "logs",
            "persist", "healthy",
        ]),
        DriverKind::Switch => Some(&[
            "routed",
            "write",
            "swap",
            "restore",
            "test",
            "snapshot",
            "reload",
            "confirm",
            "draining",
            "mutex",
            "preflight",
        ]),
        _ => None,
    }
}

fn setting(
    name: &tree::Name,
    ty: &tree::Type,
    default: Option<&Value>,
    docs: String,
    findings: &Findings,
) -> Option<SettingDescription> {
    let plain = name.text.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain {
        findings.push(
            Diagnostic::new(
                Code::BAD_NAME,
                name.span,
                format!("`{}` cannot be the name of a setting", name.text),
            )
            .help("it becomes a shell variable's name: a letter `a` to `z`, then letters, digits and `_`"),
        );
        return None;
    }
    let ty = Type::of(ty, TypePlace::Setting, findings)?;
    let has_none = matches!(&ty, Type::OneOf(words) if words.iter().any(|word| word == "none"));
    let default = match default {
        None => SettingDefault::Required,
        Some(Value::Word(word)) if word.text == "none" && !has_none => SettingDefault::None,
        Some(value) => SettingDefault::Value(value.clone()),
    };
    Some(SettingDescription {
        name: name.text.clone(),
        ty,
        default,
        docs,
        span: name.span,
    })
}
