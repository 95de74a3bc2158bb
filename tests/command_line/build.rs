//! `deployc build`

use super::run::{Folder, GOOD};
use std::fs;
use std::process::Command;

const SCRIPT: &str = "deploy/hello-spring.sh";

/// The runtime beside it.
fn runtime() -> String {
    format!("deploy/{}", deployc::emit::runtime_file())
}

/// Another app, whose files are its own.
fn other() -> String {
    GOOD.replace("app hello-spring", "app other")
        .replace("  target codedeploy\n", "")
        .replace("color real", "color other")
}

/// What a host would say to the script's `help`.
fn help(folder: &Folder) -> std::process::Output {
    let mut script = Command::new(folder.path(SCRIPT));
    script.arg("help").output().expect("it runs")
}

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
    // It is read, never run.
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
    // Thousands of lines that say nothing of the source.
    assert!(!ran.out.contains("+# deployc-runtime "), "{}", ran.out);
    assert!(
        ran.err
            .ends_with("run `deployc build deploy.bg` and commit what it writes\n"),
        "{}",
        ran.err
    );
    assert_eq!(folder.files(), before);
    folder.run(&["build"]).exits(0);
    let ran = folder.run(&["build", "--check"]).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

#[test]
fn check_tells_stale_from_edited_by_hand_and_shows_the_difference() {
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
        ran.out
            .contains("\n-drain_within=30000 # ms; @35\n+drain_within=40000"),
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
    fs::set_permissions(folder.path(SCRIPT), fs::Permissions::from_mode(0o644)).expect("a mode");
    let ran = folder.run(&["build", "--check"]).exits(1);
    assert!(
        ran.err
            .contains("hello-spring.sh: not with the right permissions"),
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
    assert!(ran.err.contains("left: no longer made, but edited by hand; remove it yourself: deploy/hooks/BeforeInstall.sh\n"), "{}", ran.err);
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
        ran.err.contains("is made from `deploy.bg` too"),
        "{}",
        ran.err
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn a_source_may_be_renamed() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    fs::rename(folder.path("deploy.bg"), folder.path("shop.bg")).expect("renamed");
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
    let (_, app) = one.split_once("app hello-spring").expect("an app");
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
fn stdout_prints_the_single_form_and_writes_nothing() {
    let folder = Folder::good();
    let ran = folder.run(&["build", "--stdout"]).exits(0);
    assert_eq!(folder.files().len(), 1);
    folder.run(&["build", "--single"]).exits(0);
    assert_eq!(ran.out, folder.read(SCRIPT));
    assert!(!folder.path(&runtime()).exists());
    assert!(ran.out.contains(&deployc::emit::runtime_id()));
    assert!(ran.out.contains(deployc::emit::runtime_text()));
    let ran = folder.run(&["build", "--single"]).exits(0);
    assert!(ran.err.contains("everything is up to date"), "{}", ran.err);
    // From one form to the other and back: what is not needed goes.
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
    let script = fs::File::open(folder.path(SCRIPT)).expect("the script");
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
    let script = fs::File::open(folder.path(SCRIPT)).expect("the script");
    let mut bash = Command::new("bash");
    let ran = bash.args(["-s", "help"]).stdin(script).output();
    let ran = ran.expect("bash runs");
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let said = "hello-spring: one of two files: through standard input comes what `deployc build --stdout` prints\n";
    assert_eq!(String::from_utf8_lossy(&ran.stderr), said);
}

/// The runtime that a host got: what is wrong with it is said, with what to do, and nothing of it is read.
#[test]
fn a_runtime_that_is_not_the_one_is_told_for_what_it_is() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let runtime = runtime();
    let good = folder.read(&runtime);
    let name = deployc::emit::runtime_file();
    let path = folder.path(&runtime).canonicalize().expect("it is there");
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
        (half.to_owned(), "is not whole".to_owned()),
        (edited.clone(), "was edited".to_owned()),
        (
            format!("{}{bad}{}", half, &good[half.len()..]),
            "was edited".to_owned(),
        ),
        (old, format!("is not of version {version}")),
        ("exit 7\n".to_owned(), "is no runtime of deployc".to_owned()),
        (String::new(), "is no runtime of deployc".to_owned()),
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
    fs::remove_file(folder.path(&runtime)).expect("it was there");
    let ran = help(&folder);
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stderr);
    let wanted = format!("hello-spring: {path} is not there: copy both files");
    assert!(said.starts_with(&wanted), "{said}");
    // Where a release and `resume` keep it: by the name that the script pins.
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

/// Half a script has no last line that would begin anything: it must not pass for a deployment that went well.
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
                said.contains("hello-spring.sh is not whole: copy it again\n"),
                "{said}"
            );
        }
        folder.run(form).exits(0);
    }
}

