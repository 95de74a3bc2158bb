//! L5: the way back.

use super::super::Law;
use super::super::tests::several;
use super::{
    END_NEW, GO_BACK, LET_GO, STAY_ON_NEW, UNDO_ADOPT, assert_caught, before, breach_in, caught,
    ends_wrongly, first, is_commit, is_move, is_stop, is_swap, is_verify, lines, step,
    swap_otherwise, table_caught, without,
};
use crate::fixture;
use crate::plan::{
    Action, Answer, Command, Intent, Kind, Line, Otherwise, Phase, ProgramName, Reservation,
    recovery,
};

// ---- L5 ----------------------------------------------------------------------------------------

#[test]
fn l5_no_way_back() {
    let tests = |action: &Action| matches!(action, Action::Swap(_) | Action::Test);
    caught(Law::WayBack, tests, |plan| {
        swap_otherwise(plan, ProgramName::Switch, Otherwise::Refuse);
    });
}

#[test]
fn l5_a_failure_after_the_swap_that_is_left_for_later() {
    caught(Law::WayBack, is_verify, |plan| {
        before(
            plan,
            ProgramName::Switch,
            is_verify,
            [Line::Otherwise(Otherwise::Later)],
        );
    });
}

#[test]
fn l5_a_color_that_nobody_remembers() {
    let forgets = |action: &Action| *action == Action::RemoveState;
    caught(Law::OnlyOurs, forgets, |plan| {
        without(plan, END_NEW, is_stop);
    });
}

#[test]
fn l5_a_worker_that_is_not_started_again() {
    let returns = |action: &Action| *action == Action::Journal(Intent::Returning);
    let breach = breach_in(&several(), |plan| {
        // A failure to start the worker is only a warning.
        before(plan, GO_BACK, is_move, [Line::Otherwise(Otherwise::Warn)]);
    });
    assert_caught(&breach, Law::WayBack, returns);
    let breach = breach_in(&several(), |plan| {
        before(
            plan,
            STAY_ON_NEW,
            is_move,
            [Line::Otherwise(Otherwise::Warn)],
        );
    });
    assert_caught(&breach, Law::WayBack, is_commit);
}

#[test]
fn l5_a_worker_that_is_not_moved() {
    let breach = breach_in(&several(), |plan| {
        without(plan, ProgramName::Switch, is_move);
    });
    assert_caught(&breach, Law::WayBack, is_commit);
    let returns = |action: &Action| *action == Action::Journal(Intent::Returning);
    let breach = breach_in(&several(), |plan| without(plan, GO_BACK, is_move));
    assert_caught(&breach, Law::WayBack, returns);
}

#[test]
fn l5_a_text_that_nobody_keeps() {
    caught(Law::WayBack, is_swap, |plan| {
        without(plan, ProgramName::BeforeSwap, |action| {
            *action == Action::SaveWayBack
        });
    });
    caught(Law::WayBack, is_swap, |plan| {
        without(plan, ProgramName::Adopt, |action| {
            *action == Action::MakeAdopted
        });
    });
}

#[test]
fn l5_a_journal_that_forgets_the_swap() {
    let closes = |action: &Action| *action == Action::CloseJournal;
    caught(Law::WayBack, closes, |plan| {
        first(plan, GO_BACK, [step(Action::CloseJournal)]);
    });
    caught(Law::WayBack, closes, |plan| {
        let back = |line: &Line| matches!(line, Line::PointProxyAt(..));
        lines(plan, UNDO_ADOPT).retain(|line| !back(line));
    });
}

#[test]
fn l5_a_journal_that_is_never_closed() {
    let app = fixture::hello();
    let closes = |action: &Action| *action == Action::CloseJournal;
    ends_wrongly(&app, "the journal is not closed", |plan| {
        without(plan, ProgramName::Cleanup, closes);
    });
    ends_wrongly(&app, "a deploy does not end", |plan| {
        without(plan, END_NEW, closes);
    });
    ends_wrongly(&app, "a deploy does not end", |plan| {
        without(plan, LET_GO, closes);
    });
    ends_wrongly(&app, "a deploy does not end", |plan| {
        without(plan, ProgramName::RecoverAdopted, |action| {
            *action == Action::FinishAdopted
        });
    });
}

#[test]
fn l5_an_old_color_that_goes_on_running() {
    ends_wrongly(&fixture::hello(), "left running", |plan| {
        without(plan, ProgramName::Cleanup, is_stop);
    });
}

#[test]
fn l5_a_resume_that_starts_nothing() {
    ends_wrongly(&fixture::hello(), "does not run after a resume", |plan| {
        without(plan, ProgramName::Resume, |action| {
            matches!(action, Action::StartMissing(..))
        });
    });
}

#[test]
fn l5_an_interrupted_deployment_from_which_a_rollback_goes_on() {
    fn goes_on(command: Command, phase: Phase, kind: Kind, whose: Reservation) -> Answer {
        match (command, phase, kind) {
            (Command::Rollback, Phase::Swapping, Kind::Rollback) => {
                Answer::Instead(ProgramName::RecoverSwap)
            }
            _ => recovery(command, phase, kind, whose),
        }
    }
    let breach = table_caught(Law::WayBack, goes_on);
    assert!(breach.why.contains("a rollback ends"), "{}", breach.why);
}
