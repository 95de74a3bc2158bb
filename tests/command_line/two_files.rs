//! Runs a script with its runtime as a host may get them: as two files, as one file, or with a file that is missing,
//! incomplete or edited.

use super::run::{Folder, GOOD, SCRIPT, other, runtime};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// Runs the script's `help`.
fn help(folder: &Folder) -> std::process::Output {
    let mut script = Command::new(folder.path(SCRIPT));
    script.arg("help").output().expect("the script runs")
}

#[test]
fn stdout_prints_the_single_form_and_writes_nothing() {
    let folder = Folder::good();
    let ran = folder.run(&["build", "--stdout"]).exits(0);
    assert_eq!(folder.files().len(), 1);
    folder.run(&["build", "--single"]).exits(0);
    assert_eq!(ran.out, folder.read(SCRIPT));
    assert!(!folder.path(&runtime()).exists());
    assert!(ran.out.contains(&deployc::emit::runtime_id()));
    assert!(ran.out.contains(deployc::emit::runtime_text()));
    // It contains the runtime, so it reads none.
    assert!(!ran.out.contains("load_runtime"));
    let ran = folder.run(&["build", "--single"]).exits(0);
    assert!(ran.err.contains("everything is up to date"), "{}", ran.err);
    // A build in the other form removes the file that this form does not need.
    folder.run(&["build"]).exits(0);
    assert!(folder.path(&runtime()).exists());
    let ran = folder.run(&["build", "--single"]).exits(0);
    let removed = format!("removed {}\n", runtime());
    assert!(ran.err.contains(&removed), "{}", ran.err);
    assert_eq!(help(&folder).status.code(), Some(0));
}

#[test]
fn a_script_fed_through_standard_input_runs_from_a_file() {
    let folder = Folder::good();
    folder.run(&["build", "--single"]).exits(0);
    let script = fs::File::open(folder.path(SCRIPT)).expect("the script can be opened");
    let run = Command::new("bash")
        .args(["-s", "help"])
        .stdin(script)
        .output()
        .expect("bash runs");
    let direct = help(&folder);
    assert_eq!(
        run.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(run.stdout.starts_with(b"hello-spring: blue/green"));
    assert_eq!(run.stdout, direct.stdout);
}

#[test]
fn one_of_two_files_cannot_be_fed_through_standard_input() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let script = fs::File::open(folder.path(SCRIPT)).expect("the script can be opened");
    let mut bash = Command::new("bash");
    let ran = bash.args(["-s", "help"]).stdin(script).output();
    let ran = ran.expect("bash runs");
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let said = "hello-spring: this script is one of two files: for standard input, use what `deployc build --stdout` prints\n";
    assert_eq!(String::from_utf8_lossy(&ran.stderr), said);
}

/// If the runtime is not the right one, the script says what is wrong and what to do, and reads nothing of the runtime.
#[test]
fn a_wrong_runtime_is_refused_with_the_reason() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let runtime = runtime();
    let good = folder.read(&runtime);
    let name = deployc::emit::runtime_file();
    let path = folder
        .path(&runtime)
        .canonicalize()
        .expect("the runtime is there");
    let path = path.display();
    let version = deployc::emit::VERSION;
    let ran = help(&folder);
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let half = &good[..good.len() / 2];
    let edited = good.replacen("\nusage() {", "\n\nusage() {", 1);
    assert_ne!(edited, good);
    let old = good.replacen(version, "0.0.9", 1);
    let bad = "\nexit 7\n";
    for (text, why) in [
        (half.to_owned(), "is incomplete".to_owned()),
        (edited.clone(), "was edited".to_owned()),
        (
            format!("{}{bad}{}", half, &good[half.len()..]),
            "was edited".to_owned(),
        ),
        (old, format!("is not of version {version}")),
        (
            "exit 7\n".to_owned(),
            "is not a runtime of deployc".to_owned(),
        ),
        (String::new(), "is not a runtime of deployc".to_owned()),
    ] {
        folder.write(&runtime, text);
        let ran = help(&folder);
        assert_eq!(ran.status.code(), Some(3), "{why}: {ran:?}");
        assert_eq!(ran.stdout, b"", "{why}");
        let said = String::from_utf8_lossy(&ran.stderr);
        let wanted = format!(
            "hello-spring: {path} {why}: copy both files that `deployc build` wrote, hello-spring.sh and {name}\n"
        );
        assert_eq!(said, wanted);
    }
    fs::remove_file(folder.path(&runtime)).expect("the runtime was there");
    let ran = help(&folder);
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stderr);
    let wanted = format!("hello-spring: {path} is missing: copy both files");
    assert!(said.starts_with(&wanted), "{said}");
    // A release and `resume` keep the runtime in this folder, under the name that the script pins.
    let pinned = deployc::emit::runtime_id();
    folder.write(&format!("deploy/runtimes/{pinned}"), &edited);
    let ran = help(&folder);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(
        said.contains(&format!("/runtimes/{pinned} was edited")),
        "{said}"
    );
    folder.write(&format!("deploy/runtimes/{pinned}"), &good);
    assert_eq!(help(&folder).status.code(), Some(0));
}

