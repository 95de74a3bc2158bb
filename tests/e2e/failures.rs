//! Releases are bad, or the host has a fault. Users notice nothing, and the report says what is wrong.

use std::time::Duration;

use crate::hazards::{DEADLINE, SOON};
use crate::support::site::{FRAGMENT, SCRIPT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    each_way_to_be_unhealthy_has_its_own_report,
    a_dead_process_fails_at_once,
    a_live_color_that_has_ended_meanwhile_is_not_said_to_serve,
    a_program_that_daemonises_itself_is_an_error,
    healthy_once_and_dead_a_second_later_goes_back,
    a_failing_verify_goes_back,
    a_failing_verify_that_only_warns_stays,
    the_last_lines_hold_verdict_reason_and_log,
    a_missing_artifact_changes_nothing,
    two_artifacts_are_both_named,
    a_missing_artifact_stops_nothing,
    an_invalid_configuration_of_another_site_is_reported_as_its_fault,
    a_stopped_proxy_is_reported,
    a_reload_that_is_not_in_force_goes_back,
    a_full_disk_changes_nothing,
    a_megabyte_a_second_fills_no_disk,
    a_full_disk_for_the_state_is_reported,
    a_program_that_ignores_term_is_killed,
    children_are_stopped_too,
    a_failed_first_deploy_leaves_nothing,
    the_outcome_is_reported,
    a_color_that_was_not_started_here_gets_the_traffic_back,
];

fn deployed() -> Result<(Site, String), Skip> {
    deployed_with("hello")
}

fn deployed_with(source: &str) -> Result<(Site, String), Skip> {
    let site = Site::with(source)?;
    site.deploy().ok();
    let live = site.serves();
    Ok((site, live))
}

fn each_way_to_be_unhealthy_has_its_own_report() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/each_way_to_be_unhealthy_has_its_own_report")?;
    for (release, report) in [
        ("--health never", "503"),
        ("--health 401", "401"),
        ("--health redirect", "302"),
        ("--health hang", "no answer within"),
        ("--boot 30", "refused"),
        ("--broken /health", "500"),
    ] {
        site.stage(release).deploy().exits(1).says(report);
        site.assert_serves_only(&live);
    }
    // 200 and 503 alternate, so the probe never passes twice in a row.
    let outcome = site.stage("--health flapping").deploy().exits(1);
    let last = ["status 503", "1 of 2 passes in a row"];
    assert!(
        last.iter().any(|what| outcome.output().contains(what)),
        "{outcome}"
    );
    site.assert_serves_only(&live);
    site.install("failures/each_way_to_be_unhealthy_has_its_own_report_2");
    site.stage("").deploy().exits(1).says("mauve");
    site.assert_serves_only(&live);
    Ok(())
}

fn a_dead_process_fails_at_once() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/a_dead_process_fails_at_once")?;
    let failed = site
        .stage_program("echo 'cannot find the database' >&2; sleep 0.3; exit 3")
        .deploy();
    failed
        .exits(1)
        .within(Duration::from_secs(10))
        .says("cannot find the database");
    site.assert_serves_only(&live);
    Ok(())
}

fn a_program_that_daemonises_itself_is_an_error() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    site.stage("--daemonise")
        .deploy()
        .exits(1)
        .says("foreground");
    assert_eq!(site.serves(), live);
    Ok(())
}

fn healthy_once_and_dead_a_second_later_goes_back() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/healthy_once_and_dead_a_second_later_goes_back")?;
    site.stage("--health dies:0.7").deploy().exits(1);
    site.assert_serves_only(&live);
    Ok(())
}

/// The live program is killed, for example because the host has no memory left, while the new color fails its probe.
fn a_live_color_that_has_ended_meanwhile_is_not_said_to_serve() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    let other = if live == "blue" { "green" } else { "blue" };
    site.stage("--health never");
    let deploy = site.start("deploy");
    assert!(
        wait::until(SOON, || site.running() == ["blue", "green"]),
        "{other} does not start"
    );
    let program = format!("testapp --port .* --color {live}");
    site.host.run(&["pkill", "-KILL", "-f", &program]).ok();
    deploy
        .wait(DEADLINE)
        .exits(1)
        .says(&format!(
            "users get no answer: {live}, which served before, has ended meanwhile"
        ))
        .never_says("serves, as before");
    site.run("resume").ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn a_failing_verify_goes_back() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/a_failing_verify_goes_back")?;
    site.stage("--broken /profile")
        .deploy()
        .exits(1)
        .says("500")
        // How long it was is different each time.
        .says(&format!("{live} serves, as before; users had "));
    site.assert_serves_only(&live);
    site.stage("").deploy().ok();
    assert_ne!(site.serves(), live);
    Ok(())
}

fn a_failing_verify_that_only_warns_stays() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/a_failing_verify_that_only_warns_stays")?;
    site.stage("--broken /profile").deploy().ok().says("500");
    assert_eq!(site.serves(), "500");
    assert!(!site.running().contains(&live));
    Ok(())
}

