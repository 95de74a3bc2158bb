//! `deployc explain`: the page behind a code, a driver or a type.

use super::cli::Explain as Options;
use super::terminal::Terminal;
use super::{Failure, Outcome};
use crate::check::{TYPES, TypeEntry, TypePlace, functions_of};
use crate::diagnostics::{Code, Report, page};
use crate::model::DriverKind;
use crate::source::Sources;
use crate::stdlib;
use crate::syntax;
use crate::syntax::tree::{Body, Driver, DriverItem, Item, Statement};
use std::fmt::Write as _;

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some(topic) = &options.topic else {
        terminal.out(&list());
        return Ok(Outcome::Clean);
    };
    let pages: Vec<String> = code(topic)
        .into_iter()
        .chain(ty(topic))
        .chain(
            DriverKind::ALL
                .iter()
                .filter_map(|kind| driver(*kind, topic)),
        )
        .collect();
    if pages.is_empty() {
        return Err(Failure(unknown(topic)));
    }
    terminal.out(&pages.join("\n"));
    Ok(Outcome::Clean)
}

/// Everything that can be explained, a line each.
fn list() -> String {
    let mut text = String::from("codes\n");
    for code in Code::ALL {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {:<12} {}", code.to_string(), code.title());
    }
    text.push_str("\ndrivers\n");
    for kind in DriverKind::ALL {
        for name in stdlib::drivers(kind) {
            let _ = writeln!(text, "  {:<12} {}", name, kind.word());
        }
    }
    text.push_str("\ntypes\n");
    for entry in TYPES {
        let _ = writeln!(text, "  {:<12} {}", entry.word, first_sentence(entry.docs));
    }
    text
}

fn first_sentence(docs: &str) -> &str {
    docs.split_inclusive(". ").next().unwrap_or(docs).trim_end()
}

fn unknown(topic: &str) -> String {
    let names = Code::ALL.iter().map(ToString::to_string);
    let names = names.chain(TYPES.iter().map(|entry| entry.word.to_owned()));
    let drivers = DriverKind::ALL.iter();
    let drivers = drivers.flat_map(|kind| stdlib::drivers(*kind));
    let names = names.chain(drivers.map(str::to_owned));
    let distance =
        |name: &String| strsim::damerau_levenshtein(&name.to_lowercase(), &topic.to_lowercase());
    let nearest = names
        .min_by_key(distance)
        .filter(|name| distance(name) <= 2)
        .map(|name| format!(": did you mean `{name}`?"));
    let nearest = nearest.unwrap_or_else(|| "; `deployc explain` lists what there is".to_owned());
    format!("there is no code, driver or type `{topic}`{nearest}")
}

fn code(topic: &str) -> Option<String> {
    let wanted = topic.to_uppercase();
    let code = Code::ALL.iter().find(|code| code.to_string() == wanted)?;
    page(*code).map(str::to_owned)
}

fn ty(topic: &str) -> Option<String> {
    let entry: &TypeEntry = TYPES.iter().find(|entry| entry.word == topic)?;
    let place = match entry.place {
        TypePlace::Both => "of an `input` and of a driver's setting",
        TypePlace::Input => "of an `input`",
        TypePlace::Setting => "of a driver's setting",
    };
    let mut text = format!(
        "# {}: a type {place}\n\n{}\n\nExamples:\n",
        entry.word, entry.docs
    );
    for example in entry.examples {
        let _ = writeln!(text, "    {example}");
    }
    Some(text)
}

/// A driver's page, from its description in the library.
fn driver(kind: DriverKind, name: &str) -> Option<String> {
    let source = stdlib::text(&stdlib::driver_path(kind, name)?)?;
    let mut sources = Sources::new();
    let main = sources.add(format!("std/{}/{name}.bg", kind.word()), source);
    let tree = syntax::parse(main, source, &mut Report::new());
    tree.body.statements.iter().find_map(|statement| {
        let Item::Driver(driver) = &statement.node else {
            return None;
        };
        let mut text = format!("# {} {name}\n\n{}\n", kind.word(), statement.docs());
        describe(driver, kind, &sources, &mut text);
        Some(text)
    })
}

fn describe(driver: &Driver, kind: DriverKind, sources: &Sources, text: &mut String) {
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
        let _ = writeln!(
            text,
            "\nThe settings of `{base}` are taken too, and its functions where it has none of its own: `deployc explain {base}` ({}).",
            kind.word()
        );
    }
    settings(&driver.body, "", sources, text);
    if base.is_none() {
        functions(driver, kind, text);
    }
}

/// The functions of the contract that the driver answers.
fn functions(driver: &Driver, kind: DriverKind, text: &mut String) {
    let Some(functions) = functions_of(kind) else {
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
        .copied()
        .filter(|function| !cannot.contains(function))
        .collect();
    let _ = writeln!(text, "\nfunctions: {}", can.join(", "));
}

/// Settings with their documentation, as they are described; those of parts below the part.
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
