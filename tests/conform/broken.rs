//! Scripts that are broken on purpose, each by a line or two: what happens to the world must be seen. The same is done to the sound script,
//! and nothing may be seen there. The plan is not asked, but where only it can see: a plan that is broken itself would say yes.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cycle::{self, By, Found};
use crate::fault::{Fault, How};
use crate::options::Options;
use crate::stand::Stand;
use crate::state::State;
use crate::{Command, at_once, trace};

/// What is done to the text of a script.
enum Edit {
    /// Lines that begin so are left out.
    Drop(&'static str),
    /// After lines that begin so comes this one.
    After(&'static str, &'static str),
    /// Before lines that begin so comes this one.
    Before(&'static str, &'static str),
    /// Another text in this one's place.
    Change(&'static str, &'static str),
}

/// What is true of the world beforehand.
enum Given {
    /// Nothing in particular.
    Nothing,
    /// A color runs and is not well.
    Sick(&'static str),
    /// The proxy cannot reach a color.
    Deaf(&'static str),
    /// Through the proxy a color does not answer as it should.
    Refused(&'static str),
    /// The proxy still answers requests of before a reload for some time.
    Draining,
    /// Somebody has pointed the proxy at what is prepared.
    Pointed,
}

/// A script that is broken, and how that comes out.
struct Broken {
    law: &'static str,
    what: &'static str,
    edits: &'static [Edit],
    shape: &'static str,
    state: State,
    given: Given,
    command: Command,
    /// What happens to a call whose name ends so; to each in turn until something is seen.
    fault: Option<(How, &'static str)>,
    then: Option<Command>,
}

use Command::{Abort, Cleanup, Deploy, Prepare, Rollback};
use Edit::{After, Before, Change, Drop};

const BROKEN: [Broken; 23] = [
    Broken {
        law: "L1",
        what: "no gate",
        edits: &[Drop("step gate new"), Drop("step gate_again new")],
        shape: "one-service",
        state: State::One,
        given: Given::Sick("green"),
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L1",
        what: "no dial",
        edits: &[Drop("step dial new")],
        shape: "one-service",
        state: State::One,
        given: Given::Deaf("green"),
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L1",
        what: "no gates before a way back",
        edits: &[Drop("step gates old")],
        shape: "one-service",
        state: State::One,
        given: Given::Sick("blue"),
        command: Deploy,
        fault: Some((How::Fail, "switch.reload")),
        then: None,
    },
    Broken {
        law: "L2",
        what: "nothing is untouchable",
        edits: &[Change(
            "is_untouchable() {\n",
            "is_untouchable() {\n  return 1\n",
        )],
        shape: "one-service",
        state: State::Prepared,
        given: Given::Pointed,
        command: Abort,
        fault: None,
        then: None,
    },
    Broken {
        law: "L3",
        what: "nobody looks again before the swap",
        edits: &[Drop("step still_live")],
        shape: "every-step",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::Foreign, "user before-switch.1")),
        then: None,
    },
    Broken {
        law: "L3",
        what: "what is on the disk is loaded at some other time",
        edits: &[Drop("step reload"), Drop("step confirm")],
        shape: "only-exclusive",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L4",
        what: "nobody looks whether it is in force",
        edits: &[Drop("step confirm")],
        shape: "only-exclusive",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::Lie, "switch.reload")),
        then: None,
    },
    Broken {
        law: "L5",
        what: "no way back",
        edits: &[Change("new go_back", "new end_new")],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::Fail, "switch.confirm")),
        then: None,
    },
    Broken {
        law: "L5",
        what: "the journal says `swapping` after the swap",
        edits: &[
            Drop("step journal swapping"),
            After("step swap", "step journal swapping"),
        ],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::KillLate, "switch.swap")),
        then: Some(Deploy),
    },
    Broken {
        law: "L5",
        what: "the journal does not say that something is handed over",
        edits: &[Drop("step journal handing")],
        shape: "worker-first",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L5",
        what: "that something is handed over is not written down",
        edits: &[Change(
            "journal[handed]=yes\n      write_journal swapping",
            "journal[handed]=yes",
        )],
        shape: "worker-first",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::KillLate, "worker stop")),
        then: Some(Cleanup),
    },
    Broken {
        law: "L5",
        what: "committed before it was verified",
        edits: &[
            Drop("step commit"),
            Before("step verify new", "step commit"),
        ],
        shape: "one-service",
        state: State::One,
        given: Given::Refused("green"),
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L5",
        what: "what a rollback has put off is forgotten",
        edits: &[Change(
            "if [[ ! -f $state/journal.pending ]]; then\n    forget_journal",
            "if :; then\n    forget_journal",
        )],
        shape: "one-service",
        state: State::Switched,
        given: Given::Nothing,
        command: Rollback,
        fault: Some((How::Fail, "switch.reload")),
        then: None,
    },
    Broken {
        law: "L6",
        what: "nobody keeps a reservation",
        edits: &[Change(
            "prepared:*:held:*) answer=refuse",
            "prepared:*:held:*) answer=undo:recover.end_new",
        )],
        shape: "one-service",
        state: State::Prepared,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L7",
        what: "no drain",
        edits: &[Drop("step drain old")],
        shape: "one-service",
        state: State::One,
        given: Given::Draining,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L7",
        what: "stopped before it has drained",
        edits: &[
            Drop("step drain old"),
            After("step stop old", "step drain old"),
        ],
        shape: "one-service",
        state: State::One,
        given: Given::Draining,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L8",
        what: "a sweep takes what a rollback needs",
        edits: &[Change("[[ ! $kept -ef $folder ]] || keep=yes", ":")],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L9",
        what: "no deadline",
        edits: &[Change(
            "if ((now_ms - start >= limit)); then",
            "if false; then",
        )],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Prepare,
        fault: Some((How::Hang, "app stage")),
        then: None,
    },
    Broken {
        law: "L11",
        what: "a release does not keep its script",
        edits: &[Change(
            "printf '%s' \"$script_text\" >\"$candidate/script\"",
            ": >\"$candidate/script\"",
        )],
        shape: "one-service",
        state: State::Empty,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: Some(Deploy),
    },
    Broken {
        law: "L12",
        what: "a step that fails is called good",
        edits: &[Change(
            "    *)\n      step_ends FAILED \"$begun\" \"$@\"\n      step_failed \"$code\"",
            "    *)\n      step_ends ok \"$begun\" \"$@\"",
        )],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::Fail, "switch.reload")),
        then: None,
    },
    Broken {
        law: "once",
        what: "what may run only once is started, and not stopped before",
        edits: &[Change(
            "stop_exclusives() {\n",
            "stop_exclusives() {\n  return 0\n",
        )],
        shape: "two-exclusive",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "walk",
        what: "a step that is left out",
        edits: &[Drop("step persist_off old")],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "walk",
        what: "an action calls what it may not",
        edits: &[Change(
            "do_sweep() {\n",
            "do_sweep() {\n  ask_switch reload\n",
        )],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
];

