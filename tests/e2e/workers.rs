//! Services without a port, beside one that users reach: those that may run twice for a while, and those that may not.

use std::time::Duration;

use crate::support::site::Site;
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    an_exclusive_worker_never_runs_twice,
    an_exclusive_worker_that_ends_at_once_hands_back,
    a_failed_verify_leaves_the_exclusive_worker_alone,
    an_overlapping_worker_runs_beside_its_predecessor,
    a_worker_that_is_named_first,
    a_warm_color_without_its_worker,
];

/// A release whose worker keeps a lock for as long as it runs, ends slowly, and notes all of it.
const KEEPS_A_LOCK: &str = r#"
if [[ $1 == work ]]; then
  exec 5>>/srv/turn
  flock -n 5 || echo "$2 is not alone" >>/srv/noted
  echo "$2 begins" >>/srv/noted
  trap 'sleep 0.5; echo "$2 ends" >>/srv/noted; exit' TERM
  while :; do sleep 0.05 5>&-; done
fi
exec /opt/testapp "$@""#;

/// A release whose worker does not stay.
const ENDS_AT_ONCE: &str = r#"
if [[ $1 == work ]]; then
  echo "$2 begins" >>/srv/noted
  exit 3
fi
exec /opt/testapp "$@""#;

/// `hello` with a worker beside it. The switch and what `verify` asks are noted too.
fn with_worker(handover: &str) -> Result<Site, Skip> {
    let services = r#"
  service web {}
  service mailer {
    no port
    HANDOVER
    run process { command = ["./hello", "work", "{color}"] }
  }
  after switch { shell "echo switched >>/srv/noted" }
  verify noted {
    exec ["bash", "-c", "echo verified {color} >>/srv/noted"]
    passes 1
  }
  cleanup {"#;
    let site = Site::with([(
        "\n  cleanup {",
        services.replace("HANDOVER", handover).as_str(),
    )])?;
    site.stage_program(KEEPS_A_LOCK);
    Ok(site)
}

/// `hello` with a worker that is named before what users reach, and another cleanup.
fn worker_first(handover: &str, cleanup: &str) -> Result<Site, Skip> {
    let services = format!(
        r#"
  service mailer {{
    no port
    {handover}
    run process {{ command = ["./hello", "work", "{{color}}"] }}
  }}
  service web {{}}
  cleanup {{{cleanup}"#
    );
    let site = Site::with([("\n  cleanup {", services.as_str())])?;
    site.stage_program(KEEPS_A_LOCK);
    Ok(site)
}

/// What was noted since the last time.
fn noted(site: &Site) -> Vec<String> {
    let lines = site.host.read("/srv/noted");
    site.host.write("/srv/noted", "");
    lines.lines().map(str::to_owned).collect()
}

/// The colors whose worker runs.
fn at_work(site: &Site) -> Vec<String> {
    let processes = site.host.processes("/hello work ");
    let programs = processes.iter().filter(|line| !line.contains("keeper"));
    let colors = programs.filter_map(|line| line.split_whitespace().last());
    let mut colors: Vec<_> = colors.map(str::to_owned).collect();
    colors.sort();
    colors
}

fn an_exclusive_worker_never_runs_twice() -> Result<(), Skip> {
    let site = with_worker("handover exclusive")?;
    site.deploy().ok();
    assert_eq!(site.serves(), "green");
    // Nobody served before, so nobody was asked.
    let first = ["switched", "verified green", "green begins"];
    assert_eq!(noted(&site), first);

    // It comes after the verify: until then all could still go back at once.
    site.deploy().ok();
    let second = [
        "verified green",
        "switched",
        "verified blue",
        "green ends",
        "blue begins",
    ];
    assert_eq!(noted(&site), second);
    assert_eq!(at_work(&site), ["blue"]);

    site.run("rollback").ok();
    // The user's steps come in a rollback, too.
    let back = ["switched", "verified green", "blue ends", "green begins"];
    assert_eq!(noted(&site), back);
    assert_eq!(at_work(&site), ["green"]);
    site.assert_serves_only("green");
    Ok(())
}

fn an_exclusive_worker_that_ends_at_once_hands_back() -> Result<(), Skip> {
    let site = with_worker("handover exclusive")?;
    site.deploy().ok();
    noted(&site);

    site.stage_program(ENDS_AT_ONCE);
    site.deploy()
        .exits(1)
        .says("the exclusive service of blue ended right after its start: mailer: ");
    let there_and_back = [
        "verified green",
        "switched",
        "verified blue",
        "green ends",
        "blue begins",
        "green begins",
    ];
    assert_eq!(noted(&site), there_and_back);
    assert_eq!(at_work(&site), ["green"]);
    site.assert_serves_only("green");

    site.stage_program(KEEPS_A_LOCK).deploy().ok();
    assert_eq!(at_work(&site), ["blue"]);
    site.assert_serves_only("blue");
    Ok(())
}

fn a_failed_verify_leaves_the_exclusive_worker_alone() -> Result<(), Skip> {
    let site = with_worker("handover exclusive")?;
    site.deploy().ok();
    noted(&site);
    let worker = site.host.processes("/hello work ");
    assert_eq!(worker.len(), 1, "{worker:?}");
    // Healthy for its gate, and broken for users.
    site.stage_program(&format!("{KEEPS_A_LOCK} --broken /profile"));
    site.deploy().exits(1).says("500");
    assert_eq!(noted(&site), ["verified green", "switched"]);
    assert_eq!(site.host.processes("/hello work "), worker);
    site.assert_serves_only("green");
    Ok(())
}

fn an_overlapping_worker_runs_beside_its_predecessor() -> Result<(), Skip> {
    let site = with_worker("handover overlap")?;
    site.deploy().ok();
    noted(&site);
    site.run("prepare").ok();
    let both = || at_work(&site) == ["blue", "green"];
    assert!(wait::until(Duration::from_secs(5), both));
    site.run("switch").ok();
    assert!(both(), "the old one ends in cleanup");
    site.run("cleanup").ok();
    assert_eq!(at_work(&site), ["blue"]);
    let expected = [
        "verified green",
        "blue is not alone",
        "blue begins",
        "switched",
        "verified blue",
        "green ends",
    ];
    assert_eq!(noted(&site), expected);

    // One that was started for nothing ends with its color.
    site.stage_program(&format!("{KEEPS_A_LOCK} --health never"));
    site.deploy().exits(1);
    assert_eq!(at_work(&site), ["blue"]);
    site.assert_serves_only("blue");
    Ok(())
}

/// Which service is named first changes nothing: what users reach decides about a color, and all of it is started and stopped.
fn a_worker_that_is_named_first() -> Result<(), Skip> {
    for handover in ["handover overlap", "handover exclusive"] {
        let site = worker_first(handover, "")?;
        site.deploy().ok();
        assert_eq!(at_work(&site), ["green"]);
        site.deploy().ok().says("blue serves, green served before");
        assert_eq!(at_work(&site), ["blue"]);
        site.assert_serves_only("blue");
        site.run("status").ok().says("idle:      green, stopped");

        site.run("rollback").ok();
        assert_eq!(at_work(&site), ["green"]);
        site.assert_serves_only("green");
        site.run("status").ok().says("idle:      blue, stopped");
    }
    Ok(())
}

/// Kept warm, it has lost what may run only once. That is neither all of it nor nothing.
fn a_warm_color_without_its_worker() -> Result<(), Skip> {
    let site = worker_first("handover exclusive", "\n    keep warm")?;
    site.deploy().ok();
    site.deploy().ok();
    assert_eq!(at_work(&site), ["blue"]);
    site.run("status")
        .ok()
        .says("idle:      green, running in part (mailer: ");
    site.run("status --json")
        .ok()
        .says(r#""running":true,"complete":false"#)
        .says(r#""running":true,"complete":true"#);
    Ok(())
}
