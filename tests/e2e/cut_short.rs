//! Commands are interrupted in each phase, by a kill or a reboot, and the next command reacts. Each test has a row in
//! `docs/states.md`.

use rustix::process::Signal;

use crate::hazards::{DEADLINE, SOON, deployed_with};
use crate::states::{assert_at_rest, assert_routes_to, kill_color};
use crate::support::process::{Outcome, Running};
use crate::support::site::{FRAGMENT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    killed_while_preparing,
    killed_after_the_reload,
    killed_in_the_swap_and_the_previous_color_is_down,
    what_may_run_only_once_goes_with_the_color_that_serves,
    killed_in_the_drain,
    killed_on_the_way_back,
    rollback_after_an_interrupted_switch_only_completes_the_way_back,
    a_rollback_after_a_way_back_is_refused,
    a_killed_rollback_leaves_the_cleanup_to_do,
    a_rollback_waits_for_no_deploy,
    rebooted_at_rest,
    rebooted_while_preparing,
    rebooted_while_prepared,
    rebooted_while_swapping,
    rebooted_after_the_switch,
    rebooted_in_the_first_swap,
];

const STATE: &str = "/var/lib/deployc/hello";

/// The reload of `held_reload.bg`. It waits before or after nginx's reload, as long as `/opt/hold` says so.
pub const RELOAD: &str = r#"#!/bin/bash
held() { while [[ $(</opt/hold) == "$1" ]]; do touch /opt/held; sleep 0.02; done; }
held before
nginx -s reload
held after
"#;

/// The moment at which [`RELOAD`] waits.
#[derive(Clone, Copy)]
pub enum Hold {
    /// Before nginx's reload.
    Before,
    /// After nginx's reload.
    After,
}

/// Does the same as `deployed_with`, with a reload that can wait.
pub fn deployed_with_held_reload(source: &str) -> Result<(Site, String, String), Skip> {
    let site = Site::with(source)?;
    site.host.write_program("/opt/reload", RELOAD);
    site.host.write("/opt/hold", "");
    site.deploy().ok();
    let live = site.serves();
    let other = if live == "blue" { "green" } else { "blue" };
    Ok((site, live, other.to_owned()))
}

/// Starts a command, and returns when its reload waits. By then the fragment is swapped.
pub fn hold(site: &Site, command: &str, moment: Hold) -> Running {
    let word = match moment {
        Hold::Before => "before",
        Hold::After => "after",
    };
    site.host.write("/opt/hold", word);
    let run = site.start(command);
    let held = wait::until(SOON, || site.host.exists("/opt/held"));
    assert!(held, "the command did not come to its reload");
    run
}

/// Ends the waiting. Later reloads do not wait.
pub fn let_go(site: &Site) {
    site.host.write("/opt/hold", "");
    site.host.run(&["rm", "/opt/held"]).ok();
}

/// Kills a script and the processes that it waits for, but not the programs that it has started in their own sessions.
pub fn kill(site: &Site, run: Running) {
    run.signal(Signal::KILL);
    drop(run);
    let free = ["flock", "-n", &format!("{STATE}/lock"), "true"];
    let ended = wait::until(SOON, || site.host.run(&free).code == 0);
    assert!(ended, "a process of the script still holds the lock");
}

/// Reboots the machine. Only nginx starts again.
fn reboot(site: &mut Site) {
    site.host.reboot();
    site.host.run(&["nginx"]).ok();
    site.host.wait_for_port(80);
    assert_eq!(site.running(), Vec::<String>::new());
}

/// Starts a deploy whose program never passes its probe. Returns while the probe runs.
fn start_hopeless_deploy(site: &Site) -> Running {
    let deploy = site.stage("--health never").start("deploy");
    // The script writes the journal before it starts the program.
    assert!(wait::until(SOON, || site.running().len() == 2));
    site.stage("");
    deploy
}

fn killed_while_preparing() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("cut_short/killed_while_preparing")?;
    let deploy = start_hopeless_deploy(&site);
    kill(&site, deploy);
    assert_eq!(site.serves(), live);
    assert_eq!(site.running(), ["blue", "green"], "a program was stopped");
    site.run("status")
        .ok()
        .says(&format!("prepares {other}"))
        .says("its process is gone");
    site.deploy().ok().says("was interrupted before its switch");
    site.assert_serves_only(&other);
    assert_at_rest(&site);
    Ok(())
}

