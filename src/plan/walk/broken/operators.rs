//! `rollback RELEASE`, `restart` and `remove`: the copied release stays unchanged, and only `remove` removes the app.

use super::super::Law;
use super::{
    PUT_BACK, STOP_OLD, before, caught, ends_wrongly, is_dial, is_drain, is_gates, is_stop,
    is_swap, lines, move_to, step, table_caught, without,
};
use crate::fixture;
use crate::plan::{
    Action, Answer, Command, Intent, Kind, Line, Phase, ProgramName, Reservation, Side, recovery,
};

const COPIES: [ProgramName; 2] = [ProgramName::RollbackTo, ProgramName::Restart];

fn is_clear(action: &Action) -> bool {
    *action == Action::ClearIdle
}

fn removes_state(action: &Action) -> bool {
    *action == Action::RemoveState
}

#[test]
fn l1_a_color_that_is_put_back_and_was_not_asked() {
    let swaps = |action: &Action| *action == Action::Swap(Side::Old);
    caught(Law::Gate, swaps, |plan| without(plan, PUT_BACK, is_gates));
    caught(Law::Gate, swaps, |plan| without(plan, PUT_BACK, is_dial));
}

#[test]
fn l1_a_deployment_that_takes_what_serves_away() {
    let swaps = |action: &Action| *action == Action::Swap(Side::Nothing);
    for program in [ProgramName::Switch, ProgramName::ServeRelease] {
        caught(Law::Gate, swaps, |plan| {
            for line in lines(plan, program) {
                if let Line::PointProxyAt(side, _) = line {
                    *side = Side::Nothing;
                }
            }
        });
    }
}

#[test]
fn l2_a_copy_that_is_not_made() {
    for program in COPIES {
        let starts = |action: &Action| matches!(action, Action::StartMissing(Side::New, _));
        caught(Law::LiveIsUntouchable, starts, |plan| {
            without(plan, program, |action| *action == Action::CopyRelease);
        });
    }
}

#[test]
fn l2_a_removal_that_stops_before_it_is_confirmed() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        let looks = |action: &Action| *action == Action::StillLive;
        before(plan, ProgramName::Remove, looks, [step(STOP_OLD)]);
    });
    // No step has confirmed what is in force, so the commit is the first step that breaks a law.
    let commits = |action: &Action| *action == Action::CommitRemoved;
    caught(Law::Proof, commits, |plan| {
        let lines = lines(plan, ProgramName::Remove);
        lines.retain(|line| !matches!(line, Line::PointProxyAt(..)));
    });
}

#[test]
fn l3_a_removal_of_what_nobody_has_asked_for() {
    let decides = |action: &Action| *action == Action::Journal(Intent::Removing);
    caught(Law::OneTruth, decides, |plan| {
        without(plan, ProgramName::Remove, |action| {
            matches!(action, Action::FindRemovable | Action::StillLive)
        });
    });
    let decides = |action: &Action| *action == Action::Journal(Intent::Preparing);
    caught(Law::OneTruth, decides, |plan| {
        without(plan, ProgramName::Restart, |action| {
            *action == Action::ChooseLive
        });
    });
}

#[test]
fn l5_a_removal_that_was_cut_short_and_is_taken_for_done() {
    fn ends(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (phase, kind) {
            (Phase::Swapping, Kind::Remove) => Answer::Undo(ProgramName::RecoverRemoved),
            _ => recovery(command, phase, kind, whose),
        }
    }
    // In the shortest trace there is no service to stop, so the first step that breaks a law is `close_journal`, not a
    // stop.
    let breach = table_caught(Law::WayBack, ends);
    let closes = |action: &Action| *action == Action::CloseJournal;
    assert!(breach.step().is_some_and(closes), "{:?}", breach.step());
}

#[test]
fn l5_a_removal_that_keeps_nothing() {
    caught(Law::WayBack, is_swap, |plan| {
        without(plan, ProgramName::Remove, |action| {
            *action == Action::SaveWayBack
        });
    });
}

#[test]
fn l5_a_removal_that_a_boot_has_cut_short() {
    ends_wrongly(&fixture::hello(), "although a color can serve", |plan| {
        without(plan, ProgramName::RecoverKept, |action| {
            matches!(action, Action::StartMissing(..))
        });
    });
}

#[test]
fn l6_a_removal_of_what_another_deployment_has_prepared() {
    fn removes(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (command, phase) {
            (Command::Remove, Phase::Prepared) => Answer::Proceed,
            _ => recovery(command, phase, kind, whose),
        }
    }
    let breach = table_caught(Law::OneAtATime, removes);
    let decides = |action: &Action| *action == Action::Journal(Intent::Removing);
    assert!(breach.step().is_some_and(decides), "{:?}", breach.step());
}

#[test]
fn l7_a_removal_without_a_drain() {
    caught(Law::NoCut, is_stop, |plan| {
        without(plan, ProgramName::RecoverRemoved, is_drain);
    });
}

#[test]
fn l8_a_place_that_is_cleared_before_the_journal_says_so() {
    for program in COPIES {
        caught(Law::OnlyOurs, is_clear, |plan| {
            let writes = |action: &Action| matches!(action, Action::Journal(_));
            move_to(plan, program, is_clear, writes);
        });
    }
}

#[test]
fn l8_a_state_that_goes_before_what_it_knows_is_stopped() {
    caught(Law::OnlyOurs, removes_state, |plan| {
        without(plan, ProgramName::RecoverRemoved, is_stop);
    });
    caught(Law::OnlyOurs, removes_state, |plan| {
        let commits = |action: &Action| *action == Action::CommitRemoved;
        before(
            plan,
            ProgramName::Remove,
            commits,
            [step(Action::RemoveState)],
        );
    });
}
