//! What is on disk is not always what is in force: whatever else serves is seen, named and left alone.

use std::time::Duration;

use crate::support::site::{FRAGMENT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![a_second_master_of_nginx, a_file_that_was_put_back];

/// The pid in a file, if a process of it runs.
fn pid_in(site: &Site, file: &str) -> Option<String> {
    let pid = site.host.read(file).trim().to_owned();
    let runs = !pid.is_empty() && site.host.run(&["kill", "-0", &pid]).code == 0;
    runs.then_some(pid)
}

/// A binary upgrade that is half done: the old master goes on accepting with the configuration that it has. It is asked in `prepare`, and
/// again when the switch begins.
fn a_second_master_of_nginx() -> Result<(), Skip> {
    let site = Site::new()?;
    let upgrade = |site: &Site| {
        let old = pid_in(site, "/run/nginx.pid").expect("nginx runs");
        site.host.run(&["kill", "-USR2", &old]).ok();
        let both = || pid_in(site, "/run/nginx.pid").is_some_and(|new| new != old);
        assert!(
            wait::until(Duration::from_secs(30), both),
            "the new master is there"
        );
        let workers = || site.host.processes("nginx: worker process").len() >= 4;
        assert!(
            wait::until(Duration::from_secs(30), workers),
            "its workers are there"
        );
        old
    };
    let finish = |site: &Site, old: &str| {
        site.host.run(&["kill", "-QUIT", old]).ok();
        let gone = || site.host.run(&["kill", "-0", old]).code != 0;
        assert!(
            wait::until(Duration::from_secs(30), gone),
            "the old master is gone"
        );
    };
    // It starts its successor by the path by which it was started.
    site.host.run(&["nginx", "-s", "quit"]).ok();
    let ended = || pid_in(&site, "/run/nginx.pid").is_none();
    assert!(wait::until(Duration::from_secs(30), ended));
    site.host.run(&["/usr/sbin/nginx"]).ok();
    site.host.wait_for_port(80);
    site.deploy().ok();
    let live = site.serves();

    let old = upgrade(&site);
    site.deploy()
        .exits(3)
        .says("two masters of nginx accept requests")
        .says(&old);
    site.run("doctor")
        .exits(3)
        .says("two masters of nginx accept requests");
    site.assert_serves_only(&live);
    finish(&site, &old);

    site.run("prepare").ok();
    let old = upgrade(&site);
    site.run("switch")
        .exits(1)
        .says("two masters of nginx accept requests");
    site.assert_serves_only(&live);
    finish(&site, &old);
    site.deploy().ok();
    assert_ne!(site.serves(), live);
    Ok(())
}

/// A backup, Ansible or git has written the other color's file, and nobody has reloaded nginx: users still get what was confirmed last.
fn a_file_that_was_put_back() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    site.deploy().ok();
    site.assert_serves_only("blue");
    let right = site.host.read(FRAGMENT);
    let other = site.host.read("/srv/hello/deploy/nginx/green.conf");
    site.host.write(FRAGMENT, other);
    for command in ["deploy", "prepare", "rollback", "resume", "adopt", "doctor"] {
        site.run(command)
            .exits(3)
            .says("blue was confirmed last, still runs and may still serve the users");
        assert_eq!(site.serves(), "blue", "{command}");
        assert_eq!(site.running(), ["blue"], "{command}");
    }
    // A release that would crash at its start changes nothing about it.
    site.stage("--health never");
    site.deploy().exits(3);
    site.assert_serves_only("blue");

    // The message names the file that leads out.
    let kept = "/var/lib/deployc/hello/live/fragment";
    site.host.run(&["cp", kept, FRAGMENT]).ok();
    assert_eq!(site.host.read(FRAGMENT), right);
    site.stage("").deploy().ok();
    site.assert_serves_only("green");

    // After a boot the file is what nginx has loaded.
    let other = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    site.host.write(FRAGMENT, other);
    site.host.bash("kill -KILL $(pgrep -x testapp)").ok();
    site.nginx().reload();
    site.run("resume").ok();
    assert_eq!(site.serves(), "blue");
    Ok(())
}
