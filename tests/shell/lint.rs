//! The modules as they stand: layout, ShellCheck, and nothing newer than bash 4.2.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bash42;
use crate::script::modules;
use crate::tools::program;

fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(modules())
        .expect("the modules")
        .map(|entry| entry.expect("a module").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        .collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

#[test]
fn shfmt_finds_nothing() {
    let output = Command::new(program("shfmt"))
        .args(["-i", "2", "-ci", "-bn", "-d"])
        .args(files())
        .output()
        .expect("shfmt");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn shellcheck_finds_nothing_in_the_probes() {
    // Together, as a script has them: alone, each lacks the variables of the others.
    let mut text = "# What the application's part sets.\n\
        # shellcheck disable=SC2034,SC2154\n\
        app='' deployc='' root='' run='' run_base='' services=() color='' other_color='' port='' service='' handover='' scratch='' unmanaged=no\n\
        declare -A input=() deadline=()\n"
        .to_owned();
    for name in [
        "clock",
        "output",
        "step",
        "process",
        "driver",
        "probe",
        "question",
        "expect",
        "http",
        "http_curl",
        "http_bash",
        "json",
        "net",
    ] {
        text += &fs::read_to_string(modules().join(format!("{name}.sh"))).expect("a module");
    }
    // Of the application's part and of the other modules (SC2034, SC2154); functions that are called by name (SC2317, SC2329).
    let mut child = Command::new(program("shellcheck"))
        .args([
            "-s",
            "bash",
            "-e",
            "SC2034,SC2154,SC2317,SC2329",
            "-o",
            "avoid-nullary-conditions,quote-safe-variables,require-double-brackets",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("shellcheck");
    child
        .stdin
        .take()
        .expect("its input")
        .write_all(text.as_bytes())
        .expect("its input");
    let output = child.wait_with_output().expect("its output");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn nothing_is_newer_than_bash_4_2_and_nothing_is_evaluated() {
    for file in files() {
        let name = file.display().to_string();
        let text = fs::read_to_string(&file).expect("a module");
        bash42::check(&name, &text);
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
        {
            let words =
                line.split(|character: char| !character.is_alphanumeric() && character != '_');
            assert!(
                !words.into_iter().any(|word| word == "eval"),
                "{name}: {line}"
            );
        }
    }
}
