//! The walk of plans as they are made: the laws hold. And of plans that are broken on purpose: each is
//! caught, by the law that it breaks, at the step that breaks it.

use super::{Breach, Grain, Law, walk};
use crate::fixture;
use crate::model::{App, Duration, Handover, OnFailure, Previous, Verification};
use crate::plan::{Action, Failure, Intent, Phase, Plan, Side, Step, WayBack, plan};

// ---- plans as they are made --------------------------------------------------------------------

fn assert_laws_hold(app: &App) {
    let walked = walk(app, &plan(app), Grain::Service);
    if let Some(breach) = &walked.breach {
        let lines = breach.lines(app).join("\n");
        panic!("{}: {}\n{lines}", breach.law, breach.why);
    }
    // A walk that sees nothing proves nothing.
    assert!(walked.states > 1_000, "{}", walked.states);
    assert!(walk(app, &plan(app), Grain::Color).breach.is_none());
}

/// Two services that overlap, and one that may run only once.
fn several() -> App {
    let mut app = fixture::hello();
    let mut api = app.services[0].clone();
    api.name = fixture::name("api");
    let mut worker = app.services[0].clone();
    worker.name = fixture::name("worker");
    worker.gates.clear();
    worker.address = None;
    worker.handover = Handover::Exclusive;
    app.services.push(api);
    app.services.push(worker);
    app
}

#[test]
fn the_laws_hold_in_every_state() {
    assert_laws_hold(&fixture::hello());
}

#[test]
fn the_laws_hold_with_several_services() {
    assert_laws_hold(&several());
}

#[test]
fn the_laws_hold_when_the_previous_color_is_kept_warm() {
    let mut app = fixture::hello();
    app.cleanup.previous = Previous::KeptWarm;
    assert_laws_hold(&app);
}

#[test]
fn the_laws_hold_with_checks_that_only_warn_and_with_none() {
    let mut app = fixture::hello();
    if let Verification::Checks(checks) = &mut app.verify {
        checks[0].on_failure = OnFailure::Warn;
    }
    assert_laws_hold(&app);
    app.verify = Verification::None {
        reason: "nobody can ask it".to_owned(),
        span: fixture::line(31),
    };
    assert_laws_hold(&app);
}

// ---- broken plans ------------------------------------------------------------------------------

fn at(steps: &[Step], wanted: impl Fn(&Action) -> bool) -> usize {
    let found = steps.iter().position(|step| wanted(&step.action));
    found.expect("the step is planned")
}

fn remove(phase: &mut Phase, wanted: impl Fn(&Action) -> bool) {
    let before = phase.steps.len();
    phase.steps.retain(|step| !wanted(&step.action));
    assert!(phase.steps.len() < before, "the step was planned");
}

/// The step goes to before the one that stands at `to`.
fn move_to(phase: &mut Phase, from: usize, to: usize) {
    let step = phase.steps.remove(from);
    phase
        .steps
        .insert(if from < to { to - 1 } else { to }, step);
}

fn change_way(way: &mut WayBack, change: impl FnOnce(&mut Vec<Step>)) {
    let mut steps = way.steps().to_vec();
    change(&mut steps);
    *way = WayBack::new(steps);
}

/// Changes the way back of every step of the phase that has one.
fn change_ways(phase: &mut Phase, change: impl Fn(&mut Vec<Step>)) {
    for step in &mut phase.steps {
        if let Failure::GoBack(way) = &mut step.on_failure {
            change_way(way, &change);
        }
    }
}

fn is_stop(action: &Action) -> bool {
    matches!(action, Action::Stop(..))
}

fn is_verify(action: &Action) -> bool {
    matches!(action, Action::Verify(_))
}

fn is_commit(action: &Action) -> bool {
    *action == Action::Commit
}

fn is_swap(action: &Action) -> bool {
    matches!(action, Action::Swap(_))
}

fn is_drain(action: &Action) -> bool {
    matches!(action, Action::Drain(_))
}

/// What the walk says of a plan that was broken.
fn breach_in(app: &App, change: impl FnOnce(&mut Plan)) -> Breach {
    let mut plan = plan(app);
    change(&mut plan);
    walk(app, &plan, Grain::Service)
        .breach
        .expect("a broken plan is caught")
}

/// The plan of the first example, broken: the law that it breaks and the step that does.
fn caught(law: Law, step: impl Fn(&Action) -> bool, change: impl FnOnce(&mut Plan)) {
    let app = fixture::hello();
    let breach = breach_in(&app, change);
    let trace = breach.lines(&app).join("\n");
    assert_eq!(breach.law, law, "{}\n{trace}", breach.why);
    assert!(breach.step().is_some_and(step), "{}\n{trace}", breach.why);
}

#[test]
fn l1_a_switch_before_the_probe() {
    caught(Law::Gate, is_swap, |plan| {
        remove(&mut plan.switch, |action| {
            matches!(action, Action::ProbeAgain(..))
        });
    });
}

