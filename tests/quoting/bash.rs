//! The generated script in a real bash: all of it but its last lines, so that its functions can be called one by one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Each call of a function that the script's first part calls is printed: how many words, then the words, NUL after each.
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

/// A bash with nothing in its environment, in a folder of its own. Of a script that comes in two files the other one is not read.
pub fn bash(folder: &Path, script: &str, lines: &str) -> Command {
    let (body, _) = script
        .split_once("\nload_runtime\n")
        .or_else(|| script.rsplit_once("{ trap - EXIT"))
        .expect("a script ends in main");
    let body = format!("{body}\ntrap - EXIT\n");
    fs::write(folder.join("script"), body).expect("a file");
    fs::write(folder.join("lines"), lines).expect("a file");
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-c", ". ./script && . ./lines"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .stdin(Stdio::null());
    command
}

/// What a command printed, cut at NULs. It must have nothing to complain about.
pub fn words(mut command: Command) -> Vec<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("bash");
    let complaints = String::from_utf8_lossy(&stderr);
    assert!(
        status.success() && stderr.is_empty(),
        "{status}: {complaints}"
    );
    let text = String::from_utf8(stdout).expect("the same bytes");
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// The calls that `lines` leads to, each a list of words.
pub fn calls(script: &str, lines: &str) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut words = words(bash(folder.path(), script, &(print_calls() + lines))).into_iter();
    let mut calls = Vec::new();
    while let Some(count) = words.next() {
        let count = count.parse().expect("a number of words");
        calls.push(words.by_ref().take(count).collect());
    }
    let left: Vec<_> = fs::read_dir(folder.path()).expect("it is there").collect();
    assert_eq!(left.len(), 2, "a value was run: {left:?}");
    calls
}
