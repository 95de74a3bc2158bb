//! Checks that every code has a page, that its example triggers only this code, and that its cure has no findings.

use std::fmt::Write as _;

use camino::Utf8Path;
use deployc::check::{self, LoadError, Loader};
use deployc::diagnostics::{Code, Report, page, render};
use deployc::emit::{self, Places};
use deployc::plan;
use deployc::source::Sources;
use deployc::syntax::{check_bytes, parse};

/// Codes whose mistake a page cannot show.
const UNSHOWN: &[&str] = &["BG005", "BG311"];

struct Nothing;

impl Loader for Nothing {
    fn read(&self, _: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        Err(LoadError::Missing)
    }
}

/// Returns the codes of all findings in a text, and the findings in the short format.
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
            plan::check_laws(&app, &plan, &mut report);
            (app, plan)
        })
        .collect();
    if !report.has_errors() && !planned.is_empty() {
        let places = Places {
            sources: &sources,
            main,
            folder: Utf8Path::new("deploy"),
        };
        if let Err(errors) = emit::emit(&planned, &places, emit::Form::Files) {
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

/// Returns the same for bytes that perhaps are not text. A page writes such bytes as `\xNN`.
fn found_in_bytes(written: &str) -> (Vec<String>, String) {
    let mut pieces = written.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).expect("two digits follow `\\x`"));
        bytes.extend(piece[2..].bytes());
    }
    match check_bytes(&bytes) {
        Ok(text) => {
            let mut report = Report::new();
            let mut sources = Sources::new();
            let file = sources.add("deploy.bg", text);
            parse(file, text, &mut report);
            let short = render::short(&report, &sources);
            let findings = report.sorted();
            let mut codes: Vec<String> = findings.iter().map(|one| one.code.to_string()).collect();
            codes.dedup();
            (codes, short)
        }
        Err(finding) => (vec![finding.code.to_string()], finding.message.clone()),
    }
}

/// Returns the blocks of a language below a heading.
fn blocks<'p>(page: &'p str, heading: &str, language: &str) -> Vec<&'p str> {
    let Some((_, section)) = page.split_once(&format!("\n## {heading}\n")) else {
        return Vec::new();
    };
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .split(&format!("```{language}\n"))
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
        let examples = blocks(page, "Example", "deploy");
        let bytes = blocks(page, "Example", "deploy-bytes");
        let shown = examples.len() + bytes.len();
        if (shown == 0) != UNSHOWN.contains(&name.as_str()) {
            writeln!(wrong, "{name}: {shown} examples").expect("a write to a String does not fail");
        }
        let examples = examples.into_iter().map(found);
        for (codes, short) in examples.chain(bytes.into_iter().map(found_in_bytes)) {
            if codes != [name.as_str()] {
                writeln!(wrong, "{name}: the example gives\n{short}")
                    .expect("a write to a String does not fail");
            }
        }
        let cures = blocks(page, "Cure", "deploy");
        if cures.is_empty() {
            writeln!(wrong, "{name}: no cure to compile")
                .expect("a write to a String does not fail");
        }
        for cure in cures {
            let (codes, short) = found(cure);
            if !codes.is_empty() {
                writeln!(wrong, "{name}: the cure gives\n{short}")
                    .expect("a write to a String does not fail");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_code_is_used() {
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
    for (constant, _) in registered() {
        assert!(uses(&source, &constant), "nothing reports {constant}");
    }
}

#[test]
fn rules_say_their_codes() {
    let mut silent = String::new();
    let mut folders = vec![std::path::PathBuf::from("src/check/rules")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("sources can be listed") {
            let path = entry.expect("sources can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("sources are text");
            let docs: String = text
                .lines()
                .filter(|line| line.trim_start().starts_with("///"))
                .collect();
            for (constant, code) in registered() {
                if uses(&text, &constant) && !docs.contains(&code) {
                    let path = path.display();
                    writeln!(silent, "{path} reports {code}")
                        .expect("a write to a String does not fail");
                }
            }
        }
    }
    assert!(silent.is_empty(), "{silent}");
}

/// Returns the constants of the registry, each with its code.
fn registered() -> Vec<(String, String)> {
    let registry =
        std::fs::read_to_string("src/diagnostics/codes.rs").expect("the registry is there");
    registry
        .lines()
        .filter_map(|line| line.trim().split_once(" = "))
        .filter(|(_, rest)| rest.ends_with("\";"))
        .map(|(constant, rest)| {
            let digits = rest.split(' ').next().unwrap_or_default();
            (constant.to_owned(), format!("BG{digits:0>3}"))
        })
        .collect()
}

/// Returns whether a source uses a constant of the registry.
fn uses(source: &str, constant: &str) -> bool {
    let is_longer =
        |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let name = format!("Code::{constant}");
    let mut reports = source.split(&name).skip(1);
    reports.any(|rest| !is_longer(rest))
}
