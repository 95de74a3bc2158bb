//! Tests of `deployc build`.

use super::run::{Folder, GOOD, SCRIPT, other, runtime};
use std::fs;
use std::process::Command;

#[test]
fn writes_everything_and_says_what_and_what_next() {
    let folder = Folder::good();
    let ran = folder.run(&["build"]).exits(0);
    assert_eq!(ran.out, "");
    let names: Vec<String> = folder.files().into_iter().map(|(name, _)| name).collect();
    let runtime = runtime();
    let expected = [
        "appspec.yml",
        "deploy.bg",
        "deploy/.gitattributes",
        runtime.as_str(),
        SCRIPT,
        "deploy/hooks/ApplicationStart.sh",
        "deploy/hooks/BeforeInstall.sh",
        "deploy/hooks/ValidateService.sh",
        "deploy/manifest.json",
        "deploy/nginx/real1.conf",
        "deploy/nginx/real2.conf",
    ];
    assert_eq!(names, expected);
    for name in expected.iter().filter(|name| **name != "deploy.bg") {
        assert!(
            ran.err.contains(&format!("wrote {name}\n")),
            "{name}: {}",
            ran.err
        );
    }
    assert!(
        ran.err.contains("next: review and commit them"),
        "{}",
        ran.err
    );
    assert_eq!(folder.mode(SCRIPT), 0o755);
    assert_eq!(folder.mode("deploy/hooks/ApplicationStart.sh"), 0o755);
    assert_eq!(folder.mode("appspec.yml"), 0o644);
    // The runtime is read, never run.
    assert_eq!(folder.mode(&runtime), 0o644);
}

#[test]
fn the_same_source_makes_the_same_bytes_wherever_it_lies() {
    let one = Folder::good();
    let two = Folder::with(&[("some/where/else/deploy.bg", GOOD)]);
    one.run(&["build"]).exits(0);
    two.run(&["build", "some/where/else/deploy.bg"]).exits(0);
    let moved: Vec<_> = two
        .files()
        .into_iter()
        .map(|(name, text)| (name.replace("some/where/else/", ""), text))
        .collect();
    assert_eq!(one.files(), moved);
    let again = one.run(&["build"]).exits(0);
    assert!(
        again.err.contains("everything is up to date"),
        "{}",
        again.err
    );
}

#[test]
fn check_is_clean_after_a_build_and_writes_nothing() {
    let folder = Folder::good();
    let before = folder.files();
    let ran = folder.run(&["build", "--check"]).exits(1);
    for path in [SCRIPT, &runtime()] {
        let missing = format!("{path}: missing\n");
        assert!(ran.err.contains(&missing), "{}", ran.err);
    }
    // The output leaves out the runtime: it has thousands of lines that do not depend on the source.
    assert!(!ran.out.contains("+# deployc-runtime "), "{}", ran.out);
    assert!(
        ran.err
            .ends_with("run `deployc build deploy.bg` and commit the files that it writes\n"),
        "{}",
        ran.err
    );
    assert_eq!(folder.files(), before);
    folder.run(&["build"]).exits(0);
    let ran = folder.run(&["build", "--check"]).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

#[test]
fn check_distinguishes_stale_from_edited_by_hand_and_shows_the_difference() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    folder.write("deploy.bg", GOOD.replace("drain 30s", "drain 40s"));
    let ran = folder.run(&["build", "--check"]).exits(1);
    assert!(
        ran.err.contains("deploy/hello-spring.sh: stale\n"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("deploy/manifest.json: stale\n"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("real1.conf"), "{}", ran.err);
    assert!(
        ran.out.contains(
            "\n-drain_within=30000 # ms; @35\n+lock_wait=50000    # ms\n+drain_within=40000"
        ),
        "{}",
        ran.out
    );
    folder.write("deploy.bg", GOOD);
    folder.write("deploy/nginx/real1.conf", "mine\n");
    let ran = folder.run(&["build", "--check"]).exits(1);
    assert!(
        ran.err
            .starts_with("deploy/nginx/real1.conf: edited by hand\n"),
        "{}",
        ran.err
    );
    let ran = folder.run(&["build", "--diff"]).exits(1);
    assert!(ran.out.contains("\n-mine\n+"), "{}", ran.out);
    assert_eq!(folder.read("deploy/nginx/real1.conf"), "mine\n");
}

#[test]
fn check_sees_a_script_that_cannot_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    fs::set_permissions(folder.path(SCRIPT), fs::Permissions::from_mode(0o644))
        .expect("a mode can be set");
    let ran = folder.run(&["build", "--check"]).exits(1);
    assert!(
        ran.err.contains("hello-spring.sh: wrong permissions"),
        "{}",
        ran.err
    );
    folder.run(&["build"]).exits(0);
    assert_eq!(folder.mode(SCRIPT), 0o755);
}

#[test]
fn what_is_no_longer_made_goes_unless_it_was_edited() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    folder.write("deploy/hooks/mine.sh", "mine\n");
    folder.write("deploy/hooks/BeforeInstall.sh", "edited\n");
    folder.write("deploy.bg", GOOD.replace("  target codedeploy\n", ""));
    let ran = folder.run(&["build", "--check"]).exits(1);
    assert!(
        ran.err.contains("appspec.yml: no longer made\n"),
        "{}",
        ran.err
    );
    let ran = folder.run(&["build"]).exits(0);
    assert!(ran.err.contains("removed appspec.yml\n"), "{}", ran.err);
    assert!(ran.err.contains("no longer made, but kept because it was edited by hand; remove it yourself: deploy/hooks/BeforeInstall.sh\n"), "{}", ran.err);
    assert!(!folder.path("appspec.yml").exists());
    assert!(!folder.path("deploy/hooks/ApplicationStart.sh").exists());
    assert_eq!(folder.read("deploy/hooks/mine.sh"), "mine\n");
    assert_eq!(folder.read("deploy/hooks/BeforeInstall.sh"), "edited\n");
}

