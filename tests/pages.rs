//! Every code has a page, its example triggers the code and nothing else, its cure is clean.

use std::fmt::Write as _;

use camino::Utf8Path;
use deployc::check::{self, LoadError, Loader};
use deployc::diagnostics::{Code, Report, page, render};
use deployc::emit::{self, Places};
use deployc::plan;
use deployc::source::Sources;

/// Codes whose mistake cannot stand in a page, or never comes alone.
const UNSHOWN: &[&str] = &["BG002", "BG003", "BG004", "BG005", "BG613"];

struct Nothing;

impl Loader for Nothing {
    fn read(&self, _: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        Err(LoadError::Missing)
    }
}

/// All that the pipeline finds in a text.
fn found(text: &str) -> (Vec<String>, String) {
    let mut sources = Sources::new();
    let main = sources.add("deploy.bg", text);
    let mut report = Report::new();
    let apps = check::check(&mut sources, main, &Nothing, &mut report);
    let planned: Vec<_> = apps
        .into_iter()
        .flatten()
        .map(|app| {
            let plan = plan::plan(&app);
            plan::check_limits(&app, &plan, &mut report);
            (app, plan)
        })
        .collect();
    if !report.has_errors() && !planned.is_empty() {
        let places = Places {
            sources: &sources,
            main,
            folder: Utf8Path::new("deploy"),
        };
        if let Err(errors) = emit::emit(&planned, &places) {
            report.extend(errors);
        }
    }
    let mut codes: Vec<String> = report
        .sorted()
        .iter()
        .map(|finding| finding.code.to_string())
        .collect();
    codes.dedup();
    (codes, render::short(&report, &sources))
}

/// The blocks of `deploy` below a heading.
fn blocks<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let Some((_, section)) = page.split_once(&format!("\n## {heading}\n")) else {
        return Vec::new();
    };
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .split("```deploy\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .collect()
}

#[test]
fn every_code_has_a_page_under_its_title() {
    for code in Code::ALL {
        let page = page(*code).unwrap_or_else(|| panic!("{code} has no page"));
        let title = format!("# {code}: {}\n", code.title());
        assert!(page.starts_with(&title), "{code}: expected {title}");
        assert!(page.contains("\n## Example\n"), "{code} has no example");
        assert!(page.contains("\n## Cure\n"), "{code} has no cure");
    }
}

#[test]
fn examples_trigger_their_code_alone_and_cures_are_clean() {
    let mut wrong = String::new();
    for code in Code::ALL {
        let page = page(*code).unwrap_or_default();
        let name = code.to_string();
        let examples = blocks(page, "Example");
        if examples.is_empty() != UNSHOWN.contains(&name.as_str()) {
            writeln!(wrong, "{name}: {} examples", examples.len()).expect("a string takes all");
        }
        for example in examples {
            let (codes, short) = found(example);
            if codes != [name.as_str()] {
                writeln!(wrong, "{name}: the example gives\n{short}").expect("a string takes all");
            }
        }
        let cures = blocks(page, "Cure");
        if cures.is_empty() {
            writeln!(wrong, "{name}: no cure to compile").expect("a string takes all");
        }
        for cure in cures {
            let (codes, short) = found(cure);
            if !codes.is_empty() {
                writeln!(wrong, "{name}: the cure gives\n{short}").expect("a string takes all");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_code_is_used() {
    let registry =
        std::fs::read_to_string("src/diagnostics/codes.rs").expect("the registry is there");
    let mut source = String::new();
    let mut folders = vec![std::path::PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("sources can be listed") {
            let path = entry.expect("sources can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                source += &std::fs::read_to_string(path).expect("sources are text");
            }
        }
    }
    let constants = registry
        .lines()
        .filter_map(|line| line.trim().split_once(" = "))
        .filter(|(_, rest)| rest.ends_with("\";"));
    for (constant, _) in constants {
        assert!(
            source.contains(&format!("Code::{constant}")),
            "nothing reports {constant}"
        );
    }
}
