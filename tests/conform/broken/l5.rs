//! Scripts that break L5.

use super::scripts::{Broken, Edit, Given};
use crate::Command;
use crate::fault::How;
use crate::state::State;

use Command::{Cleanup, Deploy, Resume, Rollback};
use Edit::{After, Before, Change, Drop};

/// Scripts that break L5.
pub const SCRIPTS: &[Broken] = &[
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
        says: "the command ends in the middle of a swap",
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
        says: "then deploy exits Some(5)",
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
        says: "green is in force, but its worker does not run",
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
        says: "blue is in force, but its worker does not run",
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
        says: "then resume exits Some(3)",
    },
    Broken {
        law: "L5",
        what: "the cleanup that a rollback has postponed is forgotten",
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
        says: "nothing is under way, but app of blue runs",
    },
    Broken {
        law: "L5",
        what: "a rollback that finds an interrupted swap goes back twice",
        edits: &[Change(
            "answer=instead:recover.rollback",
            "answer=undo:recover.swap",
        )],
        shape: "one-service",
        state: State::Swapping,
        given: Given::Nothing,
        command: Rollback,
        fault: None,
        then: None,
        says: "the rollback ends at",
    },
    Broken {
        law: "L5",
        what: "a way back removes a file that somebody else has written",
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
        says: "nothing served, and the proxy's file is not as it was",
    },
    Broken {
        law: "L5",
        what: "a step passes on the code 2 of a driver, and it counts as a refusal",
        edits: &[
            Change(
                "ask_switch reload || {\n    fail_with",
                "ask_switch reload || {\n    return\n    fail_with",
            ),
            Change("refuse:2) exit_code", "*:2) turn=refuse exit_code"),
        ],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::Fail, "switch.reload")),
        then: None,
        says: "the command ends in the middle of a swap",
    },
    Broken {
        law: "L5",
        what: "a step passes on the code 10 of a driver, and it counts as the end",
        edits: &[
            Change(
                "ask_switch reload || {\n    fail_with",
                "ask_switch reload || {\n    return\n    fail_with",
            ),
            Change("    refuse:10)\n", "    *:10)\n"),
        ],
        shape: "one-service",
        state: State::One,
        given: Given::Nothing,
        command: Deploy,
        fault: Some((How::FailLate, "switch.reload")),
        then: None,
        says: "the command ends in the middle of a swap",
    },
];
