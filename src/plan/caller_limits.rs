//! The callers of the script, their commands, and their time limits.

use super::limits::{self, Core, Function};
use super::longest_path::{self, Path, Sums};
use super::{Action, Command, Plan, Planned};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::{App, DriverUse, Duration, GivenPart, SettingValue};
use std::fmt::Write as _;

/// One call of a target: an event (a hook, a job) that runs commands of the script in a row. Each command runs only if
/// the one before it succeeded.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// The target.
    pub target: &'a DriverUse,
    /// The event's name in the target.
    pub event: String,
    /// The commands.
    pub commands: Vec<Command>,
    /// The longest time of all commands together.
    pub worst: Duration,
    /// The longest path, line by line: the step and its longest time.
    pub lines: Vec<(String, Duration)>,
    /// The caller's time limit: `within`, otherwise a computed one.
    pub limit: Duration,
    /// The limit, if the user gave one.
    pub given: Option<Duration>,
}

/// Returns the callers of the script of `app`. A target has events if it has a setting `events`, which maps an event to
/// its commands. A part `hook "EVENT" { within = … }` limits one event.
#[must_use]
pub fn callers<'a>(app: &'a App, plan: &Plan) -> Vec<Caller<'a>> {
    let mut callers = Vec::new();
    for target in &app.targets {
        let Some(SettingValue::Map(events)) = target.setting("events") else {
            continue;
        };
        for (event, commands) in events {
            let commands: Vec<Command> = words(commands)
                .iter()
                .filter_map(|word| Command::from_name(word))
                .collect();
            let lines = longest(app, plan, &commands);
            let worst = lines.iter().map(|(_, worst)| *worst).sum();
            let given = within(target, event);
            callers.push(Caller {
                target,
                event: event.clone(),
                commands,
                worst,
                lines,
                limit: given.unwrap_or_else(|| with_reserve(worst)),
                given,
            });
        }
    }
    callers
}

/// Returns a limit that leaves the script time to notice its own deadline and report it: a tenth more, at least ten
/// seconds more, rounded up to tens of seconds.
fn with_reserve(worst: Duration) -> Duration {
    let seconds = worst.as_secs_ceil();
    let reserve = (seconds / 10).max(10);
    Duration::from_secs((seconds + reserve).div_ceil(10) * 10)
}

/// Returns the longest path through commands in a row.
fn longest(app: &App, plan: &Plan, commands: &[Command]) -> Vec<(String, Duration)> {
    let sums = Sums::new(app, plan);
    let mut before: Vec<(String, Duration)> = Vec::new();
    let mut longest: Vec<(String, Duration)> = Vec::new();
    let mut begun = false;
    for command in commands {
        if *command == Command::Doctor {
            before.extend(doctor(app, plan));
            continue;
        }
        let first = longest_path::before_program(app, *command).into_iter();
        before.extend(first.map(|(what, worst)| (format!("{}: {what}", command.name()), worst)));
        let mut worst = before.clone();
        // A command of this row has succeeded before, so there is nothing to recover.
        let longest_of = if begun { Sums::command } else { Sums::whole };
        begun = true;
        worst.extend(rows(app, &longest_of(&sums, *command)));
        if sum(&worst) > sum(&longest) {
            longest = worst;
        }
        before.extend(rows(app, &sums.success(command.programs())));
    }
    if sum(&before) > sum(&longest) {
        longest = before;
    }
    longest
}

/// Returns a path line by line: each step, then the runner's own work, with their longest times.
pub(super) fn rows(app: &App, path: &Path) -> Vec<(String, Duration)> {
    let row = |step: &Planned| {
        let program = step.program.function();
        let program = program.strip_prefix("plan.").unwrap_or(&program);
        let what = format!("{program}: {}", step.action.title());
        (what, step.action.worst(app))
    };
    let own = path
        .own
        .iter()
        .map(|(what, worst)| ((*what).to_owned(), *worst));
    path.steps.iter().map(row).chain(own).collect()
}

