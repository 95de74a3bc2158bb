//! Services without a port, beside a service that users reach: with `handover overlap` and with `handover exclusive`.

use std::time::Duration;

use crate::support::site::Site;
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_verify_in_a_service_is_about_this_service,
    an_exclusive_worker_never_runs_twice,
    an_exclusive_worker_that_ends_at_once_hands_back,
    a_failed_verify_leaves_the_exclusive_worker_alone,
    an_overlapping_worker_runs_beside_its_predecessor,
    the_order_of_services_does_not_matter,
    status_says_that_a_warm_color_runs_in_part,
];

/// A release whose worker holds a lock while it runs, ends slowly, and writes down its beginning and its end.
const KEEPS_A_LOCK: &str = r#"
if [[ $1 == work ]]; then
  exec 5>>/srv/turn
  flock -n 5 || echo "$2 is not alone" >>/srv/noted
  echo "$2 begins" >>/srv/noted
  trap 'sleep 0.5; echo "$2 ends" >>/srv/noted; exit' TERM
  while :; do sleep 0.05 5>&-; done
fi
exec /opt/testapp "$@""#;

/// A release whose worker ends at once.
const ENDS_AT_ONCE: &str = r#"
if [[ $1 == work ]]; then
  echo "$2 begins" >>/srv/noted
  exit 3
fi
exec /opt/testapp "$@""#;

/// Returns a site whose app has a worker. A step after the switch, and a check of `verify`, write lines too.
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

/// Returns a site whose app has a worker before the service that users reach, and another cleanup.
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

/// The service that users reach is not the first one. Its own `verify` gets its name, port and address.
fn a_verify_in_a_service_is_about_this_service() -> Result<(), Skip> {
    let services = r#"
  service mailer {
    no port
    run process { command = ["./hello", "work", "{color}"] }
  }
  service web {
    verify own {
      exec ["/opt/own", "{service}", "{port}", "{address}"]
      within 2s
    }
  }
  cleanup {"#;
    let site = Site::with([("\n  cleanup {", services)])?;
    site.stage_program(KEEPS_A_LOCK);
    let own = "#!/bin/bash\necho \"$*\" >>/srv/noted\n[[ ! -e /srv/fails ]]\n";
    site.host.write_program("/opt/own", own);
    let asked = |site: &Site| {
        let mut lines = noted(site);
        lines.retain(|line| line.starts_with("web "));
        lines.dedup();
        lines
    };
    site.deploy().ok();
    let (live, port, other) = match site.serves().as_str() {
        "blue" => ("blue", 8081, 8082),
        _ => ("green", 8082, 8081),
    };
    assert_eq!(asked(&site), [format!("web {port} 127.0.0.1:{port}")]);
    site.host.write("/srv/fails", "");
    site.deploy().exits(1).says("web.own (deploy.bg:");
    let both = [port, other].map(|port| format!("web {port} 127.0.0.1:{port}"));
    assert_eq!(asked(&site)[..2], both);
    assert_eq!(site.serves(), live);
    Ok(())
}

/// Returns the lines that were written since the last call.
fn noted(site: &Site) -> Vec<String> {
    let lines = site.host.read("/srv/noted");
    site.host.write("/srv/noted", "");
    lines.lines().map(str::to_owned).collect()
}

/// Returns the colors whose worker runs.
fn at_work(site: &Site) -> Vec<String> {
    let processes = site.host.processes("/hello work ");
    let programs = processes.iter().filter(|line| !line.contains("keeper"));
    let colors = programs.filter_map(|line| line.split_whitespace().last());
    let mut colors: Vec<_> = colors.map(str::to_owned).collect();
    colors.sort();
    // A worker that starts a program is there twice for a moment. Whether two workers run, they note themselves.
    colors.dedup();
    colors
}

fn an_exclusive_worker_never_runs_twice() -> Result<(), Skip> {
    let site = with_worker("handover exclusive")?;
    site.deploy().ok();
    assert_eq!(site.serves(), "green");
    // No color served before, so `verify` did not ask an old color.
    let first = ["switched", "verified green", "green begins"];
    assert_eq!(noted(&site), first);

    // The handover comes after the verify. Until then a way back would not have to move the worker.
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
    // A rollback runs the user's steps too.
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
    let worker = only_worker(&site);
    // This release passes its gate, but is broken for users.
    site.stage_program(&format!("{KEEPS_A_LOCK} --broken /profile"));
    site.deploy().exits(1).says("500");
    assert_eq!(noted(&site), ["verified green", "switched"]);
    assert_eq!(only_worker(&site), worker);
    site.assert_serves_only("green");
    Ok(())
}

/// Returns the only worker, with its pid. A worker is a shell script, so for a moment there are two of it whenever it
/// starts a program.
fn only_worker(site: &Site) -> String {
    let mut workers = Vec::new();
    let one = wait::until(Duration::from_secs(10), || {
        workers = site.host.processes("/hello work ");
        workers.len() == 1
    });
    assert!(one, "{workers:?}");
    workers.remove(0)
}

fn an_overlapping_worker_runs_beside_its_predecessor() -> Result<(), Skip> {
    let site = with_worker("handover overlap")?;
    site.deploy().ok();
    noted(&site);
    site.run("prepare").ok();
    let both = || at_work(&site) == ["blue", "green"];
    assert!(wait::until(Duration::from_secs(5), both));
    site.run("switch").ok();
    assert!(both(), "the old worker runs until the cleanup");
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

    // The worker of a failed deploy ends with its color.
    site.stage_program(&format!("{KEEPS_A_LOCK} --health never"));
    site.deploy().exits(1);
    assert_eq!(at_work(&site), ["blue"]);
    site.assert_serves_only("blue");
    Ok(())
}

/// The order of the services does not matter. The service that users reach decides whether a color serves, and all
/// services of a color are started and stopped.
fn the_order_of_services_does_not_matter() -> Result<(), Skip> {
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

/// A warm color runs without its exclusive worker, so `status` must say that only a part of it runs.
fn status_says_that_a_warm_color_runs_in_part() -> Result<(), Skip> {
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
