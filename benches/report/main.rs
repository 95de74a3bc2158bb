//! Measures what users notice of many deploys, and how long a deploy takes: by a generated script, by a minimal deploy
//! (the floor), and by a script as blog posts show it. All are measured in one run: `cargo bench --bench report -- 100`
//! writes `docs/benchmark.md` and `docs/benchmark.svg`.
//!
//! `benches/README.md` explains the columns.

#[path = "../measure/mod.rs"]
mod measure;
mod picture;
#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it, this a part")]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use measure::{Measured, epoch, median, ready_at};
use picture::{Bars, picture};
use support::build::{repository, testapp};
use support::host::Host;
use support::load::report::Kind as Request;
use support::load::{Load, Long, Rates};
use support::nginx::{Nginx, site_with_upstream};
use support::wait;

/// The number of deploys in each way, unless the command line names another one. The two ways by hand sleep for seconds,
/// and a few deploys show what they lose. So they make a fifth of this number.
const DEPLOYS: usize = 100;
/// The time that the program takes to boot, in seconds.
const BOOT: &str = "1";

/// Users with short requests, and some requests that take a second.
const SHORT: Rates = Rates {
    keep_alive: 4,
    one_shot: 8,
    slow: Some(Long {
        lasts: Duration::from_secs(1),
        pause: Duration::from_millis(250),
    }),
    stream: None,
};
/// The same users, and some with streams of 20 s.
const STREAMS: Rates = Rates {
    stream: Some(Long {
        lasts: Duration::from_secs(20),
        pause: Duration::from_millis(1500),
    }),
    ..SHORT
};

/// A way to deploy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `benches/deploy/reference.sh`, a minimal deploy.
    Floor,
    /// A generated script with `passes 1`.
    Script,
    /// A generated script with the default, `passes 2`.
    Default,
    /// `by_hand.sh`, which reloads nginx.
    Reload,
    /// `by_hand.sh`, which restarts nginx.
    Restart,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::Floor,
        Self::Script,
        Self::Default,
        Self::Reload,
        Self::Restart,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Script => "script, passes 1",
            Self::Default => "script, passes 2",
            Self::Floor => "minimal deploy (the floor)",
            Self::Reload => "by hand, reload",
            Self::Restart => "by hand, restart",
        }
    }

    /// The port of nginx that users ask, and the name of the upstream.
    fn site(self) -> (u16, &'static str) {
        match self {
            Self::Script => (80, "measured"),
            Self::Floor => (81, "reference"),
            Self::Reload => (82, "by-hand-reload"),
            Self::Restart => (83, "by-hand-restart"),
            Self::Default => (84, "measured-twice"),
        }
    }

    /// The program's port for a color.
    fn port(self, color: &str) -> u16 {
        let first = match self {
            Self::Script => 8081,
            Self::Floor => 8091,
            Self::Reload => 8101,
            Self::Restart => 8111,
            Self::Default => 8121,
        };
        first + u16::from(color == "green")
    }

    /// The number of passes in a row that a generated script needs: one, because the floor accepts the first good answer,
    /// or the language's default. `None` for other scripts.
    fn passes(self) -> Option<&'static str> {
        match self {
            Self::Script => Some("1"),
            Self::Default => Some("2"),
            Self::Floor | Self::Reload | Self::Restart => None,
        }
    }

    fn deploys(self, wanted: usize) -> usize {
        match self {
            Self::Floor | Self::Script | Self::Default => wanted,
            Self::Reload | Self::Restart => wanted.div_ceil(5),
        }
    }
}

/// The results of one way.
struct Line {
    way: Way,
    deploys: usize,
    /// The number of requests.
    sent: usize,
    /// The requests without an answer, or with an answer other than 200.
    failed: usize,
    /// The answers without their end.
    truncated: usize,
    /// The requests on idle connections that nginx was just closing.
    races: usize,
    /// The times from ready to served, in milliseconds.
    served: Vec<f64>,
    /// The times of the whole command, in milliseconds.
    wall: Vec<f64>,
    /// The number of programs that still run at the end, besides the live ones.
    left: usize,
}

