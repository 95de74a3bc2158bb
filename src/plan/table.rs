//! A plan as a table for people: steps, what their failure does, ways back, and the callers' limits.

use super::{Caller, Failure, Phase, Plan, Step, callers, describe};
use crate::model::{App, Duration};
use crate::source::Sources;
use std::fmt::Write as _;

/// What a deployment of `app` does, step by step, in seconds.
#[must_use]
pub fn table(app: &App, plan: &Plan, sources: &Sources) -> String {
    let mut table = Table {
        app,
        sources,
        text: String::new(),
    };
    table.line(&format!(
        "{}: what a deployment does, and how long it may take at most",
        app.name
    ));
    for phase in [&plan.prepare, &plan.switch, &plan.cleanup] {
        table.phase(plan, phase);
    }
    if !plan.outcomes.is_empty() {
        table.line("\nwhen the outcome is known");
        table.steps(plan.outcomes.iter());
    }
    let callers = callers(app, plan);
    if !callers.is_empty() {
        table.callers(&callers);
    }
    table.text
}

struct Table<'a> {
    app: &'a App,
    sources: &'a Sources,
    text: String,
}

impl Table<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn phase(&mut self, plan: &Plan, phase: &Phase) {
        let name = phase.name.word();
        let success = seconds(plan.success(phase).total());
        let worst = seconds(plan.worst(phase).total());
        self.line(&format!(
            "\n{name}: {success} at most if nothing fails, {worst} with the longest way back"
        ));
        self.steps(phase.steps.iter());
        // Most failures share a way back with their neighbours; the longest shows all that there is.
        let longest = phase.longest_failure().map(|path| (path.back(), path));
        if let Some((back, path)) = longest {
            let from = path
                .forward
                .last()
                .map(|step| describe(self.app, &step.action));
            let from = from.unwrap_or_default();
            self.line(&format!(
                "  the longest way back of {name}, from \"{from}\":"
            ));
            self.steps(back.into_iter());
        }
    }

    fn steps<'s>(&mut self, steps: impl Iterator<Item = &'s Step>) {
        for step in steps {
            let what = describe(self.app, &step.action);
            let place = step.span.map_or(String::new(), |span| {
                let file = self.sources.path(span);
                let file = file.file_name().unwrap_or(file.as_str());
                format!("{file}:{}", self.sources.line_column(span).line)
            });
            let failed = on_failure(&step.on_failure);
            let worst = seconds(step.worst);
            self.line(&format!("  {worst:>8}  {what:<44}  {failed:<24}  {place}"));
        }
    }

    fn callers(&mut self, callers: &[Caller<'_>]) {
        self.line("\ncallers");
        for caller in callers {
            let commands: Vec<_> = caller
                .commands
                .iter()
                .map(|command| command.name())
                .collect();
            let commands = commands.join(", ");
            let limit = seconds(caller.limit);
            let whose = match caller.given {
                Some(_) => "given",
                None => "computed",
            };
            let mut line = String::new();
            // Writing to a String does not fail.
            let _ = write!(line, "  {:>8}  ", seconds(caller.worst));
            let _ = write!(
                line,
                "{} {}: {commands}",
                caller.target.driver.name, caller.event
            );
            self.line(&format!("{line:<56}  limit {limit} ({whose})"));
        }
    }
}

fn on_failure(failure: &Failure) -> String {
    match failure {
        Failure::Refuse => "else: refuses".to_owned(),
        Failure::Stop(way) => format!("else: stops, {}", seconds(way.worst())),
        Failure::GoBack(way) => format!("else: goes back, {}", seconds(way.worst())),
        Failure::Warn => "else: warns".to_owned(),
        Failure::Later => "else: next run goes on".to_owned(),
        Failure::Person => "else: asks a person".to_owned(),
    }
}

fn seconds(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{}.{}s", millis / 1000, millis % 1000 / 100)
    }
}
