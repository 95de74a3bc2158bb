//! Plans that break one of the laws L6 to L9: one at a time, no cut, only ours, bounded.

use super::super::Law;
use super::super::tests::{several, worker};
use super::{
    GO_BACK, STAY_ON_NEW, assert_caught, before, breach_in, caught, is_drain, is_gates, is_stop,
    move_to, step, table_caught, without,
};
use crate::fixture;
use crate::model::Duration;
use crate::plan::{
    Action, Answer, Command, Extent, Intent, Kind, Line, Otherwise, Phase, ProgramName,
    Reservation, Side, Way, recovery,
};

// ---- L6 ----------------------------------------------------------------------------------------

#[test]
fn l6_no_lock_on_the_proxy() {
    let writes = |action: &Action| matches!(action, Action::Write(_));
    caught(Law::OneAtATime, writes, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| {
            *action == Action::LockProxy
        });
    });
    let confirms = |action: &Action| *action == Action::Confirm;
    caught(Law::OneAtATime, confirms, |plan| {
        let unlocks = |action: &Action| *action == Action::UnlockProxy;
        move_to(plan, ProgramName::PointProxyAt, unlocks, confirms);
    });
}

#[test]
fn l6_a_reservation_that_is_not_respected() {
    fn goes_on(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (command, phase) {
            (Command::Deploy, Phase::Prepared) => Answer::Proceed,
            _ => recovery(command, phase, kind, whose),
        }
    }
    let breach = table_caught(Law::OneAtATime, goes_on);
    let decides = |action: &Action| matches!(action, Action::Journal(_));
    assert!(breach.step().is_some_and(decides), "{:?}", breach.step());
}

#[test]
fn l6_a_reservation_that_is_undone() {
    fn undoes(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (command, phase) {
            (Command::Deploy, Phase::Prepared) => Answer::Undo(ProgramName::RecoverEndNew),
            _ => recovery(command, phase, kind, whose),
        }
    }
    table_caught(Law::OneAtATime, undoes);
}

#[test]
fn l6_a_worker_that_runs_twice() {
    let app = several();
    let name = fixture::name("worker");
    let starts = |action: &Action| matches!(action, Action::Start(_));
    let breach = breach_in(&app, |plan| {
        let early = [step(Action::Start(name.clone()))];
        before(plan, ProgramName::Prepare, starts, early);
    });
    assert_caught(&breach, Law::OneAtATime, starts);
    let missing = |action: &Action| matches!(action, Action::StartMissing(..));
    let breach = breach_in(&app, |plan| {
        let all = [step(Action::StartMissing(Side::New, Extent::Whole))];
        before(plan, ProgramName::ServeRelease, missing, all);
    });
    assert_caught(&breach, Law::OneAtATime, missing);
}

#[test]
fn l6_a_worker_of_a_warm_color_that_goes_on() {
    let mut app = fixture::hello();
    app.services.push(worker(&app, "worker"));
    let breach = breach_in(&app, |plan| {
        // The way back starts the worker while it still runs in the other color.
        let moves = |action: &Action| *action == Action::MoveExclusive(Side::Old);
        let early = [step(Action::StartMissing(Side::Old, Extent::Whole))];
        before(plan, GO_BACK, moves, early);
    });
    let missing = |action: &Action| matches!(action, Action::StartMissing(..));
    assert_caught(&breach, Law::OneAtATime, missing);
}

// ---- L7 ----------------------------------------------------------------------------------------

#[test]
fn l7_a_stop_before_the_drain() {
    caught(Law::NoCut, is_stop, |plan| {
        move_to(plan, ProgramName::Cleanup, is_stop, is_drain);
    });
}

#[test]
fn l7_a_way_back_without_a_drain() {
    caught(Law::NoCut, is_stop, |plan| without(plan, GO_BACK, is_drain));
}

#[test]
fn l7_a_recovery_without_a_drain() {
    caught(Law::NoCut, is_stop, |plan| {
        without(plan, ProgramName::RecoverEndNew, is_drain);
    });
}

#[test]
fn l7_a_journal_without_the_generation_of_the_proxy() {
    let writes_journal = |action: &Action| *action == Action::Journal(Intent::Swapping);
    let swaps = |action: &Action| matches!(action, Action::Swap(_));
    caught(Law::NoCut, writes_journal, |plan| {
        let locks = |action: &Action| *action == Action::LockProxy;
        let writes = |action: &Action| matches!(action, Action::Write(_));
        move_to(plan, ProgramName::PointProxyAt, locks, swaps);
        move_to(plan, ProgramName::PointProxyAt, writes, swaps);
    });
}

// ---- L8 ----------------------------------------------------------------------------------------

#[test]
fn l8_a_stop_of_what_is_on_the_port() {
    let clears = |action: &Action| *action == Action::ClearIdle;
    caught(Law::OnlyOurs, clears, |plan| {
        without(plan, ProgramName::Prepare, |action| {
            *action == Action::Journal(Intent::Preparing)
        });
    });
}

#[test]
fn l8_an_abort_of_nothing() {
    fn begins(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (command, phase) {
            (Command::Abort, Phase::Idle) => Answer::Proceed,
            _ => recovery(command, phase, kind, whose),
        }
    }
    let breach = table_caught(Law::OnlyOurs, begins);
    assert!(breach.step().is_some_and(is_stop));
}

// ---- L9 ----------------------------------------------------------------------------------------

#[test]
fn l9_a_step_without_a_deadline() {
    let mut app = fixture::hello();
    app.cleanup.drain = Duration::from_millis(u64::MAX);
    assert_caught(&breach_in(&app, |_| ()), Law::Bounded, is_drain);
}

#[test]
fn l9_a_way_back_that_leads_to_itself() {
    caught(Law::Bounded, is_gates, |plan| {
        let own = Line::Otherwise(Otherwise::Way(Way::GoBack));
        before(plan, GO_BACK, is_gates, [own]);
    });
    caught(Law::Bounded, is_gates, |plan| {
        let back = Line::Otherwise(Otherwise::Way(Way::GoBack));
        before(plan, STAY_ON_NEW, is_gates, [back]);
    });
}
