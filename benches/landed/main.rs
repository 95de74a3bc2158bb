//! Compares today's script with the script that 0.1.0 made from the same file: `cargo bench --bench landed`. "Landed" is
//! version 0.1.0.
//!
//! Each script has a private host with nginx and the same program, which boots at once. The commands are run in turn,
//! first on one host, then on the other. Only the difference matters, because the milliseconds depend on the machine and
//! its other work. `-- 30` makes 30 rounds.

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

/// The number of rounds that are counted.
const ROUNDS: usize = 15;
/// The commands that are measured. Each has a line in the result.
const COMMANDS: [&str; 4] = ["help", "status", "deploy", "rollback"];

/// The times of one command, in milliseconds.
struct Took {
    /// The time from its start to its end.
    wall: f64,
    /// The processor time of the script and of all processes that it has waited for.
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
    let text = fs::read_to_string(source.join("deploy.bg")).expect("the file is there");
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
                // The first run of a command finds nothing in the caches.
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
            "{command:<16} {wall_before:>12.0} {wall_now:>8.0} {:>+8.0} ({:.2}x) \
             {cpu_before:>8.0} {cpu_now:>10.0} ({:.2}x)",
            wall_now - wall_before,
            wall_now / wall_before,
            cpu_now / cpu_before
        );
    }
}

/// Prepares a host with nginx, which routes to a color of the app.
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
    host.write(
        FRAGMENT,
        fs::read_to_string(blue).expect("the file is there"),
    );
    host.run(&["nginx"]).ok();
    host.wait_for_port(80);
    Site { host }
}

/// Runs one command. The host itself measures the times.
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
        panic!("bash did not print three times: {outcome}");
    };
    Took {
        wall: wall * 1000.0,
        cpu: (user + system) * 1000.0,
    }
}
