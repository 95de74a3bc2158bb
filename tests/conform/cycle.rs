//! One interrupted run, and the commands after it: `resume`, `deploy`, and the same command again. Each of them starts
//! from the world that the interrupted run left.

use crate::Command;
use crate::accept::Acceptor;
use crate::fault::{Fault, How};
use crate::plan::Phase;
use crate::promise::Ended;
use crate::stand::{Ran, Stand};
use crate::state::State;
use crate::trace;
use crate::world::World;

/// One case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The state at the start.
    pub state: State,
    /// The command that is run.
    pub command: Command,
    /// The fault during the command. Without a fault the command is only judged.
    pub fault: Option<Fault>,
}

/// How a run is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By the world and by the plan.
    Both,
    /// Only by the world, for example because the plan itself is broken.
    World,
}

/// The result of a case.
#[derive(Default)]
pub struct Found {
    /// The number of commands that were run.
    pub runs: usize,
    /// The calls of the run with the fault, in order.
    pub calls: Vec<String>,
    /// The complaints, each with its trace.
    pub complaints: Vec<String>,
}

impl Case {
    /// The options that repeat the case.
    pub fn options(&self, shape: &str) -> String {
        let mut options = format!(
            "--shape {shape} --state {} --command {}",
            self.state.name(),
            self.command.name()
        );
        if let Some(Fault { how, call }) = self.fault {
            options.push_str(&format!(" --how {} --call {call}", how.name()));
        }
        options
    }

    /// Runs the case on a stand.
    pub fn run(&self, stand: &Stand, by: By) -> Found {
        let mut found = Found::default();
        if let Err(why) = stand.rest(self.state) {
            found
                .complaints
                .push(format!("state {}: {why}", self.state.name()));
            return found;
        }
        let rested = stand.world();
        let (world, ran) = judge(stand, self.command, self.fault, by, "", &mut found);
        found.calls = trace::calls(&ran.events);
        if self.fault.is_none() {
            needs_nobody(self.command, &ran, &mut found);
        }
        if self.fault.is_none() {
            return found;
        }
        stand.save("interrupted");
        let mut later = vec![Command::Resume, Command::Deploy];
        if !later.contains(&self.command) {
            later.push(self.command);
        }
        for command in later {
            stand.restore("interrupted");
            let told = format!("then {}", command.name());
            let (after, ran) = judge(stand, command, None, by, &told, &mut found);
            needs_nobody(command, &ran, &mut found);
            match command {
                Command::Resume if !resumes(&world, ran.code) => {
                    let what =
                        format!("{told}: what served is not brought up: exit {:?}", ran.code);
                    found.complaints.push(format!("{what}\n{}", shown(&ran)));
                }
                Command::Resume if is_undone(&rested, &world) && after.file != rested.file => {
                    let what = "the proxy's file is not as somebody has put it there";
                    found
                        .complaints
                        .push(format!("{told}: {what}\n{}", shown(&ran)));
                }
                Command::Deploy => deploys(stand, &world, &after, by, &ran, &mut found),
                _ => {}
            }
        }
        found
    }
}

/// Whether nothing ran before an interrupted run, and the next command undoes what the run has left.
fn is_undone(rested: &World, interrupted: &World) -> bool {
    rested.runs.is_empty() && !matches!(interrupted.phase(), Phase::Idle | Phase::Switched)
}

/// A deploy must succeed after every fault, at the latest after a prepared color was aborted.
fn deploys(stand: &Stand, before: &World, after: &World, by: By, ran: &Ran, found: &mut Found) {
    let mut code = ran.code;
    let mut said = shown(ran);
    if code == Some(4) && before.phase() == Phase::Prepared {
        for command in [Command::Abort, Command::Deploy] {
            let (_, ran) = judge(stand, command, None, by, "then deploy", found);
            code = ran.code;
            said = shown(&ran);
        }
    }
    if code == Some(0) || is_in_the_way(stand, after) {
        return;
    }
    found.complaints.push(format!(
        "then deploy: one that nothing happens to fails: exit {code:?}\n{said}"
    ));
}

/// Runs one command. Returns the world after it and its output. Complaints are added to `found`.
pub fn judge(
    stand: &Stand,
    command: Command,
    fault: Option<Fault>,
    by: By,
    told: &str,
    found: &mut Found,
) -> (World, Ran) {
    let before = stand.world();
    let ran = stand.run(command, fault);
    found.runs += 1;
    let after = stand.world();
    let acceptor = Acceptor {
        plan: &stand.shape.after.plan,
        apps: [&stand.shape.after.app, &stand.shape.before.app],
        command,
        killed: ran.code.is_none(),
        // No other run is active here. But the command may refuse a journal that it cannot continue.
        unbegun: if before.phase() == Phase::Idle {
            &[]
        } else {
            &[1, 3]
        },
    };
    let mut wrong = Vec::new();
    let walked = match by {
        By::World => None,
        By::Both => match acceptor.walk(before.under_way, &ran.events) {
            Ok(walked) => Some(walked),
            Err(why) => {
                wrong.push(format!("no walk of the plan: {why}"));
                None
            }
        },
    };
    let ended = Ended {
        stand,
        command,
        before: &before,
        after: &after,
        ran: &ran,
        walked: walked.as_ref(),
    };
    wrong.extend(ended.broken());
    if ran.code.is_none()
        && !fault.is_some_and(|fault| matches!(fault.how, How::Kill | How::KillLate))
    {
        wrong.push("it does not end".to_owned());
    }
    for what in wrong {
        let told = if told.is_empty() {
            String::new()
        } else {
            format!("{told}: ")
        };
        found.complaints.push(format!(
            "{told}{what}: exit {:?}\n{}",
            ran.code,
            shown(&ran)
        ));
    }
    (after, ran)
}

/// No fault was caused and the host is sound, so exit code 5 is a complaint.
fn needs_nobody(command: Command, ran: &Ran, found: &mut Found) {
    if ran.code == Some(5) {
        let what = format!("{} needs a person, and nothing is wrong", command.name());
        found
            .complaints
            .push(format!("{what}: exit 5\n{}", shown(ran)));
    }
}

/// `resume` must start the live color. It may fail with exit code 3 if no script ever switched anything.
fn resumes(before: &World, code: Option<i32>) -> bool {
    let is_ours = before.live.is_some() || before.phase() == Phase::Switched;
    match code {
        Some(0) => true,
        Some(3) => !is_ours,
        _ => false,
    }
}

/// A deploy may fail in two cases. The proxy's file was written by hand and names no color: then it is refused until a
/// person has looked. A program was started by hand: it is in the way, but nothing listens there, so the script notices
/// it only when a start fails.
fn is_in_the_way(stand: &Stand, world: &World) -> bool {
    let has_unknown_text = !world.disk.is_empty() && stand.color_of(&world.disk).is_none();
    has_unknown_text || world.runs.values().any(|running| running.release == "-")
}

fn shown(ran: &Ran) -> String {
    let last: Vec<&str> = ran.said.lines().rev().take(3).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    format!(
        "      {}\n    said: {}",
        trace::end_of(&ran.log),
        last.join("\n          ")
    )
}