fn sum(lines: &[(String, Duration)]) -> Duration {
    lines.iter().map(|(_, worst)| *worst).sum()
}

/// Returns the longest times of `doctor`: the steps of `prepare` before the first change, the wait for what an ended run
/// has left, and the check whether the live color runs.
fn doctor(app: &App, plan: &Plan) -> Vec<(String, Duration)> {
    let steps = plan.steps(Command::Prepare.programs()).into_iter();
    let looks = steps.take_while(|step| !matches!(step.action, Action::Journal(_)));
    let looks = looks.filter(|step| !matches!(step.action, Action::EnsureShared(_)));
    let row = |step: Planned| {
        (
            format!("doctor: {}", step.action.title()),
            step.action.worst(app),
        )
    };
    let mut lines: Vec<_> = looks.map(row).collect();
    let alive = app
        .services
        .iter()
        .map(|service| limits::limit(&service.run, Function::Alive));
    lines.push((
        "doctor: is another deployment active?".to_owned(),
        Core::Leftovers.limit(),
    ));
    lines.push(("doctor: does the live color run?".to_owned(), alive.sum()));
    lines
}

fn words(value: &SettingValue) -> Vec<String> {
    match value {
        SettingValue::Text(text) => text
            .as_literal()
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        SettingValue::List(values) => values.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

/// Returns the part that limits an event.
fn hook<'a>(target: &'a DriverUse, event: &str) -> Option<&'a GivenPart> {
    target
        .parts
        .iter()
        .find(|part| part.name == "hook" && words(&part.label) == [event])
}

fn within(target: &DriverUse, event: &str) -> Option<Duration> {
    let mut settings = hook(target, event)?.settings.iter();
    settings.find_map(|(name, value)| match value {
        SettingValue::Duration(within) if name == "within" => Some(*within),
        _ => None,
    })
}

/// Compares the limits of the callers with the longest times of the commands. Reports BG401 and BG402.
pub fn check_limits(app: &App, plan: &Plan, report: &mut Report) {
    for caller in callers(app, plan) {
        // The place of the limit, if the user gave one.
        let span = hook(caller.target, &caller.event)
            .and_then(|hook| hook.given.get("within"))
            .map_or(caller.target.span, |within| *within);
        let commands: Vec<_> = caller
            .commands
            .iter()
            .map(|command| command.name())
            .collect();
        let commands = commands.join(" and ");
        if let Some(given) = caller.given
            && given <= caller.worst
        {
            let message = format!(
                "hook `{}` is ended after {given}, but `{commands}` may take {}, the way back included",
                caller.event,
                seconds(caller.worst),
            );
            report.push(
                Diagnostic::new(Code::HOOK_TOO_SHORT, span, message).help(format!(
                    "give it `within = {}`, or make the longest path shorter:\n{}",
                    with_reserve(caller.worst),
                    sum_of(&caller.lines),
                )),
            );
        }
        if let Some(longest) = caller.target.driver.limit
            && caller.limit > longest
        {
            let message = format!(
                "`{}` lets the hook `{}` run for {longest} at most, but it needs {}",
                caller.target.driver.name, caller.event, caller.limit,
            );
            report.push(
                Diagnostic::new(Code::TARGET_TOO_SHORT, span, message).help(format!(
                    "shorten a `within` or the `drain` of the longest path, which takes {}:\n{}",
                    seconds(caller.worst),
                    sum_of(&caller.lines),
                )),
            );
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_ceil())
}

/// Returns the sum, line by line, without the steps that take no time.
fn sum_of(lines: &[(String, Duration)]) -> String {
    let mut text = String::new();
    for (what, worst) in lines.iter().filter(|(_, worst)| *worst > Duration::ZERO) {
        // A write to a String does not fail.
        let _ = writeln!(text, "{:>9}  {what}", worst.to_string());
    }
    let _ = write!(text, "{:>9}  together", seconds(sum(lines)));
    text
}
