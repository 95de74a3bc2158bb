//! The scripts that are broken, and how each comes out.

use crate::Command;
use crate::fault::How;
use crate::state::State;

use Command::{Abort, Cleanup, Deploy, Prepare, Remove, Restart, Resume, Rollback, RollbackTo};
use Edit::{After, Before, Change, Drop};

/// What is done to the text of a script.
pub enum Edit {
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
pub enum Given {
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
pub struct Broken {
    /// The law that it breaks; `once`: what may run only once runs once; `walk`: what it does is no walk of the plan.
    pub law: &'static str,
    /// How it is broken.
    pub what: &'static str,
    /// What makes it so.
    pub edits: &'static [Edit],
    /// A script of this app.
    pub shape: &'static str,
    /// From there.
    pub state: State,
    /// And with this.
    pub given: Given,
    /// What is run.
    pub command: Command,
    /// What happens to a call whose name ends so; to each in turn until something is seen.
    pub fault: Option<(How, &'static str)>,
    /// What is run after it, and has to be good.
    pub then: Option<Command>,
}

/// All of them.
pub const BROKEN: [Broken; 29] = [
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
];
