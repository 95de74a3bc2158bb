//! Two pages have tables whose last column names the tests that show each row. Checks that these tests exist. Checks
//! also that a page names every test of the modules that were written for it.

use std::fs;

use crate::repository;

/// A page with such tables.
struct Page {
    path: &'static str,
    /// The first line of each of its tables.
    header: &'static str,
    /// Its tables have more rows than this in total.
    rows: usize,
    /// Modules of `tests/e2e` that were written for it.
    own: &'static [&'static str],
}

const PAGES: [Page; 2] = [
    Page {
        path: "docs/hazards.md",
        header: "| by hand | here | shown by |",
        rows: 40,
        own: &["hazards", "concurrency"],
    },
    Page {
        path: "docs/states.md",
        header: "| found | done | exit | shown by |",
        rows: 40,
        own: &["states", "cut_short"],
    },
];

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_default()
}

impl Page {
    /// Returns the names in backquotes in the last column, row by row.
    fn named(&self) -> Vec<Vec<String>> {
        let columns = self.header.matches(" | ").count() + 1;
        let named: Vec<Vec<_>> = read(self.path)
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
            .filter(|line| *line != self.header)
            .map(|line| {
                let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
                assert_eq!(cells.len(), columns, "wrong number of columns: {line}");
                let words = cells[columns - 1].split('`').skip(1).step_by(2);
                words.map(str::to_owned).collect()
            })
            .collect();
        let Self { path, rows, .. } = self;
        assert!(
            named.len() > *rows,
            "{path}: {} rows were read",
            named.len()
        );
        named
    }
}

/// Returns the names of the files in a folder of the repository.
fn files_of(folder: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(repository().join(folder)).expect("the folder is there");
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

/// Returns whether a name of the last column exists. It is a check of every driver, a situation of `tests/crash`, a
/// test of `two_files.rs` or `first_lines.rs`, a test of a module of `tests/e2e`, or a code. `tests/pages.rs` tries the
/// example on the page of each code.
fn exists(name: &str) -> bool {
    match name.split_once("::") {
        Some((kind @ ("run" | "switch"), check)) => {
            let head = format!("\ncheck_{check}() {{");
            files_of("tests/drivers")
                .filter(|name| name.starts_with(kind))
                .any(|name| read(&format!("tests/drivers/{name}")).contains(&head))
        }
        Some(("crash", situation)) => {
            read("tests/crash/situation.rs").contains(&format!(" => \"{situation}\",\n"))
        }
        Some((module @ ("two_files" | "first_lines"), test)) => {
            let tests = read(&format!("tests/command_line/{module}.rs"));
            tests.contains(&format!("\nfn {test}() {{"))
        }
        Some((module, test)) => tests_of(module).iter().any(|own| own == test),
        None => !read(&format!("src/diagnostics/pages/{name}.md")).is_empty(),
    }
}

/// Returns the tests that a module of `tests/e2e` registers.
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
fn every_row_is_shown_by_tests_that_exist() {
    for page in PAGES {
        let (path, rows) = (page.path, page.named());
        assert!(
            rows.iter().all(|row| !row.is_empty()),
            "{path}: a row names no test"
        );
        let missing: Vec<_> = rows.iter().flatten().filter(|name| !exists(name)).collect();
        assert!(
            missing.is_empty(),
            "{path} names tests that do not exist: {missing:?}"
        );
    }
}

#[test]
fn every_test_of_a_page_is_in_it() {
    for page in PAGES {
        let rows = page.named().concat();
        for module in page.own {
            let own = tests_of(module);
            assert!(!own.is_empty(), "{module} has no test");
            for test in own {
                let name = format!("{module}::{test}");
                assert!(rows.contains(&name), "{} does not name {name}", page.path);
            }
        }
    }
}
