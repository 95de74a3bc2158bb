//! One case a folder in `tests/cases/build`: `deploy.bg`, and `bundle.snap`, all that becomes of it.
//! The tools that hosts and reviewers use must find nothing in a script before it is compared.

mod support {
    pub mod bash42;
}

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::emit::{Bundle, Form, Mode, Places};
use deployc::source::Sources;

/// Where the runtime begins: the same bytes in every script, so no part of a snapshot.
const RUNTIME: &str = "# ==== Runtime:";

/// The most lines that the application's part may have where an app has one service.
const APPLICATION: usize = 200;

struct Folder;

impl Loader for Folder {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        fs::read(path).map_err(|error| LoadError::Other(error.to_string()))
    }
}

fn bundle(source: &Path) -> Bundle {
    let path = Utf8PathBuf::from_path_buf(source.to_owned()).expect("a UTF-8 path");
    let text = fs::read_to_string(source).expect("the case can be read");
    let mut sources = Sources::new();
    let main = sources.add(path, text);
    let mut report = Report::new();
    let planned = deployc::plan_file(&mut sources, main, &Folder, &mut report);
    let planned = planned.unwrap_or_else(|| panic!("{report:#?}"));
    let places = Places {
        sources: &sources,
        main,
        folder: Utf8Path::new("deploy"),
    };
    deployc::emit_files(&planned, &places, Form::Files, &mut report)
        .unwrap_or_else(|| panic!("{report:#?}"))
}

fn run(program: &str, arguments: &[&str], file: &Path) {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{program} is not installed ({error}): see tests/setup"));
    assert!(
        output.status.success(),
        "{program} {}:\n{}{}",
        file.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What a snapshot shows of a file.
fn shown(text: &str) -> String {
    match text.split_once(RUNTIME) {
        Some((application, _)) => format!("{application}{RUNTIME} …\n"),
        None => text.to_owned(),
    }
}

/// ShellCheck takes seconds for the runtime, so scripts with the same drivers share one look at it.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    Whole,
    Application,
}

fn shellcheck(path: &Path, text: &str, look: Look) {
    match text.split_once(RUNTIME) {
        Some((application, _)) if look == Look::Application => {
            let path = path.with_extension("application.sh");
            fs::write(&path, application).expect("it can be written");
            // The runtime gives these variables their values.
            run("shellcheck", &["--exclude=SC2154"], &path);
        }
        _ => run("shellcheck", &[], path),
    }
}

fn case(name: &str, whole: Look) {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/cases/build", name]
        .iter()
        .collect();
    let bundle = bundle(&folder.join("deploy.bg"));
    assert_eq!(
        bundle,
        self::bundle(&folder.join("deploy.bg")),
        "same input, same bytes"
    );
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let mut snapshot = String::new();
    for file in &bundle.files {
        assert!(!file.text.contains('\r') && !file.text.starts_with('\u{FEFF}'));
        assert!(file.text.ends_with('\n'), "{}", file.path);
        let mode = match file.mode {
            Mode::Plain => "644",
            Mode::Executable => "755",
        };
        let _ = writeln!(snapshot, "==> {} {mode}\n{}", file.path, shown(&file.text));
        if file.path.extension() == Some("sh") {
            assert_eq!(file.mode, Mode::Executable, "{}", file.path);
            assert!(
                file.text.starts_with("#!/usr/bin/env bash\n"),
                "{}",
                file.path
            );
            bash42::check(file.path.as_str(), &file.text);
            let path = scratch.path().join(file.path.file_name().expect("a name"));
            fs::write(&path, &file.text).expect("the script can be written");
            run("bash", &["-n"], &path);
            run("shfmt", &["-i", "2", "-ci", "-bn", "-d"], &path);
            shellcheck(&path, &file.text, whole);
        }
    }
    let script = &bundle.files[0].text;
    let lines = script
        .lines()
        .take_while(|line| !line.starts_with(RUNTIME))
        .count();
    if script.contains("\nservices=(app)\n") {
        assert!(lines <= APPLICATION, "{lines} lines before the runtime");
    }
    insta::with_settings!({snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("bundle", snapshot);
    });
}

use support::bash42;

#[test]
fn hello_spring() {
    case("hello-spring", Look::Whole);
}

#[test]
fn quickstart() {
    case("quickstart", Look::Application);
}

#[test]
fn services() {
    case("services", Look::Whole);
}

#[test]
fn quoting() {
    case("quoting", Look::Application);
}

#[test]
fn one_command() {
    case("one-command", Look::Whole);
}

#[test]
fn notify() {
    case("notify", Look::Application);
}

/// Every folder with a case has a test above.
#[test]
fn none_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/build");
    let tests = include_str!("build_cases.rs");
    for entry in fs::read_dir(root).expect("the cases are there") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("a UTF-8 name");
        assert!(tests.contains(&format!("case(\"{name}\"")), "{name}");
    }
}
