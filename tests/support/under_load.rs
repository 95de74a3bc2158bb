//! Deploys several times under load. The load starts before the first deploy and ends after the last.

use std::time::Duration;

use super::host::Host;
use super::http;
use super::load::{Load, Rates};
use super::wait;

/// The deploys of each example, and the load during them: 20 deploys in all. The first three deploys wait for streams
/// of 20 s.
const DEPLOYS: [(u32, Rates); 2] = [(3, Rates::FULL), (17, Rates::BRISK)];

/// The minimum number of short requests for each deploy. With fewer requests the test would prove nothing. The load is
/// 240 requests per second, and a deploy takes several seconds. The test demands no rate, because a busy machine is
/// slower.
const LEAST: usize = 300;

/// The two colors of an example, and the text that identifies their processes.
pub struct Colors {
    /// The names that `/profile` returns.
    pub names: [&'static str; 2],
    /// A text in the command line of each color's process.
    pub processes: [&'static str; 2],
}

impl Colors {
    /// Returns the color that users get on port 80.
    #[track_caller]
    pub fn live(&self, host: &Host) -> &'static str {
        let answer = http::get(host, 80, "/profile").expect("the proxy answers");
        let live = self.names.into_iter().find(|name| *name == answer.body);
        live.unwrap_or_else(|| panic!("the answer `{}` is neither color", answer.body))
    }

    /// Fails the test unless exactly one color runs, and users get that color.
    #[track_caller]
    fn assert_only_runs(&self, host: &Host, live: &str) {
        for (name, process) in self.names.iter().zip(self.processes) {
            let mut running = host.processes(process);
            // The process that keeps a program's log has the program's words in its command line. It ends shortly after
            // the program.
            running.retain(|line| !line.contains("/keeper "));
            assert_eq!(
                !running.is_empty(),
                *name == live,
                "{live} is live, but {name} has the processes {running:?}"
            );
        }
    }
}

/// Deploys once, so that a color is live, then 20 times under load. No request may be lost, the colors must alternate,
/// and after each deploy the other color's process must be gone.
#[track_caller]
pub fn deploy_in_turn(host: &Host, colors: &Colors, mut deploy: impl FnMut()) {
    deploy();
    let mut live = colors.live(host);
    for (deploys, rates) in DEPLOYS {
        let load = Load::start(&host.network(), 80, rates);
        // The load is complete when the first slow request is answered.
        wait::until(Duration::from_secs(10), || {
            load.now() > Duration::from_secs(4)
        });
        for number in 1..=deploys {
            deploy();
            let now = colors.live(host);
            assert_ne!(now, live, "deploy {number} did not switch");
            live = now;
            colors.assert_only_runs(host, live);
        }
        let report = load.stop();
        println!("{report}");
        report.assert_nothing_lost();
        let least = usize::try_from(deploys).expect("a small number") * LEAST;
        assert!(
            report.seen().count() >= least,
            "too little load for {deploys} deploys, less than {least} short requests: {report}"
        );
        for name in colors.names {
            assert!(
                report.first_answer(name, Duration::ZERO).is_some(),
                "{name} never answered: {report}"
            );
        }
    }
}
