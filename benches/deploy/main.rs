//! A deploy by a generated script beside one that does only the unavoidable: `cargo bench --bench deploy`.
//!
//! Both are done in turn, on one private nginx, with the same program, while a client asks through nginx every 5 ms. What
//! counts is the ratio: the milliseconds belong to the machine and to what else it does. `-- 30` makes 30 rounds of it.
//! `benches/README.md` says what the columns mean.

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

/// Rounds that are counted, of each kind and boot time.
const ROUNDS: usize = 15;
/// How long the program takes until it can answer, in seconds, and how many passes in a row the script wants to see. The
/// reference takes the first good answer; `passes 2` is the language's default.
const SERIES: [(&str, &str); 4] = [("0", "1"), ("2", "1"), ("2", "2"), ("5", "2")];
/// In the order in which they are deployed, with the reference's port.
const COLORS: [(&str, &str); 2] = [("blue", "8091"), ("green", "8092")];

/// Who deploys.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Reference,
    Script,
}

impl Kind {
    /// nginx's port for its users.
    fn port(self) -> u16 {
        match self {
            Self::Script => 80,
            Self::Reference => 81,
        }
    }
}

/// What one deploy took, in milliseconds.
struct Round {
    /// From the moment the program can answer to the first answer of it through nginx.
    served: f64,
    /// The whole command.
    wall: f64,
    /// Requests of the client that were not answered with 200.
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
        // The first one of each kind has another program, or none, to stop and is not counted.
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

/// Two sites on one nginx, one for each kind, so that neither meets the other's file.
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

/// The script for a program that takes so long to boot. The first time nginx also needs a fragment to start with.
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

/// One deploy, asked all the while.
fn deploy(host: &Host, kind: Kind, turn: usize, boot: &str) -> Round {
    let (color, reference_port) = COLORS[turn % 2];
    let client = Client::start(&host.network(), kind.port());
    let asks = wait::until(Duration::from_secs(10), || client.asked() >= 10);
    assert!(asks, "the client does not get to ask");
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

/// One column of the rounds, in order.
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
