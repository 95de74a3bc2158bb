//! Each folder in `tests/cases/build` is a case: `deploy.bg`, and `bundle.snap` with all generated files. Before a
//! script is compared, bash, shfmt and ShellCheck must find nothing in it.

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
use deployc::emit::{self, Bundle, Form, Mode, Owner, Places};
use deployc::source::Sources;

/// The greatest number of lines in the script of an app with one service.
const LINES: usize = 320;
/// The lines that each further service may add.
const LINES_OF_A_SERVICE: usize = 25;
/// The lines that each step of the user may add.
const LINES_OF_A_STEP: usize = 3;

struct Folder;

impl Loader for Folder {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        fs::read(path).map_err(|error| LoadError::Other(error.to_string()))
    }
}

fn bundle(source: &Path, form: Form) -> Bundle {
    let path = Utf8PathBuf::from_path_buf(source.to_owned()).expect("the path is UTF-8");
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
    deployc::emit_files(&planned, &places, form, &mut report)
        .unwrap_or_else(|| panic!("{report:#?}"))
}

fn run(program: &str, arguments: &[&str], file: &Path) {
    let (good, said) = try_run(program, arguments, file);
    assert!(good, "{program} {}:\n{said}", file.display());
}

fn try_run(program: &str, arguments: &[&str], file: &Path) -> (bool, String) {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{program} is not installed ({error}): see tests/setup"));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.success(), said)
}

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/cases/build", name]
        .iter()
        .collect()
}

/// Returns the text of a file as a snapshot shows it. The runtime is left out, because it is the same in all cases and
/// changes independently of them.
fn shown(text: &str) -> String {
    text.replace(emit::runtime_text(), "…\n")
        .replace(&emit::runtime_id(), "VERSION-SHA256")
        .replace(&emit::runtime_file(), "deployc-runtime-VERSION-HASH8.sh")
        .replace(&format!("deployc {}", emit::VERSION), "deployc VERSION")
}

fn case(name: &str) {
    let folder = folder(name);
    let bundle = bundle(&folder.join("deploy.bg"), Form::Files);
    assert_eq!(
        bundle,
        self::bundle(&folder.join("deploy.bg"), Form::Files),
        "the same input must give the same bytes"
    );
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let mut snapshot = String::new();
    for file in &bundle.files {
        assert!(!file.text.contains('\r') && !file.text.starts_with('\u{FEFF}'));
        assert!(file.text.ends_with('\n'), "{}", file.path);
        let mode = match file.mode {
            Mode::Plain => "644",
            Mode::Executable => "755",
        };
        let path = shown(file.path.as_str());
        let _ = writeln!(snapshot, "==> {path} {mode}\n{}", shown(&file.text));
        if file.path.extension() == Some("sh") && file.owner == Owner::Source {
            assert_eq!(file.mode, Mode::Executable, "{}", file.path);
            assert!(
                file.text.starts_with("#!/usr/bin/env bash\n"),
                "{}",
                file.path
            );
            look_through(
                scratch.path(),
                file.path.file_name().unwrap_or_default(),
                &file.text,
            );
        }
    }
    insta::with_settings!({snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("bundle", snapshot);
    });
}

/// Checks that bash, shfmt and ShellCheck find nothing in a script.
fn look_through(scratch: &Path, name: &str, text: &str) {
    bash42::check(name, text);
    let path = scratch.join(name);
    fs::write(&path, text).expect("the script can be written");
    run("bash", &["-n"], &path);
    run("shfmt", &["-i", "2", "-ci", "-bn", "-d"], &path);
    run("shellcheck", &[], &path);
}

use support::bash42;

#[test]
fn hello_spring() {
    case("hello-spring");
}

/// A target that the user has described: one file for all jobs.
#[test]
fn own_target() {
    case("own-target");
}

#[test]
fn quickstart() {
    case("quickstart");
}

#[test]
fn services() {
    case("services");
}

/// A new default for a setting of the base reaches the base's functions, and a base's part keeps the base's name.
#[test]
fn inherited_setting() {
    case("inherited-setting");
}

/// All settings of nginx's upstream block.
#[test]
fn upstream_settings() {
    case("upstream-settings");
}

#[test]
fn asked_by_service() {
    case("asked-by-service");
}

#[test]
fn quoting() {
    case("quoting");
}

#[test]
fn one_command() {
    case("one-command");
}

#[test]
fn notify() {
    case("notify");
}