#[test]
fn l1_a_way_back_to_what_was_not_probed() {
    caught(Law::Gate, is_swap, |plan| {
        change_ways(&mut plan.switch, |steps| {
            steps.retain(|step| !matches!(step.action, Action::ProbeAgain(..)));
        });
    });
}

#[test]
fn l1_one_gate_of_two() {
    let mut app = several();
    app.services.truncate(2);
    let breach = breach_in(&app, |plan| {
        let api = fixture::name("api");
        for phase in [&mut plan.prepare, &mut plan.switch] {
            remove(phase, |action| match action {
                Action::Probe(service, ..) | Action::ProbeAgain(service, ..) => *service == api,
                _ => false,
            });
        }
    });
    assert_eq!(breach.law, Law::Gate);
    assert_eq!(breach.step(), Some(&Action::Swap(Side::New)));
}

#[test]
fn l2_the_cleanup_in_an_early_hook() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        let reserve = at(&plan.prepare.steps, |action| *action == Action::Reserve);
        let early = plan.cleanup.steps[2..].iter();
        let early = early.filter(|step| is_drain(&step.action) || is_stop(&step.action));
        let early: Vec<Step> = early.cloned().collect();
        plan.prepare.steps.splice(reserve..reserve, early);
    });
}

#[test]
fn l2_the_cleanup_before_the_commit() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        let commit = at(&plan.switch.steps, is_commit);
        let early = plan.cleanup.steps[2..]
            .iter()
            .filter(|step| is_stop(&step.action));
        let early = early.cloned().map(|step| Step {
            on_failure: Failure::Warn,
            ..step
        });
        let early: Vec<Step> = early.collect();
        plan.switch.steps.splice(commit..commit, early);
    });
}

#[test]
fn l2_a_handler_that_stops_blindly() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        let stop = plan.recovery.prepared.clone();
        for step in &mut plan.switch.steps {
            if let Failure::GoBack(_) = step.on_failure {
                step.on_failure = Failure::Stop(stop.clone());
            }
        }
    });
}

#[test]
fn l2_the_new_color_is_dropped_while_it_is_in_force() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        change_ways(&mut plan.switch, |steps| {
            let stop = steps.remove(at(steps, is_stop));
            steps.insert(0, stop);
        });
    });
}

#[test]
fn l2_the_way_back_stops_before_it_is_in_force() {
    caught(Law::LiveIsUntouchable, is_stop, |plan| {
        change_ways(&mut plan.switch, |steps| {
            let stop = steps.remove(at(steps, is_stop));
            let reload = at(steps, |action| *action == Action::Reload);
            steps.insert(reload, stop);
        });
    });
}

#[test]
fn l3_nobody_asks_what_is_live() {
    caught(
        Law::OneTruth,
        |action| matches!(action, Action::ClearIdle(_)),
        |plan| remove(&mut plan.prepare, |action| *action == Action::ReadRouted),
    );
}

#[test]
fn l3_a_swap_without_a_journal() {
    caught(Law::OneTruth, is_swap, |plan| {
        remove(&mut plan.switch, |action| {
            *action == Action::Journal(Intent::Swap)
        });
    });
}

#[test]
fn l3_a_recovery_that_guesses() {
    caught(Law::OneTruth, is_stop, |plan| {
        plan.recovery.swapping = plan.recovery.preparing.clone();
    });
}

#[test]
fn l3_a_recovery_that_stops_before_the_confirmation() {
    caught(Law::OneTruth, is_stop, |plan| {
        change_way(&mut plan.recovery.swapping, |steps| {
            let stop = steps.remove(at(steps, is_stop));
            let confirm = at(steps, |action| *action == Action::Confirm);
            steps.insert(confirm, stop);
        });
    });
}

#[test]
fn l4_a_commit_before_the_verify() {
    caught(Law::Proof, is_commit, |plan| {
        let commit = at(&plan.switch.steps, is_commit);
        let verify = at(&plan.switch.steps, is_verify);
        move_to(&mut plan.switch, commit, verify);
    });
}

#[test]
fn l4_a_commit_without_a_confirmation() {
    caught(Law::Proof, is_commit, |plan| {
        remove(&mut plan.switch, |action| *action == Action::Confirm);
    });
}

#[test]
fn l4_a_swap_without_a_test() {
    caught(
        Law::Proof,
        |action| *action == Action::Reload,
        |plan| remove(&mut plan.switch, |action| *action == Action::Test),
    );
}

#[test]
fn l4_a_verify_that_is_not_asked() {
    caught(Law::Proof, is_commit, |plan| {
        remove(&mut plan.switch, is_verify);
    });
}