/// Checks the output and the effect of the next deploy after a kill between swap and confirmation.
#[track_caller]
fn assert_mends_the_swap(site: &Site, ends_on: &str) -> Outcome {
    site.run("status")
        .ok()
        .says("may serve either")
        .never_says("UNKNOWN");
    let outcome = site.deploy().ok().says("was interrupted during its switch");
    site.assert_serves_only(ends_on);
    assert_routes_to(site, ends_on);
    assert_at_rest(site);
    outcome
}

/// Users already get the new color. The next deploy goes back to the previous one before it begins.
fn killed_after_the_reload() -> Result<(), Skip> {
    let (site, live, other) = deployed_with_held_reload("held_reload")?;
    let deploy = hold(&site, "deploy", Hold::After);
    assert!(wait::until(SOON, || site.serves() == other));
    kill(&site, deploy);
    let_go(&site);
    assert_eq!(site.running(), ["blue", "green"]);
    assert_mends_the_swap(&site, &other).says(&format!("  {live} serves"));
    Ok(())
}

/// Kills the program of a color, and makes sure that no release can be started again.
fn kill_for_good(site: &Site, color: &str) {
    site.host
        .bash("chmod -x /var/lib/deployc/hello/releases/*/slot/hello")
        .ok();
    kill_color(site, color);
}

fn killed_in_the_swap_and_the_previous_color_is_down() -> Result<(), Skip> {
    let (site, live, other) = deployed_with_held_reload("held_reload")?;
    let deploy = hold(&site, "deploy", Hold::Before);
    kill(&site, deploy);
    let_go(&site);
    assert_routes_to(&site, &other);
    assert_eq!(site.serves(), live, "nginx was reloaded");
    kill_for_good(&site, &live);
    assert_eq!(site.serves(), "502");
    assert_mends_the_swap(&site, &live).says(&format!("  {other} serves"));
    Ok(())
}

/// The previous color cannot serve, so the new one stays. Then its exclusive service must run too.
fn what_may_run_only_once_goes_with_the_color_that_serves() -> Result<(), Skip> {
    let (site, live, other) = deployed_with_held_reload("cut_short/held_reload_with_a_scheduler")?;
    let deploy = hold(&site, "deploy", Hold::Before);
    kill(&site, deploy);
    let_go(&site);
    kill_for_good(&site, &live);
    site.run("cleanup").ok().says(&format!("{other} serves"));
    assert_eq!(site.serves(), other);
    let schedulers = site.host.processes("sleep 4711");
    let of_other = |line: &&String| {
        let pid = line.split_once(' ').map_or("", |(pid, _)| pid);
        let environment = site.host.run(&["cat", &format!("/proc/{pid}/environ")]);
        environment.stdout.contains(&format!("COLOR={other}"))
    };
    assert_eq!(schedulers.len(), 1, "{schedulers:?}");
    assert!(schedulers.iter().all(|line| of_other(&line)));
    Ok(())
}

/// Starts a request to a color. The answer begins with the color's name, and takes longer than `stop within`.
pub fn stream(site: &Site, color: &str) -> Running {
    let port = if color == "blue" { "1F91" } else { "1F92" };
    let stream = site
        .host
        .start(&["curl", "-sSN", "http://127.0.0.1/stream?seconds=10"]);
    let connected = format!("grep -q ' 0100007F:{port} .* 01 ' /proc/net/tcp");
    assert!(wait::until(SOON, || site.host.bash(&connected).code == 0));
    stream
}

#[track_caller]
pub fn assert_whole(stream: Running, color: &str) {
    let body = stream.wait(SOON).ok().stdout;
    assert!(
        body.starts_with(color) && body.ends_with("END\n"),
        "the answer of {color} is incomplete: {body}"
    );
}

fn killed_in_the_drain() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("cut_short/killed_in_the_drain")?;
    let stream = stream(&site, &live);
    let deploy = site.start("deploy");
    assert!(wait::until(SOON, || {
        site.run("status").stdout.contains("drained and stopped")
    }));
    kill(&site, deploy);
    assert_eq!(site.serves(), other);
    assert_eq!(site.running(), ["blue", "green"]);
    site.deploy().ok().says("finishing the cleanup");
    assert_whole(stream, &live);
    site.assert_serves_only(&live);
    assert_at_rest(&site);
    Ok(())
}

