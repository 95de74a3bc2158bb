//! `rollback RELEASE`, `restart`, `releases` and `remove` on a real nginx.

use std::time::Duration;

use rustix::process::Signal;

use crate::cut_short::{Hold, assert_whole, deployed_with_held_reload, hold, kill, let_go, stream};
use crate::hazards::{SOON, deployed_with};
use crate::states::assert_at_rest;
use crate::support::http;
use crate::support::load::{Load, Rates};
use crate::support::nginx::{Nginx, site_with_upstream};
use crate::support::process::{Outcome, Running, run};
use crate::support::site::{FRAGMENT, SCRIPT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_restart_takes_a_changed_input_and_loses_nothing,
    a_restart_without_its_inputs_changes_nothing,
    a_restart_whose_program_does_not_come_up_changes_nothing,
    a_rollback_to_two_releases_back,
    a_rollback_to_what_is_not_there_changes_nothing,
    a_rollback_to_other_colors_is_refused,
    a_rollback_to_a_release_with_other_ports,
    only_the_last_releases_are_kept,
    a_removal_leaves_nothing_but_the_apps_own,
    a_removal_that_the_proxy_refuses_is_taken_back,
    rollback_after_an_interrupted_restart_only_completes_the_way_back,
    a_rollback_to_a_release_that_was_cut_short_goes_on,
    a_removal_that_was_cut_short_is_taken_back_by_a_deploy,
    a_removal_that_was_cut_short_is_done_by_the_next_one,
    a_removal_that_was_killed_in_its_drain_is_finished_by_a_deploy,
    a_removal_that_was_told_to_stop_in_its_drain_asks_for_a_person,
    a_command_that_waited_for_a_removal_is_refused,
];

const STATE: &str = "/var/lib/deployc/hello";
const DEADLINE: Duration = Duration::from_secs(90);

/// Runs the script with this value of the input `NOTE`.
fn noted(site: &Site, words: &[&str], note: &str) -> Outcome {
    let mut line = site.host.command(&[&[SCRIPT], words].concat());
    line.env("NOTE", note).env("TOKEN", "hush-hush");
    run(line, DEADLINE)
}

/// Returns the note in the answer that users get.
fn note(site: &Site) -> String {
    let answer = http::get(&site.host, 80, "/json").expect("nginx answers");
    let json: serde_json::Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
    json["build"]["sha"].as_str().unwrap_or_default().to_owned()
}

/// Returns the kept releases, the oldest first.
fn releases(site: &Site) -> Vec<String> {
    let listed = site.host.bash(&format!("ls {STATE}/releases")).ok();
    listed.stdout.lines().map(str::to_owned).collect()
}

/// Returns the live release.
fn live(site: &Site) -> String {
    let target = site.host.bash(&format!("readlink -f {STATE}/live")).ok();
    let target = target.stdout.trim().to_owned();
    target.rsplit('/').next().unwrap_or_default().to_owned()
}

/// deploy.bg and the staged program have changed since the deploy. `restart` uses neither of them.
fn a_restart_takes_a_changed_input_and_loses_nothing() -> Result<(), Skip> {
    let site = Site::with("operators/noted")?;
    noted(&site, &["deploy"], "one").ok();
    let first = site.serves();
    let release = live(&site);
    site.install("operators/a_restart_takes_a_changed_input_and_loses_nothing");
    site.stage("--health never");
    // There are no streams, because a stream would last longer than the drain.
    let rates = Rates {
        stream: None,
        ..Rates::FULL
    };
    let load = Load::start(&site.host.network(), 80, rates);
    wait::until(Duration::from_secs(10), || {
        load.now() > Duration::from_secs(4)
    });
    noted(&site, &["restart"], "two")
        .ok()
        .says("restart of hello: done");
    assert_eq!(note(&site), "two");
    let report = load.stop();
    report.assert_nothing_lost();
    let second = site.serves();
    assert_ne!(first, second);
    site.assert_serves_only(&second);
    assert!(
        releases(&site).contains(&release),
        "the copied release is gone"
    );
    site.run("releases")
        .ok()
        .says(&format!("a copy of {release}"));
    // `rollback` goes back to the release that was live before.
    site.run("rollback").ok();
    assert_eq!(note(&site), "one");
    site.assert_serves_only(&first);
    Ok(())
}