fn main() {
    let deploys = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(DEPLOYS);
    let host = match Host::plain() {
        Ok(host) => host,
        Err(skip) => {
            println!("skipped: {}", skip.0);
            return;
        }
    };
    set_up(&host);
    let _nginx = Nginx::start(&host);
    let mut text = String::from(
        "# What users notice during a deploy\n\n\
         Written by `cargo bench --bench report`. [benches/README.md](../benches/README.md#report) explains the rows \
         and the\ncolumns. The floor is the time of a deploy that does only what every deploy must do. The \
         milliseconds depend on the\nmachine, the ratios do not.\n\n\
         ![ready to served, whole command, requests lost](benchmark.svg)\n",
    );
    let short: Vec<Line> = Way::ALL
        .iter()
        .map(|&way| measure(&host, way, way.deploys(deploys), SHORT))
        .collect();
    let ways = [Way::Floor, Way::Script, Way::Default];
    let streams: Vec<Line> = ways
        .iter()
        .map(|&way| measure(&host, way, deploys.div_ceil(50), STREAMS))
        .collect();
    table(
        &mut text,
        "Short requests, some of which take a second",
        &short,
    );
    table(
        &mut text,
        "The same requests, and streams of 20 s",
        &streams,
    );
    print!("{text}");
    let docs = repository().join("docs");
    fs::write(docs.join("benchmark.md"), text).expect("docs can be written");
    let bars: Vec<Bars> = short
        .iter()
        .map(|line| Bars {
            title: line.way.title(),
            served: median(&line.served),
            wall: median(&line.wall),
            lost: f64_of(line.failed + line.truncated) / f64_of(line.deploys),
        })
        .collect();
    fs::write(docs.join("benchmark.svg"), picture(&bars)).expect("docs can be written");
}

fn table(text: &mut String, title: &str, lines: &[Line]) {
    let floor = &lines[0];
    writeln!(
        text,
        "\n## {title}\n\n\
         | | deploys | requests | failed | truncated | races | ready → served, ms | whole command, ms | \
         processes left |\n\
         | --- | --: | --: | --: | --: | --: | --: | --: | --: |"
    )
    .expect("a write to a String does not fail");
    for line in lines {
        let against = |of: fn(&Line) -> &Vec<f64>| {
            let (mine, least) = (median(of(line)), median(of(floor)));
            format!("{mine:.0} ({:.2}×)", mine / least)
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            line.way.title(),
            line.deploys,
            line.sent,
            line.failed,
            line.truncated,
            line.races,
            against(|line| &line.served),
            against(|line| &line.wall),
            line.left
        )
        .expect("a write to a String does not fail");
    }
}

/// Prepares one nginx with a site for each way, so that each way has a file of its own.
fn set_up(host: &Host) {
    let sites: String = Way::ALL
        .iter()
        .map(|way| {
            let (port, upstream) = way.site();
            site_with_upstream(&format!("127.0.0.1:{port}"), upstream)
        })
        .collect();
    Nginx::configure(host, &sites);
    for way in Way::ALL {
        let (_, upstream) = way.site();
        let first = format!(
            "upstream {upstream} {{ server 127.0.0.1:{}; }}\n",
            way.port("green")
        );
        host.write(&format!("/etc/nginx/conf.d/{upstream}.conf"), first);
    }
    for folder in ["/opt/reference", "/opt/by-hand"] {
        host.copy(testapp(), &format!("{folder}/testapp"));
    }
    let benches = repository().join("benches");
    host.copy(
        &benches.join("deploy/reference.sh"),
        "/opt/reference/reference.sh",
    );
    host.copy(
        &benches.join("report/by_hand.sh"),
        "/opt/by-hand/by_hand.sh",
    );
    for way in Way::ALL {
        let Some(passes) = way.passes() else { continue };
        let (site, app) = way.site();
        let measured = Measured {
            app,
            ports: ["blue", "green"].map(|color| way.port(color)),
            site,
            boot: BOOT,
            passes,
        };
        let bundle = measured.build();
        let bundle = bundle.path().join("deploy");
        host.copy_folder(&bundle, &format!("/opt/{app}/deploy"));
        // A person installs this file before the first deployment.
        host.copy(
            &bundle.join("nginx/green.conf"),
            &format!("/etc/nginx/conf.d/{app}.conf"),
        );
        host.copy(testapp(), &format!("/opt/{app}/staging/testapp"));
    }
}