/// All that a caller may have exported: functions in the place of what the first lines call, options, variables of our names.
#[test]
fn what_the_caller_has_changes_nothing() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    let path = folder.path(SCRIPT);
    let run = |setup: &str, words: &[&str]| {
        let script = format!("{setup}\n\"$@\"\n");
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", &script, "bash"])
            .args(words)
            .arg(&path)
            .arg("help");
        let ran = bash.output().expect("bash runs");
        assert_eq!(ran.status.code(), Some(0), "{setup} {words:?}: {ran:?}");
        assert!(
            ran.stdout.starts_with(b"hello-spring: blue/green"),
            "{setup}: {ran:?}"
        );
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{setup}");
    };
    for function in [
        "unset",
        "set",
        "builtin",
        "command",
        "exec",
        "declare",
        "shopt",
        "read",
        "printf",
        "readlink",
        "sha256sum",
        "main",
        "step",
        "usage",
        "load_runtime",
        "cat",
        "trap",
        "umask",
        "compgen",
        "tail",
        "[",
        "test",
        "echo",
        "local",
        "source",
        ".",
        "exit",
        "export",
    ] {
        run(
            &format!(
                "export \"BASH_FUNC_{function}%%=() {{ /bin/echo SHADOWED >&2; return 1; }}\" 2>/dev/null || \
                      exec env \"BASH_FUNC_{function}%%=() {{ /bin/echo SHADOWED >&2; return 1; }}\" \"$@\""
            ),
            &[],
        );
    }
    for options in [
        "noglob",
        "noclobber",
        "errexit",
        "nounset",
        "allexport",
        "keyword",
        "posix",
        "pipefail",
    ] {
        run(&format!("export SHELLOPTS; set -o {options}"), &[]);
    }
    for options in [
        "failglob",
        "nullglob",
        "dotglob",
        "nocaseglob",
        "nocasematch",
        "expand_aliases",
        "lastpipe",
        "xpg_echo",
    ] {
        run(&format!("export BASHOPTS; shopt -s {options}"), &[]);
    }
    run(
        "export CDPATH=/ GLOBIGNORE='*' TMOUT=1 FUNCNEST=1 POSIXLY_CORRECT=1 ENV=/nowhere BASH_ENV=/dev/null IFS=0123456789",
        &[],
    );
    run(
        "export app=x runtime=x name=x hash=x colors=x services=x port_of=x deadline=x command=x format=x usage=x file=x",
        &[],
    );
    run("umask 777", &[]);
    run("", &["bash", "-e", "-f", "-C", "-k"]);
    run("", &["bash", "--posix"]);
    run("exec 3</dev/null 10</dev/null 11</dev/null", &[]);
}

#[test]
fn several_compilers_share_a_folder_and_each_runtime_stays_as_long_as_it_is_pinned() {
    let folder = Folder::with(&[("deploy.bg", GOOD), ("other.bg", &other())]);
    folder.run(&["build", "deploy.bg", "other.bg"]).exits(0);
    let ran = folder
        .run(&["build", "deploy.bg", "other.bg", "--check"])
        .exits(0);
    assert_eq!(ran.err, "");
    // As if an older compiler had made the other one.
    let manifest = folder.read("deploy/manifest.json");
    let (mine, theirs) = manifest.split_once("\"other.bg\"").expect("two builds");
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
    // One of two goes: the runtime is still the other's.
    fs::remove_file(folder.path("other.bg")).expect("it was there");
    folder.run(&["build", "deploy.bg"]).exits(0);
    assert!(!folder.path("deploy/other.sh").exists() && folder.path(&runtime()).exists());
    folder.run(&["build", "deploy.bg", "--check"]).exits(0);
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
            "`{path}` is there and was not made by deployc: nothing was written; move it away, or build into another folder with `--out`"
        );
        assert!(ran.err.contains(&said), "{}", ran.err);
        let ran = folder.run(&["build", "--check"]).exits(1);
        assert!(
            ran.err.contains(&format!("{path}: not made by deployc\n")),
            "{}",
            ran.err
        );
        assert_eq!(folder.files(), before);
        // The same words are nobody's loss.
        fs::remove_file(folder.path(path)).expect("it was there");
        folder.run(&["build"]).exits(0);
        folder.write(path, format!("{}by hand\n", folder.read(path)));
        let ran = folder.run(&["build"]).exits(0);
        assert!(ran.err.contains(&format!("{path}\n")), "{}", ran.err);
    }
}

/// Two branches have built: git leaves both in the manifest, between its marks.
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
    // What a user adds to ours stays.
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
    // Beside the source it would speak of everything there.
    let folder = Folder::good();
    folder.run(&["build", "--out", "."]).exits(0);
    assert!(!folder.path(".gitattributes").exists());
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
    assert!(ran.err.contains("as it was released"), "{}", ran.err);
    let good = folder.read(&path);
    for (text, why) in [
        (
            good.replacen("\nusage() {", "\nuse() {", 1),
            "edited: line ",
        ),
        (good[..1000].to_owned(), "not whole"),
        (good.replace('\n', "\r\n"), "CR LF"),
        (
            good.replacen(deployc::emit::VERSION, "0.0.9", 1),
            "of deployc 0.0.9",
        ),
        (format!("{good}\n"), "edited at its end"),
        ("#!/bin/sh\n".to_owned(), "no runtime of deployc"),
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
fn nothing_is_written_for_a_source_with_mistakes() {
    let folder = Folder::good();
    folder.run(&["build"]).exits(0);
    folder.write("deploy.bg", GOOD.replace("port 8082", "port 8081"));
    let before = folder.files();
    let ran = folder.run(&["build"]).exits(1);
    assert!(ran.err.contains("BG501"), "{}", ran.err);
    assert_eq!(folder.files(), before);
}

/// We are root here, whom no permission stops; a file in place of a folder stops everybody.
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
    let path = path.to_str().expect("UTF-8");
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
    let path = path.to_str().expect("UTF-8");
    // Room for the source, an old script, and half of a new one.
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

/// Runs a script with `$1` the folder and `$2` deployc, its mounts seen by nobody else. `None`, and
/// said, where this machine does not let us mount.
fn in_mount_namespace(script: &str, folder: &str) -> Option<std::process::Output> {
    let unshare = |script: &str| {
        Command::new("unshare")
            .args(["--mount", "bash", "-c", script, "bash", folder])
            .arg(env!("CARGO_BIN_EXE_deployc"))
            .output()
    };
    match unshare("mount -t tmpfs none \"$1\"") {
        Ok(tried) if tried.status.success() => Some(unshare(script).expect("it runs again")),
        _ => {
            println!("skipped: no mount namespace on this machine");
            None
        }
    }
}