fn killed_on_the_way_back() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("cut_short/killed_on_the_way_back")?;
    let deploy = site.stage("--broken /profile").start("deploy");
    // For a moment after a reload the old workers accept requests too.
    assert!(wait::until(SOON, || site.serves() == "500"
        && site.nginx().workers().len() == 2));
    let stream = stream(&site, &other);
    assert!(wait::until(SOON, || {
        site.serves() == live && site.run("status").stdout.contains("prepares")
    }));
    kill(&site, deploy);
    assert_eq!(site.running(), ["blue", "green"]);
    site.stage("")
        .deploy()
        .ok()
        .says(&format!("was interrupted after it had gone back to {live}"));
    assert_whole(stream, &other);
    site.assert_serves_only(&other);
    assert_at_rest(&site);
    Ok(())
}

/// After a deployment that was interrupted in its switch, `rollback` goes to the release that served before this
/// deployment, and not one release further.
fn rollback_after_an_interrupted_switch_only_completes_the_way_back() -> Result<(), Skip> {
    let (site, other, live) = deployed_with_held_reload("held_reload")?;
    site.deploy().ok();
    let release = site.host.bash("readlink /var/lib/deployc/hello/live").ok();
    let deploy = hold(&site, "deploy", Hold::After);
    assert!(wait::until(SOON, || site.serves() == other));
    kill(&site, deploy);
    let_go(&site);
    site.run("rollback")
        .ok()
        .says("this completes the rollback")
        .says(&format!("{live} serves, as before"));
    site.assert_serves_only(&live);
    let now = site.host.bash("readlink /var/lib/deployc/hello/live").ok();
    assert_eq!(now.stdout, release.stdout);
    assert_at_rest(&site);
    Ok(())
}

/// A deployment that has gone back by itself leaves nothing to roll back.
fn a_rollback_after_a_way_back_is_refused() -> Result<(), Skip> {
    let (site, other, live) = deployed_with("own_verify")?;
    site.deploy().ok();
    site.stage("--broken /profile").deploy().exits(1);
    let earlier = "basename $(readlink -f /var/lib/deployc/hello/previous)";
    let earlier = site.host.bash(earlier).ok().stdout;
    let further = format!("rollback {}", earlier.trim());
    site.run("rollback")
        .exits(3)
        .says("was rolled back already")
        .says(&format!("To go back further, run `{further}`"));
    site.assert_serves_only(&live);
    site.stage("").deploy().ok();
    site.run("rollback").ok();
    site.assert_serves_only(&live);
    // The command that was named goes further back.
    site.stage("--broken /profile").deploy().exits(1);
    site.run(&further).ok();
    site.assert_serves_only(&other);
    let copied = format!("a copy of {}", earlier.trim());
    site.run("releases").ok().says(&copied);
    Ok(())
}

fn a_killed_rollback_leaves_the_cleanup_to_do() -> Result<(), Skip> {
    let (site, live, other) = deployed_with_held_reload("held_reload")?;
    site.run("prepare").ok();
    site.run("switch").ok();
    let before = site.host.processes(&format!("--color {live}"));
    let rollback = hold(&site, "rollback", Hold::Before);
    kill(&site, rollback);
    let_go(&site);
    assert_eq!(site.host.processes(&format!("--color {live}")), before);
    let outcome = site
        .deploy()
        .ok()
        .says("was interrupted during its switch")
        .says(&format!("  {other} serves"))
        .says("finishing the cleanup")
        .says(&format!("cleanup of {live}"));
    assert_ne!(
        site.host.processes(&format!("--color {live}")),
        before,
        "the program was not stopped and started again: {outcome}"
    );
    site.assert_serves_only(&live);
    assert_at_rest(&site);
    Ok(())
}

fn a_rollback_waits_for_no_deploy() -> Result<(), Skip> {
    let (site, live, other) = deployed_with_held_reload("held_reload")?;
    site.deploy().ok();
    let deploy = site.stage("--health starting:3").start("deploy");
    assert!(wait::until(SOON, || site.running().len() == 2));
    site.run("rollback").exits(4).says("is running");
    deploy.wait(DEADLINE).ok();
    site.assert_serves_only(&live);
    let deploy = hold(site.stage(""), "deploy", Hold::Before);
    site.run("rollback").exits(4).says("is running");
    let_go(&site);
    deploy.wait(DEADLINE).ok();
    site.assert_serves_only(&other);
    Ok(())
}

