//! The effect of each command of a script, mostly when nothing fails.

use std::time::Duration;

use crate::support::http;
use crate::support::site::{SCRIPT, Site};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    the_first_deploy_serves,
    the_second_deploy_goes_to_the_other_color_and_stops_the_first,
    prepare_changes_nothing_for_users_and_switch_completes_it,
    abort_undoes_prepare,
    rollback_goes_back_to_the_last_good_release,
    rollback_after_a_failed_deploy_starts_the_last_good_release,
    rollback_works_after_a_service_was_added,
    rollback_without_a_release_says_so,
    status_and_history_show_what_happened,
    plan_and_dry_run_change_nothing,
    resume_starts_the_live_color_again,
    doctor_finds_a_hand_edit,
    doctor_finds_what_a_deployment_would,
    doctor_asks_what_prepare_asks,
    what_nobody_runs_is_not_said_to_serve,
    with_a_missing_or_damaged_fragment_the_live_color_is_not_stopped,
    requests_in_flight_are_finished,
    a_slow_boot_is_waited_for,
    a_program_on_ipv6_only_is_reached,
    an_upload_of_a_few_seconds_survives,
    the_settings_of_an_upstream_are_in_force,
];

fn the_first_deploy_serves() -> Result<(), Skip> {
    let site = Site::new()?;
    assert_eq!(site.serves(), "502");
    site.deploy().ok();
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}

fn the_second_deploy_goes_to_the_other_color_and_stops_the_first() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let first = site.serves();
    site.deploy().ok();
    let second = site.serves();
    assert_ne!(first, second);
    site.assert_serves_only(&second);
    site.deploy().ok();
    site.assert_serves_only(&first);
    Ok(())
}

/// Returns a site after one good deploy, its live color, and the other color.
fn deployed() -> Result<(Site, String, String), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let live = site.serves();
    let other = if live == "blue" { "green" } else { "blue" };
    Ok((site, live, other.to_owned()))
}

fn prepare_changes_nothing_for_users_and_switch_completes_it() -> Result<(), Skip> {
    let (site, live, other) = deployed()?;
    site.run("prepare").ok();
    assert_eq!(site.serves(), live);
    assert_eq!(site.running(), ["blue", "green"]);
    site.run("status").ok().says("prepared");
    site.run("switch").ok();
    assert_eq!(site.serves(), other);
    assert_eq!(
        site.running(),
        ["blue", "green"],
        "only `cleanup` stops the old color"
    );
    site.run("cleanup").ok();
    site.assert_serves_only(&other);
    Ok(())
}

fn abort_undoes_prepare() -> Result<(), Skip> {
    let (site, live, _) = deployed()?;
    site.run("prepare").ok();
    site.run("abort").ok();
    site.assert_serves_only(&live);
    site.deploy().ok();
    Ok(())
}

