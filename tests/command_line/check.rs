//! Tests of `deployc check`, and of every command's message about a file that it cannot read.

use super::run::{Folder, GOOD};

#[test]
fn a_good_file_is_clean() {
    let folder = Folder::good();
    let ran = folder.run(&["check"]).exits(0);
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("", "deploy.bg: nothing found\n")
    );
}

#[test]
fn findings_go_to_stderr_for_people_and_to_stdout_for_programs() {
    let folder = Folder::with(&[("deploy.bg", &GOOD.replace("port 8082", "port 8081"))]);
    let ran = folder.run(&["check"]).exits(1);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("BG501"), "{}", ran.err);
    let ran = folder.run(&["check", "--format", "short"]).exits(1);
    assert!(ran.out.starts_with("deploy.bg:10:"), "{}", ran.out);
    let ran = folder.run(&["check", "--format", "json"]).exits(1);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("the output is JSON");
    assert_eq!(json["version"], 1);
}

#[test]
fn standard_input_has_a_name() {
    let folder = Folder::with(&[]);
    let bad = GOOD.replace("port 8082", "port 8081");
    let arguments = [
        "check",
        "-",
        "--format",
        "short",
        "--stdin-filename",
        "shop/deploy.bg",
    ];
    let ran = folder.run_with(&arguments, &bad, &[]).exits(1);
    assert!(ran.out.starts_with("shop/deploy.bg:10:"), "{}", ran.out);
}

#[test]
fn files_that_cannot_be_read_end_with_2_and_a_reason() {
    let folder = Folder::with(&[("folder/x", ""), ("latin", "")]);
    folder.write("latin", b"app caf\xE9 {\n}\n");
    for (arguments, why) in [
        (vec!["check"], "there is no `deploy.bg` in this folder"),
        (
            vec!["build", "nothing.bg"],
            "`nothing.bg` cannot be read: there is no such file",
        ),
        (
            vec!["plan", "folder"],
            "`folder` cannot be read: it is a folder; name a file in it, for example `folder/deploy.bg`",
        ),
        (
            vec!["fmt", "latin"],
            "`latin`: BG002: the file is not UTF-8: byte 7 (on line 1) is 0xE9",
        ),
        (
            vec!["check", "/proc/self/mem"],
            "`/proc/self/mem` cannot be read: ",
        ),
        (
            vec!["explain", "BG999"],
            "there is no code, driver, probe or type `BG999`",
        ),
        (vec!["nonsense"], "unrecognized subcommand 'nonsense'"),
        (vec!["build", "--check", "--stdout"], "cannot be used with"),
    ] {
        let ran = folder.run(&arguments).exits(2);
        assert_eq!(ran.out, "");
        assert!(ran.err.contains(why), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others_findings() {
    let folder = Folder::with(&[("bad.bg", "app x {\n  colr blue { port 1 }\n}\n")]);
    let arguments = ["check", "--format", "short", "missing.bg", "bad.bg"];
    let ran = folder.run(&arguments).exits(2);
    assert!(ran.out.contains("bad.bg:2:3: error[BG010]"), "{}", ran.out);
    let why = "`missing.bg` cannot be read: there is no such file";
    assert!(ran.err.contains(why), "{}", ran.err);
}

#[test]
fn every_command_goes_on_after_a_file_that_it_cannot_read() {
    let why = "`missing.bg` cannot be read: there is no such file";
    for (command, done) in [
        ("fmt", "deploy.bg: reformatted\n"),
        ("build", "wrote deploy/hello-spring.sh\n"),
        ("plan", "hello-spring: what a deployment does"),
    ] {
        let folder = Folder::with(&[("deploy.bg", &GOOD.replace("drain 30s", "drain  30s"))]);
        let ran = folder
            .run(&[command, "missing.bg", "deploy.bg", "nor-this.bg"])
            .exits(2);
        assert!(ran.err.contains(why), "{command}: {}", ran.err);
        assert!(ran.err.contains("`nor-this.bg`"), "{command}: {}", ran.err);
        let shown = [ran.out, ran.err].concat();
        assert!(shown.contains(done), "{command}: {shown}");
    }
}

#[test]
fn a_line_that_nobody_reads_is_not_printed() {
    let folder = Folder::with(&[("deep.bg", &"{".repeat(200_000))]);
    let ran = folder.run(&["check", "deep.bg"]).exits(1);
    assert!(ran.err.contains("it is at deep.bg:1:65"), "{}", ran.err);
    assert!(ran.err.len() < 1000, "{} bytes", ran.err.len());
}

#[test]
fn a_large_file_is_refused() {
    let folder = Folder::with(&[("deploy.bg", "")]);
    folder.write("deploy.bg", vec![b'{'; 10 << 20]);
    let ran = folder.run(&["check"]).exits(2);
    assert!(ran.err.contains("it is larger than 1 MiB"), "{}", ran.err);
    let ran = folder
        .run_with(&["check", "-"], &"{".repeat(5 << 20), &[])
        .exits(2);
    assert!(
        ran.err.contains("standard input: it is larger than 1 MiB"),
        "{}",
        ran.err
    );
}

#[test]
fn colors_are_for_terminals_or_when_asked_for() {
    let folder = Folder::with(&[("deploy.bg", "app {\n")]);
    let escape = '\u{1b}';
    let plain = folder.run(&["check"]).exits(1);
    assert!(!plain.err.contains(escape));
    let colored = folder.run(&["check", "--color", "always"]).exits(1);
    assert!(colored.err.contains(escape));
    let never = folder.run(&["--color", "never", "check"]).exits(1);
    assert!(!never.err.contains(escape));
    // A `NO_COLOR` that is not empty switches the colors off on a terminal. `--color` wins over it.
    let shown =
        |arguments: &[&str], no_color: Option<&str>| folder.run_on_a_terminal(arguments, no_color);
    assert!(shown(&["check"], None).contains(escape));
    assert!(!shown(&["check"], Some("1")).contains(escape));
    assert!(shown(&["check"], Some("")).contains(escape));
    assert!(shown(&["check", "--color", "always"], Some("1")).contains(escape));
    assert!(!shown(&["check", "--color", "never"], None).contains(escape));
}

#[test]
fn a_hook_that_is_too_short_is_shown_at_its_limit() {
    let hook =
        "target codedeploy {\n    hook \"ValidateService\" {\n      within = 5s\n    }\n  }\n";
    let text = GOOD.replace("target codedeploy\n", hook);
    let line = text.lines().position(|line| line.contains("within = 5s"));
    let line = line.expect("the source has a target") + 1;
    let folder = Folder::with(&[("deploy.bg", &text)]);
    let ran = folder.run(&["check", "--format", "short"]).exits(1);
    let place = format!("deploy.bg:{line}:16: error[BG401]: hook `ValidateService`");
    assert!(ran.out.contains(&place), "{}", ran.out);
    // `plan` still shows the table, because the seconds are in it. `build` writes nothing.
    let ran = folder.run(&["plan"]).exits(1);
    assert!(ran.err.contains("BG401"), "{}", ran.err);
    assert!(ran.out.contains("\ncallers\n"), "{}", ran.out);
    folder.run(&["build"]).exits(1);
    assert!(!folder.path("deploy").exists());
}