/// Brings the site into a phase with `begin`, and reboots it. Then `resume` must start the color `resumed`. After the
/// same phase and another reboot, `deploy` must end with the color `deployed`.
fn rebooted(
    site: &mut Site,
    begin: impl Fn(&Site),
    [found_by_resume, found_by_deploy]: [&str; 2],
    [resumed, deployed]: [&str; 2],
) {
    begin(site);
    reboot(site);
    assert_eq!(site.serves(), "502");
    site.run("resume").ok().says(found_by_resume);
    site.assert_serves_only(resumed);
    assert_routes_to(site, resumed);
    // The interrupted command does not disturb the next one.
    site.deploy().ok();
    let next = site.serves();
    assert_ne!(next, resumed);
    site.assert_serves_only(&next);
    assert_at_rest(site);
    // One more deploy, so that the second part begins with the same color as the first.
    site.deploy().ok();
    begin(site);
    reboot(site);
    site.deploy().ok().says(found_by_deploy);
    site.assert_serves_only(deployed);
    assert_routes_to(site, deployed);
    assert_at_rest(site);
}

fn rebooted_at_rest() -> Result<(), Skip> {
    let (mut site, live, other) = deployed_with("hello")?;
    rebooted(&mut site, |_| (), ["done in"; 2], [&live, &other]);
    Ok(())
}

fn rebooted_while_preparing() -> Result<(), Skip> {
    let (mut site, live, other) = deployed_with("cut_short/rebooted_while_preparing")?;
    let begin = |site: &Site| {
        let deploy = start_hopeless_deploy(site);
        kill(site, deploy);
    };
    let found = ["was interrupted before its switch"; 2];
    rebooted(&mut site, begin, found, [&live, &other]);
    Ok(())
}

fn rebooted_while_prepared() -> Result<(), Skip> {
    let (mut site, live, other) = deployed_with("hello")?;
    let begin = |site: &Site| drop(site.run("prepare").ok());
    rebooted(
        &mut site,
        begin,
        ["did not survive a reboot"; 2],
        [&live, &other],
    );
    Ok(())
}

/// nginx starts with the new color's file, and neither color runs. The script starts the previous color again.
fn rebooted_while_swapping() -> Result<(), Skip> {
    let (mut site, live, other) = deployed_with_held_reload("held_reload")?;
    let begin = |site: &Site| {
        let from = site.serves();
        let deploy = hold(site, "deploy", Hold::Before);
        kill(site, deploy);
        let_go(site);
        assert_routes_to(site, if from == "blue" { "green" } else { "blue" });
    };
    let found = ["was interrupted during its switch"; 2];
    rebooted(&mut site, begin, found, [&live, &other]);
    Ok(())
}

/// The new color is live, although the cleanup was not done.
fn rebooted_after_the_switch() -> Result<(), Skip> {
    let (mut site, _, other) = deployed_with("hello")?;
    let begin = |site: &Site| {
        site.run("prepare").ok();
        site.run("switch").ok();
    };
    let found = ["done in", "finishing the cleanup"];
    rebooted(&mut site, begin, found, [&other, &other]);
    Ok(())
}

/// The file was written by hand, and the color in it did not run. The script restores the file, and nothing serves, as
/// before.
fn rebooted_in_the_first_swap() -> Result<(), Skip> {
    for command in ["resume", "deploy"] {
        let mut site = Site::with("held_reload")?;
        site.host.write_program("/opt/reload", RELOAD);
        let by_hand = format!("# put here by hand\n{}", site.host.read(FRAGMENT));
        site.host.write(FRAGMENT, &by_hand);
        let deploy = hold(&site, "deploy", Hold::Before);
        kill(&site, deploy);
        let_go(&site);
        assert_routes_to(&site, "green");
        reboot(&mut site);
        site.run(command).ok().says("  nothing serves");
        if command == "resume" {
            assert_eq!(site.host.read(FRAGMENT), by_hand);
            assert_eq!(site.running(), Vec::<String>::new());
            site.deploy().ok();
        }
        site.assert_serves_only("green");
        assert_routes_to(&site, "green");
        assert_at_rest(&site);
    }
    Ok(())
}