/// Tries all: the number of those that nobody has seen, and of what was seen where nothing is wrong.
pub fn all(options: &Options, folder: &Path) -> usize {
    println!("\nlaw   broken on purpose                                             seen");
    let wrong = AtomicUsize::new(0);
    let numbered: Vec<(usize, &Broken)> = BROKEN.iter().enumerate().collect();
    at_once(options.threads, &numbered, |(number, broken)| {
        let stand = Stand::new(broken.shape, &folder.join(format!("broken-{number}")));
        let sound = broken.seen(&stand);
        stand.install(&edited(&stand.shape.after.single, broken.edits));
        stand.forget();
        let seen = broken.seen(&stand);
        let first = seen.first().map_or("NOTHING", String::as_str);
        let line = first.lines().next().unwrap_or_default();
        println!("{:<5} {:<60}  {line}", broken.law, broken.what);
        if let Some(what) = sound.first() {
            println!("WRONG: the sound script, too: {what}");
        }
        if seen.is_empty() || !sound.is_empty() {
            wrong.fetch_add(1, Ordering::SeqCst);
        }
    });
    wrong.into_inner()
}

impl Broken {
    /// What is complained about when the installed script is tried.
    fn seen(&self, stand: &Stand) -> Vec<String> {
        let Some((how, key)) = self.fault else {
            return self.tried(stand, None);
        };
        if let Err(why) = self.rest(stand) {
            return vec![why];
        }
        let calls = trace::calls(&stand.run(self.command.name(), None).events);
        let calls = calls
            .iter()
            .enumerate()
            .filter(|(_, name)| name.ends_with(key));
        let mut seen = Vec::new();
        for (index, _) in calls {
            seen = self.tried(
                stand,
                Some(Fault {
                    how,
                    call: index + 1,
                }),
            );
            if !seen.is_empty() {
                break;
            }
        }
        seen
    }

    fn tried(&self, stand: &Stand, fault: Option<Fault>) -> Vec<String> {
        if let Err(why) = self.rest(stand) {
            return vec![why];
        }
        let mut found = Found::default();
        cycle::judge(stand, self.command, fault, self.by(), "", &mut found);
        if let Some(then) = self.then {
            let (_, ran) = cycle::judge(stand, then, None, self.by(), "then", &mut found);
            if ran.code != Some(0) {
                found
                    .complaints
                    .push(format!("then {} exits {:?}", then.name(), ran.code));
            }
        }
        found.complaints
    }

    /// What only the plan can see.
    fn by(&self) -> By {
        match self.law {
            "walk" => By::Both,
            _ => By::World,
        }
    }

    fn rest(&self, stand: &Stand) -> Result<(), String> {
        stand.rest(self.state)?;
        match self.given {
            Given::Nothing => {}
            Given::Sick(color) => stand.write("sick", &format!("{color}\n")),
            Given::Deaf(color) => stand.write("deaf", &format!("{color}\n")),
            Given::Refused(color) => stand.write("refused", &format!("{color}\n")),
            Given::Draining => stand.write("drains", "2\n"),
            Given::Pointed => {
                let world = stand.world();
                let to = world.says("to").unwrap_or_default();
                stand.load(stand.shape.after.fragment(to));
            }
        }
        Ok(())
    }
}

/// A text with these edits.
///
/// # Panics
/// When one of them changes nothing.
fn edited(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        let before = text.clone();
        let lines =
            |change: &dyn Fn(&str) -> String| before.lines().map(change).collect::<String>();
        let whole = |line: &str| format!("{line}\n");
        text = match *edit {
            Drop(begin) => lines(&|line| {
                if line.trim_start().starts_with(begin) {
                    String::new()
                } else {
                    whole(line)
                }
            }),
            After(begin, more) => lines(&|line| {
                let more = if line.trim_start().starts_with(begin) {
                    format!("  {more}\n")
                } else {
                    String::new()
                };
                format!("{line}\n{more}")
            }),
            Before(begin, more) => lines(&|line| {
                let more = if line.trim_start().starts_with(begin) {
                    format!("  {more}\n")
                } else {
                    String::new()
                };
                format!("{more}{line}\n")
            }),
            Change(from, to) => before.replace(from, to),
        };
        assert!(
            text != before,
            "a script has no such text any more: see broken.rs"
        );
    }
    text
}
