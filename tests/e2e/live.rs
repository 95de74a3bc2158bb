//! nginx does not always serve what its files say. The script sees this, names what serves and leaves it alone.

use std::time::Duration;

use crate::support::load::{Load, Long, Rates};
use crate::support::site::{FRAGMENT, SOURCE, Site, compile};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    a_second_master_of_nginx,
    a_stream_through_a_second_master_that_ends,
    a_file_that_was_put_back,
    two_applications_of_one_name,
    a_state_folder_that_others_may_change,
    the_settings_of_nginx_are_compared_with_the_promises,
    a_pid_file_that_an_included_file_names,
];

/// Returns the pid in a file, if a process with this pid runs.
fn pid_in(site: &Site, file: &str) -> Option<String> {
    let pid = site.host.read(file).trim().to_owned();
    let runs = !pid.is_empty() && site.host.run(&["kill", "-0", &pid]).code == 0;
    runs.then_some(pid)
}

/// In an unfinished binary upgrade of nginx the old master still accepts connections, with its old configuration. The
/// script checks for this in `prepare`, and again at the beginning of `switch`.
fn a_second_master_of_nginx() -> Result<(), Skip> {
    let site = Site::new()?;
    let upgrade = |site: &Site| {
        let old = pid_in(site, "/run/nginx.pid").expect("nginx runs");
        site.host.run(&["kill", "-USR2", &old]).ok();
        let both = || pid_in(site, "/run/nginx.pid").is_some_and(|new| new != old);
        assert!(
            wait::until(Duration::from_secs(30), both),
            "the new master does not start"
        );
        let workers = || site.host.processes("nginx: worker process").len() >= 4;
        assert!(
            wait::until(Duration::from_secs(30), workers),
            "the workers of the new master do not start"
        );
        old
    };
    let finish = |site: &Site, old: &str| {
        site.host.run(&["kill", "-QUIT", old]).ok();
        let gone = || site.host.run(&["kill", "-0", old]).code != 0;
        assert!(
            wait::until(Duration::from_secs(30), gone),
            "the old master does not end"
        );
    };
    // A master starts its successor by the path by which it was started itself. So nginx is started by its full path.
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

    // The old master has ended its workers, but holds its sockets: HUP would start new workers.
    site.host.run(&["kill", "-WINCH", &old]).ok();
    let alone = || site.host.processes("nginx: worker process").len() <= 2;
    assert!(
        wait::until(Duration::from_secs(30), alone),
        "the old workers do not end"
    );
    for command in ["deploy", "doctor"] {
        site.run(command)
            .exits(3)
            .says(&format!("a second master of nginx, {old}, has no workers"));
    }
    site.assert_serves_only(&live);
    finish(&site, &old);
    site.deploy().ok();
    assert_ne!(site.serves(), live);
    Ok(())
}

/// The old master was told to end, but a stream through one of its workers goes on. The stream comes from the live color,
/// so this color is not stopped before the stream ends.
fn a_stream_through_a_second_master_that_ends() -> Result<(), Skip> {
    let site = Site::with("live/a_stream_through_a_second_master_that_ends")?;
    site.host.run(&["nginx", "-s", "quit"]).ok();
    let ended = || pid_in(&site, "/run/nginx.pid").is_none();
    assert!(wait::until(Duration::from_secs(30), ended));
    site.host.run(&["/usr/sbin/nginx"]).ok();
    site.host.wait_for_port(80);
    site.deploy().ok();
    let streams = Long {
        lasts: Duration::from_secs(12),
        pause: Duration::from_secs(5),
    };
    let rates = Rates {
        keep_alive: 0,
        one_shot: 1,
        slow: None,
        stream: Some(streams),
    };
    let load = Load::start(&site.host.network(), 80, rates);
    let begun = load.now() + Duration::from_millis(500);
    wait::until(Duration::from_secs(10), || load.now() > begun);
    let old = pid_in(&site, "/run/nginx.pid").expect("nginx runs");
    site.host.run(&["kill", "-USR2", &old]).ok();
    let new = || pid_in(&site, "/run/nginx.pid").is_some_and(|new| new != old);
    assert!(wait::until(Duration::from_secs(30), new));
    site.host.run(&["kill", "-QUIT", &old]).ok();
    let quits = || {
        !site
            .host
            .processes("nginx: worker process is shutting down")
            .is_empty()
    };
    assert!(wait::until(Duration::from_secs(30), quits));
    site.deploy().ok();
    load.stop().assert_nothing_lost();
    Ok(())
}

/// A backup, Ansible or git has written the other color's file, and nobody has reloaded nginx. Users still get the
/// color that was confirmed last.
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
    site.run("status")
        .ok()
        .says("live:      UNKNOWN: the proxy's file routes to green, but blue was confirmed last");
    site.run("status --json").ok().says("\"live\":null");
    // The script refuses before it starts the new release, which would never pass its probe.
    site.stage("--health never");
    site.deploy().exits(3);
    site.assert_serves_only("blue");

    // A person copies back the right file, which the script keeps.
    let kept = "/var/lib/deployc/hello/live/fragment";
    site.host.run(&["cp", kept, FRAGMENT]).ok();
    assert_eq!(site.host.read(FRAGMENT), right);
    site.stage("").deploy().ok();
    site.assert_serves_only("green");

    // After a boot nginx has loaded the file that is on the disk, so that file decides.
    let other = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    site.host.write(FRAGMENT, other);
    site.host.bash("kill -KILL $(pgrep -x testapp)").ok();
    site.nginx().reload();
    site.run("resume").ok();
    assert_eq!(site.serves(), "blue");
    Ok(())
}

