//! The first lines of a script reset the state of the shell, so settings and exports of the caller have no effect.

use super::run::{Folder, SCRIPT, runtime};
use deployc::stdlib;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A caller may have exported functions with the names of commands that the script's first lines call, and variables
/// with the script's names.
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
    run(
        "export CDPATH=/ GLOBIGNORE='*' TMOUT=1 FUNCNEST=1 POSIXLY_CORRECT=1 ENV=/nowhere BASH_ENV=/dev/null IFS=0123456789",
        &[],
    );
    let (functions, variables) = names(&folder);
    let values: Vec<_> = variables.iter().map(|name| format!("{name}=x")).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    run("", &[&["env"], &*values].concat());
    let shadows: Vec<_> = functions
        .iter()
        .map(|name| format!("BASH_FUNC_{name}%%=() {{ /bin/echo SHADOWED >&2; return 1; }}"))
        .collect();
    let shadows: Vec<_> = shadows.iter().map(String::as_str).collect();
    run("", &[&["env"], &*shadows].concat());
    run("umask 777", &[]);
    // bash takes these from its caller instead of setting them.
    for name in ["BASH_SOURCE", "EUID", "FUNCNAME", "PIPESTATUS", "UID"] {
        run(
            "",
            &["env", &format!("{name}=a[$(/bin/echo SHADOWED >&2)]")],
        );
    }
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

/// The options that the first lines do not set back. With `noexec` and `onecmd` bash runs none of the lines that
/// follow. A trace has its own test. bash uses the others only at its start, or in a shell for a person.
const NOT_SET_BACK: [&str; 10] = [
    "noexec",
    "onecmd",
    "xtrace",
    "verbose",
    "privileged",
    "emacs",
    "vi",
    "ignoreeof",
    "nolog",
    // bash itself sets it, and lets nobody change it.
    "login_shell",
];

/// The command runs in the same state of the shell, whatever options the caller has set or unset.
#[test]
fn the_options_of_the_caller_are_set_back() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    // bash sources this file before the script, and runs the trap before each command. The last command begins with
    // `main`.
    let state = |options: &str| {
        let notes = r#"
            trap '
              [[ $BASH_COMMAND != "main "* ]] || {
                shopt
                set -o
                printf "%s\n" "$-" "${BASH_COMPAT-}"
              } >"$STATE"' DEBUG"#;
        folder.write("caller.sh", format!("{options}\n{notes}\n"));
        let _ = fs::remove_file(folder.path("state"));
        let mut script = Command::new(folder.path(SCRIPT));
        script
            .arg("help")
            .env("BASH_ENV", folder.path("caller.sh"))
            .env("STATE", folder.path("state"));
        let ran = script.output().expect("the script runs");
        assert_eq!(ran.status.code(), Some(0), "{options}: {ran:?}");
        assert!(ran.stdout.starts_with(b"hello-spring: blue/green"));
        // With `extdebug` bash looks for its debugger before the script begins.
        let said = String::from_utf8_lossy(&ran.stderr);
        let said: Vec<_> = said
            .lines()
            .filter(|line| !line.contains("bashdb") && !line.contains("debugger"))
            .collect();
        assert!(said.is_empty(), "{options}: {said:?}");
        folder.read("state")
    };
    let plain = state("");
    let listed = Command::new("bash").args(["-c", "shopt; set -o"]).output();
    let listed = String::from_utf8(listed.expect("bash runs").stdout).expect("names are ASCII");
    let mut tried = 0;
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(now)) = (words.next(), words.next()) else {
            panic!("{line}");
        };
        if NOT_SET_BACK.contains(&name) {
            continue;
        }
        tried += 1;
        let (shopt, set) = if now == "on" {
            ("-u", "+o")
        } else {
            ("-s", "-o")
        };
        let change = format!(
            "export SHELLOPTS BASHOPTS; shopt {shopt} {name} 2>/dev/null || set {set} {name}"
        );
        assert_eq!(state(&change), plain, "{change}");
    }
    assert!(tried > 60, "{listed}");
    for version in [
        "3.1", "3.2", "4.0", "4.1", "4.2", "4.3", "4.4", "5.0", "5.1",
    ] {
        let compat = format!("export BASH_COMPAT={version}");
        assert_eq!(state(&compat), plain, "{compat}");
    }
}

/// Returns the names of all functions of the script and of bash itself, and of all variables of the script without a
/// capital letter.
fn names(folder: &Folder) -> (Vec<String>, Vec<String>) {
    let text = folder.read(SCRIPT) + &folder.read(&runtime());
    let found = stdlib::functions(&text).into_iter();
    let mut functions: BTreeSet<_> = found.map(|(name, _)| name).collect();
    let builtins = Command::new("bash").args(["-c", "compgen -b"]).output();
    let builtins = builtins.expect("bash runs").stdout;
    functions.extend(
        String::from_utf8_lossy(&builtins)
            .lines()
            .map(str::to_owned),
    );
    let mut variables = stdlib::variables(&text);
    variables.retain(|name| !name.contains(|c: char| c.is_ascii_uppercase()));
    assert!(
        functions.len() > 300 && variables.len() > 200,
        "{functions:?} {variables:?}"
    );
    (Vec::from_iter(functions), Vec::from_iter(variables))
}

/// Debian's `sh` is dash, and on other systems it is bash under another name, which then begins in POSIX mode.
#[test]
fn a_shell_that_is_no_bash_is_refused_whatever_it_is_called() {
    let folder = Folder::good();
    let sh = folder.path("sh");
    std::os::unix::fs::symlink("/bin/bash", &sh).expect("a link can be made");
    for form in [&["build"][..], &["build", "--single"]] {
        folder.run(form).exits(0);
        let run = |shell: &Path, version: Option<&str>| {
            let mut shell = Command::new(shell);
            shell
                .arg(folder.path(SCRIPT))
                .arg("help")
                .env_remove("BASH_VERSION")
                .envs(version.map(|version| ("BASH_VERSION", version)));
            shell.output().expect("the shell runs")
        };
        let ran = run(&sh, None);
        assert_eq!(ran.status.code(), Some(0), "{ran:?}");
        assert!(ran.stdout.starts_with(b"hello-spring: blue/green"));
        for version in [None, Some("3.2"), Some("4.1.17(2)-release")] {
            let ran = run(Path::new("dash"), version);
            assert_eq!(ran.status.code(), Some(3), "{version:?}: {ran:?}");
            assert_eq!(ran.stdout, b"");
            let said = String::from_utf8_lossy(&ran.stderr);
            assert_eq!(said, "hello-spring.sh: bash 4.2 or later is needed\n");
        }
    }
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
