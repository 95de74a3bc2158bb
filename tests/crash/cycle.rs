//! One crash: a situation is set up, a command is harmed in it, and all that was promised is looked at; then the next command runs
//! untouched, and it is looked at again.

use std::collections::HashSet;
use std::time::Duration;

use crate::harm::{Fault, Harm, How};
use crate::log::{Logged, read_log};
use crate::path::{End, Paths};
use crate::situation::{PATIENCE, Situation, good};
use crate::stand::{Release, Run, STATE, Stand};
use crate::support::wait;

/// For a run in which something hangs: the longest deadline of a driver's function, and a way back with another.
const PATIENCE_WITH_HANGS: Duration = Duration::from_secs(150);
/// For what ends right after a command: the keeper of a stopped program's log.
const MOMENT: Duration = Duration::from_secs(3);

/// What came of it.
pub struct Found {
    /// Where the run was interrupted; none if it ended before.
    pub hit: Option<String>,
    /// Promises that were not kept.
    pub broken: Vec<String>,
}

/// What stays the same from one crash to the next.
pub struct Cycle<'a> {
    /// Where it happens.
    pub stand: &'a Stand,
    /// What.
    pub situation: Situation,
    /// The plan.
    pub paths: &'a Paths,
    /// Logs that were looked at.
    pub seen: HashSet<String>,
}