/// The path of an app's generated script on the host.
fn script(app: &str) -> String {
    format!("/opt/{app}/deploy/{app}.sh")
}

/// Deploys once, so that a color serves, and then `deploys` times under load.
fn measure(host: &Host, way: Way, deploys: usize, rates: Rates) -> Line {
    // The first deploy goes to the color that does not serve. An earlier series may have left either color live.
    let page = format!("http://127.0.0.1:{}/profile", way.site().0);
    let serving = host.run(&["curl", "-s", &page]).stdout;
    let taken = usize::from(serving == "blue");
    let mut colors = ["blue", "green"].into_iter().cycle().skip(taken);
    let mut deploy = || {
        let color = colors.next().expect("a cycle does not end");
        let port = way.port(color).to_string();
        let outcome = match way {
            Way::Script | Way::Default => host.run(&[&script(way.site().1), "deploy"]),
            Way::Floor => host.run(&["/opt/reference/reference.sh", color, &port, BOOT]),
            Way::Reload => host.run(&["/opt/by-hand/by_hand.sh", "reload", color, &port]),
            Way::Restart => host.run(&["/opt/by-hand/by_hand.sh", "restart", color, &port]),
        };
        let log = match way {
            Way::Script | Way::Default => {
                format!("/var/lib/deployc/{}/colors/{color}/log.app", way.site().1)
            }
            Way::Floor => format!("/opt/reference/log.{color}"),
            Way::Reload => format!("/opt/by-hand/log.reload.{color}"),
            Way::Restart => format!("/opt/by-hand/log.restart.{color}"),
        };
        (color, outcome.ok(), host.run(&["cat", &log]).ok().stdout)
    };
    deploy();
    let began = epoch();
    let load = Load::start(&host.network(), way.site().0, rates);
    wait::until(Duration::from_secs(5), || {
        load.now() > Duration::from_secs(2)
    });
    let mut rounds = Vec::new();
    for _ in 0..deploys {
        if way.passes().is_none() {
            // A script by hand ends before nginx's old workers end. Until then they may still answer for the old color.
            let settled = load.now() + Duration::from_secs(1);
            wait::until(Duration::from_secs(5), || load.now() > settled);
        }
        let since = load.now();
        let (color, outcome, log) = deploy();
        rounds.push((color, since, ready_at(&log) - began, outcome.took));
    }
    // Users also ask the last color for a while, and stopped programs have time to end.
    let over = load.now() + Duration::from_secs(2);
    wait::until(Duration::from_secs(5), || load.now() > over);
    let left = host
        .processes("testapp --")
        .iter()
        .filter(|line| !line.contains("/keeper "))
        .count();
    let report = load.stop();
    let mut line = Line {
        way,
        deploys,
        sent: 0,
        failed: 0,
        truncated: 0,
        races: report.races(),
        served: Vec::new(),
        wall: rounds
            .iter()
            .map(|round| round.3.as_secs_f64() * 1000.0)
            .collect(),
        // Each way that has begun has one live program.
        left: left - host_runs(host),
    };
    for (kind, counts) in report.counts() {
        let _: Request = kind;
        line.sent += counts.sent;
        line.truncated += counts.truncated;
        line.failed += counts.lost() - counts.truncated;
    }
    for (color, since, ready, _) in &rounds {
        if let Some(first) = report.first_answer(color, *since) {
            line.served.push((first.as_secs_f64() - ready) * 1000.0);
        }
    }
    println!(
        "{}: {deploys} deploys, {} requests, {} lost",
        way.title(),
        line.sent,
        line.failed + line.truncated
    );
    line
}

/// Returns the number of ways that have a running program.
fn host_runs(host: &Host) -> usize {
    Way::ALL
        .iter()
        .filter(|way| {
            ["blue", "green"].iter().any(|color| {
                let port = format!("--port {}", way.port(color));
                host.processes("testapp --")
                    .iter()
                    .any(|line| line.contains(&port) && !line.contains("/keeper "))
            })
        })
        .count()
}

fn f64_of(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
