//! What the benchmarks of deploys share: the clock, the script that is measured, and the median.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::support::build::{deployc, repository};
use crate::support::process::run;

/// The values for the words in capitals of `benches/deploy/deploy.bg`.
pub struct Measured<'a> {
    /// The name of the app, of its upstream and of its fragment.
    pub app: &'a str,
    /// The ports of blue and green.
    pub ports: [u16; 2],
    /// The port of nginx that users ask.
    pub site: u16,
    /// The time that the program takes to boot, in seconds.
    pub boot: &'a str,
    /// The number of passes in a row that the probe and the verify need.
    pub passes: &'a str,
}

impl Measured<'_> {
    /// Compiles the app in a new temporary folder. The bundle is in the subfolder `deploy`.
    pub fn build(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let source = folder.path().join("deploy.bg");
        let text = fs::read_to_string(repository().join("benches/deploy/deploy.bg"));
        let text = text.expect("the file is in the repository");
        let [blue, green] = self.ports.map(|port| port.to_string());
        let text = [
            ("APP", self.app),
            ("BLUE", &blue),
            ("GREEN", &green),
            ("SITE", &self.site.to_string()),
            ("BOOT", self.boot),
            ("PASSES", self.passes),
        ]
        .iter()
        .fold(text, |text, (name, value)| text.replace(name, value));
        fs::write(&source, text).expect("a temporary file can be written");
        let mut build = Command::new(deployc());
        build.arg("build").arg(&source);
        run(build, Duration::from_secs(30)).ok();
        folder
    }
}

/// Returns the seconds since 1970. The program's log uses the same clock.
pub fn epoch() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is set")
        .as_secs_f64()
}

/// Returns the moment from which the program could answer, on the clock of [`epoch`]: the number at the end of the log
/// line `… is ready on ADDRESS at SECONDS`.
pub fn ready_at(log: &str) -> f64 {
    let line = log.lines().find(|line| line.contains(" is ready on "));
    let words = line.and_then(|line| line.rsplit_once(" at "));
    let seconds = words.and_then(|(_, seconds)| seconds.parse().ok());
    seconds.unwrap_or_else(|| panic!("the program does not say when it was ready:\n{log}"))
}

/// The median. 0 if there are no values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
