//! Checks on a host without an active run: `status` against the host, and whether all is as if there had been no crash.

use std::time::Duration;

use crate::harm::Harm;
use crate::situation::{PATIENCE, Situation};
use crate::stand::{STATE, Stand};
use crate::support::wait;

/// The time for processes that end right after a command, such as the keeper of a stopped program's log.
const MOMENT: Duration = Duration::from_secs(3);

/// The checks of a host. Each check returns the broken promises.
pub struct Look<'a> {
    /// The host.
    pub stand: &'a Stand,
    /// The situation.
    pub situation: Situation,
}

impl Look<'_> {
    /// Compares `status --json` with the disk, the processes and the journal.
    pub fn status(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let stand = self.stand;
        let run = stand.run(&["status", "--json"], &Harm::None, PATIENCE);
        let Some(status) = serde_json::from_str::<serde_json::Value>(&run.stdout)
            .ok()
            .filter(|_| run.code == Some(0))
        else {
            return vec![format!("status exits {:?}: {}", run.code, run.said)];
        };
        if run.said != run.stdout {
            broken.push(format!("status complains: {}", run.said));
        }
        let disk = stand.on_disk();
        // In a first deployment a person has put the file there, and nothing runs in its color.
        let nobody = status["state"].as_str() == Some("none") && self.situation == Situation::First;
        if status["live"].as_str() != disk && !nobody {
            broken.push(format!(
                "status says live {}, the file routes to {disk:?}",
                status["live"]
            ));
        }
        let journal = stand.host.read(&format!("{STATE}/journal"));
        let phase = journal
            .lines()
            .find_map(|line| line.strip_prefix("phase="))
            .unwrap_or("idle");
        if status["phase"].as_str() != Some(phase) {
            broken.push(format!(
                "status says phase {}, the journal {phase}",
                status["phase"]
            ));
        }
        let programs = stand.programs();
        let services = self.situation.source().services();
        for color in ["blue", "green"] {
            let told = &status["colors"][color];
            let release = told["release"].as_str().unwrap_or_default();
            let runs = |service: &&str| {
                let mut programs = programs.iter();
                programs.any(|(of, one)| of == release && one == service)
            };
            let (any, all) = (services.iter().any(runs), services.iter().all(runs));
            for (word, here) in [("running", any), ("complete", all)] {
                if told[word].as_bool() != Some(here) {
                    broken.push(format!(
                        "status says {color} {release} {word} {}, it is {here}; phase {phase}",
                        told[word]
                    ));
                }
            }
            // `status` does not report this program of the color.
            for (other, _) in &programs {
                if other != release && stand.color_of(other) == color {
                    broken.push(format!(
                        "{color} {other} runs, status names {release:?}; phase {phase}"
                    ));
                }
            }
        }
        broken
    }

    /// Checks that after a successful command users get the color that the file routes to. A site without a fragment is
    /// not checked.
    pub fn users(&self, after: &str) -> Vec<String> {
        let disk = self.stand.on_disk();
        let users = self.stand.serves_all();
        if users == disk.into_iter().collect::<Vec<_>>()
            || self.situation == Situation::FirstWithout
        {
            return Vec::new();
        }
        vec![format!(
            "after the next {after}: users get {users:?}, the file routes to {disk:?}"
        )]
    }

    /// Checks that after the next deploy the host is as if there had been no crash.
    pub fn everything(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let stand = self.stand;
        let valid = stand.host.run(&["nginx", "-t"]);
        if valid.code != 0 {
            broken.push(format!("after the next deploy: {}", valid.stderr));
        }
        let free = stand
            .host
            .run(&["flock", "-w", "5", &format!("{STATE}/lock"), "true"]);
        if free.code != 0 {
            broken.push("after the next deploy: the lock is held".to_owned());
        }
        let noted = stand.noted();
        if !noted.is_empty() {
            broken.push(format!("two workers: {noted:?}"));
        }
        let mut left = Vec::new();
        if !wait::until(MOMENT, || {
            left = self.left_over();
            left.is_empty()
        }) {
            broken.push(format!("after the next deploy, left over: {left:?}"));
        }
        broken
    }

    /// Returns the processes and files without an owner.
    fn left_over(&self) -> Vec<String> {
        let stand = self.stand;
        let live = stand.on_disk().unwrap_or_default();
        let mut left = Vec::new();
        let mut services: Vec<String> = Vec::new();
        for process in stand.processes() {
            let program = process.program_of();
            services.extend(program.map(|(_, service)| service.to_owned()));
            let owner = program.map(|(release, _)| release);
            let nobodys = match owner.or_else(|| process.keeper_of()) {
                Some(release) => stand.color_of(release) != live,
                None => process.is_of_a_run() || process.is_by_hand(),
            };
            left.extend(nobodys.then(|| process.command().to_owned()));
        }
        services.sort();
        if services != self.situation.source().services() {
            left.push(format!("programs of {services:?}"));
        }
        let in_state = |name: &String| {
            name.starts_with("scratch.")
                || name.ends_with("new")
                || ["journal", "journal.pending", "preempt", ".point"].contains(&name.as_str())
        };
        left.extend(stand.names(STATE).into_iter().filter(in_state));
        left.extend(
            stand
                .names("/etc/nginx/conf.d")
                .into_iter()
                .filter(|name| name.ends_with(".deployc-new")),
        );
        left.extend(
            stand
                .temporary()
                .into_iter()
                .map(|name| format!("/tmp/{name}")),
        );
        let releases = stand.names(&format!("{STATE}/releases"));
        // At most four releases of current colors and attempts: both colors, the earlier one, a failed one. Three more
        // are kept for rollbacks.
        if releases.len() > 4 + 3 {
            left.push(format!("{} releases", releases.len()));
        }
        left
    }
}
