//! Tests of `plan`, `explain`, the help, and an output that nobody reads to its end.

use super::run::Folder;
use std::process::{Command, Stdio};

#[test]
fn plan_prints_a_table() {
    let ran = Folder::good().run(&["plan"]).exits(0);
    assert!(
        ran.out.starts_with("hello-spring: what a deployment does"),
        "{}",
        ran.out
    );
    for phase in ["\nprepare: ", "\nswitch: ", "\ncleanup: ", "\ncallers\n"] {
        assert!(ran.out.contains(phase), "{}", ran.out);
    }
}

#[test]
fn codes_drivers_and_types_are_explained() {
    let folder = Folder::with(&[]);
    for (topic, words) in [
        ("BG401", "# BG401"),
        ("bg401", "# BG401"),
        ("nginx", "upstream: string"),
        ("jar", "It also has the settings of `process`"),
        ("duration", "# duration: a type"),
        ("map", "# map of: a type"),
        ("list of", "# list of: a type"),
        ("spring.health", "\n  within 2m\n"),
        ("spring.readiness", "The readiness group"),
        ("defaults", "\n  drain 30s "),
    ] {
        let ran = folder.run(&["explain", topic]).exits(0);
        assert!(ran.out.contains(words), "{topic}: {}", ran.out);
    }
    let list = folder.run(&["explain"]).exits(0).out;
    for topic in [
        "BG001",
        "nginx",
        "codedeploy",
        "spring.health",
        "duration",
        "defaults",
    ] {
        assert!(list.contains(topic), "{list}");
    }
    let ran = folder.run(&["explain", "ngnix"]).exits(2);
    assert!(ran.err.contains("did you mean `nginx`?"), "{}", ran.err);
    let ran = folder.run(&["explain", "spring.helth"]).exits(2);
    let near = "did you mean `spring.health`?";
    assert!(ran.err.contains(near), "{}", ran.err);
}

#[test]
fn a_code_is_no_suggestion_for_another_code() {
    // BG216 was removed. BG116 has nothing to do with it.
    let ran = Folder::with(&[]).run(&["explain", "BG216"]).exits(2);
    assert!(!ran.err.contains("did you mean"), "{}", ran.err);
    assert!(ran.err.contains("`deployc explain` lists"), "{}", ran.err);
}

#[test]
fn a_driver_of_the_user_s_is_explained_like_ours() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/haproxy-driver");
    let folder = Folder::with(&[]);
    let ran = folder.run(&["explain", "haproxy"]).exits(2);
    let next = "`deployc explain haproxy FILE` also searches a file of yours";
    assert!(ran.err.contains(next), "{}", ran.err);
    let mut pages = Vec::new();
    for file in ["deploy.bg", "haproxy.bg"] {
        let file = format!("{example}/{file}");
        let ran = folder.run(&["explain", "haproxy", &file]).exits(0);
        assert_eq!(ran.err, "");
        pages.push(ran.out);
    }
    assert_eq!(pages[0], pages[1]);
    for words in [
        "# switch haproxy\n\nHAProxy on this host in master-worker mode",
        "\nbackend: string",
        "\n    The file of the app's backend",
        "\nfunctions: routed, read,",
    ] {
        assert!(pages[0].contains(words), "{words}: {}", pages[0]);
    }
    let file = format!("{example}/deploy.bg");
    let ran = folder.run(&["explain", "haprxy", &file]).exits(2);
    assert!(ran.err.contains("did you mean `haproxy`?"), "{}", ran.err);
}

#[test]
fn what_a_file_defines_or_uses_is_explained() {
    let folder = Folder::with(&[
        ("deploy.bg", "use \"./lib/common.bg\"\nuse \"std/spring\"\n"),
        (
            "lib/common.bg",
            "## Up, and not only listening.\nprobe up {\n  get \"http://127.0.0.1:{port}/up\"\n}\n\n\
             ## nginx as we have it.\ndriver switch nginx {\n  extends base\n}\n\n\
             driver switch base {\n  extends nginx\n}\n",
        ),
    ]);
    let explained = |topic: &str| folder.run(&["explain", topic, "deploy.bg"]).exits(0).out;
    assert_eq!(
        explained("up"),
        "# probe up\n\nUp, and not only listening.\n\nprobe up {\n  get \"http://127.0.0.1:{port}/up\"\n}\n\n\
         Use it: `probe ready from up`.\n"
    );
    assert_eq!(explained("spring.health").matches("# probe").count(), 1);
    // The user's driver `nginx` replaces ours.
    let nginx = explained("nginx");
    assert!(nginx.starts_with("# switch nginx\n\nnginx as we have it.\n"));
    assert!(
        nginx.contains("`deployc explain base deploy.bg` (switch)"),
        "{nginx}"
    );
    assert!(explained("jar").starts_with("# run jar"));
    folder.write("deploy.bg", "probe up {\n");
    let ran = folder.run(&["explain", "nginx", "deploy.bg"]).exits(1);
    assert!(ran.err.contains("BG006"), "{}", ran.err);
    assert!(ran.out.starts_with("# switch nginx"), "{}", ran.out);
    folder.run(&["explain", "nginx", "none.bg"]).exits(2);
}

#[test]
fn help_teaches() {
    let folder = Folder::with(&[]);
    for command in [
        "build",
        "check",
        "fmt",
        "plan",
        "explain",
        "runtime",
        "completions",
        "man",
    ] {
        let ran = folder.run(&[command, "--help"]).exits(0);
        assert!(ran.out.contains("Example"), "{command}: {}", ran.out);
    }
    assert!(
        folder
            .run(&["--help"])
            .exits(0)
            .out
            .contains("Exit: 0 clean")
    );
    assert!(
        folder
            .run(&["--version"])
            .exits(0)
            .out
            .starts_with("deployc ")
    );
    assert!(folder.run(&[]).exits(2).err.contains("Usage"));
}

#[test]
fn completions_and_manual_page() {
    let folder = Folder::with(&[]);
    assert!(
        folder
            .run(&["completions", "bash"])
            .exits(0)
            .out
            .contains("deployc")
    );
    assert!(folder.run(&["man"]).exits(0).out.contains(".TH deployc"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::good();
    let mut child = Command::new(env!("CARGO_BIN_EXE_deployc"))
        .args(["build", "--stdout"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("deployc runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("deployc ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