fn a_restart_without_its_inputs_changes_nothing() -> Result<(), Skip> {
    let site = Site::with("operators/noted")?;
    noted(&site, &["restart"], "one")
        .exits(3)
        .says("nothing is live");
    noted(&site, &["deploy"], "one").ok();
    let (color, before) = (site.serves(), releases(&site));
    site.run("restart").exits(2).says("input NOTE is not given");
    site.assert_serves_only(&color);
    assert_eq!(releases(&site), before);
    Ok(())
}

fn a_restart_whose_program_does_not_come_up_changes_nothing() -> Result<(), Skip> {
    let site = Site::with("operators/noted")?;
    noted(&site, &["deploy"], "one").ok();
    let (color, release) = (site.serves(), live(&site));
    // `restart` copies the slot as it is, so the copy has this broken program.
    let slot = format!("{STATE}/releases/{release}/slot/hello");
    site.host.write_program(&slot, "#!/bin/bash\nexit 3\n");
    noted(&site, &["restart"], "three").exits(1);
    assert_eq!(note(&site), "one");
    site.assert_serves_only(&color);
    Ok(())
}

fn a_rollback_to_two_releases_back() -> Result<(), Skip> {
    let site = Site::with("operators/noted")?;
    for name in ["one", "two", "three"] {
        noted(&site, &["deploy"], name).ok();
    }
    let first = releases(&site)[0].clone();
    let kept = site.host.read(&format!("{STATE}/releases/{first}/meta"));
    let listed = site.run("releases").ok();
    for text in ["NOTE=one", "kept", "live", "previous", "hello"] {
        assert!(
            listed.output().contains(text),
            "{text}: {}",
            listed.output()
        );
    }
    listed.never_says("hush-hush").never_says("TOKEN");
    let before = site.serves();
    site.run(&format!("rollback {first}")).ok();
    assert_eq!(note(&site), "one");
    let now = site.serves();
    assert_ne!(before, now);
    site.assert_serves_only(&now);
    // The release was copied, and the release itself has not changed.
    assert_ne!(live(&site), first);
    assert_eq!(
        site.host.read(&format!("{STATE}/releases/{first}/meta")),
        kept
    );
    site.run("rollback").ok();
    assert_eq!(note(&site), "three");
    site.run(&format!("rollback {first}")).ok();
    assert_eq!(note(&site), "one");
    Ok(())
}

fn a_rollback_to_what_is_not_there_changes_nothing() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let first = live(&site);
    site.run("rollback 20200101-000000-1")
        .exits(3)
        .says("only the live release is kept");
    site.run(&format!("rollback {first}"))
        .exits(3)
        .says("is live already");
    site.deploy().ok();
    let color = site.serves();
    site.run("rollback 20200101-000000-1").exits(3).says(&first);
    site.run("rollback ../live").exits(2);
    site.stage("--health never").deploy().exits(1);
    let failed = releases(&site).pop().expect("the failed release is kept");
    site.run("releases").ok().says("failed");
    site.run(&format!("rollback {failed}"))
        .exits(3)
        .says("has never served");
    site.assert_serves_only(&color);
    Ok(())
}

/// The kept release has neither of today's colors.
fn a_rollback_to_other_colors_is_refused() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let first = live(&site);
    site.install("operators/a_rollback_to_other_colors_is_refused");
    site.deploy().ok();
    let color = site.serves();
    site.run(&format!("rollback {first}"))
        .exits(3)
        .says("its deploy.bg has the colors blue and green, not");
    site.assert_serves_only(&color);
    Ok(())
}

/// The release uses its own ports if the live color has other ones. It is refused if it would use a port of the live
/// color.
fn a_rollback_to_a_release_with_other_ports() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let first = live(&site);
    site.install("operators/other_ports");
    site.deploy().ok();
    let before = site.serves();
    site.run(&format!("rollback {first}")).ok();
    let after = site.serves();
    assert_ne!(before, after);
    site.assert_serves_only(&after);
    let port = if after == "blue" { 8081 } else { 8082 };
    assert!(site.host.read(FRAGMENT).contains(&port.to_string()));
    site.deploy().ok();
    let color = site.serves();
    site.install("operators/a_rollback_to_a_release_with_other_ports");
    site.deploy().ok();
    let now = site.serves();
    assert_ne!(color, now);
    site.run(&format!("rollback {first}"))
        .exits(3)
        .says(&format!("where {now} serves"));
    site.assert_serves_only(&now);
    Ok(())
}

