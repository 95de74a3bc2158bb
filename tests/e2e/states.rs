//! States of a host at the beginning of a command. Each test creates one for real, and has a row in `docs/states.md`.
//! Other rows name tests of other files.

use crate::hazards::{DEADLINE, SOON, deployed_with};
use crate::support::nginx::site_with_upstream;
use crate::support::site::{FRAGMENT, SCRIPT, Site};
use crate::support::skip::{Skip, need_programs};
use crate::support::wait;

crate::tests![
    both_up_after_a_switch_the_cleanup_comes_first,
    a_live_color_that_is_down_is_no_reason_to_wait,
    a_live_color_that_is_down_is_nothing_to_go_back_to,
    a_color_that_stays_has_to_be_loaded,
    a_fragment_that_routes_to_both_is_refused,
    a_fragment_that_routes_to_neither_is_refused,
    a_fragment_that_is_gone_leaves_the_last_color_alone,
    a_fragment_that_may_not_be_looked_at_is_refused,
    the_state_of_another_machine_is_refused,
    the_state_of_another_user_is_refused,
];

/// Kills the program of a color.
pub fn kill_color(site: &Site, color: &str) {
    let programs = site.host.processes("/opt/testapp --port");
    let of_color = programs
        .iter()
        .filter(|line| line.contains(&format!("--color {color}")));
    for line in of_color {
        let pid = line.split_once(' ').map_or("", |(pid, _)| pid);
        site.host.run(&["kill", "-KILL", pid]).ok();
    }
    let gone = wait::until(SOON, || !site.running().contains(&color.to_owned()));
    assert!(gone, "{color} still runs");
}

/// Checks that no command has unfinished work.
#[track_caller]
pub fn assert_at_rest(site: &Site) {
    site.run("status").ok().says("under way: nothing");
}

/// Checks that the proxy's file is the one that was built for this color.
#[track_caller]
pub fn assert_routes_to(site: &Site, color: &str) {
    let built = format!("/srv/hello/deploy/nginx/{color}.conf");
    assert_eq!(site.host.read(FRAGMENT), site.host.read(&built));
}

fn both_up_after_a_switch_the_cleanup_comes_first() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    site.run("prepare").ok();
    site.run("switch").ok();
    assert_eq!(site.running(), ["blue", "green"]);
    assert_eq!(site.serves(), other);
    let outcome = site.deploy().ok().says("finishing the cleanup");
    let output = outcome.output();
    let cleanup = output.find(&format!("\ncleanup of {live}\n"));
    let start = output.find("\nprepare hello");
    assert!(cleanup.is_some() && cleanup < start, "{outcome}");
    site.assert_serves_only(&live);
    assert_at_rest(&site);
    Ok(())
}

fn a_live_color_that_is_down_is_no_reason_to_wait() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("hello")?;
    kill_color(&site, &live);
    assert_eq!(site.serves(), "502");
    // Users get no answer, as before. The color that failed is stopped.
    site.stage("--health never")
        .deploy()
        .exits(1)
        .says("503")
        .says("users get no answer, as before: the live color does not run");
    assert_routes_to(&site, &live);
    assert_eq!(site.running(), Vec::<String>::new());
    site.stage("").deploy().ok();
    site.assert_serves_only(&other);
    Ok(())
}

fn a_live_color_that_is_down_is_nothing_to_go_back_to() -> Result<(), Skip> {
    let (site, live, other) = deployed_with("own_verify")?;
    kill_color(&site, &live);
    site.stage("--broken /profile")
        .deploy()
        .exits(5)
        .says("500")
        .says(&format!("{live} no longer passes its probes"));
    assert_routes_to(&site, &other);
    assert_eq!(site.running(), [other.as_str()]);
    site.nginx().assert_valid();
    site.stage("").deploy().ok();
    site.assert_serves_only(&live);
    Ok(())
}

/// The previous color is down, and nginx refuses the new color's file. The script must not report that the new color
/// serves.
fn a_color_that_stays_has_to_be_loaded() -> Result<(), Skip> {
    let (site, live, other) = {
        let site = Site::new()?;
        site.host
            .write_program("/opt/test", "#!/bin/bash\nexec nginx -t\n");
        site.install("states/own_test");
        site.deploy().ok();
        let live = site.serves();
        let other = if live == "blue" { "green" } else { "blue" };
        (site, live, other)
    };
    let port = if other == "blue" { 8081 } else { 8082 };
    let refuses = format!(
        "#!/bin/bash\nif grep -q {port} {FRAGMENT}; then echo 'nginx: [emerg] refused'; exit 1; fi\nexec nginx -t\n"
    );
    site.host.write_program("/opt/test", refuses);
    kill_color(&site, &live);
    site.deploy()
        .exits(5)
        .says("refused")
        .never_says("ok     commit")
        .never_says(&format!("what serves now: {other}"));
    site.run("status")
        .ok()
        .says("may serve either")
        .never_says("UNKNOWN");
    site.host
        .write_program("/opt/test", "#!/bin/bash\nexec nginx -t\n");
    site.deploy().ok();
    let serves = site.serves();
    site.assert_serves_only(&serves);
    Ok(())
}

