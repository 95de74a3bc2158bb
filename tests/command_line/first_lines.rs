//! The first lines of a script reset the state of the shell, so settings and exports of the caller have no effect.

use super::run::{Folder, SCRIPT, runtime};
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// A caller may have exported functions with the names of commands that the script's first lines call, shell options,
/// and variables with the script's names.
#[test]
fn what_the_caller_has_changes_nothing() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let path = folder.path(SCRIPT);
    let run = |setup: &str, words: &[&str]| {
        let script = format!("{setup}\n\"$@\"\n");
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", &script, "bash"])
            .args(words)
            .arg(&path)
            .arg("help");
        let ran = bash.output().expect("bash runs");
        assert_eq!(ran.status.code(), Some(0), "{setup} {words:?}: {ran:?}");
        assert!(
            ran.stdout.starts_with(b"hello-spring: blue/green"),
            "{setup}: {ran:?}"
        );
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{setup}");
    };
    for function in [
        "unset",
        "set",
        "builtin",
        "command",
        "exec",
        "declare",
        "shopt",
        "read",
        "printf",
        "readlink",
        "sha256sum",
        "main",
        "step",
        "usage",
        "load_runtime",
        "cat",
        "trap",
        "umask",
        "compgen",
        "tail",
        "[",
        "test",
        "echo",
        "local",
        "source",
        ".",
        "exit",
        "export",
    ] {
        run(
            &format!(
                "export \"BASH_FUNC_{function}%%=() {{ /bin/echo SHADOWED >&2; return 1; }}\" 2>/dev/null || \
                      exec env \"BASH_FUNC_{function}%%=() {{ /bin/echo SHADOWED >&2; return 1; }}\" \"$@\""
            ),
            &[],
        );
    }
    for options in [
        "noglob",
        "noclobber",
        "errexit",
        "nounset",
        "allexport",
        "keyword",
        "posix",
        "pipefail",
    ] {
        run(&format!("export SHELLOPTS; set -o {options}"), &[]);
    }
    for options in [
        "failglob",
        "nullglob",
        "dotglob",
        "nocaseglob",
        "nocasematch",
        "expand_aliases",
        "lastpipe",
        "xpg_echo",
    ] {
        run(&format!("export BASHOPTS; shopt -s {options}"), &[]);
    }
    run(
        "export CDPATH=/ GLOBIGNORE='*' TMOUT=1 FUNCNEST=1 POSIXLY_CORRECT=1 ENV=/nowhere BASH_ENV=/dev/null IFS=0123456789",
        &[],
    );
    let (functions, variables) = names(&folder);
    run(&format!("export {}", variables.join("=x ") + "=x"), &[]);
    let shadows: Vec<_> = functions
        .iter()
        .map(|name| format!("BASH_FUNC_{name}%%=() {{ /bin/echo SHADOWED >&2; return 1; }}"))
        .collect();
    let shadows: Vec<_> = shadows.iter().map(String::as_str).collect();
    run("", &[&["env"], &*shadows].concat());
    run("umask 777", &[]);
    run("", &["bash", "-e", "-f", "-C", "-k"]);
    run("", &["bash", "--posix"]);
    run("exec 3</dev/null 10</dev/null 11</dev/null", &[]);
}

/// A trace that comes with the environment ends in the first lines: nobody asked for one of this script, and it would
/// show secrets. `bash -x SCRIPT` asks for it.
#[test]
fn only_a_trace_of_the_environment_ends_with_the_first_lines() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let trace = |line: &str| {
        let mut bash = Command::new("bash");
        let ran = bash
            .args(["-c", line, "bash"])
            .arg(folder.path(SCRIPT))
            .output();
        let ran = ran.expect("bash runs");
        assert_eq!(ran.status.code(), Some(0), "{line}: {ran:?}");
        String::from_utf8_lossy(&ran.stderr).into_owned()
    };
    for option in ["xtrace", "verbose"] {
        let said = trace(&format!("export SHELLOPTS; set -o {option}; \"$1\" help"));
        assert!(said.contains("compgen -A function"), "{option}: {said}");
        assert!(!said.contains("load_runtime"), "{option}: {said}");
    }
    assert!(trace("bash -x \"$1\" help").contains("load_runtime"));
}

/// Returns the names of all functions of the script and of bash itself, and of all variables of the script.
fn names(folder: &Folder) -> (Vec<String>, Vec<String>) {
    let script = fs::read_to_string(folder.path(SCRIPT)).expect("the script is there");
    let runtime = fs::read_to_string(folder.path(&runtime())).expect("the runtime is there");
    let text = script + &runtime;
    let found = |pattern: &str| {
        let names = Regex::new(pattern).expect("a pattern");
        let names: BTreeSet<_> = names
            .captures_iter(&text)
            .map(|found| found[1].to_owned())
            .collect();
        names
    };
    let mut functions = found(r"(?m)^([a-z_.]+)\(\) \{");
    let builtins = Command::new("bash").args(["-c", "compgen -b"]).output();
    let builtins = builtins.expect("bash runs").stdout;
    functions.extend(
        String::from_utf8_lossy(&builtins)
            .lines()
            .map(str::to_owned),
    );
    let variables = found(r"(?-u:\b)([a-z_][a-z0-9_]*)=");
    assert!(
        functions.len() > 300 && variables.len() > 200,
        "{functions:?} {variables:?}"
    );
    (Vec::from_iter(functions), Vec::from_iter(variables))
}

/// A signal before the script is read to its end, at each of its first commands. It must not look like half a file.
#[test]
fn a_signal_in_the_first_lines_only_ends_the_script() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let path = folder.path(SCRIPT);
    // bash sources this file before the script, and runs the trap before each command.
    folder.write(
        "signal.sh",
        "trap 'count=$((${count-0} + 1)); ((count != AT)) || kill -s \"$SIGNAL\" $$' DEBUG\n",
    );
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        // The first command sets the traps of the others.
        for at in 2..30 {
            let mut command = Command::new("env");
            command
                .arg("--default-signal=HUP,INT,TERM")
                .arg("bash")
                .arg(&path)
                .arg("help")
                .env("BASH_ENV", folder.path("signal.sh"))
                .env("SIGNAL", signal)
                .env("AT", at.to_string());
            let ran = command.output().expect("bash runs");
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(!said.contains("incomplete"), "{signal} at {at}: {said}");
            let ended = ran.status.code().or_else(|| {
                let number = std::os::unix::process::ExitStatusExt::signal(&ran.status);
                number.map(|number| 128 + number)
            });
            assert_eq!(ended, Some(code), "{signal} at {at}: {ran:?}");
        }
    }
}