#[test]
fn a_manifest_cannot_have_other_files_removed() {
    let folder = Folder::with(&[("shop/deploy.bg", GOOD), ("precious", "x")]);
    let hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let manifest = format!(
        r#"{{"builds": {{"deploy.bg": {{"deployc": "0", "sources": {{}}, "files": {{"../precious": "{hash}"}}}}}}}}"#
    );
    folder.write("shop/deploy/manifest.json", manifest);
    folder.run(&["build", "shop/deploy.bg"]).exits(0);
    assert_eq!(folder.read("precious"), "x");
}

#[test]
fn two_sources_share_a_folder_if_they_make_different_files() {
    let other = other();
    let folder = Folder::with(&[("deploy.bg", GOOD), ("other.bg", &other)]);
    folder.run(&["build", "deploy.bg", "other.bg"]).exits(0);
    folder.run(&["build", "other.bg"]).exits(0);
    folder
        .run(&["build", "--check", "deploy.bg", "other.bg"])
        .exits(0);
    assert!(folder.path(SCRIPT).exists() && folder.path("deploy/other.sh").exists());
    folder.write("third.bg", GOOD);
    let before = folder.files();
    let ran = folder.run(&["build", "third.bg"]).exits(2);
    assert!(
        ran.err.contains("is also made from `deploy.bg`"),
        "{}",
        ran.err
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn a_source_may_be_renamed() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    fs::rename(folder.path("deploy.bg"), folder.path("shop.bg")).expect("a file can be renamed");
    folder.write("shop.bg", GOOD.replace("app hello-spring", "app shop"));
    let ran = folder.run(&["build", "shop.bg"]).exits(0);
    assert!(
        ran.err.contains("removed deploy/hello-spring.sh\n"),
        "{}",
        ran.err
    );
    assert!(!folder.read("deploy/manifest.json").contains("hello-spring"));
    folder.run(&["build", "--check", "shop.bg"]).exits(0);
}

#[test]
fn two_apps_in_a_file_have_fragments_of_their_own() {
    let one = GOOD.replace("  target codedeploy\n", "");
    let (_, app) = one
        .split_once("app hello-spring")
        .expect("the source has an app");
    let other = app
        .replace("/home/ec2-user/app", "/srv/other")
        .replace("808", "809")
        .replace("service-url", "other-url");
    let folder = Folder::with(&[("deploy.bg", &format!("{one}\napp other{other}"))]);
    folder.run(&["build"]).exits(0);
    for path in [
        "hello-spring.sh",
        "other.sh",
        "nginx/hello-spring-real1.conf",
        "nginx/other-real2.conf",
    ] {
        assert!(folder.path("deploy").join(path).exists(), "{path}");
    }
    let ran = folder.run(&["build", "--stdout"]).exits(2);
    assert!(
        ran.err.contains("`hello-spring` and `other`"),
        "{}",
        ran.err
    );
}

#[test]
fn what_deployc_did_not_make_is_never_overwritten() {
    for path in [
        "appspec.yml",
        SCRIPT,
        "deploy/manifest.json",
        "deploy/nginx/real1.conf",
    ] {
        let folder = Folder::with(&[("deploy.bg", GOOD), (path, "by hand\n")]);
        let before = folder.files();
        let ran = folder.run(&["build"]).exits(2);
        let said = format!(
            "`{path}` exists and was not made by deployc: nothing was written; move the file away, or build into another folder with `--out`"
        );
        assert!(ran.err.contains(&said), "{}", ran.err);
        let ran = folder.run(&["build", "--check"]).exits(1);
        assert!(
            ran.err.contains(&format!("{path}: not made by deployc\n")),
            "{}",
            ran.err
        );
        assert_eq!(folder.files(), before);
        // A file that deployc has made is overwritten, even if it was edited by hand since.
        fs::remove_file(folder.path(path)).expect("the file was there");
        folder.run(&["build"]).exits(0);
        folder.write(path, format!("{}by hand\n", folder.read(path)));
        let ran = folder.run(&["build"]).exits(0);
        assert!(ran.err.contains(&format!("{path}\n")), "{}", ran.err);
    }
}

/// `deployc build` was run on two branches. A merge has left both versions of the manifest in the file, between git's
/// conflict markers.
#[test]
fn a_manifest_with_a_merge_in_it_still_names_our_files() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let manifest = folder.read("deploy/manifest.json");
    folder.write(
        "deploy/manifest.json",
        format!("<<<<<<< HEAD\n{manifest}=======\n{manifest}>>>>>>> theirs\n"),
    );
    folder.write("deploy/nginx/real1.conf", "<<<<<<< HEAD\nx\n");
    folder.run(&["build"]).exits(0);
    folder.run(&["build", "--check"]).exits(0);
    assert_eq!(folder.read("deploy/manifest.json"), manifest);
}

