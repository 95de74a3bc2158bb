//! Compares a deploy by a generated script with a deploy that does only what every deploy must do: `cargo bench --bench
//! deploy`.
//!
//! Both are run in turn, on one private nginx, with the same program, while a client asks through nginx every 5 ms. Only
//! the ratio matters, because the milliseconds depend on the machine and its other work. `-- 30` makes 30 rounds.
//! `benches/README.md` explains the columns.

mod client;
#[path = "../measure/mod.rs"]
mod measure;
#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it, this a part")]
mod support;

use std::time::Duration;

use client::{Client, Seen};
use measure::{Measured, epoch, median, ready_at};
use support::build::{repository, testapp};
use support::host::Host;
use support::nginx::{Nginx, site_with_upstream};
use support::wait;

/// The number of rounds that are counted, for each series and each kind of deploy.
const ROUNDS: usize = 15;
/// The series: the time that the program takes to boot, in seconds, and the number of passes in a row that the script
/// needs. The reference accepts the first good answer; the language's default is `passes 2`.
const SERIES: [(&str, &str); 4] = [("0", "1"), ("2", "1"), ("2", "2"), ("5", "2")];
/// The colors in the order in which they are deployed, each with the port that the reference uses.
const COLORS: [(&str, &str); 2] = [("blue", "8091"), ("green", "8092")];

/// The script that deploys.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// `benches/deploy/reference.sh`.
    Reference,
    /// The generated script.
    Script,
}

impl Kind {
    /// The port of nginx that users ask.
    fn port(self) -> u16 {
        match self {
            Self::Script => 80,
            Self::Reference => 81,
        }
    }
}

/// The result of one deploy. The times are in milliseconds.
struct Round {
    /// The time from the moment when the program can answer until its first answer through nginx.
    served: f64,
    /// The time of the whole command.
    wall: f64,
    /// The number of the client's requests that were not answered with 200.
    lost: usize,
}

fn main() {
    let rounds = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(ROUNDS);
    let host = match Host::plain() {
        Ok(host) => host,
        Err(skip) => {
            println!("skipped: {}", skip.0);
            return;
        }
    };
    set_up(&host);
    let _nginx = Nginx::start(&host);
    println!(
        "median of {rounds} (fastest..slowest), ms    ready to served        whole command  lost"
    );
    let mut turn = 0;
    for (boot, passes) in SERIES {
        install(&host, boot, passes);
        let (mut reference, mut script) = (Vec::new(), Vec::new());
        // The first deploy of each kind is not counted: it stops the program of another series, or none.
        for round in 0..=rounds {
            for (kind, times) in [
                (Kind::Reference, &mut reference),
                (Kind::Script, &mut script),
            ] {
                let times_of_one = deploy(&host, kind, turn, boot);
                if round > 0 {
                    times.push(times_of_one);
                }
            }
            turn += 1;
        }
        report(
            &format!("boot {boot} s, passes {passes}"),
            &reference,
            &script,
        );
    }
}

fn report(series: &str, reference: &[Round], script: &[Round]) {
    for (name, rounds) in [("reference", reference), ("script", script)] {
        let served = spread(&column(rounds, |round| round.served));
        let wall = spread(&column(rounds, |round| round.wall));
        let lost: usize = rounds.iter().map(|round| round.lost).sum();
        println!("{series}  {name:<12} {served:>20} {wall:>20} {lost:>5}");
    }
    let ratio =
        |of: fn(&Round) -> f64| median(&column(script, of)) / median(&column(reference, of));
    let (served, wall) = (ratio(|round| round.served), ratio(|round| round.wall));
    println!("{series}  {:<12} {served:>19.2}x {wall:>19.2}x", "ratio");
}

/// Prepares one nginx with a site for each kind, so that each kind has a file of its own.
fn set_up(host: &Host) {
    let sites = site_with_upstream("127.0.0.1:80", "measured")
        + &site_with_upstream("127.0.0.1:81", "reference");
    Nginx::configure(host, &sites);
    let first = "upstream reference { server 127.0.0.1:8092; }\n";
    host.write("/etc/nginx/conf.d/reference.conf", first);
    install(host, SERIES[0].0, SERIES[0].1);
    host.copy(testapp(), "/opt/measured/staging/testapp");
    host.copy(testapp(), "/opt/reference/testapp");
    host.copy(
        &repository().join("benches/deploy/reference.sh"),
        "/opt/reference/reference.sh",
    );
}

/// Installs the script for a program with this time to boot. The first time it also installs a fragment, because nginx
/// needs one to start.
fn install(host: &Host, boot: &str, passes: &str) {
    let measured = Measured {
        app: "measured",
        ports: [8081, 8082],
        site: Kind::Script.port(),
        boot,
        passes,
    };
    let folder = measured.build();
    let bundle = folder.path().join("deploy");
    host.copy_folder(&bundle, "/opt/measured/deploy");
    let fragment = "/etc/nginx/conf.d/measured.conf";
    if !host.exists(fragment) {
        host.copy(&bundle.join("nginx/green.conf"), fragment);
    }
}

/// Makes one deploy while a client sends requests.
fn deploy(host: &Host, kind: Kind, turn: usize, boot: &str) -> Round {
    let (color, reference_port) = COLORS[turn % 2];
    let client = Client::start(&host.network(), kind.port());
    let asks = wait::until(Duration::from_secs(10), || client.asked() >= 10);
    assert!(asks, "the client sends no requests");
    let since = epoch();
    let outcome = match kind {
        Kind::Script => host.run(&["/opt/measured/deploy/measured.sh", "deploy"]),
        Kind::Reference => host.run(&["/opt/reference/reference.sh", color, reference_port, boot]),
    }
    .ok();
    let seen = client.stop();
    let log = match kind {
        Kind::Script => format!("/var/lib/deployc/measured/colors/{color}/log.app"),
        Kind::Reference => format!("/opt/reference/log.{color}"),
    };
    let log = host.run(&["cat", &log]).ok().stdout;
    let answered = |seen: &&Seen| seen.sent >= since && seen.color.as_deref() == Ok(color);
    let served = seen.iter().find(answered).map(|seen| seen.ended);
    let served =
        served.unwrap_or_else(|| panic!("{color} was never seen through nginx: {outcome}"));
    Round {
        served: (served - ready_at(&log)) * 1000.0,
        wall: outcome.took.as_secs_f64() * 1000.0,
        lost: seen.iter().filter(|seen| seen.color.is_err()).count(),
    }
}

/// Returns one value of each round, sorted.
fn column(rounds: &[Round], of: fn(&Round) -> f64) -> Vec<f64> {
    let mut values: Vec<_> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn spread(values: &[f64]) -> String {
    format!(
        "{:.0} ({:.0}..{:.0})",
        median(values),
        values[0],
        values[values.len() - 1]
    )
}
