//! Reads the items of one description.

use super::description::{Description, PartDescription, SettingDefault, SettingDescription};
use crate::check::findings::Findings;
use crate::check::names::files::{LoadedFile, Loader, driver_file};
use crate::check::values::number;
use crate::check::values::type_table::TypePlace;
use crate::check::values::types::Type;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Driver, DriverKind, Duration, Function, InputType, Name, Quoting, variable};
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree::{self, DriverItem, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A description as it is in the file.
pub struct WrittenDriver<'t> {
    pub file: &'t LoadedFile,
    pub driver: &'t tree::Driver,
    pub docs: String,
}

/// Reads the items of one description.
pub struct Reader<'r> {
    file: &'r LoadedFile,
    loader: &'r dyn Loader,
    findings: &'r Findings,
    said: BTreeMap<&'static str, Span>,
    driver: Driver,
    settings: Vec<SettingDescription>,
    parts: Vec<PartDescription>,
    exactly_one: Vec<Vec<String>>,
    /// The place of `wipes` in the source.
    wipes_span: Option<Span>,
    /// The names in `exactly one`.
    group_words: Vec<tree::Name>,
}

impl<'r> Reader<'r> {
    /// Makes a reader for a description. It has read no item yet.
    pub fn new(
        written: &WrittenDriver<'r>,
        name: Name,
        loader: &'r dyn Loader,
        findings: &'r Findings,
    ) -> Self {
        let mut driver = Driver::new(written.driver.kind, name, written.driver.name.span);
        driver.docs.clone_from(&written.docs);
        Self {
            file: written.file,
            loader,
            findings,
            said: BTreeMap::new(),
            driver,
            settings: Vec::new(),
            parts: Vec::new(),
            exactly_one: Vec::new(),
            wipes_span: None,
            group_words: Vec::new(),
        }
    }

    /// Returns the description. `base`: the description that it extends.
    pub fn described(mut self, base: Option<Arc<Description>>) -> Description {
        self.check_groups(base.as_deref());
        self.check_wipes(base.as_deref());
        self.driver.variables = variables(&self.driver.name, &self.settings, &self.parts);
        self.driver.base = base.as_ref().map(|base| Arc::clone(&base.driver));
        Description {
            driver: Arc::new(self.driver),
            base,
            settings: self.settings,
            parts: self.parts,
            exactly_one: self.exactly_one,
        }
    }

    fn wrong(&self, span: Span, message: String, help: &str) {
        self.findings
            .push(Diagnostic::new(Code::BAD_DESCRIPTION, span, message).help(help));
    }

    /// Reports a statement that may occur once and occurs twice.
    pub fn once(&mut self, what: &'static str, span: Span) {
        if let Some(first) = self.said.insert(what, span) {
            self.findings.push(
                Diagnostic::new(Code::SAID_TWICE, span, format!("`{what}` is given twice"))
                    .also(first, "first given here")
                    .help("remove one of them"),
            );
        }
    }

