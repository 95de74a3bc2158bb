//! Checks that the table of defaults in `docs/language.md` shows the compiler's own defaults.

use crate::repository;
use deployc::model::defaults;
use std::fs;

#[test]
fn the_table_of_defaults_is_the_compilers() {
    let page =
        fs::read_to_string(repository().join("docs/language.md")).expect("the page is there");
    let (_, table) = page
        .split_once("| in | default |\n| --- | --- |\n")
        .expect("the page has the table");
    let rows: Vec<&str> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    let ours: Vec<String> = defaults::all()
        .into_iter()
        .map(|(places, statement)| {
            let places: Vec<_> = places
                .split(", ")
                .map(|place| format!("`{place}`"))
                .collect();
            format!("| {} | `{statement}` |", places.join(", "))
        })
        .collect();
    assert_eq!(rows, ours);
}
