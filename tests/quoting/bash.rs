//! Runs a generated script in a real bash, without its last lines, so that a test can call its functions one by one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Returns definitions that replace the functions which the script calls. Each prints the number of its words, then the
/// words, with a NUL after each.
fn print_calls() -> String {
    let mut lines = String::from("dump() { printf '%s\\0' \"$#\" \"$@\"; }\n");
    for name in [
        "read_input",
        "tries",
        "ask",
        "ask_header",
        "ask_body",
        "ask_via",
        "expect",
        "run_exec",
    ] {
        lines += &format!("{name}() {{ dump {name} \"$@\"; }}\n");
    }
    lines
        + "run_shell() { dump run_shell \"$1\" \"$(cat && printf x)\"; }\ndeclare -A input=() offer=()\n"
}

/// Returns a bash with an empty environment in this folder. It runs the script up to the line that loads the runtime or
/// calls `main`, then `lines`.
pub fn bash(folder: &Path, script: &str, lines: &str) -> Command {
    let (body, _) = script
        .split_once("\nload_runtime\n")
        .or_else(|| script.rsplit_once("{ trap - EXIT"))
        .expect("a script ends in main");
    let body = format!("{body}\ntrap - EXIT\n");
    fs::write(folder.join("script"), body).expect("a file can be written");
    fs::write(folder.join("lines"), lines).expect("a file can be written");
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-c", ". ./script && . ./lines"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .stdin(Stdio::null());
    command
}

/// Returns the words that a command prints, each with a NUL after it. The command must succeed and print no error.
pub fn words(mut command: Command) -> Vec<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("bash runs");
    let complaints = String::from_utf8_lossy(&stderr);
    assert!(
        status.success() && stderr.is_empty(),
        "{status}: {complaints}"
    );
    let text = String::from_utf8(stdout).expect("the output is UTF-8");
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Returns the calls that `lines` makes, each as a list of words.
pub fn calls(script: &str, lines: &str) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut words = words(bash(folder.path(), script, &(print_calls() + lines))).into_iter();
    let mut calls = Vec::new();
    while let Some(count) = words.next() {
        let count = count.parse().expect("the count is a number");
        calls.push(words.by_ref().take(count).collect());
    }
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("the folder is there")
        .collect();
    assert_eq!(left.len(), 2, "a value was run: {left:?}");
    calls
}