#[test]
fn l5_no_way_back() {
    let tested = |action: &Action| *action == Action::Test;
    caught(Law::WayBack, tested, |plan| {
        for step in &mut plan.switch.steps {
            if let Failure::GoBack(_) = step.on_failure {
                step.on_failure = Failure::Refuse;
            }
        }
    });
}

#[test]
fn l5_a_failure_after_the_swap_that_only_warns() {
    let app = fixture::hello();
    let breach = breach_in(&app, |plan| {
        let reload = at(&plan.switch.steps, |action| *action == Action::Verify(0));
        plan.switch.steps[reload].on_failure = Failure::Later;
    });
    assert_eq!(breach.law, Law::WayBack);
    assert_eq!(breach.step(), Some(&Action::Verify(0)));
}

#[test]
fn l5_a_color_that_nobody_remembers() {
    let app = fixture::hello();
    let breach = breach_in(&app, |plan| {
        let recovery = &mut plan.recovery;
        // A stop that fails is only said, and then the journal is forgotten.
        for way in [&mut recovery.preparing, &mut recovery.prepared] {
            change_way(way, |steps| {
                steps.retain(|step| !is_stop(&step.action));
            });
        }
    });
    assert_eq!(breach.law, Law::WayBack);
    assert!(
        breach.why.contains("a deploy does not end"),
        "{}",
        breach.why
    );
}

#[test]
fn l5_a_worker_that_is_not_started_again() {
    let app = several();
    let breach = breach_in(&app, |plan| {
        let again = |step: &Step| {
            let worker = fixture::name("worker");
            step.action == Action::Start(worker, Side::Previous)
        };
        change_way(&mut plan.recovery.swapping, |steps| {
            steps.retain(|step| !again(step));
        });
    });
    assert_eq!(breach.law, Law::WayBack);
    assert!(breach.why.contains("not started again"), "{}", breach.why);
}

#[test]
fn l6_no_lock() {
    caught(Law::OneAtATime, is_stop, |plan| {
        remove(&mut plan.rollback, |action| *action == Action::Lock);
    });
}

#[test]
fn l6_no_lock_on_the_proxy() {
    caught(
        Law::OneAtATime,
        |action| matches!(action, Action::Write(_)),
        |plan| remove(&mut plan.switch, |action| *action == Action::LockProxy),
    );
}

#[test]
fn l6_a_reservation_that_is_not_respected() {
    let breach = breach_in(&fixture::hello(), |plan| {
        remove(&mut plan.prepare, |action| *action == Action::Recover);
    });
    assert_eq!(breach.law, Law::OneAtATime);
    assert!(
        matches!(breach.step(), Some(Action::ClearIdle(_))),
        "{:?}",
        breach.step()
    );
}

#[test]
fn l7_a_stop_before_the_drain() {
    caught(Law::NoCut, is_stop, |plan| {
        let drain = at(&plan.cleanup.steps, is_drain);
        let stop = at(&plan.cleanup.steps, is_stop);
        move_to(&mut plan.cleanup, drain, stop + 1);
    });
}

#[test]
fn l7_a_way_back_without_a_drain() {
    caught(Law::NoCut, is_stop, |plan| {
        change_ways(&mut plan.switch, |steps| {
            steps.retain(|step| !is_drain(&step.action));
        });
    });
}

#[test]
fn l7_a_recovery_without_a_drain() {
    caught(Law::NoCut, is_stop, |plan| {
        change_way(&mut plan.recovery.preparing, |steps| {
            steps.retain(|step| !is_drain(&step.action));
        });
    });
}

#[test]
fn l7_a_drain_that_is_interrupted_and_a_stop_all_the_same() {
    caught(Law::NoCut, is_stop, |plan| {
        let drain = at(&plan.cleanup.steps, is_drain);
        plan.cleanup.steps[drain].on_failure = Failure::Warn;
    });
}

#[test]
fn l8_a_stop_of_what_is_on_the_port() {
    caught(Law::OnlyOurs, is_stop, |plan| {
        let stop = plan.recovery.prepared.clone();
        let clear = at(&plan.prepare.steps, |action| {
            matches!(action, Action::ClearIdle(_))
        });
        plan.prepare.steps[clear].on_failure = Failure::Stop(stop);
    });
}

#[test]
fn l9_a_step_without_a_deadline() {
    for endless in [Duration::ZERO, Duration::from_millis(u64::MAX)] {
        caught(Law::Bounded, is_drain, |plan| {
            let drain = at(&plan.cleanup.steps, is_drain);
            plan.cleanup.steps[drain].worst = endless;
        });
    }
}

#[test]
fn l9_a_recovery_longer_than_declared() {
    caught(
        Law::Bounded,
        |action| *action == Action::Recover,
        |plan| {
            let recover = at(&plan.prepare.steps, |action| *action == Action::Recover);
            plan.prepare.steps[recover].worst = Duration::from_secs(5);
        },
    );
}