#[test]
fn a_gitattributes_of_the_users_own_is_left_alone() {
    let path = "deploy/.gitattributes";
    let lines =
        "* text=auto eol=lf\ndeployc-runtime-*.sh linguist-generated=true gitlab-generated=true\n";
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    assert_eq!(folder.read(path), format!("# Made by deployc.\n{lines}"));
    // The lines that a user adds to our file stay.
    folder.write(path, format!("{lines}*.png binary\n"));
    folder.run(&["build", "--check"]).exits(0);
    folder.run(&["build"]).exits(0);
    assert_eq!(folder.read(path), format!("{lines}*.png binary\n"));

    let folder = Folder::with(&[("deploy.bg", GOOD), (path, "*.sh text\n")]);
    let ran = folder.run(&["build"]).exits(0);
    assert!(
        ran.err
            .starts_with("advice: the `.gitattributes` here is yours"),
        "{}",
        ran.err
    );
    for line in lines.lines() {
        assert!(ran.err.contains(&format!("\n  {line}\n")), "{}", ran.err);
    }
    assert_eq!(folder.read(path), "*.sh text\n");
    assert!(
        !folder
            .read("deploy/manifest.json")
            .contains(".gitattributes")
    );
    folder.run(&["build", "--check"]).exits(0);
    folder.write(path, format!("*.sh text\n{lines}"));
    let ran = folder.run(&["build"]).exits(0);
    assert!(!ran.err.contains("advice"), "{}", ran.err);
    // In the folder of the source it would apply to all of the user's files, so it is not written there.
    let folder = Folder::good();
    let ran = folder.run(&["build", "--out", "."]).exits(0);
    assert!(!folder.path(".gitattributes").exists());
    assert!(
        ran.err
            .starts_with("advice: a `.gitattributes` here would apply to all of your files"),
        "{}",
        ran.err
    );
    for line in lines.lines() {
        assert!(ran.err.contains(&format!("\n  {line}\n")), "{}", ran.err);
    }
    folder.write(".gitattributes", lines);
    let ran = folder.run(&["build", "--out", "."]).exits(0);
    assert!(!ran.err.contains("advice"), "{}", ran.err);
}

/// git for Windows turns each LF into CR LF at a checkout, except where `.gitattributes` says otherwise. A runtime with
/// another byte would not be the one whose hash the script pins.
#[test]
fn a_checkout_of_git_changes_no_byte() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "core.autocrlf=true", "-c", "core.safecrlf=false"])
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(folder.path("."))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let ran = git.output().expect("git runs");
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "deploy"]);
    git(&["clone", "-q", ".", "again"]);
    // The source has no such line, so git changes it.
    assert!(folder.read("again/deploy.bg").contains("\r\n"));
    let runtime = runtime();
    let again = format!("again/{runtime}");
    assert_eq!(folder.read(&again), folder.read(&runtime));
    folder.run(&["runtime", "--check", &again]).exits(0);
    let mut script = Command::new(folder.path(&format!("again/{SCRIPT}")));
    let ran = script.arg("help").output().expect("the script runs");
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
}

#[test]
fn out_names_another_folder() {
    let folder = Folder::with(&[("src/deploy.bg", GOOD)]);
    folder
        .run(&["build", "src/deploy.bg", "--out", "src/made"])
        .exits(0);
    assert!(
        folder
            .read("src/appspec.yml")
            .contains("location: made/hooks/ApplicationStart.sh\n")
    );
    folder
        .run(&["build", "src/deploy.bg", "--out", "src/made", "--check"])
        .exits(0);
    folder
        .run(&["build", "src/deploy.bg", "--out", "elsewhere"])
        .exits(0);
    assert!(
        folder
            .read("elsewhere/appspec.yml")
            .contains("location: hooks/ApplicationStart.sh\n")
    );
    assert!(
        folder
            .read("elsewhere/hooks/ApplicationStart.sh")
            .ends_with("../hello-spring.sh prepare\n")
    );
    assert!(!folder.path("src/deploy").exists());
}

