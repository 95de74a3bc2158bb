//! The command line from outside: exit codes, what goes where, and what is said of files that cannot be right.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a run of the compiler ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn deployc(folder: &Path, words: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_deployc"))
        .args(words)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the compiler can be started");
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("it speaks UTF-8"),
        err: String::from_utf8(output.stderr).expect("it speaks UTF-8"),
    }
}

/// A folder with the quickstart's `deploy.bg` in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/deploy.bg");
    fs::copy(example, folder.path().join("deploy.bg")).expect("it can be copied");
    folder
}

fn write(folder: &tempfile::TempDir, name: &str, text: impl AsRef<[u8]>) {
    fs::write(folder.path().join(name), text).expect("it can be written");
}

#[test]
fn without_a_name_it_is_the_file_of_this_folder() {
    let folder = folder();
    assert_eq!(deployc(folder.path(), &["check"]).code, Some(0));
    let empty = tempfile::tempdir().expect("a temporary folder can be made");
    let ended = deployc(empty.path(), &["check"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains("there is no `deploy.bg` in this folder"),
        "{}",
        ended.err
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others_findings() {
    let folder = folder();
    write(&folder, "bad.bg", "app x {\n  colr blue { port 1 }\n}\n");
    write(&folder, "bytes.bg", b"\xff\xfe");
    let files = [
        "check",
        "--format",
        "short",
        "missing.bg",
        "bytes.bg",
        "bad.bg",
    ];
    let ended = deployc(folder.path(), &files);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.out.contains("bad.bg:2:3: error[BG010]"),
        "{}",
        ended.out
    );
    assert!(
        ended
            .err
            .contains("`missing.bg` cannot be read: there is no such file"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("BG002"), "{}", ended.err);
}

#[test]
fn a_line_that_nobody_reads_is_not_printed() {
    let folder = folder();
    write(&folder, "deep.bg", "{".repeat(200_000));
    let ended = deployc(folder.path(), &["check", "deep.bg"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("it is at deep.bg:1:65"), "{}", ended.err);
    assert!(ended.err.len() < 1000, "{} bytes", ended.err.len());
}

#[test]
fn findings_exit_1_and_wrong_usage_2() {
    let folder = folder();
    write(&folder, "bad.bg", "app x {\n}\n");
    for (words, code) in [
        (&["check", "bad.bg"][..], 1),
        (&["build", "bad.bg"], 1),
        (&["plan", "bad.bg"], 1),
        (&["build", "--check"], 1),
        (&["check", "."], 2),
        (&["check", "--format", "nonsense"], 2),
        (&["build", "--stdout", "--check"], 2),
        (&["explain", "BG999"], 2),
        (&["nonsense"], 2),
        (&[], 2),
    ] {
        let ended = deployc(folder.path(), words);
        assert_eq!(
            ended.code,
            Some(code),
            "{words:?}: {}{}",
            ended.out,
            ended.err
        );
    }
    assert!(
        !folder.path().join("deploy").exists(),
        "something was written"
    );
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_nothing_is_half_written() {
    let folder = folder();
    write(&folder, "deploy", "a file where the folder should be\n");
    let ended = deployc(folder.path(), &["build"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("deploy/"), "{}", ended.err);
    let left = fs::read_to_string(folder.path().join("deploy")).expect("it is still there");
    assert_eq!(left, "a file where the folder should be\n");
}

#[test]
fn machines_read_standard_output_and_people_standard_error() {
    let folder = folder();
    write(&folder, "bad.bg", "app x {\n}\n");
    let json = deployc(folder.path(), &["check", "--format", "json", "bad.bg"]);
    assert!(
        json.out.starts_with('{') && json.err.is_empty(),
        "{}",
        json.err
    );
    let human = deployc(folder.path(), &["check", "bad.bg"]);
    assert!(
        human.out.is_empty() && human.err.contains("deployc explain"),
        "{}",
        human.out
    );
    let script = deployc(folder.path(), &["build", "--stdout"]);
    assert!(
        script.out.starts_with("#!/usr/bin/env bash\n"),
        "{}",
        script.err
    );
}