/// The text of a `shell` step does not count, because the user decides its length. The other cases are left out,
/// because they have long texts as values, or their own drivers.
#[test]
fn a_script_stays_short() {
    for (name, services, steps) in [
        ("quickstart", 1, 0),
        ("one-command", 1, 0),
        ("services", 4, 8),
    ] {
        let bundle = bundle(&folder(name).join("deploy.bg"), Form::Files);
        let script = &bundle.files[0].text;
        let mut lines = 0;
        let mut end: Option<String> = None;
        for line in script.lines() {
            if let Some(word) = &end {
                if line == word {
                    end = None;
                }
                continue;
            }
            lines += 1;
            if line.starts_with("  run_shell ") {
                let word = line.split("<<'").nth(1).unwrap_or_default();
                end = Some(word.trim_end_matches('\'').to_owned());
            }
        }
        let most = LINES + (services - 1) * LINES_OF_A_SERVICE + steps * LINES_OF_A_STEP;
        assert!(lines <= most, "{name}: {lines} lines, at most {most}");
        let user = script
            .lines()
            .filter(|line| line.starts_with("user."))
            .count();
        assert_eq!(user, steps, "{name}");
    }
}

/// The one file that `--single` and `--stdout` make.
#[test]
fn one_file_of_both() {
    let bundle = bundle(&folder("services").join("deploy.bg"), Form::Single);
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    look_through(scratch.path(), "single.sh", &bundle.files[0].text);
    assert!(bundle.files.iter().all(|file| file.owner == Owner::Source));
}

/// The runtime as a file of its own, beside the scripts.
#[test]
fn the_runtime() {
    let bundle = bundle(&folder("quickstart").join("deploy.bg"), Form::Files);
    let runtime = bundle.files.iter().find(|file| file.owner == Owner::Folder);
    let runtime = runtime.expect("the bundle has a runtime");
    assert_eq!(runtime.path, format!("deploy/{}", emit::runtime_file()));
    assert_eq!(runtime.mode, Mode::Plain);
    assert!(runtime.text.starts_with(emit::RUNTIME_BEGINS));
    assert!(
        runtime
            .text
            .ends_with(&format!("\n{}\n", emit::RUNTIME_ENDS))
    );
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    look_through(scratch.path(), "runtime.sh", &runtime.text);
}

/// Variables that only a rule of the compiler uses, or `{…}` in a source.
const READ_ELSEWHERE: [&str; 3] = ["nginx_read_timeout", "offer", "other_port"];

/// Every variable that is read is set in the script or in the runtime, because an unset variable would end a run in the
/// middle. And every variable that is set is read.
#[test]
fn script_and_runtime_know_each_others_variables() {
    // Together these cases use all of our drivers.
    let mut text = String::from("#!/usr/bin/env bash\n");
    for name in ["services", "hello-spring", "one-command"] {
        let bundle = bundle(&folder(name).join("deploy.bg"), Form::Files);
        text += &bundle.files[0].text;
    }
    text = text.replace("\n{ trap - EXIT && main \"$@\"; }\n", "\n");
    text += emit::runtime_text();
    text += "main \"$@\"\n";
    let directives = text
        .lines()
        .filter(|line| line.starts_with("# shellcheck disable="));
    let directives: Vec<String> = directives.map(str::to_owned).collect();
    for line in directives {
        let codes = line.trim_start_matches("# shellcheck disable=").split(',');
        let codes: Vec<&str> = codes
            .filter(|code| !["SC2034", "SC2154"].contains(code))
            .collect();
        let without = match codes.as_slice() {
            [] => "#".to_owned(),
            codes => format!("# shellcheck disable={}", codes.join(",")),
        };
        text = text.replace(&format!("\n{line}\n"), &format!("\n{without}\n"));
    }
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let path = scratch.path().join("all.sh");
    fs::write(&path, text).expect("the script can be written");
    let options = ["--include=SC2034,SC2154", "--format=gcc"];
    let (_, said) = try_run("shellcheck", &options, &path);
    let known = |line: &&str| {
        let mut names = READ_ELSEWHERE.iter();
        !names.any(|name| line.contains(&format!(" {name} appears unused")))
    };
    let said: Vec<&str> = said.lines().filter(known).collect();
    assert_eq!(said, Vec::<&str>::new());
}

/// Every folder with a case has a test above.
#[test]
fn none_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/build");
    let tests = include_str!("build_cases.rs");
    for entry in fs::read_dir(root).expect("the cases are there") {
        let name = entry.expect("the folder can be listed").file_name();
        let name = name.to_str().expect("the name is UTF-8");
        assert!(tests.contains(&format!("case(\"{name}\"")), "{name}");
    }
}
