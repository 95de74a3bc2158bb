//! A plan as a table for people: the words of each step, what follows its failure, its longest time, and the line of
//! the file that asks for it. After that come the ways back, the programs of the runtime, and the limits of the callers.

use super::longest_path::{self, Sums};
use super::{
    Action, Block, Caller, Command, Line, Otherwise, Plan, ProgramName, Side, callers, listing,
};
use crate::model::{App, Duration};
use crate::source::{Sources, Span};
use std::fmt::Write as _;

/// Returns what the commands of `app`'s script do, step by step, with times in seconds.
#[must_use]
pub fn table(app: &App, plan: &Plan, sources: &Sources) -> String {
    let mut table = Table {
        app,
        plan,
        sources,
        sums: Sums::new(app, plan),
        text: String::new(),
    };
    table.line(&format!(
        "{}: what a deployment does, and the longest time that each step may take",
        app.name
    ));
    table.first();
    for block in listing() {
        table.block(block);
    }
    let callers = callers(app, plan);
    if !callers.is_empty() {
        table.callers(&callers);
    }
    table.text
}

struct Table<'a> {
    app: &'a App,
    plan: &'a Plan,
    sources: &'a Sources,
    sums: Sums<'a>,
    text: String,
}

impl Table<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn row(&mut self, worst: Duration, what: &str, otherwise: &str, place: &str) {
        // A step that waits for nothing has no limit.
        let worst = match worst {
            Duration::ZERO => "-".to_owned(),
            worst => seconds(worst),
        };
        self.line(&format!(
            "  {worst:>8}  {what:<36}  {otherwise:<17}  {place}"
        ));
    }

    /// Adds what every command does first. The script's runner does it.
    fn first(&mut self) {
        self.line("\nbefore every command");
        let [(lock, worst), (scratch, made)] =
            longest_path::before_program(self.app, Command::Deploy);
        self.row(worst, lock, "else: exit 4", "");
        let [(_, longer), _] = longest_path::before_program(self.app, Command::Rollback);
        if longer > worst {
            self.row(
                longer,
                "lock, if a cleanup must end first",
                "else: exit 4",
                "rollback",
            );
        }
        self.row(made, scratch, "else: exit 3", "");
        let recovery = self.sums.recovery();
        let from = recovery.steps.first();
        let from = from.map(|step| format!("at most, by {}", step.program.function()));
        let from = from.unwrap_or_default();
        self.row(recovery.worst, "recover", "else: person", &from);
        self.line("\nafter every command that fails");
        let (what, worst) = longest_path::verdict(self.app);
        self.row(worst, what, "", "");
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::Command(command) => self.command(command),
            Block::Program(program) => self.program(program),
        }
        if block == Block::Command(Command::Cleanup) {
            self.totals("deploy", Command::Deploy, ": the three in a row");
        }
    }

    fn command(&mut self, command: Command) {
        self.totals(command.name(), command, "");
        for program in command.programs() {
            self.lines(*program);
        }
    }

    fn totals(&mut self, name: &str, command: Command, what: &str) {
        let success = seconds(self.sums.success(command.programs()).worst);
        let worst = seconds(self.sums.command(command).worst);
        self.line(&format!(
            "\n{name}{what}: {success} at most if nothing fails, {worst} with the longest way back"
        ));
    }

    fn program(&mut self, name: ProgramName) {
        let worst = seconds(self.sums.program(name).worst);
        let (heading, about) = (Block::Program(name).heading(), name.about());
        self.line(&format!("\n{heading}: {about}; {worst} at most"));
        self.lines(name);
    }

    /// Adds the lines of a program. Shared parts are written out, because a reader at night wants to see the whole
    /// order.
    fn lines(&mut self, name: ProgramName) {
        let given = (Side::Given, Otherwise::Given);
        self.lines_of(name, given, &mut Otherwise::Person);
    }

    fn lines_of(&mut self, name: ProgramName, given: (Side, Otherwise), otherwise: &mut Otherwise) {
        let plan = self.plan;
        for line in &plan.program(name).lines {
            match line {
                Line::Otherwise(Otherwise::Given) => *otherwise = given.1,
                Line::Otherwise(other) => *otherwise = *other,
                Line::Step(step) => {
                    self.step(&step.action.given(given.0), step.span, *otherwise);
                }
                Line::Run(part) if ProgramName::PARTS.contains(part) => {
                    self.lines_of(*part, given, otherwise);
                }
                Line::Run(program) => {
                    let worst = self.sums.success(&[*program]).worst;
                    self.row(worst, &program.function(), "", "see there");
                }
                Line::PointProxyAt(side, other) => {
                    self.lines_of(ProgramName::PointProxyAt, (*side, *other), otherwise);
                }
            }
        }
    }

    fn step(&mut self, action: &Action, span: Option<Span>, otherwise: Otherwise) {
        let place = span.map_or(String::new(), |span| {
            let file = self.sources.path(span);
            let file = file.file_name().unwrap_or(file.as_str());
            format!("{file}:{}", self.sources.line_column(span).line)
        });
        let otherwise = format!("else: {}", otherwise.word());
        let worst = action.worst(self.app);
        self.row(worst, &action.title(), &otherwise, &place);
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
            // A write to a String does not fail.
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

fn seconds(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{}.{}s", millis / 1000, millis % 1000 / 100)
    }
}