/// The script reads the runtime from the file whose hash it has checked, not again by its name.
#[test]
fn a_runtime_that_is_exchanged_after_the_check_is_not_read() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let runtime = folder.path(&runtime());
    folder.write("other", "exit 7\n");
    // It prints the hash, and then puts the other file in the place of the runtime.
    let exchange = format!(
        "#!/bin/bash\n/usr/bin/sha256sum && mv '{}' '{}'\n",
        folder.path("other").display(),
        runtime.display()
    );
    folder.write("bin/sha256sum", exchange);
    let program = folder.path("bin/sha256sum");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut script = Command::new(folder.path(SCRIPT));
    script
        .arg("help")
        .env("PATH", format!("{}:{path}", folder.path("bin").display()));
    let ran = script.output().expect("the script runs");
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with(b"hello-spring: blue/green"));
    let exchanged = fs::read_to_string(runtime).expect("a file is there");
    assert_eq!(exchanged, "exit 7\n");
}

/// The last line of a script starts the command. A script without its end must not exit 0 as if it had deployed.
#[test]
fn half_a_script_says_so() {
    let folder = Folder::good();
    for (form, early) in [(&["build"][..], 20), (&["build", "--single"], 60)] {
        folder.run(form).exits(0);
        let script = folder.read(SCRIPT);
        let lines: Vec<&str> = script.lines().collect();
        let cuts = [
            lines.len() - 1,
            lines.len() - 2,
            lines.len() - 20,
            lines.len() / 2,
            early,
        ];
        for cut in cuts {
            folder.write(SCRIPT, lines[..cut].join("\n"));
            let ran = help(&folder);
            assert_eq!(ran.status.code(), Some(3), "{cut}: {ran:?}");
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(
                said.contains("hello-spring.sh is incomplete: copy it again\n"),
                "{said}"
            );
        }
        folder.run(form).exits(0);
    }
}

#[test]
fn several_compilers_share_a_folder_and_each_runtime_stays_as_long_as_it_is_pinned() {
    let folder = Folder::with(&[("deploy.bg", GOOD), ("other.bg", &other())]);
    folder.run(&["build", "deploy.bg", "other.bg"]).exits(0);
    let ran = folder
        .run(&["build", "deploy.bg", "other.bg", "--check"])
        .exits(0);
    assert_eq!(ran.err, "");
    // Changes the manifest as if an older compiler had built the other app.
    let manifest = folder.read("deploy/manifest.json");
    let (mine, theirs) = manifest
        .split_once("\"other.bg\"")
        .expect("the manifest has two builds");
    let old = "deploy/deployc-runtime-0.0.9-00000000.sh";
    let hash = deployc::emit::manifest::sha256("old\n");
    let theirs = theirs.replace(&runtime(), old);
    let theirs: Vec<String> = theirs
        .lines()
        .map(|line| {
            if line.contains(old) {
                format!("        \"{old}\": \"{hash}\",")
            } else {
                line.to_owned()
            }
        })
        .collect();
    folder.write(
        "deploy/manifest.json",
        format!("{mine}\"other.bg\"{}\n", theirs.join("\n")),
    );
    folder.write(old, "old\n");
    folder.run(&["build", "deploy.bg"]).exits(0);
    assert!(folder.path(old).exists() && folder.path(&runtime()).exists());
    let ran = folder.run(&["build", "other.bg"]).exits(0);
    assert!(ran.err.contains(&format!("removed {old}\n")), "{}", ran.err);
    // One app is removed, but the other one still needs the runtime.
    fs::remove_file(folder.path("other.bg")).expect("other.bg was there");
    folder.run(&["build", "deploy.bg"]).exits(0);
    assert!(!folder.path("deploy/other.sh").exists() && folder.path(&runtime()).exists());
    folder.run(&["build", "deploy.bg", "--check"]).exits(0);
}