fn only_the_last_releases_are_kept() -> Result<(), Skip> {
    let site = Site::new()?;
    let mut seen = Vec::new();
    for _ in 0..7 {
        site.deploy().ok();
        seen.push(live(&site));
    }
    // The live release, the previous one and three more are kept.
    assert_eq!(releases(&site), seen[2..]);
    Ok(())
}

fn a_removal_leaves_nothing_but_the_apps_own() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    site.deploy().ok();
    let color = site.serves();
    site.run("remove").exits(3).says("--stop-serving");
    site.assert_serves_only(&color);
    site.run("prepare").ok();
    site.run("remove --stop-serving").exits(4);
    site.run("abort").ok();
    leads_nowhere(&site);
    site.run("remove --stop-serving")
        .ok()
        .says("nothing of it serves or runs");
    assert_eq!(site.serves(), "410");
    assert_eq!(site.running(), Vec::<String>::new());
    for gone in [STATE, FRAGMENT] {
        assert!(!site.host.exists(gone), "{gone}");
    }
    assert!(site.host.exists(SCRIPT));
    let left = site.host.bash("ls -A /var/lib/deployc").ok();
    assert_eq!(left.stdout, "");
    // A second `remove` has nothing to do. The next deployment is a first one.
    site.run("remove").ok();
    site.run("rollback").exits(3);
    let blue = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    Nginx::configure(&site.host, &site_with_upstream("127.0.0.1:80", "hello"));
    site.host.write(FRAGMENT, blue);
    site.deploy().ok();
    site.assert_serves_only(&site.serves());
    Ok(())
}

/// Writes a site that does not name the app's upstream, so nginx no longer needs the fragment.
fn leads_nowhere(site: &Site) {
    let gone = "server { listen 127.0.0.1:80; return 410; }\n";
    site.host.write("/etc/nginx/sites-enabled/default", gone);
}

/// The site still names the app's upstream, so nginx needs the fragment.
fn a_removal_that_the_proxy_refuses_is_taken_back() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let color = site.serves();
    let text = site.host.read(FRAGMENT);
    site.run("remove --stop-serving")
        .exits(1)
        .says("host not found in upstream")
        .says(&format!("{color} serves, as before"));
    site.assert_serves_only(&color);
    assert_eq!(site.host.read(FRAGMENT), text);
    site.deploy().ok();
    Ok(())
}

/// After an interrupted `restart` the recovery goes back, so `rollback` has nothing more to do. It is the same after an
/// interrupted deployment.
fn rollback_after_an_interrupted_restart_only_completes_the_way_back() -> Result<(), Skip> {
    let (site, first, second) = deployed_with_held_reload("held_reload")?;
    site.deploy().ok();
    let release = live(&site);
    let restart = hold(&site, "restart", Hold::After);
    assert!(wait::until(SOON, || site.serves() == first));
    kill(&site, restart);
    let_go(&site);
    site.run("rollback")
        .ok()
        .says("this completes the rollback");
    site.assert_serves_only(&second);
    assert_eq!(live(&site), release);
    assert_at_rest(&site);
    Ok(())
}

/// The command first recovers from the interrupted run, then goes to the release.
fn a_rollback_to_a_release_that_was_cut_short_goes_on() -> Result<(), Skip> {
    let (site, _, other) = deployed_with_held_reload("held_reload")?;
    let release = live(&site);
    site.deploy().ok();
    let rollback = hold(&site, &format!("rollback {release}"), Hold::Before);
    assert_eq!(site.serves(), other);
    kill(&site, rollback);
    let_go(&site);
    site.run(&format!("rollback {release}")).ok();
    let color = site.serves();
    assert_ne!(color, other);
    site.assert_serves_only(&color);
    site.run("releases")
        .ok()
        .says(&format!("a copy of {release}"));
    assert_at_rest(&site);
    Ok(())
}

