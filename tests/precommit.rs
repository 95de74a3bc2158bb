//! Tests `.pre-commit-hooks.yaml` with the real pre-commit from PyPI, in a repository like that of a user.
//!
//! pre-commit is installed once, below `target/`. On a machine without Python or PyPI the test is skipped. In CI it
//! fails instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// Why the test cannot run on this machine.
struct Skip(String);

fn main() -> ExitCode {
    let trial = Trial::ignorable_test("hooks_with_the_real_pre_commit", || match hooks() {
        Ok(()) => Ok(Completion::Completed),
        Err(Skip(reason)) if std::env::var_os("CI").is_some_and(|value| value == "true") => {
            Err(Failed::from(format!("may not be skipped in CI: {reason}")))
        }
        Err(Skip(reason)) => Ok(Completion::ignored_with(format!("skipped: {reason}"))),
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// Returns the folder in which cargo lets tests keep files.
fn kept() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn run(program: impl AsRef<Path>, words: &[&str], folder: &Path) -> Output {
    Command::new(program.as_ref())
        .args(words)
        .current_dir(folder)
        .env("PRE_COMMIT_HOME", kept().join("pre-commit-home"))
        // pre-commit builds the compiler itself. This folder keeps the result, so the next run does not start from
        // zero.
        .env("CARGO_TARGET_DIR", kept().join("pre-commit-build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|reason| {
            panic!("{} cannot be started: {reason}", program.as_ref().display())
        })
}

/// Runs a program, which must succeed.
fn done(program: &str, words: &[&str], folder: &Path) {
    let output = run(program, words, folder);
    assert!(
        output.status.success(),
        "{program} {}: {}",
        words.join(" "),
        text(&output)
    );
}

/// Returns the program `pre-commit`. Installs it if necessary.
fn pre_commit() -> Result<PathBuf, Skip> {
    let venv = kept().join("pre-commit");
    let program = venv.join("bin/pre-commit");
    if program.exists() {
        return Ok(program);
    }
    let made = run("python3", &["-m", "venv", &venv.to_string_lossy()], kept());
    if !made.status.success() {
        return Err(Skip(format!(
            "needs Python's venv (`tests/setup` installs it): {}",
            text(&made)
        )));
    }
    let installed = run(
        venv.join("bin/pip"),
        &["install", "--quiet", "pre-commit>=4,<5"],
        kept(),
    );
    if !installed.status.success() {
        return Err(Skip(format!(
            "needs pre-commit from PyPI: {}",
            text(&installed)
        )));
    }
    Ok(program)
}

/// Makes a user's repository: the quickstart's source and generated files, and a configuration that names our
/// repository.
fn user_s_repository(folder: &Path, ours: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    done(
        "cp",
        &["-r", &format!("{}/.", example.display()), "."],
        folder,
    );
    let config = format!(
        "repos:\n  - repo: {}\n    rev: v1\n    hooks: [{{id: deployc-check}}, {{id: deployc-fmt}}, {{id: deployc-build}}]\n",
        ours.display()
    );
    fs::write(folder.join(".pre-commit-config.yaml"), config).expect("a file can be written");
    done("git", &["init", "--quiet"], folder);
    done("git", &["add", "--all"], folder);
}

/// Makes a repository that pre-commit can clone: this one, with its uncommitted changes.
fn this_repository(folder: &Path) {
    let root = env!("CARGO_MANIFEST_DIR");
    let listed = run(
        "git",
        &[
            "-C",
            root,
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        folder,
    );
    for name in text(&listed).lines() {
        let from = Path::new(root).join(name);
        // A file that was removed and not committed yet is still listed.
        if from.exists() {
            let to = folder.join(name);
            fs::create_dir_all(to.parent().expect("a file has a folder"))
                .expect("a folder can be made");
            fs::copy(from, to).expect("a file can be copied");
        }
    }
    done("git", &["init", "--quiet"], folder);
    done("git", &["add", "--all"], folder);
    let author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
    done(
        "git",
        &[
            &author[..],
            &["commit", "--quiet", "--message=as it stands"],
        ]
        .concat(),
        folder,
    );
    done("git", &["tag", "v1"], folder);
}

fn hooks() -> Result<(), Skip> {
    let pre_commit = pre_commit()?;
    let ours = tempfile::tempdir().expect("a temporary folder can be made");
    this_repository(ours.path());
    let hooks = ours.path().join(".pre-commit-hooks.yaml");
    let valid = run(
        &pre_commit,
        &["validate-manifest", &hooks.to_string_lossy()],
        ours.path(),
    );
    assert!(valid.status.success(), "{}", text(&valid));

    let user = tempfile::tempdir().expect("a temporary folder can be made");
    user_s_repository(user.path(), ours.path());
    let tried = |hook: &str| {
        run(
            &pre_commit,
            &["run", hook, "--all-files", "--verbose"],
            user.path(),
        )
    };
    for hook in ["deployc-check", "deployc-fmt", "deployc-build"] {
        let output = tried(hook);
        assert!(
            output.status.success() && text(&output).contains("Passed"),
            "{hook}: {}",
            text(&output)
        );
    }

    let source = user.path().join("deploy.bg");
    let good = fs::read_to_string(&source).expect("the source was copied");
    // The hook must find a drain of zero, and name its line.
    fs::write(&source, good.replace("drain 30s", "drain 0s")).expect("a file can be written");
    let line = 1 + good
        .lines()
        .position(|line| line.contains("drain 30s"))
        .expect("the example drains");
    let output = tried("deployc-check");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains(&format!("deploy.bg:{line}:")),
        "{}",
        text(&output)
    );

    fs::write(&source, good.replace("app hello {", "app   hello {"))
        .expect("a file can be written");
    let output = tried("deployc-fmt");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("files were modified by this hook"),
        "{}",
        text(&output)
    );
    assert_eq!(
        fs::read_to_string(&source).expect("the source is there"),
        good
    );

    fs::write(&source, good.replace("drain 30s", "drain 20s")).expect("a file can be written");
    let output = tried("deployc-build");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("hello.sh"), "{}", text(&output));
    Ok(())
}
