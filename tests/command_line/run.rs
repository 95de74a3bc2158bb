//! A temporary folder for a test, and runs of `deployc` in it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A source without findings.
pub const GOOD: &str = include_str!("../cases/build/hello-spring/deploy.bg");

/// The script that `build` makes from it.
pub const SCRIPT: &str = "deploy/hello-spring.sh";

/// Returns the path of the runtime beside the script.
pub fn runtime() -> String {
    format!("deploy/{}", deployc::emit::runtime_file())
}

/// Returns the source of another app. Its generated files have other names.
pub fn other() -> String {
    GOOD.replace("app hello-spring", "app other")
        .replace("  target codedeploy\n", "")
        .replace("color real", "color other")
}

/// A folder that is removed at the end of the test.
pub struct Folder(TempDir);

/// The result of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Folder {
    /// Makes a folder with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    /// Makes a folder with a `deploy.bg` that has no findings.
    pub fn good() -> Self {
        Self::with(&[("deploy.bg", GOOD)])
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("the path is below the folder"))
            .expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn mode(&self, path: &str) -> u32 {
        let metadata = fs::metadata(self.path(path)).expect("the file is there");
        metadata.permissions().mode() & 0o777
    }

    /// Returns the paths and texts of all files in the folder, sorted.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        collect(self.0.path(), self.0.path(), &mut files);
        files.sort();
        files
    }

    /// Runs `deployc` in the folder.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "", &[])
    }

    /// Runs `deployc` on a terminal and returns what the terminal shows. The run must report findings. `script` of
    /// util-linux provides the terminal.
    pub fn run_on_a_terminal(&self, arguments: &[&str], no_color: Option<&str>) -> String {
        let words = [&[env!("CARGO_BIN_EXE_deployc")], arguments].concat();
        let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let mut terminal = Command::new("script");
        terminal
            .args([
                "--quiet",
                "--return",
                "--command",
                &words.join(" "),
                "/dev/null",
            ])
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        if let Some(no_color) = no_color {
            terminal.env("NO_COLOR", no_color);
        }
        let output = terminal.output().expect("`script` runs");
        let shown = String::from_utf8(output.stdout).expect("the output is UTF-8");
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(shown.contains("BG0"), "{shown}");
        shown
    }

    /// Runs `deployc` with this standard input and these variables.
    pub fn run_with(&self, arguments: &[&str], stdin: &str, environment: &[(&str, &str)]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deployc"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("deployc runs");
        let mut input = child.stdin.take().expect("the input is piped");
        // A command that does not read its input may have ended already.
        let _ = input.write_all(stdin.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("deployc ends");
        let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
        Ran {
            code: output.status.code().expect("no signal ends deployc"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

impl Ran {
    /// Asserts the exit code. A failure shows the whole result.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .expect("the path is below the root")
                .display()
                .to_string();
            let text = fs::read(&path).expect("the file can be read");
            files.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
    }
}