fn a_removal_that_was_cut_short_is_taken_back_by_a_deploy() -> Result<(), Skip> {
    let (site, live, other) = deployed_with_held_reload("held_reload")?;
    let served = site.host.read("/etc/nginx/sites-enabled/default");
    leads_nowhere(&site);
    let remove = hold(&site, "remove --stop-serving", Hold::After);
    assert!(!site.host.exists(FRAGMENT));
    kill(&site, remove);
    let_go(&site);
    assert_eq!(
        site.running(),
        [live.as_str()],
        "the color was stopped too early"
    );
    site.run("status").ok().says("is being removed");
    site.host.write("/etc/nginx/sites-enabled/default", served);
    site.deploy()
        .ok()
        .says(&format!("interrupted: {live} stays"));
    site.assert_serves_only(&other);
    assert_at_rest(&site);
    Ok(())
}

fn a_removal_that_was_cut_short_is_done_by_the_next_one() -> Result<(), Skip> {
    let (site, _, _) = deployed_with_held_reload("held_reload")?;
    leads_nowhere(&site);
    let remove = hold(&site, "remove --stop-serving", Hold::After);
    kill(&site, remove);
    let_go(&site);
    site.run("remove --stop-serving").ok();
    assert_eq!(site.running(), Vec::<String>::new());
    assert!(!site.host.exists(STATE) && !site.host.exists(FRAGMENT));
    Ok(())
}

/// Starts a removal, and waits until it drains. Also returns the request for which the removal waits.
fn draining_removal() -> Result<(Site, String, Running, Running), Skip> {
    let (site, live, _) = deployed_with("operators/draining_removal")?;
    let answer = stream(&site, &live);
    leads_nowhere(&site);
    let remove = site.start("remove --stop-serving");
    let log = format!("$(grep -l 'step: commit_removed' {STATE}/log/*.log)");
    let drains = format!("grep -q 'step: drain' {log} /dev/null");
    assert!(wait::until(SOON, || site.host.bash(&drains).code == 0));
    Ok((site, live, answer, remove))
}

/// The next command finishes the removal. The next deployment is a first one.
fn a_removal_that_was_killed_in_its_drain_is_finished_by_a_deploy() -> Result<(), Skip> {
    let (site, live, answer, remove) = draining_removal()?;
    kill(&site, remove);
    assert_eq!(site.running(), [live.as_str()], "the color was stopped");
    site.run("resume").ok().says("removing the rest");
    assert_whole(answer, &live);
    assert_eq!(site.running(), Vec::<String>::new());
    site.run("rollback").exits(3);
    let blue = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    Nginx::configure(&site.host, &site_with_upstream("127.0.0.1:80", "hello"));
    site.host.write(FRAGMENT, blue);
    site.deploy().ok();
    site.assert_serves_only(&site.serves());
    Ok(())
}

fn a_removal_that_was_told_to_stop_in_its_drain_asks_for_a_person() -> Result<(), Skip> {
    let (site, live, answer, remove) = draining_removal()?;
    remove.signal(Signal::TERM);
    // The exit code is lost, because TERM also ends the `nsenter` that has started the script.
    remove
        .wait(Duration::from_secs(10))
        .says("a person must act")
        .says("run `remove` again");
    assert_eq!(site.running(), [live.as_str()], "the color was stopped");
    site.run("remove").ok();
    assert_whole(answer, &live);
    assert_eq!(site.running(), Vec::<String>::new());
    assert!(!site.host.exists(STATE));
    Ok(())
}

/// The deploy has waited for the lock of an app that was removed meanwhile.
fn a_command_that_waited_for_a_removal_is_refused() -> Result<(), Skip> {
    let (site, live, answer, remove) = draining_removal()?;
    let waiting = site.start("deploy");
    let waits = format!("grep -q 'waiting: remove' {STATE}/log/*.log");
    assert!(wait::until(SOON, || site.host.bash(&waits).code == 0));
    remove.wait(SOON).ok();
    assert_whole(answer, &live);
    waiting
        .wait(SOON)
        .exits(4)
        .says("was removed from this host just now");
    assert!(!site.host.exists(STATE));
    Ok(())
}
