//! The walk of plans that are broken on purpose: each is caught, by the law that it breaks, at the step that breaks it.

use super::tests::{several, worker};
use super::{Breach, Grain, Law, Table, walk, walk_by};
use crate::fixture;
use crate::model::{App, Duration};
use crate::plan::{
    Action, Answer, Command, Extent, Intent, Kind, Line, Otherwise, Phase, Plan, ProgramName, Reservation,
    Side, Step, Way, plan, recovery,
};

// ---- how a plan is broken ----------------------------------------------------------------------

fn lines(plan: &mut Plan, name: ProgramName) -> &mut Vec<Line> {
    let mut programs = plan.programs.iter_mut();
    let found = programs.find(|program| program.name == name);
    &mut found.expect("a plan has every program").lines
}

fn is(line: &Line, wanted: impl Fn(&Action) -> bool) -> bool {
    matches!(line, Line::Step(step) if wanted(&step.action))
}

fn at(lines: &[Line], wanted: impl Fn(&Action) -> bool) -> usize {
    let found = lines.iter().position(|line| is(line, &wanted));
    found.expect("the step is planned")
}

fn step(action: Action) -> Line {
    Line::Step(Step { action, span: None })
}

/// Steps of a program are left out.
fn without(plan: &mut Plan, name: ProgramName, wanted: impl Fn(&Action) -> bool) {
    let lines = lines(plan, name);
    let before = lines.len();
    lines.retain(|line| !is(line, &wanted));
    assert!(lines.len() < before, "the step was planned");
}

/// Lines are put in before a step.
fn before(
    plan: &mut Plan,
    name: ProgramName,
    wanted: impl Fn(&Action) -> bool,
    new: impl IntoIterator<Item = Line>,
) {
    let lines = lines(plan, name);
    let at = at(lines, wanted);
    lines.splice(at..at, new);
}

/// Lines are put in before all others.
fn first(plan: &mut Plan, name: ProgramName, new: impl IntoIterator<Item = Line>) {
    lines(plan, name).splice(0..0, new);
}

/// A step goes to before another one.
fn move_to(
    plan: &mut Plan,
    name: ProgramName,
    from: impl Fn(&Action) -> bool,
    to: impl Fn(&Action) -> bool,
) {
    let lines = lines(plan, name);
    let moved = lines.remove(at(lines, from));
    let to = at(lines, to);
    lines.insert(to, moved);
}

/// The failure of a swap asks for something else.
fn swap_otherwise(plan: &mut Plan, name: ProgramName, new: Otherwise) {
    for line in lines(plan, name) {
        if let Line::PointProxyAt(_, otherwise) = line {
            *otherwise = new;
        }
    }
}

const GO_BACK: ProgramName = ProgramName::Way(Way::GoBack);
const END_NEW: ProgramName = ProgramName::Way(Way::EndNew);
const STAY_ON_NEW: ProgramName = ProgramName::Way(Way::StayOnNew);
const UNDO_ADOPT: ProgramName = ProgramName::Way(Way::UndoAdopt);
const LET_GO: ProgramName = ProgramName::Way(Way::LetGo);
const STOP_NEW: Action = Action::Stop(Side::New, Extent::Whole);
const STOP_OLD: Action = Action::Stop(Side::Old, Extent::Whole);

fn is_stop(action: &Action) -> bool {
    matches!(action, Action::Stop(..))
}

fn is_verify(action: &Action) -> bool {
    matches!(action, Action::Verify(_))
}

fn is_verifies(action: &Action) -> bool {
    matches!(action, Action::Verifies(_))
}

fn is_commit(action: &Action) -> bool {
    matches!(action, Action::Commit | Action::CommitAdopted)
}

fn is_swap(action: &Action) -> bool {
    matches!(action, Action::Swap(_))
}

fn is_drain(action: &Action) -> bool {
    matches!(action, Action::Drain(_))
}

fn is_gates(action: &Action) -> bool {
    matches!(action, Action::Gates(_))
}

fn is_dial(action: &Action) -> bool {
    matches!(action, Action::Dial(_))
}

fn is_move(action: &Action) -> bool {
    matches!(action, Action::MoveExclusive(_))
}

// ---- what the walk says of it ------------------------------------------------------------------

fn breach_in(app: &App, change: impl FnOnce(&mut Plan)) -> Breach {
    let mut plan = plan(app);
    change(&mut plan);
    let walked = walk(app, &plan, Grain::Service);
    walked.breach.expect("a broken plan is caught")
}

fn assert_caught(breach: &Breach, law: Law, step: impl Fn(&Action) -> bool) {
    let trace = breach.lines().join("\n");
    assert_eq!(breach.law, law, "{}\n{trace}", breach.why);
    assert!(breach.step().is_some_and(step), "{}\n{trace}", breach.why);
}

/// The plan of the first example, broken: the law that it breaks and the step that does.
fn caught(law: Law, step: impl Fn(&Action) -> bool, change: impl FnOnce(&mut Plan)) {
    assert_caught(&breach_in(&fixture::hello(), change), law, step);
}

/// The same of a plan that ends wrongly on a day without faults: why it does.
fn ends_wrongly(app: &App, why: &str, change: impl FnOnce(&mut Plan)) {
    let breach = breach_in(app, change);
    let trace = breach.lines().join("\n");
    assert_eq!(breach.law, Law::WayBack, "{}\n{trace}", breach.why);
    assert!(breach.why.contains(why), "{}\n{trace}", breach.why);
}

