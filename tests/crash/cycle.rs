//! One crash: a situation is set up, a command is harmed in it, and all that was promised is looked at; then the next command runs
//! untouched, and it is looked at again.

use std::collections::HashSet;
use std::time::Duration;

use crate::harm::{Fault, Harm, How};
use crate::log::{Logged, read_log};
use crate::look::Look;
use crate::path::{End, Paths};
use crate::situation::{PATIENCE, Situation, good};
use crate::stand::{Release, Run, STATE, Stand};

/// For a run in which something hangs: the longest deadline of a driver's function, and a way back with another.
const PATIENCE_WITH_HANGS: Duration = Duration::from_secs(150);

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
    /// Does it, the `number`th time. The next command waits for what the killed run had started, or it comes at once; and where several
    /// lead out, each comes in its turn.
    pub fn crash(&mut self, harm: &Harm, number: usize) -> Found {
        let settle = number.is_multiple_of(2);
        let ways = self.situation.ways_out();
        let way_out = ways[number / 2 % ways.len()];
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
            broken.extend(self.look().status());
        }
        self.look_at_paths(harm, &run, &mut broken);
        self.next(way_out, &mut broken);
        Found {
            hit: run.hit,
            broken,
        }
    }

    fn look(&self) -> Look<'_> {
        Look {
            stand: self.stand,
            situation: self.situation,
        }
    }

    /// Users, and the exit code of a script that lived to give one.
    fn look_at_run(&self, harm: &Harm, run: &Run, before: &str, broken: &mut Vec<String>) {
        let users = self.stand.serves();
        let served = ["blue", "green"].contains(&users.as_str());
        if self.situation.has_users() && !served {
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
        let asked = matches!(harm, Harm::Signal(how, _) if how.asks_to_stop());
        // Before its traps are set a signal just ends it.
        let early = asked && [130, 143].contains(&code);
        // With nothing that serves, one fault needs a person; whoever is asked to stop has met none.
        let down = self.situation.is_after_boot() && !asked;
        let may_give_up = (self.situation.has_a_fault() || down) && code == 5;
        if early && !run.said.is_empty() {
            broken.push(format!("exits {code} in the middle: {}", run.said));
        } else if !early && !may_give_up && ![0, 1, 3].contains(&code) {
            broken.push(format!("exits {code}: {}", run.said));
        }
        if code == 0 && self.situation.is_after_boot() && !served {
            broken.push(format!("exits 0, and users get {users}: {}", run.said));
        }
        // After a boot nothing served before.
        if code != 0 && !may_give_up && users != before && !self.situation.is_after_boot() {
            broken.push(format!(
                "exits {code}, and users get {users} instead of {before}: {}",
                run.said
            ));
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
    fn next(&mut self, way_out: &[&str], broken: &mut Vec<String>) {
        let stand = self.stand;
        stand.stage(Release::Good);
        let journal = stand.host.read(&format!("{STATE}/journal"));
        let prepared = journal.contains("phase=prepared");
        let commands: &[&str] = if prepared {
            &["abort", "deploy"]
        } else {
            way_out
        };
        for command in commands {
            if let Err(why) = good(stand, command) {
                broken.push(format!("next {why}"));
                broken.extend(self.begin_anew().err());
                return;
            }
            broken.extend(self.look().users(command));
        }
        for logged in self.new_logs() {
            if let Err(why) = self.paths.check(&logged, End::Good) {
                broken.push(format!("not a path of the plan: next {why}"));
            }
        }
        let left = self.look().everything();
        if !left.is_empty() {
            broken.extend(left);
            broken.extend(self.begin_anew().err());
        }
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
}
