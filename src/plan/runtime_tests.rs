//! The plan and the text of the runtime: they have the same actions and the same time limits.

use super::{Action, Line, deadlines, plan};
use crate::fixture;
use crate::model::App;
use crate::stdlib::shell_files;
use crate::suggestions::occurrences;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn actions(app: &App) -> Vec<Action> {
    let mut actions = Vec::new();
    for program in &plan(app).programs {
        for line in &program.lines {
            if let Line::Step(step) = line {
                actions.push(step.action.clone());
            }
        }
    }
    actions
}

/// Returns the lines of the runtime without its comments.
fn code() -> impl Iterator<Item = &'static str> {
    let lines = shell_files("shell").flat_map(str::lines);
    lines.filter(|line| !line.trim_start().starts_with('#'))
}

/// Returns whether the line has this text as a word, and not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    occurrences(line, word, &[]) > 0
}

/// The name of an action's function is in one line: the one that defines it. So no action calls another one, not even
/// through a helper function. Only the runner and `doctor` make such a name from the step's word.
#[test]
fn an_action_has_one_function_and_none_calls_another() {
    let mut functions: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for action in actions(&fixture::everything()) {
        functions.insert(format!("do_{}", action.word()), Vec::new());
    }
    assert!(functions.len() > 40, "{functions:?}");
    let mut defined = BTreeSet::new();
    for line in code() {
        if let Some((name, _)) = line.split_once("() {")
            && name.starts_with("do_")
        {
            assert!(functions.contains_key(name), "no plan has {name}");
            assert!(defined.insert(name), "{name} is defined twice");
        }
        for (function, lines) in &mut functions {
            if has_word(line, function) {
                lines.push(line);
            }
        }
    }
    for (function, lines) in &functions {
        let is_head = |line: &&str| line.starts_with(&format!("{function}() {{"));
        assert!(
            lines.len() == 1 && lines.iter().all(is_head),
            "{function}: {lines:?}"
        );
    }
    let runs: Vec<&str> = code().filter(|line| line.contains("do_$")).collect();
    assert_eq!(
        runs.len(),
        2,
        "only the runner and `doctor` run a step: {runs:?}"
    );
}

/// A limit has an effect only if a call uses it. So the runtime must contain the call for each key of the table.
#[test]
fn every_deadline_is_kept_by_the_runtime() {
    let mut app = fixture::everything();
    // No driver for `shared` exists, so no app that was checked has its key.
    app.shared.clear();
    let table = deadlines(&app);
    assert!(table.contains_key("app fetch") && table.contains_key("switch.holds"));
    for key in table.keys() {
        let function = key.rsplit([' ', '.']).next().unwrap_or_default();
        let kept = if key.starts_with("user ") {
            vec!["deadline[\"user $2\"]".to_owned()]
        } else if key.starts_with("switch.") {
            vec![
                format!("ask_switch {function}"),
                format!("ask_or_fail switch {function}"),
            ]
        } else if key.contains(' ') {
            vec![
                format!("ask_run {function}"),
                format!("ask_run_if_able {function}"),
                format!("ask_or_fail run {function}"),
            ]
        } else {
            vec![format!("deadline[\"{key}\"]")]
        };
        let keeps = |line: &str| kept.iter().any(|call| has_word(line, call));
        assert!(code().any(keeps), "nothing keeps {key}: {kept:?}");
    }
}

/// The script calls each function that it finds, and a call without a limit is an error.
#[test]
fn a_function_in_cannot_has_a_limit_if_a_driver_defines_it() {
    let mut app = fixture::everything();
    let run = &mut app.services[0].run;
    let mut driver = (*run.driver).clone();
    driver.cannot.push("fetch".to_owned());
    run.driver = Arc::new(driver);
    assert!(deadlines(&app).contains_key("app fetch"));
}
