//! Checks that the CodeDeploy agent of the tests behaves like the real one: a bundle that fails there also fails here.

use std::path::Path;
use std::time::Duration;

use crate::support::appspec::AppSpec;
use crate::support::codedeploy::{Agent, Code};
use crate::support::host::Host;
use crate::support::skip::Skip;

crate::tests![
    appspec_is_read_as_ruby_reads_it,
    scripts_fail_as_they_do_on_the_agent,
    scripts_run_in_the_agents_environment,
    install_deletes_what_it_installed_before,
];

#[expect(clippy::unnecessary_wraps, reason = "all tests have one signature")]
fn appspec_is_read_as_ruby_reads_it() -> Result<(), Skip> {
    let with = |head: &str, timeout: &str| {
        format!(
            "{head}\nos: linux\nhooks:\n  ApplicationStart:\n    - location: a.sh\n      timeout: {timeout}\n"
        )
    };
    for (timeout, seconds) in [("300", 300), ("5m", 5), ("0300", 192), ("299.9", 299)] {
        let spec =
            AppSpec::parse(&with("version: 0.0", timeout)).expect("the agent accepts the file");
        assert_eq!(
            spec.scripts("ApplicationStart")[0].timeout,
            seconds,
            "{timeout}"
        );
    }
    for bad in [
        with("version: \"0.0\"", "1"),
        with("version: 1.0", "1"),
        with("version: 0.0", "0"),
        with("version: 0.0", "3601"),
    ] {
        AppSpec::parse(&bad).expect_err(&bad);
    }
    Ok(())
}

const APPSPEC: &str = "version: 0.0
os: linux
files:
  - source: /
    destination: /srv/staging
hooks:
  ApplicationStart:
    - location: start.sh
      timeout: 1
";

/// Makes a bundle whose only hook is `ApplicationStart`.
fn bundle(folder: &Path, script: &str) {
    write(
        &folder.join("start.sh"),
        &format!("#!/usr/bin/env bash\n{script}\n"),
    );
    write(&folder.join("appspec.yml"), APPSPEC);
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a temporary file can be written");
}

fn scripts_fail_as_they_do_on_the_agent() -> Result<(), Skip> {
    let host = Host::plain()?;
    let rows = [
        ("exit 3", Some(Code::ScriptFailed)),
        ("kill -KILL $$", Some(Code::ScriptFailed)),
        ("sleep 5", Some(Code::ScriptTimedOut)),
        ("sleep 5 &", Some(Code::OutputsLeftOpen)),
        ("nohup sleep 5 &", Some(Code::OutputsLeftOpen)),
        ("nohup sleep 5 >/dev/null 2>&1 </dev/null &", None),
        ("setsid sleep 5 >/dev/null 2>&1 </dev/null &", None),
        ("read -r line && exit 1; exit 0", None),
    ];
    for (script, failed) in rows {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        bundle(folder.path(), script);
        let deployment = Agent::new(&host, "rows").deploy(folder.path());
        let event = deployment
            .events
            .iter()
            .find(|event| event.name == "ApplicationStart")
            .expect("the hook ran");
        assert_eq!(event.failed, failed, "{script}: {deployment:#?}");
        assert!(
            failed.is_some() || event.took < Duration::from_millis(900),
            "the agent waited for {script}"
        );
        host.bash("rm -rf /opt/codedeploy-agent /srv/staging").ok();
    }
    Ok(())
}

fn scripts_run_in_the_agents_environment() -> Result<(), Skip> {
    let host = Host::plain()?;
    let mut agent = Agent::new(&host, "environment");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    bundle(
        folder.path(),
        "echo \"$DEPLOYMENT_ID $LIFECYCLE_EVENT $PWD ${HOME-no home}\"; printf 'x%.0s' {1..3000}; echo; echo verdict",
    );
    let deployment = agent.deploy(folder.path());
    let event = &deployment.ok().events.last().expect("the hook ran").tail;
    assert_eq!(event.len(), 2048);
    assert!(event.ends_with("xxx\nverdict\n"), "{event}");
    bundle(
        folder.path(),
        "echo \"$DEPLOYMENT_ID $LIFECYCLE_EVENT $PWD ${HOME-no home}\"",
    );
    let deployment = agent.deploy(folder.path());
    assert_eq!(
        deployment.ok().events.last().expect("the hook ran").tail,
        "d-000000002 ApplicationStart / no home\n"
    );
    Ok(())
}

fn install_deletes_what_it_installed_before() -> Result<(), Skip> {
    let host = Host::plain()?;
    let mut agent = Agent::new(&host, "files");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    bundle(folder.path(), "touch /srv/staging/made-by-a-hook");
    write(&folder.path().join("v1.jar"), "1");
    agent.deploy(folder.path()).ok();
    std::fs::rename(folder.path().join("v1.jar"), folder.path().join("v2.jar"))
        .expect("a file can be renamed");
    agent.deploy(folder.path()).ok();
    assert!(!host.exists("/srv/staging/v1.jar") && host.exists("/srv/staging/v2.jar"));
    write(&folder.path().join("made-by-a-hook"), "");
    let deployment = agent.deploy(folder.path());
    deployment.failed_in("Install");
    assert!(
        !host.exists("/srv/staging/v2.jar"),
        "after a collision the old files are gone"
    );
    Ok(())
}