fn a_fragment_that_routes_to_both_is_refused() -> Result<(), Skip> {
    let (site, live, _) = deployed_with("hello")?;
    let both = "upstream hello { server 127.0.0.1:8081; server 127.0.0.1:8082; }\n";
    site.host.write(FRAGMENT, both);
    for command in ["deploy", "adopt", "rollback", "resume"] {
        site.run(command).exits(3).says("route to both colors");
    }
    site.run("status").ok().says("MIXED");
    assert_eq!(site.host.read(FRAGMENT), both);
    site.assert_serves_only(&live);
    Ok(())
}

fn a_fragment_that_routes_to_neither_is_refused() -> Result<(), Skip> {
    let (site, live, _) = deployed_with("hello")?;
    let neither = "upstream hello { server 127.0.0.1:9; }\n";
    site.host.write(FRAGMENT, neither);
    for command in ["deploy", "adopt", "rollback", "resume"] {
        site.run(command)
            .exits(3)
            .says("routes to neither blue nor green");
    }
    site.run("status").ok().says("UNKNOWN");
    assert_eq!(site.host.read(FRAGMENT), neither);
    site.assert_serves_only(&live);
    Ok(())
}

/// nginx was not reloaded after the file was removed, so the last color still has users. A first deployment would take
/// just this color.
fn a_fragment_that_is_gone_leaves_the_last_color_alone() -> Result<(), Skip> {
    let (site, other, live) = deployed_with("hello")?;
    site.deploy().ok();
    assert_eq!(live, "blue");
    // nginx looks up a name in a variable only for a request, so this site is valid without the upstream.
    let server = site_with_upstream("127.0.0.1:80", "$target").replace(
        "listen 127.0.0.1:80;",
        "listen 127.0.0.1:80;\n  set $target hello;",
    );
    site.host.write("/etc/nginx/sites-enabled/default", server);
    site.nginx().reload();
    site.host.run(&["rm", FRAGMENT]).ok();
    assert_eq!(site.serves(), live);
    let pid = site.host.processes(&format!("--color {live}"));
    site.deploy().ok();
    assert_eq!(site.serves(), other);
    assert_routes_to(&site, &other);
    site.nginx().assert_valid();
    let still = site.host.processes(&format!("--color {live}"));
    assert_eq!(still, pid, "the color that nginx served was stopped");
    // Now this color is idle, so the next deploy uses it.
    site.deploy().ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn a_fragment_that_may_not_be_looked_at_is_refused() -> Result<(), Skip> {
    need_programs(&["sudo", "runuser"])?;
    let site = Site::with("states/a_fragment_that_may_not_be_looked_at_is_refused")?;
    let rights = "ec2-user ALL=(root) NOPASSWD: ALL\n";
    site.host.write("/etc/sudoers.d/hello", rights);
    site.host.bash("chown -R ec2-user: /srv/hello").ok();
    let by_user = |command: &str| {
        let words = ["runuser", "-u", "ec2-user", "--", SCRIPT, command];
        site.host.start(&words).wait(DEADLINE)
    };
    by_user("deploy").ok();
    let live = site.serves();
    let fragment = site.host.read(FRAGMENT);
    site.host.run(&["rm", "/etc/sudoers.d/hello"]).ok();
    by_user("deploy").exits(3).says("sudoers");
    by_user("rollback")
        .exits(3)
        .says("cannot tell which color is live: ec2-user may not read");
    by_user("status").ok().says("UNKNOWN");
    assert_eq!(site.host.read(FRAGMENT), fragment);
    site.assert_serves_only(&live);
    Ok(())
}

fn the_state_of_another_machine_is_refused() -> Result<(), Skip> {
    let site = Site::new()?;
    site.host
        .write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    site.deploy().ok();
    let live = site.serves();
    site.host
        .write("/etc/machine-id", "fedcba9876543210fedcba9876543210\n");
    site.deploy()
        .exits(3)
        .says("was written on another machine");
    assert_routes_to(&site, &live);
    site.assert_serves_only(&live);
    Ok(())
}

fn the_state_of_another_user_is_refused() -> Result<(), Skip> {
    let (site, live, _) = deployed_with("hello")?;
    let by_user = ["runuser", "-u", "ec2-user", "--", SCRIPT, "deploy"];
    site.host
        .start(&by_user)
        .wait(DEADLINE)
        .exits(3)
        .says("hello is deployed by root on this host");
    assert_routes_to(&site, &live);
    site.assert_serves_only(&live);
    Ok(())
}
