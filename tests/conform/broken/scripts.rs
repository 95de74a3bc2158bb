//! The broken scripts, and how each fault shows.

use crate::Command;
use crate::fault::How;
use crate::state::State;

use Command::{Abort, Cleanup, Deploy, Prepare, Remove, Restart, Resume, Rollback, RollbackTo};
use Edit::{After, Before, Change, Drop};

/// A change of a script's text.
pub enum Edit {
    /// Removes the lines that begin so.
    Drop(&'static str),
    /// Adds a line after the lines that begin so.
    After(&'static str, &'static str),
    /// Adds a line before the lines that begin so.
    Before(&'static str, &'static str),
    /// Replaces the first text by the second.
    Change(&'static str, &'static str),
}

/// The world before the command.
pub enum Given {
    /// Nothing special.
    Nothing,
    /// A color runs but is not healthy.
    Sick(&'static str),
    /// The proxy cannot reach a color.
    Deaf(&'static str),
    /// A color does not answer through the proxy as expected.
    Refused(&'static str),
    /// The proxy still answers requests from before a reload for some time.
    Draining,
    /// Somebody has pointed the proxy at the prepared color.
    Pointed,
}

/// A broken script, and how its fault shows.
pub struct Broken {
    /// The law that it breaks. `once`: an exclusive service runs twice. `walk`: its trace is not a walk of the plan.
    pub law: &'static str,
    /// A description of the fault.
    pub what: &'static str,
    /// The edits that cause the fault.
    pub edits: &'static [Edit],
    /// The shape of the script.
    pub shape: &'static str,
    /// The state at the start.
    pub state: State,
    /// The world before the command.
    pub given: Given,
    /// The command that is run.
    pub command: Command,
    /// The fault, and the end of the name of its call. Each such call gets the fault in turn, until a complaint is
    /// made.
    pub fault: Option<(How, &'static str)>,
    /// The command that is run after it, and that must succeed.
    pub then: Option<Command>,
}

/// All broken scripts.
pub const BROKEN: [Broken; 30] = [
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
        then: Some(Resume),
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
            "prepared:*) answer=refuse",
            "prepared:*) answer=undo:recover.end_new",
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
        edits: &[
            Change("[[ ! $kept -ef ${folders[at]} ]] || keep=yes", ":"),
            Change("keep_releases=3", "keep_releases=0"),
        ],
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
    Broken {
        law: "L1",
        what: "a restart switches to what was not asked",
        edits: &[Drop("step gates new")],
        shape: "one-service",
        state: State::One,
        given: Given::Sick("green"),
        command: Restart,
        fault: None,
        then: None,
    },
    Broken {
        law: "L1",
        what: "a copy is switched to and was not asked",
        edits: &[Drop("step gates new")],
        shape: "one-service",
        state: State::Three,
        given: Given::Sick("green"),
        command: RollbackTo,
        fault: None,
        then: None,
    },
    Broken {
        law: "L1",
        what: "a removal is taken back, and nobody asks the color",
        edits: &[Drop("step gates old")],
        shape: "one-service",
        state: State::One,
        given: Given::Sick("blue"),
        command: Remove,
        fault: Some((How::Fail, "switch.reload")),
        then: None,
    },
    Broken {
        law: "L7",
        what: "a removal does not wait",
        edits: &[Drop("step drain old")],
        shape: "one-service",
        state: State::One,
        given: Given::Draining,
        command: Remove,
        fault: None,
        then: None,
    },
    Broken {
        law: "L8",
        what: "a removal forgets what runs",
        edits: &[Drop("step stop old")],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Remove,
        fault: None,
        then: None,
    },
    Broken {
        law: "kept",
        what: "what was good is swept",
        edits: &[Change("keep_releases=3", "keep_releases=0")],
        shape: "one-service",
        state: State::Two,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
    Broken {
        law: "L5",
        what: "a way back removes what somebody has put there",
        edits: &[Change(
            "[[ $1 == old && -z $from && ! -f $candidate/way-back ]]",
            "[[ $1 == old && -z $from ]]",
        )],
        shape: "one-service",
        state: State::ByHand,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::Fail, "switch.reload")),
        then: None,
    },
];
