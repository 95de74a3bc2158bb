//! Checks every example: it has no findings, it is formatted, and its committed files are up to date.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the folders in `examples/`.
fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut folders: Vec<_> = fs::read_dir(root)
        .expect("examples/ is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() >= 3, "examples are missing: {folders:?}");
    folders
}

/// Runs the compiler in a folder. It must exit 0. Returns its standard output.
fn clean(folder: &Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_deployc"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("the compiler can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "`deployc {}` in {}: {}\n{said}{}",
        words.join(" "),
        folder.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[test]
fn check_finds_nothing() {
    for folder in examples() {
        let said = clean(&folder, &["check", "--format", "short", "deploy.bg"]);
        assert_eq!(said, "", "findings in {}", folder.display());
    }
}

#[test]
fn layout_is_the_formatter_s() {
    for folder in examples() {
        // This includes the descriptions of drivers.
        let files = fs::read_dir(&folder).expect("the folder can be listed");
        for path in files.map(|entry| entry.expect("the folder can be listed").path()) {
            if path.extension().is_some_and(|extension| extension == "bg") {
                clean(&folder, &["fmt", "--check", &path.to_string_lossy()]);
            }
        }
    }
}

#[test]
fn committed_files_are_what_the_compiler_makes() {
    for folder in examples() {
        clean(&folder, &["build", "--check", "deploy.bg"]);
    }
}

#[test]
fn scripts_can_be_executed_and_are_documented() {
    for folder in examples() {
        let readme = fs::read_to_string(folder.join("README.md"))
            .unwrap_or_else(|reason| panic!("{} has no README.md: {reason}", folder.display()));
        let scripts: Vec<_> = fs::read_dir(folder.join("deploy"))
            .expect("an example contains its generated files")
            .map(|entry| entry.expect("the folder can be listed").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
            .collect();
        assert!(!scripts.is_empty(), "no script in {}", folder.display());
        for script in scripts {
            let mode = fs::metadata(&script)
                .expect("the script is there")
                .permissions()
                .mode();
            let name = script
                .file_name()
                .expect("a file has a name")
                .to_string_lossy();
            // The runtime is read by the script, never run.
            let runtime = name.starts_with("deployc-runtime-");
            let wanted = if runtime { 0o644 } else { 0o755 };
            assert_eq!(mode & 0o777, wanted, "mode of {}", script.display());
            if runtime {
                continue;
            }
            assert!(
                readme.contains(&*name),
                "{} does not say how {name} is used",
                folder.display()
            );
        }
    }
}
