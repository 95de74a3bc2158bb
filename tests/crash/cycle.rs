//! One crash: a situation is set up, a command is harmed in it, and all promises are checked. Then the next command
//! runs without harm, and the promises are checked again.

use std::collections::HashSet;
use std::time::Duration;

use deployc::plan::Phase;

use crate::accept::Before;
use crate::harm::{Fault, Harm};
use crate::log::{Logged, read_log};
use crate::look::Look;
use crate::path::{End, Found as Journal, Paths};
use crate::situation::{PATIENCE, Situation, good};
use crate::stand::{Release, Run, STATE, Stand};

/// The deadline of a run in which a program hangs. It covers the longest deadline of a driver's function, and a way
/// back with another one.
const PATIENCE_WITH_HANGS: Duration = Duration::from_secs(150);

/// The result of a crash.
pub struct Found {
    /// Where the run was interrupted. `None`: it ended before.
    pub hit: Option<String>,
    /// The broken promises.
    pub broken: Vec<String>,
}

/// The data that stays the same from one crash to the next.
pub struct Cycle<'a> {
    /// The host.
    pub stand: &'a Stand,
    /// The situation.
    pub situation: Situation,
    /// The plan.
    pub paths: &'a Paths,
    /// The logs that were checked already.
    pub seen: HashSet<String>,
}

impl Cycle<'_> {
    /// Runs the crash with that number. For even numbers, or if the script survives, the next command waits until the
    /// processes of the interrupted run have ended. If there are several ways out of the situation, they alternate.
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
        let journal = Journal::At(self.journal());
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
        self.look_at_path(harm, &run, journal, &mut broken);
        let journal = if settle || harm.script_survives() {
            Journal::At(self.journal())
        } else {
            Journal::AnyPhase(self.journal())
        };
        self.next(way_out, journal, &mut broken);
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

    /// Checks what users get, and the exit code of a script that survived.
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
        // Before the script has set its traps, a signal just ends it.
        let early = asked && [130, 143].contains(&code);
        // If no color is live, or if the earlier run has ended in its swap, one more fault may need a person. So may a
        // fault in `abort`, which has no way back: the prepared color stays. A run that was asked to stop has met no fault.
        let alone = [Situation::AfterSwapping, Situation::Abort].contains(&self.situation);
        let worse = (self.situation.is_after_boot() || alone) && !asked;
        let may_give_up = (self.situation.has_a_fault() || worse) && code == 5;
        if early && !run.said.is_empty() {
            broken.push(format!("exits {code} in the middle: {}", run.said));
        } else if !early && !may_give_up && ![0, 1, 3].contains(&code) {
            broken.push(format!("exits {code}: {}", run.said));
        }
        if code == 0 && self.situation.is_after_boot() && !served {
            broken.push(format!("exits 0, but users get {users}: {}", run.said));
        }
        // After a boot no color was live before the command.
        if code != 0 && !may_give_up && users != before && !self.situation.is_after_boot() {
            broken.push(format!(
                "exits {code}, but users get {users} instead of {before}: {}",
                run.said
            ));
        }
    }

    /// Checks the new logs of the run, if there are any.
    fn look_at_path(&mut self, harm: &Harm, run: &Run, journal: Journal, broken: &mut Vec<String>) {
        let end = match run.code {
            Some(code) if harm.script_survives() && ![130, 143].contains(&code) => End::Code(code),
            _ => End::Cut,
        };
        for logged in self.new_logs() {
            if let Err(why) = self.paths.check(&logged, journal, end) {
                broken.push(format!("not a path of the plan: {why}"));
            }
        }
    }

    /// Returns the journal on the host.
    fn journal(&self) -> Before {
        let read = |name| self.stand.host.read(&format!("{STATE}/{name}"));
        Before::read(&read("journal"), &read("journal.pending"))
    }

    /// Returns the runs in new logs.
    fn new_logs(&mut self) -> Vec<Logged> {
        let folder = format!("{STATE}/log");
        let names = self.stand.names(&folder);
        let new: Vec<_> = names
            .into_iter()
            .filter(|name| self.seen.insert(name.clone()))
            .collect();
        new.iter()
            .filter_map(|name| read_log(&self.stand.host.read(&format!("{folder}/{name}"))))
            .collect()
    }

    /// Runs the next commands, and checks that the host is as if there had been no crash.
    fn next(&mut self, way_out: &[&str], mut journal: Journal, broken: &mut Vec<String>) {
        let stand = self.stand;
        stand.stage(Release::Good);
        let (Journal::At(before) | Journal::AnyPhase(before)) = journal;
        let commands: &[&str] = if before.phase == Phase::Prepared {
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
            for logged in self.new_logs() {
                if let Err(why) = self.paths.check(&logged, journal, End::Code(0)) {
                    broken.push(format!("not a path of the plan: next {why}"));
                }
            }
            journal = Journal::At(self.journal());
        }
        let left = self.look().everything();
        if !left.is_empty() {
            broken.extend(left);
            broken.extend(self.begin_anew().err());
        }
    }

    /// Restores a host on which both colors were deployed once. So the next crash does not find the traces of a broken
    /// promise again.
    ///
    /// # Errors
    /// The output of the script when it failed.
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
