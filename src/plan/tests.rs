//! A plan's shape, its sums, and what they are compared with.

use super::{Action, Failure, Phase, Plan, Side, Step, callers, check_limits, plan, table};
use crate::diagnostics::{Code, Report};
use crate::fixture;
use crate::model::{App, Duration, GivenPart, Handover, SettingValue};
use std::collections::BTreeMap;

fn hook(app: &mut App, event: &str, within: u64) {
    let within = SettingValue::Duration(Duration::from_secs(within));
    let label = SettingValue::Text(crate::model::Template::literal(event));
    let part = GivenPart {
        name: "hook".to_owned(),
        label,
        settings: vec![("within".to_owned(), within)],
        given: BTreeMap::new(),
    };
    app.targets[0].parts.push(part);
}

fn codes(app: &App) -> Vec<Code> {
    let mut report = Report::new();
    check_limits(app, &plan(app), &mut report);
    report.sorted().iter().map(|finding| finding.code).collect()
}

fn phases(plan: &Plan) -> [&Phase; 3] {
    [&plan.prepare, &plan.switch, &plan.cleanup]
}

fn back(step: &Step) -> &[Step] {
    step.on_failure
        .way_back()
        .map_or(&[], super::WayBack::steps)
}

fn at(phase: &Phase, wanted: impl Fn(&Action) -> bool) -> usize {
    let found = phase.steps.iter().position(|step| wanted(&step.action));
    found.expect("the step is planned")
}

/// L1: a swap, forward or back, comes right after probes of the color that it points to.
#[test]
fn every_swap_is_preceded_by_probes_of_its_color() {
    fn walk(steps: &[Step]) {
        let mut probed = None;
        for step in steps {
            match &step.action {
                Action::ProbeAgain(_, _, side) => probed = Some(*side),
                Action::Swap(side) => assert_eq!(probed, Some(*side)),
                _ => {}
            }
            walk(back(step));
        }
    }
    let plan = plan(&fixture::hello());
    for phase in phases(&plan) {
        walk(&phase.steps);
    }
}

/// L2: before the commit nothing stops the previous color, and no way back stops what it points to.
#[test]
fn the_previous_color_is_stopped_only_in_cleanup() {
    fn stops(steps: &[Step], side: Side) -> bool {
        steps.iter().any(|step| {
            matches!(&step.action, Action::Stop(_, which) if *which == side)
                || stops(back(step), side)
        })
    }
    let plan = plan(&fixture::hello());
    assert!(!stops(&plan.prepare.steps, Side::Previous));
    assert!(!stops(&plan.switch.steps, Side::Previous));
    assert!(stops(&plan.cleanup.steps, Side::Previous));
    // The lock and the recovery come first.
    assert!(!stops(&plan.cleanup.steps[2..], Side::New));
}

/// L5: from the swap to the commit every failure goes back; after it none does.
#[test]
fn every_failure_from_swap_to_commit_goes_back() {
    let plan = plan(&fixture::hello());
    let swap = at(&plan.switch, |action| matches!(action, Action::Swap(_)));
    let commit = at(&plan.switch, |action| *action == Action::Commit);
    for step in &plan.switch.steps[swap..=commit] {
        assert!(matches!(step.on_failure, Failure::GoBack(_)), "{step:?}");
    }
    for step in plan.switch.steps[commit + 1..]
        .iter()
        .chain(&plan.cleanup.steps[2..])
    {
        let goes_on = matches!(step.on_failure, Failure::Warn | Failure::Later);
        assert!(goes_on, "{step:?}");
    }
}

#[test]
fn an_exclusive_service_runs_once_at_a_time() {
    let mut app = fixture::hello();
    let mut worker = app.services[0].clone();
    worker.name = fixture::name("worker");
    worker.gates.clear();
    worker.address = None;
    worker.handover = Handover::Exclusive;
    app.services.push(worker);
    let plan = plan(&app);
    let starts = |phase: &Phase| {
        let worker = fixture::name("worker");
        phase
            .steps
            .iter()
            .any(|step| step.action == Action::Start(worker.clone(), Side::New))
    };
    assert!(!starts(&plan.prepare));
    let hand_over = at(&plan.switch, |action| matches!(action, Action::HandOver(_)));
    let verify = at(&plan.switch, |action| matches!(action, Action::Verify(_)));
    assert!(hand_over > verify);
    let restarted = Action::Start(fixture::name("worker"), Side::Previous);
    let back = back(&plan.switch.steps[hand_over]);
    assert!(back.iter().any(|step| step.action == restarted));
}

