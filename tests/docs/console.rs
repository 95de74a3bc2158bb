//! Runs the commands of `console` blocks and compares their output.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{blocks, repository};

/// Copies a folder with everything in it.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be listed") {
        let entry = entry.expect("a folder can be listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// Returns whether a line is the expected one. A `…` in the expected line matches any text, such as a hash that changes
/// with every build.
fn like(expected: &str, found: &str) -> bool {
    match expected.split_once('…') {
        None => expected == found,
        Some((before, rest)) => found.strip_prefix(before).is_some_and(|found| {
            let mut ends = found.char_indices().map(|(at, _)| at).chain([found.len()]);
            ends.any(|at| like(rest, &found[at..]))
        }),
    }
}

/// Returns whether the lines are the expected ones. A line `...` matches any number of lines.
fn alike(expected: &[&str], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skipped| alike(rest, &found[skipped..])),
        Some((line, rest)) => {
            let first = found.first().map(|first| first.trim_end());
            first.is_some_and(|first| like(line, first)) && alike(rest, &found[1..])
        }
    }
}

/// A command of a `console` block, with its expected output and exit code.
struct Step<'a> {
    command: String,
    printed: Vec<&'a str>,
    code: i32,
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                printed: Vec::new(),
                code: 0,
            });
            continue;
        }
        let step = steps
            .last_mut()
            .expect("a `console` block begins with a command");
        match line
            .strip_prefix("[exit ")
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(code) => step.code = code.parse().expect("an exit code is a number"),
            None => step.printed.push(line),
        }
    }
    steps
}

#[test]
fn console_blocks_print_what_they_show() {
    let compiler = Path::new(env!("CARGO_BIN_EXE_deployc"))
        .parent()
        .expect("the compiler is in a folder")
        .to_owned();
    let path = format!(
        "{}:{}",
        compiler.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut seen = 0;
    for block in blocks().iter().filter(|block| block.kind == "console") {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        copy_folder(
            &repository().join("examples"),
            &folder.path().join("examples"),
        );
        for step in steps(&block.text) {
            seen += 1;
            let output = Command::new("bash")
                .args(["-c", &format!("exec 2>&1; {}", step.command)])
                .current_dir(folder.path())
                .env("PATH", &path)
                .env("NO_COLOR", "1")
                .env_remove("CI")
                .env_remove("GITHUB_ACTIONS")
                .stdin(Stdio::null())
                .output()
                .expect("bash is installed");
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let lines: Vec<_> = printed.lines().collect();
            assert!(
                alike(&step.printed, &lines) && output.status.code() == Some(step.code),
                "{}: `{}` ended with {} and printed\n{printed}",
                block.place,
                step.command,
                output.status
            );
        }
    }
    assert!(seen > 0, "no page has a `console` block");
}
