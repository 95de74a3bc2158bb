//! The walk on plans that are broken on purpose. It must find each breach, with the right law and at the right step.

mod back;
mod forward;
mod operators;
mod rest;

use super::{Breach, Grain, Law, Table, walk, walk_by};
use crate::fixture;
use crate::model::App;
use crate::plan::{Action, Extent, Line, Otherwise, Plan, ProgramName, Side, Step, Way, plan};

// ---- how a plan is broken ----------------------------------------------------------------------

pub(super) fn lines(plan: &mut Plan, name: ProgramName) -> &mut Vec<Line> {
    let mut programs = plan.programs.iter_mut();
    let found = programs.find(|program| program.name == name);
    &mut found.expect("a plan has every program").lines
}

pub(super) fn is(line: &Line, wanted: impl Fn(&Action) -> bool) -> bool {
    matches!(line, Line::Step(step) if wanted(&step.action))
}

pub(super) fn at(lines: &[Line], wanted: impl Fn(&Action) -> bool) -> usize {
    let found = lines.iter().position(|line| is(line, &wanted));
    found.expect("the step is planned")
}

pub(super) fn step(action: Action) -> Line {
    Line::Step(Step { action, span: None })
}

/// Removes steps of a program.
pub(super) fn without(plan: &mut Plan, name: ProgramName, wanted: impl Fn(&Action) -> bool) {
    let lines = lines(plan, name);
    let before = lines.len();
    lines.retain(|line| !is(line, &wanted));
    assert!(lines.len() < before, "the step was planned");
}

/// Inserts lines before a step.
pub(super) fn before(
    plan: &mut Plan,
    name: ProgramName,
    wanted: impl Fn(&Action) -> bool,
    new: impl IntoIterator<Item = Line>,
) {
    let lines = lines(plan, name);
    let at = at(lines, wanted);
    lines.splice(at..at, new);
}

/// Inserts lines before all others.
pub(super) fn first(plan: &mut Plan, name: ProgramName, new: impl IntoIterator<Item = Line>) {
    lines(plan, name).splice(0..0, new);
}

/// Moves a step before another one.
pub(super) fn move_to(
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

/// Changes what follows the failure of a swap.
pub(super) fn swap_otherwise(plan: &mut Plan, name: ProgramName, new: Otherwise) {
    for line in lines(plan, name) {
        if let Line::PointProxyAt(_, otherwise) = line {
            *otherwise = new;
        }
    }
}

pub(super) const GO_BACK: ProgramName = ProgramName::Way(Way::GoBack);
pub(super) const END_NEW: ProgramName = ProgramName::Way(Way::EndNew);
pub(super) const STAY_ON_NEW: ProgramName = ProgramName::Way(Way::StayOnNew);
pub(super) const UNDO_ADOPT: ProgramName = ProgramName::Way(Way::UndoAdopt);
pub(super) const PUT_BACK: ProgramName = ProgramName::Way(Way::PutBack);
pub(super) const LET_GO: ProgramName = ProgramName::Way(Way::LetGo);
pub(super) const STOP_NEW: Action = Action::Stop(Side::New, Extent::Whole);
pub(super) const STOP_OLD: Action = Action::Stop(Side::Old, Extent::Whole);

pub(super) fn is_stop(action: &Action) -> bool {
    matches!(action, Action::Stop(..))
}

pub(super) fn is_verify(action: &Action) -> bool {
    matches!(action, Action::Verify(_))
}

pub(super) fn is_verifies(action: &Action) -> bool {
    matches!(action, Action::Verifies(_))
}

pub(super) fn is_commit(action: &Action) -> bool {
    matches!(action, Action::Commit | Action::CommitAdopted)
}

pub(super) fn is_swap(action: &Action) -> bool {
    matches!(action, Action::Swap(_))
}

pub(super) fn is_drain(action: &Action) -> bool {
    matches!(action, Action::Drain(_))
}

pub(super) fn is_gates(action: &Action) -> bool {
    matches!(action, Action::Gates(_))
}

pub(super) fn is_dial(action: &Action) -> bool {
    matches!(action, Action::Dial(_))
}

pub(super) fn is_move(action: &Action) -> bool {
    matches!(action, Action::MoveExclusive(_))
}

// ---- what the walk reports ---------------------------------------------------------------------

pub(super) fn breach_in(app: &App, change: impl FnOnce(&mut Plan)) -> Breach {
    let mut plan = plan(app);
    change(&mut plan);
    let walked = walk(app, &plan, Grain::Service);
    walked.breach.expect("a broken plan is caught")
}

pub(super) fn assert_caught(breach: &Breach, law: Law, step: impl Fn(&Action) -> bool) {
    let trace = breach.lines().join("\n");
    assert_eq!(breach.law, law, "{}\n{trace}", breach.why);
    assert!(breach.step().is_some_and(step), "{}\n{trace}", breach.why);
}

/// Breaks the plan of the first example, and checks which law the walk reports, and at which step.
pub(super) fn caught(law: Law, step: impl Fn(&Action) -> bool, change: impl FnOnce(&mut Plan)) {
    assert_caught(&breach_in(&fixture::hello(), change), law, step);
}

/// Breaks a plan so that a command ends wrongly without a fault, and checks the reported reason.
pub(super) fn ends_wrongly(app: &App, why: &str, change: impl FnOnce(&mut Plan)) {
    let breach = breach_in(app, change);
    let trace = breach.lines().join("\n");
    assert_eq!(breach.law, Law::WayBack, "{}\n{trace}", breach.why);
    assert!(breach.why.contains(why), "{}\n{trace}", breach.why);
}

/// Walks the plan of the first example with a broken table of recoveries.
pub(super) fn table_caught(law: Law, table: Table) -> Breach {
    let app = fixture::hello();
    let walked = walk_by(&app, &plan(&app), Grain::Service, table);
    let breach = walked.breach.expect("a broken table is caught");
    assert_eq!(
        breach.law,
        law,
        "{}\n{}",
        breach.why,
        breach.lines().join("\n")
    );
    breach
}
