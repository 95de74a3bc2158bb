//! `deployc build`: source → files.

use super::cli::Build as Options;
use super::outcome::{Failure, Outcome};
use super::read::{self, HostFiles, Input};
use super::terminal::Terminal;
use super::write_bundle::{Change, Changed, Installation, SourceName};
use super::{check, diff};
use crate::diagnostics::Report;
use crate::emit::manifest::Build;
use crate::emit::{Bundle, Form, Places, attributes, driver_files, runtime_file};
use crate::model::App;
use crate::plan::Plan;
use crate::source::Sources;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use std::fmt::Write as _;

/// The output folder beside a source.
const OUT: &str = "deploy";

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let count = options.files.files.len();
    if options.stdout && count > 1 {
        return Err(Failure(format!(
            "`--stdout` prints one script, but {count} files are given: build into a folder instead"
        )));
    }
    read::each(&options.files, terminal, |input| {
        one(&input, options, terminal)
    })
}

fn one(input: &Input, options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let (folder, out, name) = place(input, options.out.as_deref())?;
    let mut sources = Sources::new();
    let places = |sources, main| Places {
        sources,
        main,
        folder: &out,
    };
    let main = sources.add(input.path.clone(), input.text.clone());
    let mut report = Report::new();
    let planned = crate::plan_file(&mut sources, main, &HostFiles, &mut report);
    let form = options.form();
    let bundle = planned
        .as_ref()
        .and_then(|planned| crate::emit_files(planned, &places(&sources, main), form, &mut report));
    check::show(&report, &sources, terminal);
    let (Some(planned), Some(mut bundle)) = (planned, bundle) else {
        return Ok(Outcome::Findings);
    };
    let places = places(&sources, main);
    if planned.is_empty() {
        let path = &input.path;
        terminal.prose(&format!(
            "{path} contains no `app`, so there is nothing to build\n"
        ));
        return Ok(Outcome::Clean);
    }
    if options.stdout {
        return print_script(&planned, &bundle, &places, terminal);
    }
    // A `.gitattributes` beside the source would apply to all files of the user.
    if out != "" || matches!(name, SourceName::Elsewhere(_)) {
        bundle.files.push(attributes(&places));
    }
    let build = Build::new(&bundle, hashed(&planned, &places));
    let installation = Installation::new(&folder, &out, name, bundle, build)?;
    if let Some(advice) = installation.advice() {
        terminal.prose(&advice);
    }
    let changes = installation.changes()?;
    if options.check || options.diff {
        return Ok(compare(&changes, &folder, options, input, terminal));
    }
    installation.apply(&changes)?;
    let scripts: Vec<Utf8PathBuf> = planned
        .iter()
        .map(|(app, _)| folder.join(places.out(&format!("{}.sh", app.name))))
        .collect();
    told(&changes, &folder, input, (&scripts, form), terminal);
    Ok(Outcome::Clean)
}

/// The sources and driver files that are the user's own, by path relative to the source's folder.
fn hashed<'a>(
    apps: &'a [(App, Plan)],
    places: &'a Places<'a>,
) -> impl Iterator<Item = (String, &'a str)> {
    let own = |path: &Utf8Path| !path.starts_with("std");
    let texts = places.sources.iter();
    let texts = texts.map(|(_, source)| (source.path.as_path(), source.text.as_str()));
    let files = apps.iter().flat_map(|(app, _)| driver_files(app));
    let files = files.map(|file| (file.path.as_path(), file.text.as_str()));
    texts
        .chain(files)
        .filter(move |(path, _)| own(path))
        .map(|(path, text)| (places.relative(path), text))
}

fn print_script(
    apps: &[(App, Plan)],
    bundle: &Bundle,
    places: &Places<'_>,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let [(app, _)] = apps else {
        let names: Vec<String> = apps
            .iter()
            .map(|(app, _)| format!("`{}`", app.name))
            .collect();
        return Err(Failure(format!(
            "`--stdout` prints one script, but `{}` has the apps {}: build into a folder instead",
            places.source(),
            names.join(" and ")
        )));
    };
    let path = places.out(&format!("{}.sh", app.name));
    if let Some(script) = bundle.files.iter().find(|file| file.path == path) {
        terminal.out(&script.text);
    }
    Ok(Outcome::Clean)
}