impl Cycle<'_> {
    /// Does it. `settle`: whether the next command waits for what the killed run had started; without, it comes at once.
    pub fn crash(&mut self, harm: &Harm, settle: bool) -> Found {
        let mut broken = Vec::new();
        let stand = self.stand;
        if let Err(why) = self.situation.set_up(stand) {
            return Found {
                hit: None,
                broken: vec![format!("set-up: {why}")],
            };
        }
        self.new_logs();
        let before = stand.serves();
        let limit = match harm {
            Harm::Tool(_, _, Fault::Hangs) => PATIENCE_WITH_HANGS,
            _ => PATIENCE,
        };
        let run = stand.run(&[self.situation.command()], harm, limit);
        self.look_at_run(harm, &run, &before, &mut broken);
        if settle || harm.script_survives() {
            let left = stand.settle();
            if !left.is_empty() {
                broken.push(format!("still at work: {left:?}"));
                stand.end_run();
            }
            self.look_at_status(&mut broken);
        }
        self.look_at_paths(harm, &run, &mut broken);
        self.next(&mut broken);
        Found {
            hit: run.hit,
            broken,
        }
    }

    /// Users, and the exit code of a script that lived to give one.
    fn look_at_run(&self, harm: &Harm, run: &Run, before: &str, broken: &mut Vec<String>) {
        let users = self.stand.serves();
        if self.situation.has_users() && !["blue", "green"].contains(&users.as_str()) {
            broken.push(format!("users get {users}"));
        }
        let Some(code) = run.code else {
            broken.push(format!("no end: {}", run.said));
            return;
        };
        if !harm.script_survives() {
            return;
        }
        let untouched = run.hit.is_none() && !matches!(harm, Harm::Gone(_));
        if untouched && code != self.situation.exits() {
            broken.push(format!("exits {code} untouched: {}", run.said));
        }
        // Before its traps are set a signal just ends it.
        let early = matches!(harm, Harm::Signal(how, _) if how.asks_to_stop())
            && [130, 143].contains(&code);
        // A bad release is one fault, a program that fails on its way back the second: that needs a person.
        let may_give_up = self.situation == Situation::BadVerify && code == 5;
        if early && !run.said.is_empty() {
            broken.push(format!("exits {code} in the middle: {}", run.said));
        } else if !early && !may_give_up && ![0, 1, 3].contains(&code) {
            broken.push(format!("exits {code}: {}", run.said));
        }
        if code != 0 && !may_give_up && users != before {
            broken.push(format!(
                "exits {code}, and users get {users} instead of {before}: {}",
                run.said
            ));
        }
    }

    /// `status --json` against the disk, the processes and the journal.
    fn look_at_status(&self, broken: &mut Vec<String>) {
        let stand = self.stand;
        let run = stand.run(&["status", "--json"], &Harm::None, PATIENCE);
        let Some(status) = serde_json::from_str::<serde_json::Value>(&run.stdout)
            .ok()
            .filter(|_| run.code == Some(0))
        else {
            broken.push(format!("status exits {:?}: {}", run.code, run.said));
            return;
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
        let processes = stand.processes();
        for color in ["blue", "green"] {
            let told = &status["colors"][color];
            let runs = processes.iter().filter_map(|process| process.program_of());
            let release = told["release"].as_str().unwrap_or_default();
            let here = runs.clone().any(|one| one == release);
            if told["running"].as_bool() != Some(here) {
                broken.push(format!(
                    "status says {color} {release} running {}, it is {here}; phase {phase}",
                    told["running"]
                ));
            }
            // A program of the color that status does not know of.
            for other in runs.filter(|one| *one != release && stand.color_of(one) == color) {
                broken.push(format!(
                    "{color} {other} runs, status names {release:?}; phase {phase}"
                ));
            }
        }
    }

    fn look_at_paths(&mut self, harm: &Harm, run: &Run, broken: &mut Vec<String>) {
        let end = match run.code {
            Some(0) => End::Good,
            Some(_) if harm.script_survives() && !matches!(run.code, Some(130 | 143)) => {
                End::Failed
            }
            _ => End::Cut,
        };
        let killed_child = matches!(harm, Harm::Signal(How::KillChild, _));
        for (number, logged) in self.new_logs().iter().enumerate() {
            // The first is the one that was harmed.
            let end = if number == 0 { end } else { End::Good };
            if let Err(why) = self.paths.check(logged, end).or_else(|why| {
                // What a killed child would have said about its step may be a warning.
                if killed_child {
                    self.paths.check(logged, End::Failed)
                } else {
                    Err(why)
                }
            }) {
                broken.push(format!("not a path of the plan: {why}"));
            }
        }
    }

    /// Runs in logs that were not there before.
    fn new_logs(&mut self) -> Vec<Logged> {
        let folder = format!("{STATE}/log");
        let names = self.stand.names(&folder);
        let new: Vec<_> = names
            .into_iter()
            .filter(|name| self.seen.insert(name.clone()))
            .collect();
        new.iter()
            .flat_map(|name| read_log(&self.stand.host.read(&format!("{folder}/{name}"))))
            .collect()
    }

    /// The next command, and that everything is as if nothing had happened.
    fn next(&mut self, broken: &mut Vec<String>) {
        let stand = self.stand;
        stand.stage(Release::Good);
        let journal = stand.host.read(&format!("{STATE}/journal"));
        let prepared = journal.contains("phase=prepared");
        let commands: &[&str] = if prepared {
            &["abort", "deploy"]
        } else {
            &["deploy"]
        };
        for command in commands {
            if let Err(why) = good(stand, command) {
                broken.push(format!("next {why}"));
                broken.extend(self.begin_anew().err());
                return;
            }
        }
        for logged in self.new_logs() {
            if let Err(why) = self.paths.check(&logged, End::Good) {
                broken.push(format!("not a path of the plan: next {why}"));
            }
        }
        self.look_at_everything(broken);
    }

    /// A host on which both colors were deployed once: what one broken promise has left must not be found again at the next crash.
    ///
    /// # Errors
    /// What the script said when it failed.
    pub fn begin_anew(&mut self) -> Result<(), String> {
        self.stand.end_run();
        self.stand.settle();
        self.stand.stage(Release::Good);
        self.stand.wipe(true);
        self.seen.clear();
        let deployed = good(self.stand, "deploy").and_then(|()| good(self.stand, "deploy"));
        self.new_logs();
        deployed
    }

    fn look_at_everything(&mut self, broken: &mut Vec<String>) {
        let stand = self.stand;
        let disk = stand.on_disk();
        let users = stand.serves_all();
        if users != disk.into_iter().collect::<Vec<_>>()
            && self.situation != Situation::FirstWithout
        {
            broken.push(format!(
                "after the next: users get {users:?}, the file routes to {disk:?}"
            ));
        }
        let valid = stand.host.run(&["nginx", "-t"]);
        if valid.code != 0 {
            broken.push(format!("after the next: {}", valid.stderr));
        }
        let free = stand
            .host
            .run(&["flock", "-n", &format!("{STATE}/lock"), "true"]);
        if free.code != 0 {
            broken.push("after the next: the lock is held".to_owned());
        }
        let mut left = Vec::new();
        if !wait::until(MOMENT, || {
            left = self.left_over();
            left.is_empty()
        }) {
            broken.push(format!("after the next, left over: {left:?}"));
            broken.extend(self.begin_anew().err());
        }
    }

    /// Processes and files that are nobody's.
    fn left_over(&self) -> Vec<String> {
        let stand = self.stand;
        let live = stand.on_disk().unwrap_or_default();
        let mut left = Vec::new();
        let mut programs = 0;
        for process in stand.processes() {
            let owner = process.program_of().or_else(|| process.keeper_of());
            programs += usize::from(process.program_of().is_some());
            match owner {
                Some(release) if stand.color_of(release) == live => {}
                Some(_) => left.push(process.command().to_owned()),
                None if process.is_of_a_run() => left.push(process.command().to_owned()),
                None => {}
            }
        }
        if programs != 1 {
            left.push(format!("{programs} programs"));
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
                .names("/tmp")
                .into_iter()
                .map(|name| format!("/tmp/{name}")),
        );
        let releases = stand.names(&format!("{STATE}/releases"));
        if releases.len() > 4 {
            left.push(format!("{} releases", releases.len()));
        }
        left
    }
}