#[test]
fn sources_of_several_folders_share_one_elsewhere() {
    let other = other();
    let folder = Folder::with(&[("one/deploy.bg", GOOD), ("two/deploy.bg", &other)]);
    let build = ["build", "one/deploy.bg", "two/deploy.bg", "--out", "made"];
    folder.run(&build).exits(0);
    assert!(folder.path("made/hello-spring.sh").exists() && folder.path("made/other.sh").exists());
    folder.run(&[&build[..], &["--check"]].concat()).exits(0);
}

#[test]
fn stdout_prints_the_script_of_one_file() {
    let folder = Folder::good();
    folder.write("other.bg", other());
    let arguments = ["build", "--stdout", "deploy.bg", "other.bg"];
    let ran = folder.run(&arguments).exits(2);
    assert_eq!(ran.out, "");
    assert_eq!(
        ran.err,
        "error: `--stdout` prints one script, but 2 files are given: build into a folder instead\n"
    );
}

#[test]
fn nothing_is_written_for_a_source_with_mistakes() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    folder.write("deploy.bg", GOOD.replace("port 8082", "port 8081"));
    let before = folder.files();
    let ran = folder.run(&["build"]).exits(1);
    assert!(ran.err.contains("BG501"), "{}", ran.err);
    assert_eq!(folder.files(), before);
}

/// Permissions do not stop root, and the tests may run as root. So here a file is in the place of a folder, or a folder
/// in the place of a file.
#[test]
fn a_folder_that_cannot_be_written_leaves_what_was_there() {
    let folder = Folder::with(&[
        ("deploy.bg", GOOD),
        ("deploy/hooks", "a file\n"),
        (SCRIPT, "# Made by deployc 0.0.9\n"),
    ]);
    let before = folder.files();
    let ran = folder.run(&["build"]).exits(2);
    assert!(ran.err.contains("deploy/hooks/"), "{}", ran.err);
    assert_eq!(folder.files(), before);
    let folder = Folder::with(&[
        ("deploy.bg", GOOD),
        ("deploy/hello-spring.sh/x", "a folder\n"),
    ]);
    let before = folder.files();
    folder.run(&["build"]).exits(2);
    assert_eq!(folder.files(), before);
}

#[test]
fn a_read_only_file_system_leaves_what_was_there() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    folder.write("deploy.bg", GOOD.replace("drain 30s", "drain 40s"));
    let before = folder.files();
    let path = folder.path("");
    let path = path.to_str().expect("the path is UTF-8");
    let script =
        r#"mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && exec "$2" build"#;
    let Some(ran) = in_mount_namespace(script, path) else {
        return;
    };
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(
        err.contains("cannot be written: Read-only file system"),
        "{err}"
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = Folder::with(&[("deploy.bg", GOOD)]);
    let path = folder.path("");
    let path = path.to_str().expect("the path is UTF-8");
    // The disk has room for the source, an old script, and half of a new one.
    let script = r#"
        cp "$1/deploy.bg" /tmp/deploy.bg.$$ && mount -t tmpfs -o size=64k none "$1" && cd "$1" || exit 99
        mv /tmp/deploy.bg.$$ deploy.bg && mkdir deploy && echo '# Made by deployc 0.0.9' >deploy/hello-spring.sh || exit 99
        "$2" build
        code=$?
        [ "$(cat deploy/hello-spring.sh)" = '# Made by deployc 0.0.9' ] && [ "$(find . -type f | wc -l)" = 2 ] && [ "$(find . -type d | wc -l)" = 2 ] || exit 98
        exit "$code""#;
    let Some(ran) = in_mount_namespace(script, path) else {
        return;
    };
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(
        err.contains("cannot be written: No space left on device"),
        "{err}"
    );
}

/// Runs a script in its own mount namespace. `$1` is the folder and `$2` is deployc. If this machine does not allow
/// mounts, prints that the test is skipped and returns `None`.
fn in_mount_namespace(script: &str, folder: &str) -> Option<std::process::Output> {
    let unshare = |script: &str| {
        Command::new("unshare")
            .args(["--mount", "bash", "-c", script, "bash", folder])
            .arg(env!("CARGO_BIN_EXE_deployc"))
            .output()
    };
    match unshare("mount -t tmpfs none \"$1\"") {
        Ok(tried) if tried.status.success() => Some(unshare(script).expect("unshare runs again")),
        _ => {
            println!("skipped: no mount namespace on this machine");
            None
        }
    }
}