fn the_last_lines_hold_verdict_reason_and_log() -> Result<(), Skip> {
    let (site, _) = deployed_with("failures/the_last_lines_hold_verdict_reason_and_log")?;
    let outcome = site
        .stage_program(
            "for i in {1..500}; do echo \"line $i\"; done; exec /opt/testapp \"$@\" --health never",
        )
        .deploy()
        .exits(1);
    let output = outcome.output();
    let tail = &output[output.len().saturating_sub(2048)..];
    assert!(
        tail.contains("503"),
        "the reason is not in the last 2 KB:\n{tail}"
    );
    assert!(
        output.contains("line 500"),
        "the program's last lines are missing:\n{output}"
    );
    Ok(())
}

fn a_missing_artifact_changes_nothing() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    site.host.bash("rm /srv/hello/staging/hello").ok();
    let outcome = site.deploy().says("/srv/hello/staging/hello");
    assert!([1, 3].contains(&outcome.code), "{outcome}");
    site.assert_serves_only(&live);
    Ok(())
}

fn two_artifacts_are_both_named() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/two_artifacts_are_both_named")?;
    site.host.write("/srv/hello/staging/help", "");
    site.deploy().exits(3).says("hello help");
    site.assert_serves_only(&live);
    Ok(())
}

/// The script refuses before it stops the warm color, which `rollback` needs.
fn a_missing_artifact_stops_nothing() -> Result<(), Skip> {
    let (site, live) = deployed_with("failures/a_missing_artifact_stops_nothing")?;
    site.deploy().ok();
    site.host.bash("rm /srv/hello/staging/hello").ok();
    site.deploy().exits(3).says("no artifact");
    assert_eq!(site.running(), ["blue", "green"]);
    site.run("rollback").ok();
    assert_eq!(site.serves(), live);
    Ok(())
}

fn an_invalid_configuration_of_another_site_is_reported_as_its_fault() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    site.host.write(
        "/etc/nginx/conf.d/other.conf",
        "server { listen 81; nonsense on; }\n",
    );
    site.deploy().exits(3).says("nonsense").says("other.conf");
    assert_eq!(site.running(), [live.as_str()]);
    site.host.bash("rm /etc/nginx/conf.d/other.conf").ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn a_stopped_proxy_is_reported() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    site.host
        .bash("nginx -s quit; while pgrep -x nginx >/dev/null; do sleep 0.02; done")
        .ok();
    site.deploy().exits(3).says("nginx");
    assert_eq!(site.running(), [live]);
    Ok(())
}

fn a_reload_that_is_not_in_force_goes_back() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    // The configuration is valid for `nginx -t`, but another process has the port. So the master keeps the old
    // configuration.
    let _taker = site
        .host
        .start(&["/opt/testapp", "--port", "8443", "--color", "stranger"]);
    site.host.wait_for_port(8443);
    let fragment = site.host.read(FRAGMENT);
    site.host.write(
        "/etc/nginx/sites-enabled/more",
        "server { listen 127.0.0.1:8443; return 200 x; }\n",
    );
    let outcome = site.deploy();
    assert_ne!(outcome.code, 0, "{outcome}");
    assert_eq!(site.serves(), live);
    assert_eq!(
        site.host.read(FRAGMENT),
        fragment,
        "the old fragment is not back"
    );
    Ok(())
}

fn a_full_disk_changes_nothing() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    let full = "mount -t tmpfs -o size=64k tmpfs /mnt/full 2>/dev/null || { mkdir -p /mnt/full && mount -t tmpfs -o size=64k tmpfs /mnt/full; }; \
                cp -a /etc/nginx/conf.d/. /mnt/full/ && mount --bind /mnt/full /etc/nginx/conf.d && \
                { head -c 1M /dev/zero > /etc/nginx/conf.d/.ballast 2>/dev/null; true; }";
    site.host.bash(full).ok();
    let outcome = site.deploy();
    assert!([1, 3].contains(&outcome.code), "{outcome}");
    site.assert_serves_only(&live);
    site.host.bash("rm /etc/nginx/conf.d/.ballast").ok();
    site.deploy().ok();
    Ok(())
}

fn a_full_disk_for_the_state_is_reported() -> Result<(), Skip> {
    let (site, live) = deployed()?;
    let full = "mkdir -p /mnt/state && mount -t tmpfs -o size=16m tmpfs /mnt/state && cp -a /var/lib/deployc/. /mnt/state/ && \
                mount --bind /mnt/state /var/lib/deployc && { head -c 32M /dev/zero > /var/lib/deployc/ballast 2>/dev/null; true; }";
    site.host.bash(full).ok();
    site.run("doctor").exits(3).says("is full");
    site.deploy().exits(3).says("is the disk full?");
    site.run("rollback").exits(3).says("is the disk full?");
    site.run("status").ok().says(&live);
    // There is room for a release, but not for this program.
    let larger = "truncate -s -2M /var/lib/deployc/ballast && head -c 16M /dev/zero >>/srv/hello/staging/hello";
    site.host.bash(larger).ok();
    site.run("doctor").exits(3).says("but a release needs");
    site.deploy().exits(3).says("but a release needs");
    site.assert_serves_only(&live);
    // The disk has room when the deployment begins. A step fills it later.
    site.stage("");
    let fills = "before start { shell \"head -c 32M /dev/zero >/var/lib/deployc/more || true\" }";
    site.install([(
        "\n  cleanup {",
        format!("\n  {fills}\n\n  cleanup {{").as_str(),
    )]);
    site.deploy().exits(1).says("is the disk full?");
    site.assert_serves_only(&live);
    site.host.bash("rm /var/lib/deployc/more").ok();
    site.install("hello");
    site.stage("");
    site.host.bash("rm /var/lib/deployc/ballast").ok();
    site.deploy().ok();
    Ok(())
}

