//! The output of a script for each kind of reader: a program, GitHub Actions, a person at a terminal.

use std::time::Duration;

use serde_json::Value;

use crate::support::process::{Outcome, run};
use crate::support::site::{SCRIPT, SOURCE, Site};
use crate::support::skip::{Skip, need_programs};

crate::tests![
    json_is_json_on_every_line,
    github_folds_each_phase_once,
    github_annotates_the_line_that_failed,
    a_terminal_shows_a_step_while_it_runs,
];

/// Returns a site after one good deploy, because the output of a first deployment has additional messages.
fn deployed(source: &str) -> Result<Site, Skip> {
    let site = Site::with(source)?;
    site.deploy().ok();
    Ok(site)
}

/// Returns every line of the output as a JSON object.
fn objects(outcome: &Outcome) -> Vec<Value> {
    assert_eq!(
        outcome.stderr, "",
        "the whole output goes to standard output"
    );
    let object = |line: &str| -> Value {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|reason| panic!("{reason}: {line}"));
        assert_eq!(value["app"], "hello", "{line}");
        assert!(value["deployment"].is_string(), "{line}");
        value
    };
    outcome.stdout.lines().map(object).collect()
}

/// Returns the results of a step.
fn results<'a>(lines: &'a [Value], step: &str) -> Vec<&'a str> {
    let of_step = lines.iter().filter(|line| line["step"] == step);
    of_step.filter_map(|line| line["result"].as_str()).collect()
}

fn json_is_json_on_every_line() -> Result<(), Skip> {
    let site = deployed("outputs/talks")?;
    let json = |command: &str| site.run(&format!("{command} --log json"));
    let lines = objects(&json("deploy").ok());
    assert_eq!(results(&lines, "swap new"), ["ok"]);
    assert!(lines.iter().all(|line| line["level"] == "info"));
    let said: Vec<_> = lines
        .iter()
        .filter_map(|line| line["message"].as_str())
        .collect();
    let talk = "    | a \"quote\", a \\, a tab\t, a bell , 한";
    assert!(said.contains(&talk), "{said:?}");
    // JSON is UTF-8, so all other bytes are replaced.
    assert!(said.contains(&"    | caf?, 1 ??"), "{said:?}");
    assert!(said.contains(&"    | no end"), "{said:?}");

    for command in ["prepare", "abort", "deploy", "rollback", "cleanup"] {
        assert!(!objects(&json(command).ok()).is_empty());
    }
    site.stage("--health never");
    let lines = objects(&json("deploy").exits(1));
    assert_eq!(results(&lines, "gate new app ready"), ["FAILED"]);
    assert!(results(&lines, "swap new").is_empty());
    let error = lines.iter().find(|line| line["level"] == "error");
    let message = error.and_then(|line| line["message"].as_str());
    assert!(message.is_some_and(|text| text.contains("status 503")));
    Ok(())
}

/// Runs a command as a step of a workflow does.
fn under_github(site: &Site, command: &str) -> Outcome {
    site.run_with(command, &[("GITHUB_ACTIONS", "true")])
}

/// Returns the titles of the groups in their order. Checks that groups do not nest, and that each group ends.
fn groups(outcome: &Outcome) -> Vec<&str> {
    let mut titles = Vec::new();
    let mut open = false;
    for line in outcome.stdout.lines() {
        if let Some(title) = line.strip_prefix("::group::") {
            assert!(!open, "`{title}` begins in another group: {outcome}");
            open = true;
            titles.push(title.split(' ').next().unwrap_or_default());
        } else if line == "::endgroup::" {
            assert!(open, "an end without a beginning: {outcome}");
            open = false;
        }
    }
    assert!(!open, "the last group has no end: {outcome}");
    titles
}

fn github_folds_each_phase_once() -> Result<(), Skip> {
    let site = deployed("outputs/github_folds_each_phase_once")?;
    let deployed = under_github(&site, "deploy").ok();
    assert_eq!(groups(&deployed), ["prepare", "switch", "cleanup"]);
    deployed.never_says("::error").never_says("::warning");

    site.stage("--health never");
    assert_eq!(groups(&under_github(&site, "deploy").exits(1)), ["prepare"]);
    // This deploy fails in `switch`. The way back has its own group.
    site.stage("--broken /profile");
    let went_back = under_github(&site, "deploy").exits(1);
    assert_eq!(groups(&went_back), ["prepare", "switch", "way"]);
    site.stage("").deploy().ok();
    let rolled_back = under_github(&site, "rollback").ok();
    assert_eq!(groups(&rolled_back), ["rollback", "cleanup"]);
    Ok(())
}

/// Returns the annotations of a kind.
fn annotations<'a>(outcome: &'a Outcome, kind: &str) -> Vec<&'a str> {
    let lines = outcome.stdout.lines();
    lines.filter(|line| line.starts_with(kind)).collect()
}

fn github_annotates_the_line_that_failed() -> Result<(), Skip> {
    let site = deployed("outputs/github_annotates_the_line_that_failed")?;
    let outcome = under_github(&site, "deploy").ok();
    let warnings = annotations(&outcome, "::warning");
    assert_eq!(warnings.len(), 1, "{outcome}");
    assert!(
        warnings[0].starts_with("::warning title=hello::user blue after-verify.1"),
        "{outcome}"
    );

    let outcome = under_github(site.stage("--health never"), "deploy").exits(1);
    let errors = annotations(&outcome, "::error");
    assert_eq!(errors.len(), 1, "{outcome}");
    let probe = SOURCE.lines().position(|line| line.contains("probe ready"));
    let place = format!(
        "::error title=hello,file=deploy.bg,line={}::deploy of hello: failed at gate green app ready",
        probe.expect("there is a probe") + 1
    );
    assert!(errors[0].starts_with(&place), "{place}: {outcome}");
    assert!(errors[0].contains("status 503"), "{outcome}");
    // GitHub would read a bare `%` as the beginning of an escape.
    assert!(errors[0].contains("full=100%25"), "{outcome}");
    Ok(())
}

fn a_terminal_shows_a_step_while_it_runs() -> Result<(), Skip> {
    need_programs(&["script"])?;
    let site = deployed("hello")?;
    let at_a_terminal = || {
        let line = format!("{SCRIPT} deploy");
        let words = [
            "script",
            "--quiet",
            "--return",
            "--command",
            &line,
            "/dev/null",
        ];
        let mut command = site.host.command(&words);
        command.env("TERM", "xterm");
        run(command, Duration::from_secs(90))
    };
    // The terminal shows a line while the step runs. The step's result replaces this line.
    let step =
        |result: &str, name: &str| format!("\n  ..     {name}\r\u{1b}[K  {result:6} {name} (");
    at_a_terminal()
        .ok()
        .says(&step("ok", "gate blue app ready"))
        .says(&step("ok", "swap blue"));
    site.stage("--health never");
    at_a_terminal()
        .exits(1)
        .says(&step("ok", "make_release"))
        // The program's log came in between, so the result gets a line of its own.
        .says("\n  ..     gate green app ready\r\n  the last lines of app's log:\r\n")
        .says("\r\n  FAILED gate green app ready (");
    // Without a terminal no line is replaced.
    let plain = site.deploy().exits(1);
    plain
        .says("\n  FAILED gate green app ready (")
        .never_says("\r");
    Ok(())
}