/// Each script of a folder reads the runtime that its compiler has made.
#[test]
fn scripts_of_two_compilers_run_from_one_folder() {
    let folder = Folder::with(&[("deploy.bg", GOOD), ("other.bg", &other())]);
    folder.run(&["build", "deploy.bg", "other.bg"]).exits(0);
    // The other app gets the runtime of another compiler: one line differs, and it prints which runtime it is.
    let now = deployc::emit::runtime_id();
    let text = folder.read(&runtime());
    let theirs = text.replacen(
        "\nusage() {\n",
        "\nusage() {\n  echo 'the other runtime'\n",
        1,
    );
    assert_ne!(theirs, text);
    let hash = deployc::emit::manifest::sha256(&theirs);
    let version = deployc::emit::VERSION;
    folder.write(
        &format!("deploy/deployc-runtime-{version}-{}.sh", &hash[..8]),
        theirs,
    );
    let script = folder.read("deploy/other.sh");
    let script = script.replace(&now, &format!("{version}-{hash}"));
    folder.write("deploy/other.sh", script);
    for (script, app, is_other) in [
        (SCRIPT, "hello-spring: blue/green", false),
        ("deploy/other.sh", "other: blue/green", true),
    ] {
        let mut help = Command::new("bash");
        let ran = help.arg(folder.path(script)).arg("help").output();
        let ran = ran.expect("bash runs");
        assert_eq!(ran.status.code(), Some(0), "{ran:?}");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(said.contains(app), "{said}");
        assert_eq!(said.contains("the other runtime"), is_other, "{said}");
    }
}

#[test]
fn the_runtime_can_be_asked_for_and_checked() {
    let folder = Folder::good();
    let ran = folder.run(&["runtime", "--hash"]).exits(0);
    let id = deployc::emit::runtime_id();
    assert_eq!(
        ran.out,
        format!("{id}  {}\n", deployc::emit::runtime_file())
    );
    folder.run(&["build"]).exits(0);
    assert!(folder.read(SCRIPT).contains(&format!("\nruntime={id}\n")));
    let path = runtime();
    let ran = folder.run(&["runtime", "--check", &path]).exits(0);
    assert!(ran.err.contains("the released runtime"), "{}", ran.err);
    let good = folder.read(&path);
    for (text, why) in [
        (
            good.replacen("\nusage() {", "\nuse() {", 1),
            "edited: line ",
        ),
        (good[..1000].to_owned(), "incomplete"),
        (good.replace('\n', "\r\n"), "CR LF"),
        (
            good.replacen(deployc::emit::VERSION, "0.0.9", 1),
            "of deployc 0.0.9",
        ),
        (format!("{good}\n"), "edited at its end"),
        ("#!/bin/sh\n".to_owned(), "not a runtime of deployc"),
    ] {
        folder.write("file", text);
        let ran = folder.run(&["runtime", "--check", "file"]).exits(1);
        assert!(ran.err.contains(why), "{why}: {}", ran.err);
    }
    folder.run(&["runtime", "--check", "nowhere"]).exits(2);
    folder.run(&["runtime"]).exits(2);
    folder
        .run(&["runtime", "--hash", "--check", "file"])
        .exits(2);
}
