//! The broken scripts, and how each fault shows.

use crate::Command;
use crate::fault::How;
use crate::state::State;

use Command::{Abort, Cleanup, Deploy, Prepare, Remove, Restart, Resume, Rollback, RollbackTo};
use Edit::{After, Before, Change, Drop};

/// A change of a script's text.
pub enum Edit {
    /// Removes the lines that begin with this text.
    Drop(&'static str),
    /// Adds the second text as a line after each line that begins with the first text.
    After(&'static str, &'static str),
    /// Adds the second text as a line before each line that begins with the first text.
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
pub const BROKEN: [Broken; 31] = [
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
        what: "no color is untouchable",
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
        what: "the live color is not checked again before the swap",
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
        what: "the switch does not load the file that is on the disk",
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
        what: "the reload is not confirmed",
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
        what: "the journal does not say `handing` before the handover",
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
        what: "the handover is not written to the journal on the disk",
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
        what: "the commit comes before the verify",
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
        what: "the cleanup that a rollback has put off is forgotten",
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
        what: "a reservation is ignored",
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
        what: "the old color is stopped before it has drained",
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
        what: "the sweep removes a release that a rollback needs",
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
        what: "a failed step counts as successful",
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
        what: "an exclusive service starts before the old one stops",
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
        what: "a step is left out",
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
        what: "an action calls a function that it may not call",
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
        law: "walk",
        what: "what may run only once is told to stop twice",
        edits: &[Change(
            "((value > 0)) || of_release \"$2\" stop_exclusive ||",
            "of_release \"$2\" stop_exclusive ||",
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
        what: "a call that belongs to no step",
        edits: &[Change(
            "\nrun_command() {\n",
            "\nrun_command() {\n  read_live\n",
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
        what: "a restart switches to a color that was not probed",
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
        what: "`rollback RELEASE` switches to a copy without a probe",
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
        what: "a removal is taken back without a probe of the color",
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
        what: "a removal does not drain",
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
        what: "a removal leaves the programs running",
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
        what: "the sweep removes the last good releases",
        edits: &[Change("keep_releases=3", "keep_releases=0")],
        shape: "one-service",
        state: State::Two,
        given: Given::Nothing,
        command: Deploy,
        fault: None,
        then: None,
    },
];