/// The plan of the first example with a broken table of what comes first.
fn table_caught(law: Law, table: Table) -> Breach {
    let app = fixture::hello();
    let walked = walk_by(&app, &plan(&app), Grain::Service, table);
    let breach = walked.breach.expect("a broken table is caught");
    assert_eq!(breach.law, law, "{}\n{}", breach.why, breach.lines().join("\n"));
    breach
}

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
    caught(Law::Gate, is_swap, |plan| without(plan, STAY_ON_NEW, is_gates));
}

#[test]
fn l1_a_rollback_to_what_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| without(plan, ProgramName::Rollback, is_gates));
}

#[test]
fn l1_an_adoption_of_what_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| without(plan, ProgramName::Adopt, is_gates));
    caught(Law::Gate, is_swap, |plan| without(plan, UNDO_ADOPT, is_gates));
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
    assert_caught(&breach, Law::Gate, |action| *action == Action::Swap(Side::New));
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
        without(plan, ProgramName::Prepare, |action| *action == Action::ChooseIdle);
    });
    caught(Law::OneTruth, decides, |plan| {
        without(plan, ProgramName::Rollback, |action| *action == Action::ChooseEarlier);
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
        let swap = lines.iter().position(|line| matches!(line, Line::PointProxyAt(..)));
        lines.insert(swap.expect("the swap is planned"), commit);
    });
    // Where nothing is ever confirmed, the way back from an adoption is the first to break a law.
    let closes = |action: &Action| *action == Action::CloseJournal;
    caught(Law::WayBack, closes, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| *action == Action::Confirm);
    });
}

#[test]
fn l4_a_swap_without_a_test() {
    let reloads = |action: &Action| *action == Action::Reload;
    caught(Law::Proof, reloads, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| *action == Action::Test);
    });
}

#[test]
fn l4_a_verify_that_is_not_asked() {
    caught(Law::Proof, is_commit, |plan| without(plan, ProgramName::Switch, is_verify));
    for program in [ProgramName::Rollback, ProgramName::Adopt] {
        caught(Law::Proof, is_commit, |plan| without(plan, program, is_verifies));
    }
}

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
        before(plan, ProgramName::Switch, is_verify, [Line::Otherwise(Otherwise::Later)]);
    });
}

#[test]
fn l5_a_color_that_nobody_remembers() {
    ends_wrongly(&fixture::hello(), "a deploy does not end", |plan| {
        without(plan, END_NEW, is_stop);
    });
}

#[test]
fn l5_a_worker_that_is_not_started_again() {
    let returns = |action: &Action| *action == Action::Journal(Intent::Returning);
    let breach = breach_in(&several(), |plan| {
        // That it could not be started is only said.
        before(plan, GO_BACK, is_move, [Line::Otherwise(Otherwise::Warn)]);
    });
    assert_caught(&breach, Law::WayBack, returns);
    let breach = breach_in(&several(), |plan| {
        before(plan, STAY_ON_NEW, is_move, [Line::Otherwise(Otherwise::Warn)]);
    });
    assert_caught(&breach, Law::WayBack, is_commit);
}

#[test]
fn l5_a_worker_that_is_not_moved() {
    let breach = breach_in(&several(), |plan| without(plan, ProgramName::Switch, is_move));
    assert_caught(&breach, Law::WayBack, is_commit);
    let returns = |action: &Action| *action == Action::Journal(Intent::Returning);
    let breach = breach_in(&several(), |plan| without(plan, GO_BACK, is_move));
    assert_caught(&breach, Law::WayBack, returns);
}

#[test]
fn l5_a_text_that_nobody_keeps() {
    caught(Law::WayBack, is_swap, |plan| {
        without(plan, ProgramName::BeforeSwap, |action| *action == Action::SaveWayBack);
    });
    caught(Law::WayBack, is_swap, |plan| {
        without(plan, ProgramName::Adopt, |action| *action == Action::MakeAdopted);
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
    ends_wrongly(&app, "the journal is not at its end", |plan| {
        without(plan, ProgramName::Cleanup, closes);
    });
    ends_wrongly(&app, "a deploy does not end", |plan| without(plan, END_NEW, closes));
    ends_wrongly(&app, "still not at its end", |plan| without(plan, LET_GO, closes));
    ends_wrongly(&app, "a deploy does not end", |plan| {
        without(plan, ProgramName::RecoverAdopted, |action| *action == Action::FinishAdopted);
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

// ---- L6 ----------------------------------------------------------------------------------------

#[test]
fn l6_no_lock_on_the_proxy() {
    let writes = |action: &Action| matches!(action, Action::Write(_));
    caught(Law::OneAtATime, writes, |plan| {
        without(plan, ProgramName::PointProxyAt, |action| *action == Action::LockProxy);
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
        before(plan, ProgramName::Rollback, missing, all);
    });
    assert_caught(&breach, Law::OneAtATime, missing);
}

#[test]
fn l6_a_worker_of_a_warm_color_that_goes_on() {
    let mut app = fixture::hello();
    app.services.push(worker(&app, "worker"));
    let breach = breach_in(&app, |plan| {
        // The way back starts the worker before it runs nowhere else.
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
    caught(Law::NoCut, is_stop, |plan| without(plan, ProgramName::RecoverEndNew, is_drain));
}

// ---- L8 ----------------------------------------------------------------------------------------

#[test]
fn l8_a_stop_of_what_is_on_the_port() {
    caught(Law::OnlyOurs, is_stop, |plan| {
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
