//! What can be seen when nothing of a run is at work: `status` against the host, and whether all is as if nothing had happened.

use std::time::Duration;

use crate::harm::Harm;
use crate::situation::{PATIENCE, Situation};
use crate::stand::{STATE, Stand};
use crate::support::wait;

/// For what ends right after a command: the keeper of a stopped program's log.
const MOMENT: Duration = Duration::from_secs(3);

/// Whoever looks. Each look answers the promises that were not kept.
pub struct Look<'a> {
    /// At what.
    pub stand: &'a Stand,
    /// What happened there.
    pub situation: Situation,
}

impl Look<'_> {
    /// `status --json` against the disk, the processes and the journal.
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
        if status["live"].as_str() != disk {
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
            let here = services.iter().all(runs);
            if told["running"].as_bool() != Some(here) {
                broken.push(format!(
                    "status says {color} {release} running {}, it is {here}; phase {phase}",
                    told["running"]
                ));
            }
            // A program of the color that status does not know of.
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

    /// What users get after a good command: the color that the file routes to, if the site is one that asks for it.
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

    /// After the deploy that came next everything is as if nothing had happened.
    pub fn everything(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let stand = self.stand;
        let valid = stand.host.run(&["nginx", "-t"]);
        if valid.code != 0 {
            broken.push(format!("after the next: {}", valid.stderr));
        }
        let free = stand
            .host
            .run(&["flock", "-w", "5", &format!("{STATE}/lock"), "true"]);
        if free.code != 0 {
            broken.push("after the next: the lock is held".to_owned());
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
            broken.push(format!("after the next, left over: {left:?}"));
        }
        broken
    }

    /// Processes and files that are nobody's.
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
        // Of both colors, the one that served before, one that failed; and three good ones to go back to.
        if releases.len() > 4 + 3 {
            left.push(format!("{} releases", releases.len()));
        }
        left
    }
}
