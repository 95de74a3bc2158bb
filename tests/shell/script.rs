//! Runs a few lines of bash on top of the modules.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::tools::Tools;

/// The folder of the modules.
pub fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib/shell")
}

/// One try, with so much time that only a try that hangs uses it up.
const ONCE: &str = "tries every 100 within 20000 timeout 20000 after 0 passes 1 attempts 1";

/// A script to be run.
pub struct Script {
    pub scratch: TempDir,
    pub tools: Tools,
    /// The value of `$port`.
    pub port: u16,
    pub environment: Vec<(&'static str, String)>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Script {
    pub fn new(tools: Tools, port: u16) -> Self {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        Self {
            scratch,
            tools,
            port,
            environment: Vec::new(),
        }
    }

    /// Returns the command that runs these lines.
    pub fn command(&self, lines: &str) -> Command {
        let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell/engine.sh");
        let mut command = Command::new(self.tools.path().join("bash"));
        command
            .arg("-c")
            .arg(format!(". '{}'\n{lines}\n", engine.display()))
            .env_clear()
            .env("PATH", self.tools.path())
            .env("STDLIB", modules())
            .env("SCRATCH", self.scratch.path())
            .env("PORT", self.port.to_string())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs these lines to their end.
    pub fn run(&self, lines: &str) -> Ran {
        let begun = Instant::now();
        let output = self.command(lines).output().expect("bash runs");
        Ran {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: begun.elapsed(),
        }
    }

    /// Runs a gate with this declaration.
    pub fn gate(&self, declaration: &str) -> Ran {
        self.run(&format!(
            "declared() {{\n{declaration}\n}}\nverdict run_gate declared"
        ))
    }

    /// Runs one try of each of these declarations, all in one script.
    pub fn tries<'a>(&self, declarations: impl Iterator<Item = &'a str>) -> Vec<Ran> {
        let mut lines = String::new();
        for declaration in declarations {
            for line in [
                "declared() {",
                ONCE,
                declaration,
                "}",
                "reason=''",
                "verdict run_gate declared",
            ] {
                lines.extend([line, "\n"]);
            }
            lines.push_str("printf '\\f'; printf '\\f' >&2\n");
        }
        let ran = self.run(&lines);
        let parts = ran
            .stdout
            .split_terminator('\x0c')
            .zip(ran.stderr.split_terminator('\x0c'));
        let parts = parts.map(|(stdout, stderr)| Ran {
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            took: ran.took,
        });
        parts.collect()
    }

    /// Runs one try of this declaration.
    pub fn one_try(&self, declaration: &str) -> Ran {
        self.gate(&format!("{ONCE}\n{declaration}"))
    }
}

impl Ran {
    /// Returns a value that `verdict` has printed.
    pub fn value(&self, name: &str) -> &str {
        let start = format!("{name}=");
        self.stdout
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap_or_else(|| panic!("no {name} in {self:#?}"))
    }

    /// Checks that it passed, printed nothing on standard error, and left no child.
    #[track_caller]
    pub fn passed(&self) {
        assert_eq!(self.value("code"), "0", "{self:#?}");
        self.left_nothing();
    }

    /// Checks that it failed and that these words are in its reason.
    #[track_caller]
    pub fn failed(&self, words: &str) {
        assert_eq!(self.value("code"), "1", "{self:#?}");
        assert!(
            self.value("reason").contains(words),
            "expected {words:?} in {self:#?}"
        );
        self.left_nothing();
    }

    #[track_caller]
    fn left_nothing(&self) {
        assert_eq!(self.stderr, "", "{self:#?}");
        assert_eq!(self.value("children"), "", "{self:#?}");
    }
}