/// `--check` and `--diff`.
fn compare(
    changes: &[Changed],
    folder: &Utf8Path,
    options: &Options,
    input: &Input,
    terminal: &Terminal,
) -> Outcome {
    if changes.is_empty() {
        return Outcome::Clean;
    }
    let mut list = String::new();
    for changed in changes {
        let path = folder.join(&changed.path);
        let what = match changed.change {
            Change::Missing => "missing",
            Change::Stale => "stale",
            Change::EditedByHand => "edited by hand",
            Change::NotOurs => "not made by deployc",
            Change::WrongMode => "wrong permissions",
            Change::NoLongerMade => "no longer made",
        };
        // Writing to a String does not fail.
        let _ = writeln!(list, "{path}: {what}");
        let comes_or_goes = matches!(changed.change, Change::Missing | Change::NoLongerMade);
        if comes_or_goes && is_runtime(&changed.path) {
            continue;
        }
        let text = diff::unified(
            path.as_str(),
            &changed.old,
            &changed.new,
            "as built",
            terminal.out_is_colored(),
        );
        terminal.out(&text);
    }
    if options.check {
        let _ = writeln!(
            list,
            "run `deployc build {}` and commit the files that it writes",
            input.path
        );
        terminal.prose(&list);
    }
    Outcome::Findings
}

/// Whether a file is a runtime, of this version or another. Its difference is not shown: thousands of lines that do not
/// depend on the source.
fn is_runtime(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.starts_with("deployc-runtime-") && path.extension() == Some("sh")
}

/// Prints what was done, and the next step.
fn told(
    changes: &[Changed],
    folder: &Utf8Path,
    input: &Input,
    (scripts, form): (&[Utf8PathBuf], Form),
    terminal: &Terminal,
) {
    let mut text = String::new();
    for changed in changes {
        let path = folder.join(&changed.path);
        let made = !changed.new.is_empty();
        let what = match changed.change {
            Change::NoLongerMade => "removed",
            Change::EditedByHand if made => "wrote (over edits by hand)",
            Change::EditedByHand => {
                "no longer made, but kept because it was edited by hand; remove it yourself:"
            }
            Change::Missing | Change::Stale | Change::WrongMode | Change::NotOurs => "wrote",
        };
        let _ = writeln!(text, "{what} {path}");
    }
    if changes.is_empty() {
        let _ = writeln!(text, "{}: everything is up to date", input.path);
    } else {
        for script in scripts {
            let name = script.file_name().unwrap_or(script.as_str());
            let beside = match form {
                Form::Files => format!(" put {} beside {name}, then", runtime_file()),
                Form::Single => String::new(),
            };
            let _ = writeln!(
                text,
                "next: review and commit them with {}; on the host,{beside} run `./{name} doctor` and `./{name} deploy`",
                input.path
            );
        }
    }
    terminal.prose(&text);
}

/// The target of a bundle: the folder to which its paths are relative, and the output folder below it. If `--out` is
/// outside of the source's folder, all files go there, even those that are otherwise written beside the source.
fn place(
    input: &Input,
    out: Option<&Utf8Path>,
) -> Result<(Utf8PathBuf, Utf8PathBuf, SourceName), Failure> {
    let folder = input.folder();
    let beside = || SourceName::Beside(input.path.file_name().unwrap_or_default().to_owned());
    let Some(out) = out else {
        return Ok((folder.to_owned(), OUT.into(), beside()));
    };
    if let Ok(below) = absolute(out)?.strip_prefix(absolute(folder)?) {
        Ok((folder.to_owned(), below.to_owned(), beside()))
    } else {
        let name = SourceName::Elsewhere(input.path.to_string());
        Ok((out.to_owned(), Utf8PathBuf::new(), name))
    }
}

/// An absolute path without `.` and `..`.
fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure(format!("the current folder cannot be found: {error}")))?;
    let here = Utf8PathBuf::from_path_buf(here)
        .map_err(|here| Failure(format!("`{}` is not UTF-8", here.display())))?;
    let mut plain = Utf8PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Utf8Component::ParentDir => {
                plain.pop();
            }
            Utf8Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Ok(plain)
}
