//! A script is disturbed while it works: by another deploy, foreign processes, signals, `kill -9` and foreign reloads.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::site::{FRAGMENT, SCRIPT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_second_deploy_exits_4_and_names_the_first,
    a_prepared_color_is_reserved,
    a_lock_may_be_waited_for,
    a_stranger_on_the_idle_port_is_named_and_left_alone,
    a_stranger_on_ipv6_counts_too,
    a_killed_deploy_is_recovered_by_the_next,
    killed_between_swap_and_reload,
    everything_killed_between_swap_and_reload,
    what_a_step_left_running_is_named,
    a_rollback_preempts_a_drain,
    a_stranger_s_reload_in_the_middle_does_no_harm,
    another_number_of_workers_is_a_reload_too,
    term_starts_the_way_back_at_once,
    term_before_anything_was_started_is_reported,
    term_in_a_drain_cuts_nothing,
    a_program_never_holds_the_lock,
    status_never_waits_for_a_deploy,
    hooks_with_one_deployment_id_are_one_deployment,
    inputs_are_data,
];

/// Returns a site after one good deploy, and its live color.
fn deployed_with(source: &str) -> Result<(Site, String), Skip> {
    let site = Site::with(source)?;
    site.deploy().ok();
    let live = site.serves();
    Ok((site, live))
}

/// Waits until both colors run. Then the deploy has started its program.
fn wait_until_both_run(site: &Site) {
    assert!(
        wait::until(Duration::from_secs(20), || site.running().len() == 2),
        "the new color was not started"
    );
}

fn a_second_deploy_exits_4_and_names_the_first() -> Result<(), Skip> {
    let (site, live) = deployed_with("hello")?;
    let first = site.stage("--health starting:2").start("deploy");
    wait_until_both_run(&site);
    let status = site.run("status --json").ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).expect("the status is JSON");
    let deployment = status["deployment"].as_str().expect("a deploy has an id");
    // An id that the script has chosen ends in the script's pid.
    let process = deployment.rsplit('-').next().unwrap_or_default();
    site.deploy()
        .exits(4)
        .within(Duration::from_secs(5))
        .says(&format!(
            "deploy of deployment {deployment} is running (process {process})"
        ));
    first.wait(Duration::from_secs(60)).ok();
    assert_ne!(site.serves(), live);
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}

fn a_prepared_color_is_reserved() -> Result<(), Skip> {
    let (site, live) = deployed_with("hello")?;
    site.run("prepare").ok();
    site.deploy().exits(4);
    site.run("status").ok().says("prepared");
    site.run("switch").ok();
    site.run("cleanup").ok();
    assert_ne!(site.serves(), live);
    Ok(())
}

