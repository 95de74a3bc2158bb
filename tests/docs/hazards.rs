//! The tests that `docs/hazards.md` names exist, and it names every test of the files that were written for it.

use std::fs;

use crate::repository;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_default()
}

/// What stands in backquotes in the last column of a page's tables.
fn named(page: &str) -> Vec<Vec<String>> {
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .filter(|line| *line != "| by hand | here | shown by |")
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
            assert_eq!(cells.len(), 3, "a row of another shape: {line}");
            let words = cells[2].split('`').skip(1).step_by(2);
            words.map(str::to_owned).collect()
        })
        .collect()
}

/// A test of a module of `tests/e2e`, a check of every driver, or a code whose page's example is tried by `tests/pages.rs`.
fn exists(name: &str) -> bool {
    match name.split_once("::") {
        Some((kind @ ("run" | "switch"), check)) => {
            read(&format!("tests/drivers/{kind}.sh")).contains(&format!("\ncheck_{check}() {{"))
        }
        Some((module, test)) => tests_of(module).iter().any(|own| own == test),
        None => !read(&format!("src/diagnostics/pages/{name}.md")).is_empty(),
    }
}

/// The tests that a module of `tests/e2e` registers.
fn tests_of(module: &str) -> Vec<String> {
    let text = read(&format!("tests/e2e/{module}.rs"));
    let list = text
        .split_once("crate::tests![")
        .and_then(|(_, rest)| rest.split_once(']'));
    list.map_or(Vec::new(), |(list, _)| {
        let names = list.split(',').map(str::trim);
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    })
}

#[test]
fn every_hazard_is_shown_by_tests_that_exist() {
    let rows = named(&read("docs/hazards.md"));
    assert!(rows.len() > 40, "{} rows were read", rows.len());
    assert!(
        rows.iter().all(|row| !row.is_empty()),
        "a row names no test"
    );
    let missing: Vec<_> = rows.iter().flatten().filter(|name| !exists(name)).collect();
    assert!(
        missing.is_empty(),
        "docs/hazards.md names what is not there: {missing:?}"
    );
}

#[test]
fn every_test_of_a_hazard_is_in_the_page() {
    let rows = named(&read("docs/hazards.md")).concat();
    for module in ["hazards", "concurrency"] {
        let own = tests_of(module);
        assert!(!own.is_empty(), "{module} has no test");
        for test in own {
            let name = format!("{module}::{test}");
            assert!(rows.contains(&name), "docs/hazards.md does not name {name}");
        }
    }
}
