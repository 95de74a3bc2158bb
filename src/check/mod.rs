//! From the tree to the model: names, types, rules. The check collects all findings and does not stop at the first.

mod app;
mod drivers;
mod findings;
mod names;
mod probe;
mod rules;
mod values;

pub use drivers::description::{Description, PartDescription, SettingDefault, SettingDescription};
pub use names::files::{LoadError, Loader};
pub use values::type_table::{TYPES, TypeEntry, TypePlace};
pub use values::types::Type;

use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::App;
use crate::source::{FileId, Sources, Span};
use crate::syntax::tree::{File, Item};
use app::outer_definitions::OuterDefinitions;
use app::unused;
use drivers::descriptions::Descriptions;
use findings::Findings;
use names::allows;
use names::definitions::{Definitions, Meaning};
use names::files::{Files, LoadedFile, Origin};
use names::spelling;
use names::statements::Statements;
use probe::named_probes::NamedProbes;

/// Parses and checks the file `main` of `sources` and all files that it uses. The files are read through `loader` and
/// added to `sources`.
///
/// Adds all findings to `report`. Returns the apps in the order of the file, or `None` if there was an error. A file
/// that has only definitions returns an empty list.
pub fn check(
    sources: &mut Sources,
    main: FileId,
    loader: &dyn Loader,
    report: &mut Report,
) -> Option<Vec<App>> {
    let mut own = Report::new();
    let tree = crate::syntax::parse(main, &sources.get(main).text, &mut own);
    let findings = Findings::default();
    let files = Files::load(sources, (main, tree), loader, &findings, &mut own);
    if own.has_errors() {
        findings.set_incomplete(all_text(sources, &files));
    }
    let apps = resolve(&files, main, loader, &findings);
    let errors = findings.errors();
    own.extend(findings.into_report());
    allows::apply(&files, &mut own);
    let complete = !own.has_errors() && errors == 0;
    report.extend(own);
    apps.filter(|_| complete)
}

/// Returns the text of all files of the user, or `None` if a file has more lines that begin with `use` than `use`
/// statements: then one of them has a mistake, and a file is missing.
fn all_text(sources: &Sources, files: &[LoadedFile]) -> Option<String> {
    let mut all = String::new();
    for file in files.iter().filter(|file| file.origin == Origin::User) {
        let text = &sources.get(file.id).text;
        let is_use = |line: &&str| {
            let rest = line.trim_start().strip_prefix("use");
            rest.is_some_and(|rest| rest.starts_with([' ', '\t', '"']))
        };
        let begun = text.lines().filter(is_use);
        let statements = file.tree.body.statements.iter();
        let read = statements.filter(|statement| matches!(statement.node, Item::Use(_)));
        if begun.count() != read.count() {
            return None;
        }
        all.push_str(text);
        all.push('\n');
    }
    Some(all)
}

/// Parses the file `main` of `sources` and all files that it uses. Returns each file; a preset comes with its name.
/// Adds the findings to `report`.
pub fn read_files(
    sources: &mut Sources,
    main: FileId,
    loader: &dyn Loader,
    report: &mut Report,
) -> Vec<(Option<String>, File)> {
    let tree = crate::syntax::parse(main, &sources.get(main).text, report);
    let findings = Findings::default();
    let files = Files::load(sources, (main, tree), loader, &findings, report);
    report.extend(findings.into_report());
    files
        .into_iter()
        .filter_map(|file| match file.origin {
            Origin::User => Some((None, file.tree)),
            Origin::Preset(name) => Some((Some(name), file.tree)),
            Origin::Driver => None,
        })
        .collect()
}

fn resolve(
    files: &[LoadedFile],
    main: FileId,
    loader: &dyn Loader,
    findings: &Findings,
) -> Option<Vec<App>> {
    let drivers = Descriptions::resolve(files, loader, findings);
    let mut names = Definitions::default();
    let mut probes = NamedProbes::default();
    let mut apps = Vec::new();
    for file in files {
        for statement in &file.tree.body.statements {
            match &statement.node {
                Item::Let(constant)
                    if file.origin == Origin::User
                        && spelling::variable_name(&constant.name, "a `let`", findings) =>
                {
                    names.define(&constant.name, Meaning::Let(&constant.value), findings);
                }
                Item::Probe(probe) => {
                    let key = match &file.origin {
                        Origin::Preset(preset) => format!("{preset}.{}", probe.name.text),
                        _ => probe.name.text.clone(),
                    };
                    spelling::name(&probe.name, "a probe", findings);
                    probes.define(key, probe, findings);
                }
                Item::App(app) if file.id == main => apps.push((app, statement.span)),
                Item::App(app) => findings.push(
                    Diagnostic::new(
                        Code::BAD_USE,
                        app.name.span,
                        format!("the app `{}` is in a file that another file uses", app.name.text),
                    )
                    .help("a file after `use` provides drivers, probes and `let`s; build the app from its own file"),
                ),
                // Drivers and the files of `use` are resolved above. A `let` of a preset is not defined in the user's
                // files. An `allow` is read when all findings are known.
                Item::Use(_) | Item::Driver(_) | Item::Let(_) | Item::Allow(_) => {}
            }
        }
    }
    if let Some(file) = files.first()
        && file.tree.body.statements.is_empty()
    {
        findings.push_absent(
            Diagnostic::whole(
                Code::NO_APP,
                format!("`{}` contains no statement", file.path),
            )
            .help("write an `app NAME { … }`; `deployc explain BG112` shows one"),
        );
    }
    let around = OuterDefinitions {
        names: &names,
        probes: &probes,
        drivers: &drivers,
        findings,
    };
    let statements: Vec<Statements<'_>> = apps
        .iter()
        .map(|(app, _)| Statements::sort(app, findings))
        .collect();
    let mut resolved = Vec::new();
    for ((app, span), statements) in apps.iter().zip(&statements) {
        let model = app::resolve(around, app, *span, statements);
        resolved.push(model);
    }
    let users = |span: Span| {
        files
            .iter()
            .any(|file| file.id == span.file && file.origin == Origin::User)
    };
    unused::of_files(around, &statements, &|span| span.file == main, &users);
    for (model, statements) in resolved.iter().zip(&statements) {
        if let Some(model) = model {
            rules::app(model, statements, findings);
        }
    }
    rules::between(&apps, &resolved, &statements, findings);
    resolved.into_iter().collect()
}

#[cfg(test)]
mod tests;