fn rollback_goes_back_to_the_last_good_release() -> Result<(), Skip> {
    let (site, first, second) = deployed()?;
    site.stage("--sha two").deploy().ok();
    assert_eq!(site.serves(), second);
    site.stage("--sha never-deployed").run("rollback").ok();
    site.assert_serves_only(&first);
    let answer = http::get(&site.host, 80, "/json").expect("nginx answers");
    assert!(
        answer.body.contains(r#""sha":"""#),
        "the release before the last had no sha: {}",
        answer.body
    );
    site.run("rollback").ok();
    let answer = http::get(&site.host, 80, "/json").expect("nginx answers");
    assert!(answer.body.contains(r#""sha":"two""#), "{}", answer.body);
    site.assert_serves_only(&second);
    Ok(())
}

/// The failed release was in the color of the good one, and the inputs have changed since.
fn rollback_after_a_failed_deploy_starts_the_last_good_release() -> Result<(), Skip> {
    let site = Site::with("deploys/rollback_after_a_failed_deploy_starts_the_last_good_release")?;
    let run = |command: &str, version: &str| site.run_with(command, &[("VERSION", version)]);
    let served = || {
        let answer = http::get(&site.host, 80, "/json").expect("nginx answers");
        let json: serde_json::Value =
            serde_json::from_str(&answer.body).expect("the answer is JSON");
        json["build"]["sha"].as_str().map(str::to_owned)
    };
    run("deploy", "one").ok();
    let first = site.serves();
    run("deploy", "two").ok();
    let second = site.serves();
    for failures in ["three", "four"] {
        site.stage("--health never");
        run("deploy", failures).exits(1);
        assert_eq!(served().as_deref(), Some("two"));
        site.assert_serves_only(&second);
    }
    run("rollback", "five").ok();
    assert_eq!(served().as_deref(), Some("one"));
    site.assert_serves_only(&first);
    run("rollback", "six").ok();
    assert_eq!(served().as_deref(), Some("two"));
    site.assert_serves_only(&second);
    Ok(())
}

/// Only a release's own script knows the services of the release, so `rollback` must use that script.
fn rollback_works_after_a_service_was_added() -> Result<(), Skip> {
    let (site, live, other) = deployed()?;
    site.install("deploys/rollback_works_after_a_service_was_added");
    site.deploy().ok();
    assert_eq!(site.serves(), other);
    site.run("rollback").ok();
    site.assert_serves_only(&live);
    Ok(())
}

fn rollback_without_a_release_says_so() -> Result<(), Skip> {
    let (site, live, _) = deployed()?;
    site.run("rollback").exits(3);
    site.assert_serves_only(&live);
    Ok(())
}

fn status_and_history_show_what_happened() -> Result<(), Skip> {
    let (site, live, other) = deployed()?;
    site.run("status").ok().says(&live);
    let json = site.run("status --json").ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&json).expect("status --json is JSON");
    assert!(status.to_string().contains(&live), "{json}");
    site.stage("--health never").deploy().exits(1);
    site.stage("").deploy().ok();
    let history = site.run("history").ok().stdout;
    assert!(history.lines().count() >= 3, "three deploys: {history}");
    assert!(history.contains(&other), "{history}");
    Ok(())
}

fn plan_and_dry_run_change_nothing() -> Result<(), Skip> {
    let (site, live, other) = deployed()?;
    site.run("plan").ok().says(&other);
    site.run("deploy --dry-run").ok();
    site.run("rollback --dry-run").exits(2).says("deploy");
    site.run("help").ok().says("rollback");
    site.assert_serves_only(&live);
    site.run("no-such-command").exits(2).says("no-such-command");
    site.run("").exits(2);
    Ok(())
}

fn resume_starts_the_live_color_again() -> Result<(), Skip> {
    let (site, live, _) = deployed()?;
    // This is the state after a boot: the program is gone, the files are there.
    site.host.bash("kill -KILL $(pgrep -x testapp)").ok();
    assert_eq!(site.serves(), "502");
    site.run("status").ok().says("NOT RUNNING");
    // `doctor` does not fail, because a deployment may repair this.
    site.run("doctor")
        .ok()
        .says(&format!("{live} is live but does not run"));
    site.run("resume").ok();
    assert!(!site.run("status").ok().stdout.contains("NOT RUNNING"));
    site.assert_serves_only(&live);
    Ok(())
}

fn doctor_finds_a_hand_edit() -> Result<(), Skip> {
    let (site, live, _) = deployed()?;
    site.run("doctor").ok();
    let file = crate::support::site::FRAGMENT;
    let text = site.host.read(file);
    site.host.write(
        file,
        format!("{text}# by hand\nupstream extra {{ server 127.0.0.1:9; }}\n"),
    );
    site.run("doctor").exits(3).says(file);
    site.deploy().exits(3);
    assert_eq!(site.running(), [live]);
    Ok(())
}

fn doctor_finds_what_a_deployment_would() -> Result<(), Skip> {
    let (site, _, _) = deployed()?;
    let script = site.host.read(SCRIPT);
    site.host
        .write_program(SCRIPT, script.replace("drain_within=", "drain_within=1"));
    site.run("doctor")
        .exits(3)
        .says("was changed since it was built");
    site.install("deploys/doctor_finds_what_a_deployment_would");
    site.host.remove_program("curl");
    site.run("doctor").exits(3).says("curl");
    site.deploy().exits(3).says("curl");
    Ok(())
}

/// `doctor` and `deploy` find each of these problems and report it in the same words.
fn doctor_asks_what_prepare_asks() -> Result<(), Skip> {
    let (site, live, idle) = deployed()?;
    site.run("doctor").ok().says("ready");
    let refused = |words: &str| {
        site.run("doctor").exits(3).says(words);
        site.deploy().exits(3).says(words);
        site.assert_serves_only(&live);
    };

    let port = if idle == "blue" { "8081" } else { "8082" };
    let stranger = site.host.start(&["/opt/testapp", "--port", port]);
    site.host
        .wait_for_port(port.parse().expect("a port is a number"));
    refused("is taken by a process that this script did not start");
    stranger.signal(rustix::process::Signal::KILL);
    stranger.wait(Duration::from_secs(30));

    site.install("deploys/doctor_asks_what_prepare_asks");
    refused("there is no user nobody-at-all on this host");

    let moved = "server { listen 127.0.0.1:81; return 301 https://$host$request_uri; }\n";
    site.host.write("/etc/nginx/conf.d/moved.conf", moved);
    site.nginx().reload();
    site.install("deploys/doctor_asks_what_prepare_asks_2");
    refused("a redirect to");

    site.install("deploys/doctor_asks_what_prepare_asks_3");
    site.run("doctor").exits(3).says("input BUILD is not given");

    site.install("hello");
    site.host
        .run(&["cp", "/srv/hello/staging/hello", "/srv/hello/hello"])
        .ok();
    site.host.run(&["rm", "/srv/hello/staging/hello"]).ok();
    // `doctor` does not fail, because the artifact may still come: CodeDeploy's first hook runs before it installs
    // anything.
    site.run("doctor")
        .ok()
        .says("later   find_artifact")
        .says("no artifact: nothing matches");
    site.deploy().exits(3).says("no artifact: nothing matches");
    site.host
        .run(&["mv", "/srv/hello/hello", "/srv/hello/staging/hello"])
        .ok();

    site.run("prepare").ok();
    site.run("doctor")
        .exits(3)
        .says("is prepared for deployment");
    site.deploy().exits(4);
    site.run("abort").ok();
    site.run("doctor").ok();

    // A newer version may have written this.
    let journal = "/var/lib/deployc/hello/journal";
    site.host.write(journal, "phase=weighted\nversion=9\n");
    site.run("doctor").exits(3).says("unknown phase 'weighted'");
    site.deploy().exits(5).says("unknown phase 'weighted'");
    site.host.run(&["rm", journal]).ok();
    site.run("doctor").ok();
    Ok(())
}

/// Nobody runs the color that a file of ours routes to, for example after its state was removed. No command says that it
/// serves.
fn what_nobody_runs_is_not_said_to_serve() -> Result<(), Skip> {
    let (site, live, _) = deployed()?;
    let lost = "rm -r /var/lib/deployc/hello; pkill -KILL -x testapp";
    site.host.bash(lost).ok();
    let nothing =
        format!("live:      nothing: the proxy's file routes to {live}, where nothing runs");
    site.run("status").ok().says(&nothing);
    site.run("status --json")
        .ok()
        .says("\"live\":null,\"state\":\"none\"");
    site.run("doctor").ok().says("nothing is live yet");
    site.stage("--broken /profile");
    let failed = site.deploy();
    failed.exits(1).says("nothing serves, as before");
    site.stage("").deploy().ok();
    Ok(())
}

/// nginx still serves the color that it has loaded last, so that color must not count as idle.
fn with_a_missing_or_damaged_fragment_the_live_color_is_not_stopped() -> Result<(), Skip> {
    let (site, live, other) = deployed()?;
    let file = crate::support::site::FRAGMENT;
    let text = site.host.read(file);
    // A person does what the error says, whatever has happened to the file.
    let kept = "/var/lib/deployc/hello/live/fragment";
    let damages = [
        "rm FILE",
        ": >FILE",
        "head -c 300 /dev/urandom >FILE",
        "sed -i s/808[12]/9999/ FILE",
    ];
    for damage in damages {
        site.host.bash(&damage.replace("FILE", file)).ok();
        let said = site.deploy().exits(3).says(file).output();
        let real = site.host.run(&["readlink", "-f", kept]).ok().stdout;
        assert!(said.contains(real.trim_end()), "{damage}: {said}");
        assert_eq!(
            site.running(),
            std::slice::from_ref(&live),
            "the color that nginx serves was stopped"
        );
        assert_eq!(site.serves(), live);
        site.host.run(&["cp", real.trim_end(), file]).ok();
        assert_eq!(site.host.read(file), text);
    }
    // Another file is the cause, although nginx names this one.
    let second = "/etc/nginx/conf.d/a.conf";
    site.host
        .write(second, "upstream hello { server 127.0.0.1:9; }\n");
    site.deploy()
        .exits(3)
        .says("was broken before this command changed anything")
        .says("duplicate upstream")
        .never_says("was damaged");
    site.host.run(&["rm", second]).ok();
    site.deploy().ok();
    assert_eq!(site.serves(), other);
    assert_eq!(site.running(), [other]);
    Ok(())
}

fn requests_in_flight_are_finished() -> Result<(), Skip> {
    let (site, live, other) = deployed()?;
    let network = site.host.network();
    let slow = std::thread::spawn(move || {
        network.within(|| {
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], 80));
            let stream = http::connect(address, Duration::from_secs(10))?;
            http::request(&stream, "/stream?seconds=3", false)
        })
    });
    let connected = "grep -q ' 0100007F:1F9[12] .* 01 ' /proc/net/tcp";
    assert!(wait::until(Duration::from_secs(5), || site
        .host
        .bash(connected)
        .code
        == 0));
    site.deploy().ok();
    let answer = slow
        .join()
        .expect("the client does not panic")
        .expect("the answer is complete");
    assert!(
        answer.body.starts_with(&live) && answer.body.ends_with("END\n"),
        "{}",
        answer.body
    );
    site.assert_serves_only(&other);
    Ok(())
}