fn a_lock_may_be_waited_for() -> Result<(), Skip> {
    let (site, live) = deployed_with("interference/a_lock_may_be_waited_for")?;
    let first = site.stage("--health starting:2").start("deploy");
    wait_until_both_run(&site);
    site.stage("").deploy().ok();
    first.wait(Duration::from_secs(60)).ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn a_stranger_on_the_idle_port_is_named_and_left_alone() -> Result<(), Skip> {
    stranger_on("127.0.0.1")
}

fn a_stranger_on_ipv6_counts_too() -> Result<(), Skip> {
    stranger_on("::1")
}

fn stranger_on(address: &str) -> Result<(), Skip> {
    let (site, live) = deployed_with("hello")?;
    let idle = if live == "blue" { "8082" } else { "8081" };
    let stranger = site.host.start(&[
        "bash",
        "-c",
        &format!("exec -a payroll /opt/testapp --port={idle} --bind={address}"),
    ]);
    let listening = format!(
        "grep -iq ':{:04X} .* 0A ' /proc/net/tcp /proc/net/tcp6",
        idle.parse::<u16>().expect("a port is a number")
    );
    assert!(wait::until(Duration::from_secs(5), || site
        .host
        .bash(&listening)
        .code
        == 0));
    let outcome = site.deploy().exits(3).says(idle);
    let pid = site.host.run(&["pgrep", "-x", "testapp"]).stdout;
    assert!(
        outcome.output().contains("payroll")
            || pid.lines().any(|pid| outcome.output().contains(pid)),
        "the stranger is not named: {outcome}"
    );
    site.assert_serves_only(&live);
    assert_eq!(
        site.host.processes("payroll").len(),
        1,
        "the stranger is gone"
    );
    drop(stranger);
    Ok(())
}

/// Deploys are killed at many moments, so that each phase of the journal occurs.
fn a_killed_deploy_is_recovered_by_the_next() -> Result<(), Skip> {
    let (site, _) = deployed_with("interference/a_killed_deploy_is_recovered_by_the_next")?;
    let whole = site.deploy().ok().took;
    for step in 1..=12 {
        let before = site.serves();
        let deploy = site.start("deploy");
        assert!(wait::until(Duration::from_secs(60), || deploy.elapsed()
            > whole * step / 12));
        // This kills the script, but not the programs that it has started in their own sessions.
        site.host
            .bash(&format!("pkill -KILL -f '^[^ ]*bash {SCRIPT}'")); // the script may have ended already
        drop(deploy);
        let after = site.serves();
        assert!(
            ["blue", "green"].contains(&after.as_str()),
            "killed at {step}/12 (was {before}): users get {after}"
        );
        site.run("status").ok();
        site.deploy().ok();
        let live = site.serves();
        site.assert_serves_only(&live);
        // A foreign reload, for example by certbot, changes nothing.
        site.nginx().reload();
        site.assert_serves_only(&live);
    }
    Ok(())
}

/// The file names one color, and users get the other one. No color may be stopped until this is repaired.
fn killed_between_swap_and_reload() -> Result<(), Skip> {
    let (site, _) = killed_in_the_swap()?;
    site.deploy().ok();
    let now = site.serves();
    site.assert_serves_only(&now);
    Ok(())
}

/// Neither color can serve or be started again, so the script changes nothing. After a repair the color that served
/// before serves again.
fn everything_killed_between_swap_and_reload() -> Result<(), Skip> {
    let (site, live) = killed_in_the_swap()?;
    let programs = "/var/lib/deployc/hello/releases/*/slot/hello";
    site.host
        .bash(&format!(
            "chmod -x {programs}; kill -KILL $(pgrep -x testapp)"
        ))
        .ok();
    let fragment = site.host.read(FRAGMENT);
    site.deploy()
        .exits(5)
        .says(&format!("{live} does not"))
        .says("resume");
    assert_eq!(site.host.read(FRAGMENT), fragment);
    site.nginx().assert_valid();
    site.host.bash(&format!("chmod +x {programs}")).ok();
    site.run("resume").ok();
    site.assert_serves_only(&live);
    site.deploy().ok();
    Ok(())
}

/// A step ends when its shell ends. But a process that the step has left may be a migration, so the next deploy
/// refuses.
fn what_a_step_left_running_is_named() -> Result<(), Skip> {
    let site = Site::with("interference/what_a_step_left_running_is_named")?;
    site.deploy().ok();
    let live = site.serves();
    let refused = site.deploy().exits(4);
    refused.says("has ended").says("`sleep 400`");
    site.assert_serves_only(&live);
    site.host.bash("pkill -f 'sleep 400'").ok();
    site.deploy().ok();
    site.host.bash("pkill -f 'sleep 400'").ok();
    Ok(())
}

/// Returns a site whose deploy was killed between its rename and its reload, and the color that was live.
fn killed_in_the_swap() -> Result<(Site, String), Skip> {
    let site = Site::with("interference/killed_in_the_swap")?;
    site.host
        .write_program("/opt/reload", "#!/bin/bash\nnginx -s reload\n");
    site.deploy().ok();
    let live = site.serves();
    let kill = format!("#!/bin/bash\npkill -KILL -f '^[^ ]*bash {SCRIPT} deploy'\nsleep 1000\n");
    site.host.write_program("/opt/reload", kill);
    let fragment = site.host.read(FRAGMENT);
    assert_ne!(site.deploy().code, 0);
    assert_ne!(site.host.read(FRAGMENT), fragment, "the swap is missing");
    assert_eq!(site.serves(), live, "nginx was reloaded");
    assert_eq!(site.running(), ["blue", "green"]);
    site.run("status").says("deploy");
    site.host
        .write_program("/opt/reload", "#!/bin/bash\nnginx -s reload\n");
    site.host.bash("pkill -f 'sleep 1000'").ok();
    Ok((site, live))
}

fn a_rollback_preempts_a_drain() -> Result<(), Skip> {
    let (site, live) = deployed_with("interference/a_rollback_preempts_a_drain")?;
    let _stream = site
        .host
        .start(&["curl", "-sSN", "http://127.0.0.1/stream?seconds=60"]);
    assert!(wait::until(
        Duration::from_secs(5),
        || connected_to_a_color(&site)
    ));
    let deploy = site.start("deploy");
    assert!(wait::until(Duration::from_secs(30), || site
        .run("status")
        .stdout
        .contains("drained")));
    let pids = |color: &str| site.host.processes(&format!("--color {color}"));
    let before = pids(&live);
    let rollback = site.run("rollback").ok().within(Duration::from_secs(15));
    rollback.says("start_missing");
    assert_eq!(site.serves(), live);
    assert_eq!(
        pids(&live),
        before,
        "the color that still ran was started again"
    );
    drop(deploy);
    Ok(())
}

/// certbot may reload nginx at any time.
fn a_stranger_s_reload_in_the_middle_does_no_harm() -> Result<(), Skip> {
    let (site, mut live) = deployed_with("hello")?;
    for pause in ["0.1", "0.3"] {
        let reloads = format!("while :; do nginx -s reload; sleep {pause}; done");
        let certbot = site.host.start(&["bash", "-c", &reloads]);
        site.deploy().ok();
        drop(certbot);
        assert_ne!(site.serves(), live);
        live = site.serves();
        assert_eq!(site.running(), [live.as_str()]);
    }
    Ok(())
}

/// Somebody has changed `worker_processes` without a reload, so the script's own reload changes the number of workers.
fn another_number_of_workers_is_a_reload_too() -> Result<(), Skip> {
    let (site, mut live) = deployed_with("hello")?;
    for workers in ["1", "4"] {
        let change = format!("sed -i 's/^worker_processes .*/worker_processes {workers};/'");
        site.host
            .bash(&format!("{change} /etc/nginx/nginx.conf"))
            .ok();
        site.deploy().ok();
        assert_ne!(site.serves(), live);
        live = site.serves();
    }
    Ok(())
}

fn term_starts_the_way_back_at_once() -> Result<(), Skip> {
    let (site, live) = deployed_with("interference/term_starts_the_way_back_at_once")?;
    let deploy = site.stage("--health never").start("deploy");
    // Both releases have an identity, so the probe has begun.
    let started = "(($(ls /var/lib/deployc/hello/releases/*/identity.* | wc -l) == 2))";
    assert!(wait::until(Duration::from_secs(20), || site
        .host
        .bash(started)
        .code
        == 0));
    let asked = std::time::Instant::now();
    deploy.signal(Signal::TERM);
    let outcome = deploy.wait(Duration::from_secs(30));
    assert_ne!(outcome.code, 0);
    assert!(
        asked.elapsed() < Duration::from_secs(8),
        "the way back took {:?}",
        asked.elapsed()
    );
    assert_eq!(site.running(), [live.as_str()], "{outcome}");
    site.assert_serves_only(&live);
    Ok(())
}

/// The script must not exit 3, because 3 means that the host is not ready.
fn term_before_anything_was_started_is_reported() -> Result<(), Skip> {
    let site = Site::with("interference/term_before_anything_was_started_is_reported")?;
    let slow = "#!/bin/bash\ntouch /opt/asked\nsleep 10\n";
    site.host.write_program("/opt/slow-test", slow);
    let deploy = site.start("deploy");
    assert!(wait::until(Duration::from_secs(20), || site
        .host
        .exists("/opt/asked")));
    deploy.signal(Signal::TERM);
    deploy
        .wait(Duration::from_secs(8))
        .says("failed at test_as_it_is (deploy.bg:")
        .says("): stopped by TERM")
        // The script says this with exit code 1. With 3 it would say "nothing was changed".
        .says("serves, as before");
    Ok(())
}

fn term_in_a_drain_cuts_nothing() -> Result<(), Skip> {
    let (site, live) = deployed_with("interference/term_in_a_drain_cuts_nothing")?;
    let stream = site
        .host
        .start(&["curl", "-sSN", "http://127.0.0.1/stream?seconds=15"]);
    assert!(wait::until(
        Duration::from_secs(5),
        || connected_to_a_color(&site)
    ));
    let deploy = site.start("deploy");
    assert!(wait::until(Duration::from_secs(30), || site
        .run("status")
        .stdout
        .contains("drained")));
    deploy.signal(Signal::TERM);
    deploy.wait(Duration::from_secs(10));
    assert_eq!(
        site.running(),
        ["blue", "green"],
        "the old color was stopped in its drain"
    );
    let body = stream.wait(Duration::from_secs(60)).ok().stdout;
    assert!(body.starts_with(&live) && body.ends_with("END\n"), "{body}");
    site.run("cleanup").ok();
    let now = site.serves();
    assert_ne!(now, live);
    site.assert_serves_only(&now);
    Ok(())
}

/// Returns whether a request to one of the colors is in progress.
fn connected_to_a_color(site: &Site) -> bool {
    site.host
        .bash("grep -q ' 0100007F:1F9[12] .* 01 ' /proc/net/tcp")
        .code
        == 0
}

fn a_program_never_holds_the_lock() -> Result<(), Skip> {
    let (site, _) = deployed_with("hello")?;
    let open = site
        .host
        .bash("ls -l /proc/$(pgrep -x testapp)/fd")
        .ok()
        .stdout;
    assert!(
        !open.contains("lock") && !open.contains("/deployc/hello/mutex"),
        "{open}"
    );
    Ok(())
}

fn status_never_waits_for_a_deploy() -> Result<(), Skip> {
    let (site, _) = deployed_with("hello")?;
    let deploy = site.stage("--health starting:2").start("deploy");
    wait_until_both_run(&site);
    site.run("status").ok().within(Duration::from_secs(3));
    deploy.wait(Duration::from_secs(60)).ok();
    Ok(())
}

fn hooks_with_one_deployment_id_are_one_deployment() -> Result<(), Skip> {
    let (site, live) =
        deployed_with("interference/hooks_with_one_deployment_id_are_one_deployment")?;
    site.run_with("prepare", &[("DEPLOYMENT_ID", "d-1")]).ok();
    site.run_with("switch", &[("DEPLOYMENT_ID", "d-2")])
        .exits(4)
        .says("d-1");
    site.run_with("switch", &[("DEPLOYMENT_ID", "d-1")]).ok();
    site.run_with("cleanup", &[("DEPLOYMENT_ID", "d-1")]).ok();
    assert_ne!(site.serves(), live);
    Ok(())
}

fn inputs_are_data() -> Result<(), Skip> {
    let site = Site::with("interference/inputs_are_data")?;
    let nasty = "a 'b' \"c\" $(touch /tmp/pwned) `id`\n\\ ; * {x} 한";
    let outcome = site
        .run_with("deploy", &[("NOTE", nasty), ("TOKEN", "hunter2")])
        .ok();
    outcome.never_says("hunter2");
    assert!(!site.host.exists("/tmp/pwned"));
    let answer = crate::support::http::get(&site.host, 80, "/json").expect("nginx answers");
    let json: serde_json::Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
    assert_eq!(json["build"]["sha"], nasty);
    assert!(
        site.host.processes("hunter2").is_empty(),
        "a secret is on a command line"
    );
    site.run("deploy").exits(2).says("NOTE");
    assert!(!site.host.read(FRAGMENT).contains("hunter2"));
    Ok(())
}
