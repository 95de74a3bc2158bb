//! What the benchmarks of deploys share: the clock, the script that is measured, and the middle of many numbers.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::support::build::{deployc, repository};
use crate::support::process::run;

/// What of `benches/deploy/deploy.bg` is left open.
pub struct Measured<'a> {
    /// The app's name, which is its upstream's and its fragment's too.
    pub app: &'a str,
    /// The ports of blue and green.
    pub ports: [u16; 2],
    /// nginx's port for its users.
    pub site: u16,
    /// How long the program boots, in seconds.
    pub boot: &'a str,
    /// How many passes in a row its probe and verify want to see.
    pub passes: &'a str,
}

impl Measured<'_> {
    /// Its bundle, in `deploy` of a folder of its own.
    pub fn build(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let source = folder.path().join("deploy.bg");
        let text = fs::read_to_string(repository().join("benches/deploy/deploy.bg"));
        let text = text.expect("the repository is whole");
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

/// Seconds since 1970, the clock of the program's log.
pub fn epoch() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is set")
        .as_secs_f64()
}

/// When the program could first answer, by its own word: the number at the end of `… is ready on ADDRESS at SECONDS`.
pub fn ready_at(log: &str) -> f64 {
    let line = log.lines().find(|line| line.contains(" is ready on "));
    let words = line.and_then(|line| line.rsplit_once(" at "));
    let seconds = words.and_then(|(_, seconds)| seconds.parse().ok());
    seconds.unwrap_or_else(|| panic!("the program does not say when it was ready:\n{log}"))
}

/// The one in the middle; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