/// The log of each release stays below its limit, and contains the last lines.
fn a_megabyte_a_second_fills_no_disk() -> Result<(), Skip> {
    let site = Site::with("failures/a_megabyte_a_second_fills_no_disk")?;
    site.stage_program(
        r#"
color=$4
for ((number = 1; ; number++)); do
  yes "a line of $color, as many times as make a megabyte" | head -c 1048576
  echo "$color wrote megabyte $number"
  sleep 1
done &
exec /opt/testapp "$@""#,
    );
    let wrote = |color: &str| {
        let last =
            format!("grep -q '{color} wrote megabyte 4' /var/lib/deployc/hello/releases/*/log.*");
        wait::until(Duration::from_secs(120), || site.host.bash(&last).code == 0)
    };
    for color in ["green", "blue"] {
        site.deploy().ok();
        site.assert_serves_only(color);
        assert!(wrote(color), "the last lines of {color} are not in its log");
    }
    let sizes =
        "for release in /var/lib/deployc/hello/releases/*/; do cat \"$release\"log.* | wc -c; done";
    let sizes = site.host.bash(sizes).ok().stdout;
    let sizes: Vec<u64> = sizes.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(sizes.len(), 2, "{sizes:?}");
    let kept = 256 << 10..=1 << 20;
    assert!(sizes.iter().all(|bytes| kept.contains(bytes)), "{sizes:?}");
    Ok(())
}

fn a_program_that_ignores_term_is_killed() -> Result<(), Skip> {
    let site = Site::new()?;
    site.stage("--on-term ignore").deploy().ok();
    site.stage("").deploy().ok().within(Duration::from_secs(30));
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}

fn children_are_stopped_too() -> Result<(), Skip> {
    let site = Site::new()?;
    site.stage("--children 2").deploy().ok();
    assert_eq!(site.host.processes("sleep 1000").len(), 2);
    site.stage("").deploy().ok();
    assert_eq!(site.host.processes("sleep 1000"), Vec::<String>::new());
    Ok(())
}

fn a_failed_first_deploy_leaves_nothing() -> Result<(), Skip> {
    let site = Site::with("failures/a_failed_first_deploy_leaves_nothing")?;
    // A person has installed nginx's file with a text of their own.
    let before = "upstream hello {\n\tserver 127.0.0.1:8081; # by hand\n}\n";
    site.host.write(FRAGMENT, before);
    // The first fault is found before the swap, the second one after it.
    for release in ["--health never", "--broken /profile"] {
        let outcome = site.stage(release).deploy().exits(1);
        let verdict = outcome.stdout.trim_end().lines().last().unwrap_or_default();
        assert!(
            verdict.starts_with("nothing serves, as before"),
            "{outcome}"
        );
        assert_eq!(site.host.read(FRAGMENT), before);
        assert_eq!(site.running(), Vec::<String>::new());
        site.host.run(&[SCRIPT, "status"]).ok();
    }
    site.stage("").deploy().ok();
    Ok(())
}

fn the_outcome_is_reported() -> Result<(), Skip> {
    let site = Site::with("failures/the_outcome_is_reported")?;
    site.deploy().ok();
    site.stage("--health never").deploy().exits(1);
    let said = site.host.read("/tmp/told");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(
        lines[0].starts_with("success after ") && lines[0].ends_with(':'),
        "{said}"
    );
    assert!(
        lines[1].starts_with("failure after ") && lines[1].contains("503"),
        "{said}"
    );
    Ok(())
}

/// The way back probes the color to which it leads, even if the script has not started that color.
fn a_color_that_was_not_started_here_gets_the_traffic_back() -> Result<(), Skip> {
    let site = Site::with("own_verify")?;
    let by_hand =
        "cd /tmp; nohup setsid /opt/testapp --port 8081 --color blue >/dev/null 2>&1 </dev/null &";
    site.host.bash(by_hand).ok();
    site.host.wait_for_port(8081);
    assert_eq!(site.serves(), "blue");
    site.stage_program("trap 'kill $!' EXIT; /opt/testapp \"$@\" --broken /profile & sleep 3")
        .deploy()
        .exits(1);
    site.assert_serves_only("blue");
    Ok(())
}
