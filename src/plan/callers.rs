//! Who calls the script, what they run in one go, and how long they let it run.

use super::limits::{self, Core, Function};
use super::{Action, Failure, Plan, Step, describe};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::model::{App, DriverUse, Duration, GivenPart, SettingValue};
use std::fmt::Write as _;

/// A command of the script that a caller runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// `doctor`
    Doctor,
    /// `prepare`
    Prepare,
    /// `switch`
    Switch,
    /// `cleanup`
    Cleanup,
    /// `deploy`: the three in a row
    Deploy,
    /// `rollback`, its cleanup included
    Rollback,
    /// `abort`
    Abort,
    /// `resume`
    Resume,
    /// `adopt`
    Adopt,
}

impl Command {
    /// From its name, if it is one that a caller's event can run.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "doctor" => Self::Doctor,
            "prepare" => Self::Prepare,
            "switch" => Self::Switch,
            "cleanup" => Self::Cleanup,
            "deploy" => Self::Deploy,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Doctor => "doctor",
            Self::Prepare => "prepare",
            Self::Switch => "switch",
            Self::Cleanup => "cleanup",
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Abort => "abort",
            Self::Resume => "resume",
            Self::Adopt => "adopt",
        }
    }
}

/// One call of a target: an event (a hook, a job) that runs commands of the script in a row, each
/// only if the one before it succeeded.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// The target.
    pub target: &'a DriverUse,
    /// The event's name, as the target knows it.
    pub event: String,
    /// What it runs.
    pub commands: Vec<Command>,
    /// The longest that they take together.
    pub worst: Duration,
    /// The longest path, line by line: what, and how long.
    pub lines: Vec<(String, Duration)>,
    /// How long the caller lets them run: `within`, else computed.
    pub limit: Duration,
    /// Whether the user gave the limit.
    pub given: Option<Duration>,
}

/// Who calls the script of `app`. A target has events if its settings name them: `events` maps an
/// event to the commands that it runs, and a part `hook "EVENT" { within = … }` limits one.
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

/// A limit that leaves the script time to notice its own deadline and to say so: a tenth more, at
/// least ten seconds, rounded up to tens of seconds.
fn with_reserve(worst: Duration) -> Duration {
    let seconds = worst.as_secs_ceil();
    let reserve = (seconds / 10).max(10);
    Duration::from_secs((seconds + reserve).div_ceil(10) * 10)
}

/// The longest path through commands in a row.
fn longest(app: &App, plan: &Plan, commands: &[Command]) -> Vec<(String, Duration)> {
    let phases = commands.iter().flat_map(|command| match command {
        Command::Doctor => vec![None],
        Command::Prepare => vec![Some(&plan.prepare)],
        Command::Switch => vec![Some(&plan.switch)],
        Command::Cleanup => vec![Some(&plan.cleanup)],
        Command::Deploy => vec![Some(&plan.prepare), Some(&plan.switch), Some(&plan.cleanup)],
        Command::Rollback => vec![Some(&plan.rollback), Some(&plan.cleanup)],
        Command::Abort => vec![Some(&plan.abort)],
        Command::Resume => vec![Some(&plan.resume)],
        Command::Adopt => Vec::new(),
    });
    let mut before: Vec<(String, Duration)> = Vec::new();
    let mut longest: Vec<(String, Duration)> = Vec::new();
    let mut begun = false;
    for phase in phases {
        let Some(phase) = phase else {
            before.extend(doctor(app));
            continue;
        };
        // What was begun before it in this row has succeeded: nothing is left to be undone.
        let mut phase = phase.clone();
        if begun {
            let recovers = |step: &&mut Step| step.action == Action::Recover;
            for step in phase.steps.iter_mut().filter(recovers) {
                step.on_failure = Failure::Warn;
            }
        }
        begun = true;
        let phase = &phase;
        let ends = |worst: super::WorstCase<'_>| {
            let mut lines = before.clone();
            let name = phase.name.word();
            lines.extend(rows(app, name, worst.path.forward));
            lines.extend(rows(app, &format!("{name}, way back"), worst.path.back()));
            if worst.outcome > Duration::ZERO {
                lines.push((format!("{name}: your `on` steps"), worst.outcome));
            }
            lines
        };
        let worst = ends(plan.worst(phase));
        if sum(&worst) > sum(&longest) {
            longest = worst;
        }
        before = ends(plan.success(phase));
    }
    if sum(&before) > sum(&longest) {
        longest = before;
    }
    longest
}

fn rows<'a>(
    app: &App,
    phase: &str,
    steps: impl IntoIterator<Item = &'a Step>,
) -> Vec<(String, Duration)> {
    steps
        .into_iter()
        .map(|step| {
            (
                format!("{phase}: {}", describe(app, &step.action)),
                step.worst,
            )
        })
        .collect()
}

fn sum(lines: &[(String, Duration)]) -> Duration {
    lines.iter().map(|(_, worst)| *worst).sum()
}

/// What `doctor` looks at: the host, the proxy, and whether each service of each color is alive.
fn doctor(app: &App) -> Vec<(String, Duration)> {
    let proxy = [Function::Preflight, Function::Routed, Function::Test]
        .map(|function| limits::limit(&app.switch, function));
    let mut lines = vec![
        ("doctor: look at the host".to_owned(), Core::Host.limit()),
        ("doctor: ask the proxy".to_owned(), proxy.into_iter().sum()),
    ];
    for service in &app.services {
        let asked = [Function::Alive, Function::Identity, Function::Listens]
            .map(|function| limits::limit(&service.run, function));
        let both: Duration = asked.into_iter().sum::<Duration>().times(2);
        lines.push((format!("doctor: look at `{}`", service.name), both));
    }
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

/// The part that limits an event.
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

/// Compares what the callers allow with what the phases may take: BG401 and BG402.
pub fn check_limits(app: &App, plan: &Plan, report: &mut Report) {
    for caller in callers(app, plan) {
        // Where the limit stands, if the user gave one.
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

/// The sum, line by line; steps that take no time left out.
fn sum_of(lines: &[(String, Duration)]) -> String {
    let mut text = String::new();
    for (what, worst) in lines.iter().filter(|(_, worst)| *worst > Duration::ZERO) {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{:>9}  {what}", worst.to_string());
    }
    let _ = write!(text, "{:>9}  together", seconds(sum(lines)));
    text
}
