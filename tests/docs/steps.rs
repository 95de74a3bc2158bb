//! The pages name the steps of the plan with the plan's words.

use std::collections::BTreeSet;

use deployc::stdlib::of_runtime;

use crate::{blocks, pages};

/// Returns the words of all steps. The runtime has one function `do_WORD` for each; a unit test of `src/plan/` compares
/// them with the actions.
fn words() -> BTreeSet<&'static str> {
    let functions = of_runtime().functions.iter();
    functions
        .filter_map(|name| name.strip_prefix("do_"))
        .collect()
}

/// Returns the word of a step that a line of code names: `step WORD …`, a line of progress, or the place of a failure.
fn step_in(code: &str) -> Option<&str> {
    let code = code.trim_start();
    let rest = code
        .strip_prefix("step ")
        .or_else(|| code.strip_prefix("ok     "))
        .or_else(|| code.split_once(": failed at ").map(|(_, rest)| rest))?;
    rest.split_whitespace().next()
}

/// A name with an underscore in the text of `docs/script.md` is a step, because that page is about the steps.
fn is_named(page: &str, code: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    page == "docs/script.md" && code.contains('_') && code.chars().all(plain)
}

#[test]
fn steps_have_the_words_of_the_plan() {
    let words = words();
    let mut named = Vec::new();
    for block in blocks() {
        let steps = block.text.lines().filter_map(step_in);
        named.extend(steps.map(|step| (block.place.clone(), step.to_owned())));
    }
    for (page, text) in pages() {
        let lines = text.lines().filter(|line| !line.starts_with("```"));
        let codes = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
        for code in codes {
            let step = step_in(code).or_else(|| is_named(&page, code).then_some(code));
            named.extend(step.map(|step| (page.clone(), step.to_owned())));
        }
    }
    assert!(named.len() > 80, "{named:?}");
    named.retain(|(_, step)| !words.contains(step.as_str()));
    assert_eq!(named, [], "no step of the plan has this word");
}
