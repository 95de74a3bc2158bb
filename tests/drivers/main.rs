//! The driver contract as a test suite. Every driver must pass it, ours and a user's, with real programs and proxies.
//!
//! `cargo test --test drivers` tries all drivers, `cargo test --test drivers haproxy` tries one, `-- --list` names
//! every check. A **subject** says how to try a driver. It is a file `subjects/NAME.sh` or
//! `examples/*/NAME.subject.sh`, or the file that the variable `SUBJECT` names. The checks are the functions `check_…`
//! in `run*.sh` and `switch*.sh`. Each check runs on its own host, see [`support::host`].
//!
//! This runner reads these lines of a subject:
//!
//! - `# needs PROGRAM…`: programs without which the checks are skipped.
//! - `# on systemd`: the host has systemd.
//! - `# also busybox`: all checks run once more, with the tools of `BusyBox` first in `PATH`.
//! - `# without CHECK: REASON`: this check does not apply.
//! - `# only CHECK`: only the checks in such lines apply.

#[allow(
    dead_code,
    reason = "the end-to-end tests, which share this module, use the rest"
)]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use support::build::{repository, testapp};
use support::host::Host;
use support::process::run;
use support::skip::{Skip, need_programs};

/// There may be more threads than processors, because checks mostly wait for programs to start and to end.
const THREADS: usize = 4;
/// The longest time of a check. On an idle machine no check needs half of it.
const DEADLINE: Duration = Duration::from_secs(90);
/// The folder on the host with the repository's shell files.
const PLACE: &str = "/opt/suite";

/// How to try a driver.
#[derive(Clone)]
struct Subject {
    name: String,
    file: PathBuf,
    text: String,
}

/// A check of a subject's driver.
#[derive(Clone)]
struct Check {
    subject: Subject,
    name: String,
    busybox: bool,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let mut trials: Vec<_> = subjects()
        .iter()
        .flat_map(Subject::checks)
        .map(trial)
        .collect();
    trials.push(lint("shellcheck", &SHELLCHECK));
    trials.push(lint("shfmt", &["-i", "2", "-ci", "-bn", "-d"]));
    let conclusion = libtest_mimic::run(&arguments, trials);
    support::docker::end_engine();
    conclusion.exit_code()
}

/// A variable may be set in one file and read in another one, so these findings are excluded here. Other tests give
/// whole scripts to `ShellCheck`, where it sees both files.
const SHELLCHECK: [&str; 4] = ["--shell", "bash", "--exclude", "SC2034,SC2154"];

/// Checks that a linter finds nothing in the shell files of the drivers and of the runtime.
fn lint(program: &'static str, options: &'static [&'static str]) -> Trial {
    Trial::ignorable_test(format!("shell::{program}"), move || {
        let mut files = Vec::new();
        for folder in folders_in(&repository().join("stdlib")) {
            files.extend(files_in(&folder, ".sh"));
        }
        for example in folders_in(&repository().join("examples")) {
            files.extend(files_in(&example, ".sh"));
        }
        if let Err(skip) = need_programs(&[program]) {
            return skipped(skip);
        }
        let mut command = Command::new(program);
        command.args(options).args(files);
        let outcome = run(command, DEADLINE);
        if outcome.code == 0 {
            Ok(Completion::Completed)
        } else {
            Err(Failed::from(outcome.to_string()))
        }
    })
}

fn trial(check: Check) -> Trial {
    let tools = if check.busybox { "::busybox" } else { "" };
    let name = format!("{}{tools}::{}", check.subject.name, check.name);
    Trial::ignorable_test(name, move || match check.run() {
        Ok(result) => result.map(|()| Completion::Completed),
        Err(skip) => skipped(skip),
    })
}

/// Reports a check whose real part cannot run on this machine. It does not count as passed, and in CI it fails.
fn skipped(Skip(reason): Skip) -> Result<Completion, Failed> {
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        Err(Failed::from(format!("may not be skipped in CI: {reason}")))
    } else {
        Ok(Completion::ignored_with(format!("skipped: {reason}")))
    }
}

/// Returns all subjects, in the order of their names.
fn subjects() -> Vec<Subject> {
    let mut files = files_in(&repository().join("tests/drivers/subjects"), ".sh");
    for example in folders_in(&repository().join("examples")) {
        files.extend(files_in(&example, ".subject.sh"));
    }
    if let Some(own) = std::env::var_os("SUBJECT") {
        files.push(fs::canonicalize(&own).unwrap_or_else(|reason| {
            panic!("SUBJECT names {}: {reason}", own.display());
        }));
    }
    files.sort();
    files.into_iter().map(Subject::read).collect()
}

