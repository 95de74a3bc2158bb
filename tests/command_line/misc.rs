//! `plan`, `explain`, help, and a reader that goes away.

use super::run::Folder;
use std::process::{Command, Stdio};

#[test]
fn plan_prints_a_table() {
    let ran = Folder::good().run(&["plan"]).exits(0);
    assert!(
        ran.out.starts_with("hello-spring: what a deployment does"),
        "{}",
        ran.out
    );
    for phase in ["\nprepare: ", "\nswitch: ", "\ncleanup: ", "\ncallers\n"] {
        assert!(ran.out.contains(phase), "{}", ran.out);
    }
}

#[test]
fn codes_drivers_and_types_are_explained() {
    let folder = Folder::with(&[]);
    for (topic, words) in [
        ("BG401", "# BG401"),
        ("bg401", "# BG401"),
        ("nginx", "upstream: string"),
        ("jar", "The settings of `process` are taken too"),
        ("duration", "# duration: a type"),
    ] {
        let ran = folder.run(&["explain", topic]).exits(0);
        assert!(ran.out.contains(words), "{topic}: {}", ran.out);
    }
    let list = folder.run(&["explain"]).exits(0).out;
    for topic in ["BG001", "nginx", "codedeploy", "duration"] {
        assert!(list.contains(topic), "{list}");
    }
    let ran = folder.run(&["explain", "ngnix"]).exits(2);
    assert!(ran.err.contains("did you mean `nginx`?"), "{}", ran.err);
}

#[test]
fn help_teaches() {
    let folder = Folder::with(&[]);
    for command in [
        "build",
        "check",
        "fmt",
        "plan",
        "explain",
        "completions",
        "man",
    ] {
        let ran = folder.run(&[command, "--help"]).exits(0);
        assert!(ran.out.contains("Example"), "{command}: {}", ran.out);
    }
    assert!(
        folder
            .run(&["--help"])
            .exits(0)
            .out
            .contains("Exit: 0 clean")
    );
    assert!(
        folder
            .run(&["--version"])
            .exits(0)
            .out
            .starts_with("deployc ")
    );
    assert!(folder.run(&[]).exits(2).err.contains("Usage"));
}

#[test]
fn completions_and_manual_page() {
    let folder = Folder::with(&[]);
    assert!(
        folder
            .run(&["completions", "bash"])
            .exits(0)
            .out
            .contains("deployc")
    );
    assert!(folder.run(&["man"]).exits(0).out.contains(".TH deployc"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::good();
    let mut child = Command::new(env!("CARGO_BIN_EXE_deployc"))
        .args(["build", "--stdout"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("deployc runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("deployc ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