    /// Reads one statement.
    pub fn item(&mut self, statement: &tree::Statement<DriverItem>) {
        let span = statement.span;
        match &statement.node {
            DriverItem::Functions(value) => {
                self.once("functions", span);
                self.functions(value);
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
                self.driver.tools.extend(tools);
            }
            DriverItem::Deadline { function, within } => self.deadline(function, within),
            DriverItem::Offers(name) => self.driver.offers.push(name.text.clone()),
            DriverItem::Cannot(name) => self.driver.cannot.push(name.text.clone()),
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
                            format!("unknown quoting `{other}`"),
                            "write `nginx` or `caddy`; or `plain` for a file whose values need no quoting",
                        );
                        None
                    }
                };
                let file = driver_file(self.file, template, self.loader, self.findings);
                self.driver.fragment = file.zip(quoting);
            }
            DriverItem::File { path, template } => {
                self.only(DriverKind::Target, "file", span);
                let file = driver_file(self.file, template, self.loader, self.findings);
                if let (Some(path), Some(file)) = (path.literal(), file) {
                    self.driver.files.push((path, file));
                }
            }
            DriverItem::Environment(value) => {
                self.once("environment", span);
                self.only(DriverKind::Target, "environment", span);
                self.driver.environment = self.texts(value);
            }
            DriverItem::Wipes(name) => {
                self.once("wipes", span);
                self.only(DriverKind::Target, "wipes", span);
                self.driver.wipes = Some(name.text.clone());
                self.wipes_span = Some(name.span);
            }
            DriverItem::Limit(value) => {
                self.once("limit", span);
                self.only(DriverKind::Target, "limit", span);
                self.driver.limit = self.duration(value);
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
                    "a part may contain only settings".into(),
                    "write this in the driver's own block",
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
        if self.driver.kind != kind {
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
                "a description cannot use `let`s",
            );
            return None;
        };
        match number::duration(found) {
            Ok(duration) if duration > Duration::ZERO => Some(duration),
            Ok(_) => {
                self.wrong(
                    found.span,
                    "the time must be longer than zero".into(),
                    "write how long it may take",
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
        let contract = Function::of_kind(self.driver.kind);
        let functions: Option<Vec<&str>> =
            contract.map(|functions| functions.iter().map(|one| one.name()).collect());
        if let Some(functions) = &functions
            && !functions.contains(&function.text.as_str())
        {
            let finding = Diagnostic::new(
                Code::BAD_DESCRIPTION,
                function.span,
                format!(
                    "a `{}` driver has no function `{}`",
                    self.driver.kind.word(),
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
        let mut limited = contract
            .into_iter()
            .flatten()
            .filter(|one| one.default_limit().is_none());
        if limited.any(|one| one.name() == function.text) {
            self.findings.push(
                Diagnostic::new(
                    Code::BAD_DESCRIPTION,
                    function.span,
                    format!("`{}` has no deadline of its own", function.text),
                )
                .help(
                    "only probes call it, and the `timeout` of the probe ends it: remove the line",
                ),
            );
            return;
        }
        if let Some(within) = self.duration(within) {
            self.driver.deadlines.insert(function.text.clone(), within);
        }
    }

    /// Reads `functions`: one file, or a list of files.
    fn functions(&mut self, value: &Value) {
        let files: Vec<&Value> = match value {
            Value::List(list) => list.values().collect(),
            one => vec![one],
        };
        for file in files {
            if let Value::Text(path) = file {
                let read = driver_file(self.file, path, self.loader, self.findings);
                self.driver.functions.extend(read);
            } else {
                self.wrong(
                    file.span(),
                    "`functions` takes a file's path in quotes, or a list of them".into(),
                    "write it as `functions \"nginx.sh\"`",
                );
            }
        }
    }

    /// Returns the texts of a list of literal texts.
    fn texts(&self, value: &Value) -> Vec<String> {
        let Value::List(list) = value else {
            self.wrong(
                value.span(),
                "expected a list of strings".into(),
                "write it as `[\"awk\"]`",
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
                        "a description cannot use `let`s",
                    );
                    None
                }
            })
            .collect()
    }

    /// Checks that the names in `exactly one` are settings or parts of the driver.
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

    /// Checks that `wipes` names a setting that holds a folder.
    fn check_wipes(&self, base: Option<&Description>) {
        let (Some(name), span) = (
            &self.driver.wipes,
            self.wipes_span.unwrap_or(self.driver.span),
        ) else {
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
            .is_none_or(|setting| setting.ty != Type::Input(InputType::Path))
        {
            self.wrong(
                span,
                format!("`wipes {name}` names no setting of type `path`"),
                "name the setting that says which folder the installer empties",
            );
        }
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
    let has_none = matches!(&ty, Type::Input(InputType::OneOf(words)) if words.iter().any(|word| word == "none"));
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

/// Returns the names of the script's variables for the settings and parts of a driver.
fn variables(
    driver: &Name,
    settings: &[SettingDescription],
    parts: &[PartDescription],
) -> Vec<(String, Span)> {
    let own = settings.iter().map(|setting| {
        let name = variable(driver, &[&setting.name]);
        (name, setting.span)
    });
    let of_parts = parts.iter().flat_map(|part| {
        let settings = part.settings.iter().map(|setting| {
            let name = variable(driver, &[&part.name, &setting.name]);
            (name, setting.span)
        });
        [(variable(driver, &[&part.name]), part.span)]
            .into_iter()
            .chain(settings)
    });
    own.chain(of_parts).collect()
}