impl Subject {
    fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|reason| panic!("cannot read {}: {reason}", file.display()));
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = name.trim_end_matches(".sh").trim_end_matches(".subject");
        Self {
            name: name.to_owned(),
            file,
            text,
        }
    }

    /// Returns the rest of each line that begins with `# WORD `.
    fn lines<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a str> {
        let start = format!("# {word} ");
        self.text
            .lines()
            .filter_map(move |line| line.strip_prefix(&start))
    }

    /// Returns whether a file of its driver has this function.
    fn has(&self, function: &str) -> bool {
        let folder = self.file.parent().unwrap_or(Path::new("/"));
        let files = self
            .text
            .lines()
            .find_map(|line| line.strip_prefix("files=(")?.strip_suffix(')'))
            .unwrap_or_default();
        files.split_whitespace().any(|file| {
            let path = folder.join(file);
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|reason| panic!("cannot read {}: {reason}", path.display()));
            text.contains(&format!("_{function}() {{"))
        })
    }

    /// Returns the checks of its kind of driver that apply. The checks are in `KIND.sh` and in `KIND_….sh`.
    fn checks(&self) -> Vec<Check> {
        let kind = self
            .text
            .lines()
            .find_map(|line| line.strip_prefix("kind="))
            .unwrap_or_else(|| {
                panic!(
                    "{} has no line kind=run or kind=switch",
                    self.file.display()
                )
            });
        let text = checks_of(kind);
        let without: Vec<_> = self
            .lines("without")
            .filter_map(|line| line.split_once(':'))
            .map(|(name, _)| name)
            .collect();
        let mut names = Vec::new();
        let mut above = "";
        for line in text.lines() {
            let needed = above.strip_prefix("# where it has ");
            if let Some(name) = line.strip_prefix("check_")
                && needed.is_none_or(|function| self.has(function))
            {
                names.extend(name.strip_suffix("() {"));
            }
            above = line;
        }
        let only: Vec<_> = self.lines("only").collect();
        for name in without.iter().chain(&only) {
            assert!(
                names.contains(name),
                "{}: there is no check {name}",
                self.file.display()
            );
        }
        let tools: &[bool] = if self.lines("also").any(|line| line == "busybox") {
            &[false, true]
        } else {
            &[false]
        };
        let wanted = names
            .iter()
            .filter(|name| !without.contains(name) && (only.is_empty() || only.contains(name)));
        wanted
            .flat_map(|name| {
                tools.iter().map(|&busybox| Check {
                    subject: self.clone(),
                    name: (*name).to_owned(),
                    busybox,
                })
            })
            .collect()
    }
}

impl Check {
    fn run(&self) -> Result<Result<(), Failed>, Skip> {
        let needed: Vec<_> = self
            .subject
            .lines("needs")
            .flat_map(str::split_whitespace)
            .collect();
        need_programs(&needed)?;
        need_programs(&["curl", "flock", "pgrep", "sudo"])?;
        let host = if self.subject.lines("on").any(|line| line == "systemd") {
            Host::systemd()?
        } else {
            Host::plain()?
        };
        let folder = self.subject.file.parent().unwrap_or(Path::new("/"));
        let file = self.subject.file.file_name().unwrap_or_default();
        // A subject of ours is in the same folder as in the repository, so its relative paths lead to the same files.
        let place = match folder.strip_prefix(repository()) {
            Ok(inside) => format!("{PLACE}/{}", inside.display()),
            Err(_) => format!("{PLACE}/tests/drivers/subjects/own"),
        };
        host.copy_folder(&repository().join("stdlib"), &format!("{PLACE}/stdlib"));
        host.copy_folder(
            &repository().join("tests/drivers"),
            &format!("{PLACE}/tests/drivers"),
        );
        for beside in files_in(folder, "") {
            let name = beside.file_name().unwrap_or_default().to_string_lossy();
            host.copy(&beside, &format!("{place}/{name}"));
        }
        host.copy(testapp(), &format!("{PLACE}/testapp"));
        if self.busybox {
            need_programs(&["busybox"])?;
            host.bash("mkdir -p /opt/busybox && busybox --install -s /opt/busybox")
                .ok();
        }
        let mut command = host.command(&[
            "bash",
            &format!("{PLACE}/tests/drivers/suite.sh"),
            &format!("{place}/{}", file.to_string_lossy()),
            &self.name,
        ]);
        if self.busybox {
            command.env("TOOLS_FIRST", "/opt/busybox");
        }
        let outcome = run(command, DEADLINE);
        Ok(if outcome.code == 0 {
            Ok(())
        } else {
            Err(Failed::from(outcome.to_string()))
        })
    }
}

fn files_in(folder: &Path, end: &str) -> Vec<PathBuf> {
    entries(folder)
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(end))
        .collect()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    entries(folder).filter(|path| path.is_dir()).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .unwrap_or_else(|reason| panic!("cannot list {}: {reason}", folder.display()))
        .flatten()
        .map(|entry| entry.path())
}

/// Returns the texts of the files with the checks of a kind of driver, one after the other.
fn checks_of(kind: &str) -> String {
    let folder = repository().join("tests/drivers");
    let more = format!("{kind}_");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the suite is there")
        .map(|entry| entry.expect("the folder can be listed").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| *name == format!("{kind}.sh") || name.starts_with(&more))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are no checks for kind={kind}");
    names
        .iter()
        .map(|name| fs::read_to_string(folder.join(name)).expect("the checks can be read"))
        .collect()
}
