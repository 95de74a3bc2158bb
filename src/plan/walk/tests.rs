//! The walk on unchanged plans: the laws hold.

use super::{Grain, walk};
use crate::fixture;
use crate::model::{App, Handover, OnFailure, Previous, Service, Verification};
use crate::plan::plan;

fn assert_laws_hold(app: &App, grain: Grain) {
    let walked = walk(app, &plan(app), grain);
    if let Some(breach) = &walked.breach {
        let lines = breach.lines().join("\n");
        panic!("{}: {}\n{lines}", breach.law, breach.why);
    }
    // A walk with few states would prove little.
    assert!(walked.states > 1_000, "{}", walked.states);
}

#[test]
fn the_laws_hold_in_every_state() {
    assert_laws_hold(&fixture::hello(), Grain::Service);
}

/// Returns an exclusive service.
pub(super) fn worker(app: &App, name: &str) -> Service {
    let mut worker = app.services[0].clone();
    worker.name = fixture::name(name);
    worker.gates.clear();
    worker.address = None;
    worker.handover = Handover::Exclusive;
    worker
}

/// Returns an app with two overlapping services and one exclusive service.
pub(super) fn several() -> App {
    let mut app = fixture::hello();
    let mut api = app.services[0].clone();
    api.name = fixture::name("api");
    app.services.push(api);
    app.services.push(worker(&app, "worker"));
    app
}

#[test]
fn the_laws_hold_with_several_services() {
    assert_laws_hold(&several(), Grain::Color);
    assert_laws_hold(&several(), Grain::Service);
}

#[test]
fn the_laws_hold_with_a_worker_first_and_with_two() {
    let mut app = fixture::hello();
    app.services.insert(0, worker(&app, "worker"));
    assert_laws_hold(&app, Grain::Color);
    app.services.push(worker(&app, "mailer"));
    assert_laws_hold(&app, Grain::Color);
}

#[test]
fn the_laws_hold_with_nothing_but_workers() {
    let mut app = fixture::hello();
    app.services = vec![worker(&app, "worker"), worker(&app, "mailer")];
    assert_laws_hold(&app, Grain::Color);
}

#[test]
fn the_laws_hold_when_the_old_color_is_kept_warm() {
    let mut app = fixture::hello();
    app.cleanup.previous = Previous::KeptWarm;
    assert_laws_hold(&app, Grain::Color);
    app.services.push(worker(&app, "worker"));
    assert_laws_hold(&app, Grain::Color);
}

#[test]
fn the_laws_hold_between_releases_with_other_workers() {
    assert_laws_hold(&several(), Grain::Release);
}

#[test]
fn the_laws_hold_with_checks_that_only_warn_and_with_none() {
    let mut app = fixture::hello();
    if let Verification::Checks(checks) = &mut app.verify {
        checks[0].on_failure = OnFailure::Warn;
    }
    assert_laws_hold(&app, Grain::Color);
    app.verify = Verification::None {
        reason: "no user can reach it".to_owned(),
        span: fixture::line(31),
    };
    assert_laws_hold(&app, Grain::Color);
}

#[test]
fn the_laws_hold_with_something_shared() {
    assert_laws_hold(&fixture::with_shared(), Grain::Color);
}
