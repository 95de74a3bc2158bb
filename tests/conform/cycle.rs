//! One interrupted run, and the commands after it: `resume`, `deploy`, and the same command again. Each of them starts
//! from the world that the interrupted run left.

use crate::Command;
use crate::accept::Acceptor;
use crate::expected;
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

/// How a run is judged. The table of exit codes is a part of the plan.
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
            if command == Command::Resume && is_undone(&rested, &world) && after.file != rested.file
            {
                let what = "the proxy's file is not as somebody has put it there";
                found
                    .complaints
                    .push(format!("{told}: {what}\n{}", shown(&ran)));
            }
            if command == Command::Deploy && world.phase() == Phase::Prepared {
                for command in [Command::Abort, Command::Deploy] {
                    let told = format!("{told}, {}", command.name());
                    judge(stand, command, None, by, &told, &mut found);
                }
            }
        }
        found
    }
}

/// Whether nothing ran before an interrupted run, and the next command undoes what the run has left.
fn is_undone(rested: &World, interrupted: &World) -> bool {
    rested.runs.is_empty() && !matches!(interrupted.phase(), Phase::Idle | Phase::Switched)
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
        // No other run is active here. But with a fault the command may be unable to continue a journal.
        unbegun: if fault.is_none() || before.phase() == Phase::Idle {
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
    if by == By::Both && fault.is_none() {
        let expected = expected::code(stand, command, &before);
        if expected.is_some() && ran.code != expected {
            let expected = expected.unwrap_or_default();
            wrong.push(format!("nothing happens to it, so it must exit {expected}"));
        }
    }
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

fn shown(ran: &Ran) -> String {
    let last: Vec<&str> = ran.said.lines().rev().take(3).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    format!(
        "      {}\n    said: {}",
        trace::end_of(&ran.log),
        last.join("\n          ")
    )
}