/// Staging is a copy of production on the same host, with another root, other ports and another file. As root they would
/// have one state.
fn two_applications_of_one_name() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let live = site.serves();
    let staging = SOURCE
        .replace("/srv/hello", "/srv/staging")
        .replace("808", "809")
        .replace("conf.d/hello.conf", "conf.d/staging.conf")
        .replace("\"hello\"\n", "\"staging\"\n");
    compile(&staging, &site.host, "/srv/staging/deploy");
    site.host
        .bash("cp -a /srv/hello/staging /srv/staging/")
        .ok();
    let blue = site.host.read("/srv/staging/deploy/nginx/blue.conf");
    site.host.write("/etc/nginx/conf.d/staging.conf", blue);
    for command in ["deploy", "prepare", "resume", "remove", "status", "doctor"] {
        let script = "/srv/staging/deploy/hello.sh";
        let outcome = site.host.run(&[script, command]);
        outcome
            .exits(3)
            .says("two applications are called hello on this host: one in /srv/hello")
            .says("and this one in /srv/staging");
    }
    site.assert_serves_only(&live);
    // The first one still works.
    site.deploy().ok();
    assert_ne!(site.serves(), live);

    // An application that moves and keeps its ports is the same application.
    let moved = SOURCE.replace("/srv/hello", "/srv/moved");
    compile(&moved, &site.host, "/srv/moved/deploy");
    site.host.bash("cp -a /srv/hello/staging /srv/moved/").ok();
    site.host
        .run(&["/srv/moved/deploy/hello.sh", "deploy"])
        .ok();
    site.assert_serves_only(&live);
    Ok(())
}

/// Even a command that changes nothing runs the scripts of releases.
fn a_state_folder_that_others_may_change() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let state = "/var/lib/deployc/hello";
    site.host.run(&["chmod", "777", state]).ok();
    for command in ["status", "releases", "doctor", "deploy"] {
        site.run(command)
            .exits(3)
            .says("others may write /var/lib/deployc/hello");
    }
    site.host.run(&["chmod", "755", state]).ok();
    site.run("status").ok();
    Ok(())
}

/// With `worker_shutdown_timeout` nginx ends its old workers itself.
fn the_settings_of_nginx_are_compared_with_the_promises() -> Result<(), Skip> {
    let site = Site::new()?;
    let main = site.host.read("/etc/nginx/nginx.conf");
    let set = |value: &str| {
        let text = format!("worker_shutdown_timeout {value};\n{main}");
        site.host.write("/etc/nginx/nginx.conf", text);
        site.nginx().reload();
    };
    for (value, told) in [
        ("2s", "2s"),
        ("3", "3"),
        ("'0m4s'", "0m4s"),
        ("\n\t4000ms", "4000ms"),
    ] {
        set(value);
        let warning = format!("nginx cuts the requests of old workers after {told}");
        site.run("doctor").ok().says(&warning);
        site.deploy().ok().says(&warning);
    }
    for value in ["5s", "1m", "0", "1m30s; # worker_shutdown_timeout 1s"] {
        set(value);
        let said = "nginx cuts the requests";
        site.run("doctor").ok().never_says(said);
    }
    Ok(())
}

fn a_pid_file_that_an_included_file_names() -> Result<(), Skip> {
    let site = Site::new()?;
    let main = site.host.read("/etc/nginx/nginx.conf");
    let text = main.replace("pid /run/nginx.pid;", "include /etc/nginx/pid.conf;");
    assert_ne!(text, main);
    site.host.run(&["nginx", "-s", "quit"]).ok();
    let ended = || pid_in(&site, "/run/nginx.pid").is_none();
    assert!(wait::until(Duration::from_secs(30), ended));
    site.host.write("/etc/nginx/nginx.conf", text);
    site.host
        .write("/etc/nginx/pid.conf", "pid /run/another.pid;\n");
    site.host.run(&["nginx"]).ok();
    site.host.wait_for_port(80);
    // Another nginx has the pid file that nginx uses if nothing names one.
    let other = "pid /run/nginx.pid; error_log /var/log/nginx/other.log; events {} \
                 http { access_log off; server { listen 127.0.0.1:8099; } }\n";
    site.host.write("/etc/nginx/other.conf", other);
    site.host
        .run(&["nginx", "-c", "/etc/nginx/other.conf"])
        .ok();
    site.host.wait_for_port(8099);
    for color in ["green", "blue"] {
        site.deploy().ok();
        assert_eq!(site.serves(), color);
    }
    site.run("doctor").ok();
    Ok(())
}
