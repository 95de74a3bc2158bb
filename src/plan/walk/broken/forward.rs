//! L1 to L4: the target of a switch was probed, the live color is untouched, and the switch was confirmed.

use super::super::Law;
use super::super::tests::several;
use super::{
    GO_BACK, STAY_ON_NEW, STOP_NEW, STOP_OLD, UNDO_ADOPT, assert_caught, at, before, breach_in,
    caught, first, is_commit, is_dial, is_gates, is_move, is_stop, is_swap, is_verifies, is_verify,
    lines, move_to, step, swap_otherwise, table_caught, without,
};
use crate::fixture;
use crate::plan::{
    Action, Answer, Command, Intent, Kind, Line, Otherwise, Phase, ProgramName, Reservation, Side,
    Way, recovery,
};

// ---- L1 ----------------------------------------------------------------------------------------

#[test]
fn l1_a_switch_before_the_probe() {
    caught(Law::Gate, is_swap, |plan| {
        without(plan, ProgramName::Switch, |action| {
            matches!(action, Action::GateAgain(..))
        });
    });
}

#[test]
fn l1_a_way_back_to_what_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| without(plan, GO_BACK, is_gates));
}

#[test]
fn l1_a_color_that_stays_and_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| {
        without(plan, STAY_ON_NEW, is_gates);
    });
}

#[test]
fn l1_a_rollback_to_what_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| {
        without(plan, ProgramName::ServeRelease, is_gates);
    });
}

#[test]
fn l1_an_adoption_of_what_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| {
        without(plan, ProgramName::Adopt, is_gates);
    });
    caught(Law::Gate, is_swap, |plan| {
        without(plan, UNDO_ADOPT, is_gates);
    });
}

#[test]
fn l1_one_gate_of_two() {
    let mut app = several();
    app.services.truncate(2);
    let breach = breach_in(&app, |plan| {
        let api = fixture::name("api");
        for program in [ProgramName::Prepare, ProgramName::Switch] {
            without(plan, program, |action| match action {
                Action::Gate(service, _) | Action::GateAgain(service, _) => *service == api,
                _ => false,
            });
        }
    });
    assert_caught(&breach, Law::Gate, |action| {
        *action == Action::Swap(Side::New)
    });
}

#[test]
fn l1_nobody_dials_from_where_the_proxy_stands() {
    for (program, side) in [
        (ProgramName::BeforeSwap, Side::New),
        (ProgramName::Adopt, Side::New),
        (GO_BACK, Side::Old),
        (STAY_ON_NEW, Side::New),
    ] {
        let swaps = |action: &Action| *action == Action::Swap(side);
        caught(Law::Gate, swaps, |plan| without(plan, program, is_dial));
    }
}

// ---- L2 ----------------------------------------------------------------------------------------

#[test]
fn l2_the_cleanup_in_an_early_hook() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        let early = [step(Action::Drain(Side::Old)), step(STOP_OLD)];
        first(plan, ProgramName::Reserve, early);
    });
}

#[test]
fn l2_the_cleanup_before_the_commit() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        before(plan, ProgramName::Switch, is_commit, [step(STOP_OLD)]);
    });
}

#[test]
fn l2_a_handler_that_stops_blindly() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        swap_otherwise(plan, ProgramName::Switch, Otherwise::Way(Way::EndNew));
    });
}

#[test]
fn l2_the_new_color_is_dropped_while_it_is_in_force() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        first(plan, GO_BACK, [step(STOP_NEW)]);
    });
}

#[test]
fn l2_the_way_back_stops_before_it_is_in_force() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        let reloads = |action: &Action| *action == Action::Reload;
        before(plan, ProgramName::PointProxyAt, reloads, [step(STOP_NEW)]);
    });
}

#[test]
fn l2_a_worker_is_moved_before_the_swap_is_confirmed() {
    let breach = breach_in(&several(), |plan| {
        let reloads = |action: &Action| *action == Action::Reload;
        let early = [
            step(Action::Journal(Intent::Handing)),
            step(Action::MoveExclusive(Side::New)),
        ];
        before(plan, ProgramName::PointProxyAt, reloads, early);
    });
    assert_caught(&breach, Law::LiveIsUntouchable, is_move);
}

#[test]
fn l2_a_rollback_clears_what_serves() {
    caught(
        Law::LiveIsUntouchable,
        |action| *action == Action::ClearIdle,
        |plan| {
            let adopts = |action: &Action| *action == Action::MakeAdopted;
            before(plan, ProgramName::Adopt, adopts, [step(Action::ClearIdle)]);
        },
    );
}

// ---- L3 ----------------------------------------------------------------------------------------

#[test]
fn l3_nobody_asks_what_is_live() {
    let decides = |action: &Action| *action == Action::Journal(Intent::Preparing);
    caught(Law::OneTruth, decides, |plan| {
        without(plan, ProgramName::Prepare, |action| {
            *action == Action::ChooseIdle
        });
    });
    caught(Law::OneTruth, decides, |plan| {
        without(plan, ProgramName::Rollback, |action| {
            *action == Action::ChooseEarlier
        });
    });
}

#[test]
fn l3_a_swap_without_a_journal() {
    caught(Law::OneTruth, is_swap, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| {
            *action == Action::Journal(Intent::Swapping)
        });
    });
}

#[test]
fn l3_a_recovery_that_guesses() {
    fn guesses(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (phase, kind) {
            (Phase::Swapping, Kind::Deploy) => Answer::Undo(ProgramName::RecoverEndNew),
            _ => recovery(command, phase, kind, whose),
        }
    }
    let breach = table_caught(Law::OneTruth, guesses);
    assert!(breach.step().is_some_and(is_stop));
}

#[test]
fn l3_a_recovery_that_stops_before_the_confirmation() {
    caught(Law::OneTruth, is_stop, |plan| {
        first(plan, ProgramName::RecoverSwap, [step(STOP_NEW)]);
    });
}

// ---- L4 ----------------------------------------------------------------------------------------

#[test]
fn l4_a_commit_before_the_verify() {
    caught(Law::Proof, is_commit, |plan| {
        move_to(plan, ProgramName::Switch, is_commit, is_verify);
    });
}

#[test]
fn l4_a_commit_without_a_confirmation() {
    caught(Law::Proof, is_commit, |plan| {
        let lines = lines(plan, ProgramName::Switch);
        let commit = lines.remove(at(lines, is_commit));
        let swap = lines
            .iter()
            .position(|line| matches!(line, Line::PointProxyAt(..)));
        lines.insert(swap.expect("the swap is planned"), commit);
    });
    // If no step confirms anything, the removal of an app without a deployment breaks a law first.
    let commits = |action: &Action| *action == Action::CommitRemoved;
    caught(Law::Proof, commits, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| {
            *action == Action::Confirm
        });
    });
}

#[test]
fn l4_a_swap_without_a_test() {
    let reloads = |action: &Action| *action == Action::Reload;
    caught(Law::Proof, reloads, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| {
            *action == Action::Test
        });
    });
}

#[test]
fn l4_a_verify_that_is_not_asked() {
    caught(Law::Proof, is_commit, |plan| {
        without(plan, ProgramName::Switch, is_verify);
    });
    for program in [ProgramName::ServeRelease, ProgramName::Adopt] {
        caught(Law::Proof, is_commit, |plan| {
            without(plan, program, is_verifies);
        });
    }
}