fn a_slow_boot_is_waited_for() -> Result<(), Skip> {
    let (site, _, other) = deployed()?;
    site.stage("--boot 1.5 --health starting:1").deploy().ok();
    site.assert_serves_only(&other);
    Ok(())
}

fn a_program_on_ipv6_only_is_reached() -> Result<(), Skip> {
    let site = Site::with("deploys/a_program_on_ipv6_only_is_reached")?;
    site.stage("--bind ::1").deploy().ok();
    site.deploy().ok();
    assert_eq!(site.running(), [site.serves()]);
    Ok(())
}

fn an_upload_of_a_few_seconds_survives() -> Result<(), Skip> {
    // nginx reads the whole body before it connects to a color. Until then the old worker has no connection to the old
    // color, and a drain may end after 5 s without one. This upload takes 4 s.
    let site = Site::with("deploys/an_upload_of_a_few_seconds_survives")?;
    site.deploy().ok();
    let live = site.serves();
    let upload = site.host.start(&[
        "curl",
        "-sS",
        "--limit-rate",
        "1500k",
        "-T",
        "/opt/testapp",
        "http://127.0.0.1/upload",
    ]);
    let bytes = site
        .host
        .path("/opt/testapp")
        .metadata()
        .expect("the program is there")
        .len();
    let deploy = site.host.start(&[SCRIPT, "deploy"]);
    deploy.wait(Duration::from_secs(60)).ok();
    assert_eq!(
        upload.wait(Duration::from_secs(60)).ok().stdout,
        bytes.to_string()
    );
    assert_ne!(site.serves(), live);
    Ok(())
}

/// A real nginx accepts every setting of its upstream block, and serves both colors with them.
fn the_settings_of_an_upstream_are_in_force() -> Result<(), Skip> {
    let site = Site::with("deploys/the_settings_of_an_upstream_are_in_force")?;
    for _ in 0..2 {
        site.deploy().ok();
        let live = site.serves();
        site.assert_serves_only(&live);
    }
    let loaded = site.host.run(&["nginx", "-T"]);
    loaded
        .ok()
        .says("max_conns=200 max_fails=0;")
        .says("keepalive 16;")
        .says("keepalive_timeout 900ms;")
        .says("keepalive_requests 500;");
    Ok(())
}