#[test]
fn the_worst_case_is_the_longest_path() {
    let app = fixture::hello();
    let plan = plan(&app);
    for phase in phases(&plan) {
        let worst = plan.worst(phase).total();
        assert!(worst >= plan.success(phase).total());
        for path in phase.failures() {
            assert!(worst >= path.worst());
        }
    }
    // Ten seconds more in a gate are ten more forward, and ten more on the way back.
    let mut slower = fixture::hello();
    slower.services[0].gates[0].budget.within = Duration::from_secs(70);
    let slower = super::plan(&slower);
    let seconds =
        |plan: &Plan, phase: fn(&Plan) -> &Phase| plan.worst(phase(plan)).total().as_secs_ceil();
    let success = |plan: &Plan| plan.success(&plan.switch).total().as_secs_ceil();
    assert_eq!(success(&slower), success(&plan) + 10);
    assert_eq!(
        seconds(&slower, |plan| &plan.switch),
        seconds(&plan, |plan| &plan.switch) + 20
    );
    // A cleanup may find an interrupted swap, and undoes that instead; which of its ways is the longest may change.
    let cleanup = |plan| seconds(plan, |plan| &plan.cleanup);
    assert!((1..=20).contains(&(cleanup(&slower) - cleanup(&plan))));
}

#[test]
fn a_hook_must_outlast_its_phases() {
    let app = fixture::hello();
    assert_eq!(codes(&app), []);
    let plan = plan(&app);
    let callers = callers(&app, &plan);
    let start = callers
        .iter()
        .find(|caller| caller.event == "ApplicationStart");
    let worst = start.expect("it is called").worst.as_secs_ceil();
    let mut short = fixture::hello();
    hook(&mut short, "ApplicationStart", worst);
    assert_eq!(codes(&short), [Code::HOOK_TOO_SHORT]);
    let mut report = Report::new();
    check_limits(&short, &super::plan(&short), &mut report);
    let help = report.sorted()[0].help.clone().unwrap_or_default();
    assert!(
        help.contains("60s  prepare: probe new `app` `ready`")
            || help.contains("1m  prepare: probe new `app` `ready`"),
        "{help}"
    );
    assert!(help.ends_with(&format!("{worst}s  together")), "{help}");
    let mut enough = fixture::hello();
    hook(&mut enough, "ApplicationStart", worst + 1);
    assert_eq!(codes(&enough), []);
}

#[test]
fn a_phase_must_fit_into_what_the_caller_allows_at_most() {
    let mut app = fixture::hello();
    app.cleanup.drain = Duration::from_secs(3600);
    // The switch's hook drains, and a prepare may have to finish the cleanup of an interrupted run.
    assert_eq!(codes(&app), [Code::TARGET_TOO_SHORT; 2]);
}

#[test]
fn computed_limits_leave_a_reserve() {
    let app = fixture::hello();
    let plan = plan(&app);
    for caller in callers(&app, &plan) {
        assert!(
            caller.limit >= caller.worst + Duration::from_secs(10),
            "{}",
            caller.event
        );
        assert_eq!(caller.limit.as_secs_ceil() % 10, 0);
    }
}

#[test]
fn the_table_names_every_step_its_place_and_its_seconds() {
    let app = fixture::hello();
    let text = table(&app, &plan(&app), &fixture::sources());
    for line in [
        "       60s  probe new `app` `ready`                       else: stops, 40s          deploy.bg:21",
        "       15s  reload the proxy                              else: goes back,",
        "codedeploy ValidateService: switch, cleanup",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.lines().all(|line| line == line.trim_end()));
}
