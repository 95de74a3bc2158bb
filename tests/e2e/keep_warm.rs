//! `keep warm`: the previous color keeps running after a deployment, until the next one needs its place.

use std::time::Duration;

use crate::support::load::{Load, Long, Rates};
use crate::support::site::Site;
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    the_previous_color_runs_until_the_next_prepare,
    rollback_starts_nothing,
    a_warm_color_that_died_is_started_by_rollback,
    no_client_notices,
];

/// Deploys `--sha one`, then `--sha two`. Returns the site and the color of each.
fn deployed_twice() -> Result<(Site, String, String), Skip> {
    let site = Site::with("keep_warm/deployed_twice")?;
    site.stage("--sha one").deploy().ok();
    let first = site.serves();
    site.stage("--sha two").deploy().ok();
    let second = site.serves();
    assert_ne!(first, second);
    Ok((site, first, second))
}

/// Returns the process of a color. It stays the same until somebody starts the color again.
fn process(site: &Site, color: &str) -> Vec<String> {
    let found = site.host.processes(&format!("--color {color} --sha"));
    let programs = found.into_iter();
    programs
        .filter(|line| line.contains("/opt/testapp --port"))
        .collect()
}

fn the_previous_color_runs_until_the_next_prepare() -> Result<(), Skip> {
    let (site, first, second) = deployed_twice()?;
    assert_eq!(site.running(), ["blue", "green"]);
    site.run("status")
        .ok()
        .says(&format!("idle:      {first}, running"))
        .says("under way: nothing");
    let (warm, live) = (process(&site, &first), process(&site, &second));
    assert_eq!(warm.len(), 1, "{warm:?}");

    site.stage("--sha three").run("prepare").ok();
    let candidate = process(&site, &first);
    assert!(candidate[0].ends_with("--sha three"), "{candidate:?}");
    assert_eq!(candidate.len(), 1, "{candidate:?}");
    assert_eq!(process(&site, &second), live);
    assert_eq!(site.serves(), second);

    site.run("switch").ok();
    site.run("cleanup").ok();
    assert_eq!(site.serves(), first);
    assert_eq!(process(&site, &second), live, "the previous color stays");
    Ok(())
}

fn rollback_starts_nothing() -> Result<(), Skip> {
    let (site, first, second) = deployed_twice()?;
    let processes = || (process(&site, &first), process(&site, &second));
    let before = processes();
    for color in [&first, &second, &first] {
        site.run("rollback").ok();
        assert_eq!(&site.serves(), color);
        assert_eq!(processes(), before, "a program was stopped or started");
    }
    // The next deployment keeps this color warm, because it served.
    site.stage("--sha three").deploy().ok();
    assert_eq!(site.serves(), second);
    assert_eq!(process(&site, &first), before.0);
    Ok(())
}

fn a_warm_color_that_died_is_started_by_rollback() -> Result<(), Skip> {
    let (site, first, second) = deployed_twice()?;
    let warm = process(&site, &first);
    let pid = warm[0]
        .split(' ')
        .next()
        .expect("a line starts with the pid");
    site.host.run(&["kill", "-KILL", pid]).ok();
    site.run("status")
        .ok()
        .says(&format!("idle:      {first}, stopped"));
    let live = process(&site, &second);
    site.run("rollback").ok();
    assert_eq!(site.serves(), first);
    assert!(process(&site, &first)[0].ends_with("--sha one"));
    assert_eq!(process(&site, &second), live);
    Ok(())
}

/// Clients notice neither a switch, nor a rollback, nor a `prepare` that stops the warm color.
fn no_client_notices() -> Result<(), Skip> {
    let (site, first, second) = deployed_twice()?;
    // A stream takes longer than `stop within`, but not longer than the drain.
    site.install("keep_warm/no_client_notices");
    let streams = Long {
        lasts: Duration::from_secs(6),
        pause: Duration::from_millis(500),
    };
    let rates = Rates {
        stream: Some(streams),
        ..Rates::FULL
    };
    let load = Load::start(&site.host.network(), 80, rates);
    for (command, color) in [
        ("deploy", &first),
        ("rollback", &second),
        ("deploy", &first),
    ] {
        // After this time streams from the live color are open.
        let whole = load.now() + 2 * streams.pause;
        wait::until(Duration::from_secs(10), || load.now() > whole);
        site.stage(&format!("--sha {command}")).run(command).ok();
        assert_eq!(&site.serves(), color);
        assert_eq!(site.running(), ["blue", "green"]);
    }
    let report = load.stop();
    report.assert_nothing_lost();
    for color in ["blue", "green"] {
        assert!(report.first_answer(color, Duration::ZERO).is_some());
    }
    Ok(())
}
