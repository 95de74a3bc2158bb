//! The form of a plan, its sums, and the values that they are compared with.

use super::caller_limits::rows;
use super::longest_path::Sums;
use super::{
    Action, Call, Caller, Command, Core, Extent, Line, Otherwise, Planned, ProgramName, Side, Way,
    callers, check_limits, deadlines, plan, table,
};
use crate::diagnostics::{Code, Report};
use crate::fixture;
use crate::model::{App, Duration, Function, GivenPart, Handover, SettingValue};
use std::collections::BTreeMap;
use std::sync::Arc;

fn hook(app: &mut App, event: &str, within: u64) {
    let within = SettingValue::Duration(Duration::from_secs(within));
    let label = SettingValue::Text(crate::model::Template::literal(event));
    let part = GivenPart {
        name: "hook".to_owned(),
        drivers: vec![app.targets[0].driver.name.clone()],
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

const DEPLOY: [ProgramName; 1] = [ProgramName::Deploy];

fn at(steps: &[Planned], wanted: impl Fn(&Action) -> bool) -> usize {
    let found = steps.iter().position(|step| wanted(&step.action));
    found.expect("the step is planned")
}

#[test]
fn every_word_is_plain() {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    for program in &plan(&fixture::hello()).programs {
        for line in &program.lines {
            let Line::Step(step) = line else { continue };
            for word in step.action.words() {
                assert!(word == "\"$1\"" || word.chars().all(plain), "{word}");
            }
        }
    }
}

/// After a program has called another one, the last `otherwise` of the called program is in force. `point_proxy_at SIDE`
/// gets its side from the program that calls it.
#[test]
fn otherwise_and_sides_are_resolved_as_the_runner_does() {
    let plan = plan(&fixture::hello());
    let steps = plan.steps(&DEPLOY);
    let otherwise = |wanted: Action| steps[at(&steps, |action| *action == wanted)].otherwise;
    assert_eq!(otherwise(Action::CheckHost), Otherwise::Refuse);
    assert_eq!(
        otherwise(Action::Write(Side::New)),
        Otherwise::Way(Way::EndNew)
    );
    assert_eq!(
        otherwise(Action::Swap(Side::New)),
        Otherwise::Way(Way::GoBack)
    );
    assert_eq!(otherwise(Action::Commit), Otherwise::Way(Way::GoBack));
    assert_eq!(otherwise(Action::Drain(Side::Old)), Otherwise::Later);
    let given = |step: &Planned| step.otherwise == Otherwise::Given || step.action.is_open();
    for command in Command::ALL {
        let steps = plan.steps(command.programs());
        assert!(!steps.is_empty() && !steps.iter().any(given), "{command:?}");
    }
    // A program begins with `person`, whatever ran before it.
    assert_eq!(
        plan.steps(&[ProgramName::PointProxyAt])[0].otherwise,
        Otherwise::Person
    );
}

/// L2: no program before the commit stops the old color, and no way back stops the color that it routes to.
#[test]
fn the_old_color_is_stopped_only_in_cleanup() {
    let plan = plan(&fixture::hello());
    let stops = |program, side| {
        let steps = plan.steps(&[program]);
        let mut steps = steps.iter();
        steps.any(|step| matches!(step.action, Action::Stop(which, _) if which == side))
    };
    assert!(!stops(ProgramName::Prepare, Side::Old));
    assert!(!stops(ProgramName::Switch, Side::Old));
    assert!(stops(ProgramName::Cleanup, Side::Old));
    assert!(!stops(ProgramName::Cleanup, Side::New));
    for way in Way::ALL {
        assert!(!stops(ProgramName::Way(way), Side::Old));
    }
}

/// L5: from the swap to the commit every failure goes back. After the commit no failure does.
#[test]
fn every_failure_from_swap_to_commit_goes_back() {
    let plan = plan(&fixture::hello());
    let steps = plan.steps(&DEPLOY);
    let swap = at(&steps, |action| matches!(action, Action::Swap(_)));
    let commit = at(&steps, |action| *action == Action::Commit);
    for step in &steps[swap..=commit] {
        assert_eq!(step.otherwise, Otherwise::Way(Way::GoBack), "{step:?}");
    }
    for step in &steps[commit + 1..] {
        let goes_on = matches!(step.otherwise, Otherwise::Warn | Otherwise::Later);
        assert!(goes_on, "{step:?}");
    }
}

#[test]
fn an_exclusive_service_is_moved_after_the_verify() {
    let mut app = fixture::hello();
    let mut worker = app.services[0].clone();
    worker.name = fixture::name("worker");
    worker.gates.clear();
    worker.address = None;
    worker.handover = Handover::Exclusive;
    app.services.push(worker);
    let plan = plan(&app);
    let steps = plan.steps(&DEPLOY);
    let starts = Action::Start(fixture::name("worker"));
    assert!(steps.iter().all(|step| step.action != starts));
    let moves = at(&steps, |action| *action == Action::MoveExclusive(Side::New));
    let verify = at(&steps, |action| matches!(action, Action::Verify(_)));
    assert!(moves > verify);
    let back = plan.steps(&[ProgramName::Way(Way::GoBack)]);
    at(&back, |action| *action == Action::MoveExclusive(Side::Old));
}

#[test]
fn the_worst_case_is_the_longest_path() {
    let app = fixture::hello();
    let seconds = |app: &App, command: Command| {
        let plan = plan(app);
        let sums = Sums::new(app, &plan);
        let worst = sums.command(command).worst.as_secs_ceil();
        let success = sums.success(command.programs()).worst.as_secs_ceil();
        assert!(worst >= success, "{command:?}");
        (success, worst)
    };
    // Ten seconds more in a gate add ten seconds forward. They add twenty on the way back, which may probe both colors.
    let mut slower = fixture::hello();
    slower.services[0].gates[0].budget.within = Duration::from_secs(70);
    let (success, worst) = seconds(&app, Command::Switch);
    assert_eq!(
        seconds(&slower, Command::Switch),
        (success + 10, worst + 20)
    );
    let (success, worst) = seconds(&app, Command::Prepare);
    assert_eq!(
        seconds(&slower, Command::Prepare),
        (success + 10, worst + 10)
    );
    assert_eq!(
        seconds(&slower, Command::Cleanup),
        seconds(&app, Command::Cleanup)
    );
}

/// A recovery may leave a journal that needs another recovery. The sum contains both.
#[test]
fn the_longest_recovery_includes_the_recoveries_after_it() {
    let app = fixture::hello();
    let plan = plan(&app);
    let sums = Sums::new(&app, &plan);
    let recovery = sums.recovery();
    let programs = [ProgramName::RecoverSwap, ProgramName::Way(Way::GoBack)];
    for program in programs.into_iter().chain([ProgramName::Cleanup]) {
        let mut steps = recovery.steps.iter();
        assert!(steps.any(|step| step.program == program), "{program:?}");
    }
    let own = sums.command(Command::Deploy);
    let whole = sums.whole(Command::Deploy);
    assert_eq!(whole.worst, recovery.worst + own.worst);
    // After the recovery an `abort` may have nothing to do. So the longest path does not add its own time.
    let own = sums.command(Command::Abort);
    let whole = sums.whole(Command::Abort);
    assert!(whole.worst < recovery.worst + own.worst);
}

fn worst(app: &App, action: &Action) -> u64 {
    action.worst(app).as_secs_ceil()
}

/// The sum of an action contains each call as often as the runtime may make it.
#[test]
fn every_call_counts_as_often_as_it_is_made() {
    let mut app = fixture::hello();
    let (journal, copy) = (Core::Journal.limit(), Core::Copy.limit());
    let adopted = Action::CommitAdopted.worst(&app);
    let alive = Action::NoStranger.worst(&app);
    let persist = Action::Persist(Side::New, Extent::Whole).worst(&app);
    assert_eq!(adopted, journal.times(4) + copy + alive + persist);
    assert_eq!(Action::CloseJournal.worst(&app), journal.times(3));
    let count = |app: &App, action: &Action, key: &str| {
        let calls = action.calls(app);
        let keys = calls.iter().filter_map(Call::key);
        keys.filter(|other| other == key).count()
    };
    // The runtime asks its own proxy file, and the script of an older release asks that release's.
    let stop = Action::Stop(Side::Old, Extent::Whole);
    assert_eq!(count(&app, &stop, "switch.routed"), 2);
    assert_eq!(count(&app, &stop, "app stop"), 1);
    let moves = Action::MoveExclusive(Side::Old);
    assert_eq!(worst(&app, &moves), 0);
    let mut worker = app.services[0].clone();
    worker.name = fixture::name("worker");
    worker.handover = Handover::Exclusive;
    app.services.push(worker);
    assert_eq!(count(&app, &moves, "worker stop"), 2);
    assert_eq!(count(&app, &moves, "worker start"), 1);
    // A way back starts whatever does not run.
    assert_eq!(count(&app, &moves, "app start"), 1);
    let moves = Action::MoveExclusive(Side::New);
    assert_eq!(count(&app, &moves, "worker stop"), 1);
    assert_eq!(count(&app, &moves, "app start"), 0);
}

/// The sums also contain the runner's own work, which is not a step.
#[test]
fn the_runners_own_work_is_in_the_sums() {
    let app = fixture::hello();
    let plan = plan(&app);
    let sums = Sums::new(&app, &plan);
    let own = |path: &super::longest_path::Path, wanted: &str| {
        let mut own = path.own.iter();
        own.any(|(what, _)| *what == wanted)
    };
    // A failed command says what serves. The pointers of an interrupted commit are written before the recovery.
    assert!(own(&sums.command(Command::Deploy), "what serves now"));
    assert!(!own(&sums.success(&DEPLOY), "what serves now"));
    assert!(own(&sums.recovery(), "pointers"));
    // A rollback waits for the cleanup that it ends, even if deploy.bg says that nothing waits.
    let lock = |command| super::longest_path::before_program(&app, command)[0].1;
    assert_eq!(
        lock(Command::Rollback),
        lock(Command::Deploy) + Core::Preempt.limit()
    );
    let callers = callers(&app, &plan);
    for caller in callers
        .iter()
        .filter(|caller| caller.event != "BeforeInstall")
    {
        let mut lines = caller.lines.iter();
        assert!(
            lines.any(|(what, _)| what == "what serves now"),
            "{}",
            caller.event
        );
    }
}

/// Each call that a swap makes while it holds the proxy's lock counts, and a slower driver makes the wait longer.
#[test]
fn the_wait_for_the_proxy_outlasts_a_swap_of_another_app() {
    let wait = |app: &App| Call::ProxyLock.limit(app).as_secs_ceil();
    let app = fixture::hello();
    // snapshot, write, journal, swap, remove, test, reload, confirm
    assert_eq!(wait(&app), 5 + 10 + 5 + 10 + 10 + 15 + 15 + 10);
    let mut slow = fixture::hello();
    let mut driver = (*slow.switch.driver).clone();
    let reload = Duration::from_secs(45);
    driver.deadlines.insert("reload".to_owned(), reload);
    slow.switch.driver = Arc::new(driver);
    assert_eq!(wait(&slow), wait(&app) + 30);
}

/// No other program locks the proxy, and the swap always unlocks it. So the computed wait for the lock contains every
/// step that runs while the lock is held.
#[test]
fn only_the_swap_locks_the_proxy() {
    for program in &plan(&fixture::hello()).programs {
        let has = |action: &Action| {
            let mut lines = program.lines.iter();
            lines.any(|line| matches!(line, Line::Step(step) if step.action == *action))
        };
        let swaps = program.name == ProgramName::PointProxyAt;
        assert_eq!(has(&Action::LockProxy), swaps, "{:?}", program.name);
        assert_eq!(has(&Action::UnlockProxy), swaps, "{:?}", program.name);
    }
}

/// A call that is missing in the table would have no deadline.
#[test]
fn every_call_of_a_plan_is_in_the_table_of_deadlines() {
    let app = fixture::hello();
    let table = deadlines(&app);
    for program in &plan(&app).programs {
        for step in plan(&app).steps(&[program.name]) {
            for call in step.action.calls(&app) {
                if let Some(key) = call.key() {
                    assert_eq!(table.get(&key), Some(&call.limit(&app)), "{key}");
                }
            }
        }
    }
    assert_eq!(table.get("app start"), Some(&Duration::from_secs(20)));
}

/// The script of a release gets at least the time of the calls that it makes for each step of the plan: the stops and
/// starts of its services, and the tries of its gates and verifies.
#[test]
fn a_release_gets_the_time_that_the_plan_adds_up() {
    let mut app = fixture::hello();
    let mut worker = app.services[0].clone();
    worker.name = fixture::name("worker");
    worker.stop_within = Duration::from_secs(25);
    app.services.push(worker);
    let of_plan = |action: Action, counts: fn(&Call) -> bool| -> Duration {
        let calls = action.calls(&app).into_iter().filter(counts);
        calls.map(|call| call.limit(&app)).sum()
    };
    let stops = of_plan(Action::Stop(Side::Old, Extent::Whole), |call| {
        matches!(call, Call::Run(_, Function::Stop))
    });
    let starts = of_plan(Action::StartMissing(Side::Old, Extent::Whole), |call| {
        matches!(call, Call::Run(_, Function::Start))
    });
    let tries = |call: &Call| matches!(call, Call::Tries(_));
    let gates = of_plan(Action::Gates(Side::Old), tries);
    let verifies = of_plan(Action::Verifies(Side::Old), tries);
    let own_work = Duration::from_secs(10);
    let table = deadlines(&app);
    for (name, wanted) in [
        ("release_stop", stops + own_work.times(2)),
        ("release_start", starts + own_work.times(2)),
        ("release_gate", gates + own_work),
        ("release_verify", verifies + own_work),
    ] {
        assert_eq!(table.get(name), Some(&wanted), "{name}");
    }
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
    assert!(help.contains("72s  prepare: gate new app ready"), "{help}");
    assert!(help.ends_with(&format!("{worst}s  together")), "{help}");
    let mut enough = fixture::hello();
    hook(&mut enough, "ApplicationStart", worst + 1);
    assert_eq!(codes(&enough), []);
}

#[test]
fn a_phase_must_fit_into_what_the_caller_allows_at_most() {
    let mut app = fixture::hello();
    app.cleanup.drain = Duration::from_secs(3600);
    // The hook of the switch drains. A prepare may have to finish the cleanup of an interrupted run.
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

/// The wait before a program counts for every caller and is in the table.
#[test]
fn the_wait_for_the_lock_is_in_every_sum() {
    let (app, mut patient) = (fixture::hello(), fixture::hello());
    let more = Duration::from_secs(100);
    patient.lock_wait = app.lock_wait + more;
    // Each command on the longest path waits.
    let waits = |caller: &Caller<'_>| {
        let lines = caller.lines.iter();
        let locks = lines.filter(|(what, _)| what.ends_with(": lock")).count();
        assert!(locks > 0 || caller.commands == [Command::Doctor]);
        more.times(locks as u64)
    };
    let (plan, patient_plan) = (plan(&app), plan(&patient));
    for (short, long) in callers(&app, &plan)
        .iter()
        .zip(callers(&patient, &patient_plan))
    {
        assert_eq!(long.worst, short.worst + waits(short), "{}", short.event);
    }
    let text = table(&patient, &patient_plan, &fixture::sources());
    assert!(text.contains("      115s  lock  "), "{text}");
}

#[test]
fn the_table_names_every_step_its_place_and_its_seconds() {
    let app = fixture::hello();
    let text = table(&app, &plan(&app), &fixture::sources());
    for line in [
        "       15s  lock                                  else: exit 4",
        "       25s  lock, if a cleanup must end first     else: exit 4       rollback",
        "\nafter every command that fails\n        7s  what serves now\n",
        "       72s  gate new app ready                    else: end_new      deploy.bg:21",
        "       15s  reload                                else: go_back      deploy.bg:26",
        "\nway.go_back: the old color serves again, if it passes its gates;",
        "codedeploy ValidateService: switch, cleanup",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.lines().all(|line| line == line.trim_end()));
}

#[test]
fn keep_warm_stops_what_may_run_only_once() {
    let mut app = fixture::hello();
    app.cleanup.previous = crate::model::Previous::KeptWarm;
    let steps = plan(&app).steps(&[ProgramName::Cleanup]);
    at(&steps, |action| {
        *action == Action::Stop(Side::Old, Extent::Exclusive)
    });
}

/// `deployc plan` shows the sum of a path, and a hook's limit is added up from its rows.
#[test]
fn the_rows_of_a_path_add_up_to_its_sum() {
    let mut with_worker = fixture::hello();
    let mut worker = with_worker.services[0].clone();
    worker.name = fixture::name("worker");
    worker.handover = Handover::Exclusive;
    with_worker.services.push(worker);
    for app in [fixture::hello(), with_worker] {
        let plan = plan(&app);
        let sums = Sums::new(&app, &plan);
        for command in Command::ALL {
            for path in [sums.whole(command), sums.command(command)] {
                let rows = rows(&app, &path).into_iter();
                let sum = rows.map(|(_, worst)| worst).sum::<Duration>();
                assert_eq!(sum, path.worst, "{command:?}");
            }
        }
    }
}
