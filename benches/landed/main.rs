//! Today's script beside the one that 0.1.0 made of the same file: `cargo bench --bench landed`.
//!
//! Each has a private host of its own with nginx and the same program, which boots at once. Commands are run in turn, first by one, then
//! by the other. What counts is the difference: the milliseconds belong to the machine and to what else it does. `-- 30` makes 30 rounds.

#[path = "../measure/mod.rs"]
#[allow(dead_code, reason = "the other benchmarks use all of it, this a part")]
mod measure;
#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it, this a part")]
mod support;

use std::fs;

use measure::median;
use support::build::{repository, testapp};
use support::host::Host;
use support::nginx::{Nginx, site_with_upstream};
use support::site::{FRAGMENT, SCRIPT, Site, compile};

/// Rounds that are counted.
const ROUNDS: usize = 15;
/// What is run, and what its line is called.
const COMMANDS: [&str; 4] = ["help", "status", "deploy", "rollback"];

/// What one command took, in milliseconds.
struct Took {
    /// From its start to its end.
    wall: f64,
    /// Of a processor, by the script and all that it waited for.
    cpu: f64,
}

fn main() {
    let rounds = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(ROUNDS);
    let hosts = [Host::plain(), Host::plain()];
    let [Ok(landed), Ok(today)] = hosts else {
        println!("skipped: this needs root, and namespaces");
        return;
    };
    let source = repository().join("tests/upgrade/0.1.0/hello");
    let (landed, today) = (set_up(landed), set_up(today));
    landed
        .host
        .copy_folder(&source.join("deploy"), "/srv/hello/deploy");
    let text = fs::read_to_string(source.join("deploy.bg")).expect("it lies there");
    compile(&text, &today.host, "/srv/hello/deploy");
    for site in [&landed, &today] {
        site.stage_program("exec /opt/testapp \"$@\"");
        site.deploy().ok();
        site.deploy().ok();
    }
    println!("median of {rounds}, ms      0.1.0    today  difference    0.1.0 cpu  today cpu");
    for command in COMMANDS {
        let (mut before, mut now) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            for (site, times) in [(&landed, &mut before), (&today, &mut now)] {
                let took = run(site, command);
                // The first of each finds nothing in the caches.
                if round > 0 {
                    times.push(took);
                }
            }
        }
        let of = |times: &[Took], part: fn(&Took) -> f64| {
            let mut values: Vec<_> = times.iter().map(part).collect();
            values.sort_by(f64::total_cmp);
            median(&values)
        };
        let (wall_before, wall_now) = (of(&before, |took| took.wall), of(&now, |took| took.wall));
        let (cpu_before, cpu_now) = (of(&before, |took| took.cpu), of(&now, |took| took.cpu));
        println!(
            "{command:<16} {wall_before:>12.0} {wall_now:>8.0} {:>+8.0} ({:.2}x) {cpu_before:>8.0} {cpu_now:>10.0} ({:.2}x)",
            wall_now - wall_before,
            wall_now / wall_before,
            cpu_now / cpu_before
        );
    }
}

/// A host with nginx, which points to a color of the app.
fn set_up(host: Host) -> Site {
    host.copy(testapp(), "/opt/testapp");
    for (program, does) in [
        ("/opt/reload", "exec nginx -s reload"),
        ("/opt/test", "exec nginx -t"),
    ] {
        host.write_program(program, format!("#!/bin/sh\n{does}\n"));
    }
    Nginx::configure(&host, &site_with_upstream("127.0.0.1:80", "hello"));
    let blue = repository().join("tests/upgrade/0.1.0/hello/deploy/nginx/blue.conf");
    host.write(FRAGMENT, fs::read_to_string(blue).expect("it lies there"));
    host.run(&["nginx"]).ok();
    host.wait_for_port(80);
    Site { host }
}

/// One command, timed on the host itself.
fn run(site: &Site, command: &str) -> Took {
    let timed = "TIMEFORMAT='%R %U %S'; time \"$@\" >/dev/null 2>&1";
    let outcome = site
        .host
        .start(&["bash", "-c", timed, "time", SCRIPT, command]);
    let outcome = outcome.wait(std::time::Duration::from_secs(120)).ok();
    let seconds: Vec<f64> = outcome
        .stderr
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [wall, user, system] = seconds[..] else {
        panic!("three times: {outcome}");
    };
    Took {
        wall: wall * 1000.0,
        cpu: (user + system) * 1000.0,
    }
}
