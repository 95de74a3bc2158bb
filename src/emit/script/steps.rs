//! The user's steps as functions, and the order of all steps, as the plan says.

use super::super::quoted::Quoted;
use super::gates::words;
use super::services::{delimiter, settings};
use super::{Code, Failed, Script};
use crate::model::{Outcome, Step as UserStep, StepRun};
use crate::plan::{Home, Line, Place, Program, ProgramName};

impl Script<'_> {
    pub(super) fn steps(&self, code: &mut Code) -> Result<(), Failed> {
        let steps = &self.app.steps;
        let outcome = |when| {
            let outcomes = self.app.outcomes.iter();
            let outcomes = outcomes.filter(move |outcome| outcome.when == when);
            outcomes.map(|outcome| &outcome.step).collect::<Vec<_>>()
        };
        let mut all: Vec<(Place, Vec<&UserStep>)> = vec![
            (Place::BeforeStart, steps.before_start.iter().collect()),
            (Place::BeforeSwitch, steps.before_switch.iter().collect()),
            (Place::AfterSwitch, steps.after_switch.iter().collect()),
            (Place::AfterVerify, steps.after_verify.iter().collect()),
            (Place::AfterStop, steps.after_stop.iter().collect()),
            (Place::OnSuccess, outcome(Outcome::Success)),
            (Place::OnFailure, outcome(Outcome::Failure)),
            (Place::OnAlways, outcome(Outcome::Always)),
        ];
        all.retain(|(_, steps)| !steps.is_empty());
        if !all.is_empty() {
            code.gap();
            code.comment("Your steps.");
        }
        for (place, steps) in all {
            for (number, step) in steps.into_iter().enumerate() {
                self.user_step(place, number + 1, step, code)?;
            }
        }
        for program in &self.plan.programs {
            if program.name.home() == Home::Script {
                code.gap();
                self.program(program, code)?;
            }
        }
        Ok(())
    }

    fn program(&self, program: &Program, code: &mut Code) -> Result<(), Failed> {
        let head = format!("{}() {{", program.name.function());
        code.block(head, None, "}", |code| {
            for line in &program.lines {
                code.line(match line {
                    Line::Otherwise(otherwise) => format!("otherwise {}", otherwise.word()),
                    Line::Run(program) => program.function(),
                    Line::PointProxyAt(side, otherwise) => {
                        let name = ProgramName::PointProxyAt.function();
                        format!("{name} {} {}", side.word(), otherwise.word())
                    }
                    Line::Step(step) => {
                        let place = step
                            .span
                            .map_or(String::new(), |span| format!(" {}", self.places.at(span)));
                        format!("step {}{place}", step.action.title())
                    }
                });
            }
            Ok(())
        })
    }

    fn user_step(
        &self,
        place: Place,
        number: usize,
        step: &UserStep,
        code: &mut Code,
    ) -> Result<(), Failed> {
        let head = format!("{}() {{", function(place, number));
        let remark = self.places.at(step.span);
        let folder = match &step.folder {
            Some(folder) => Quoted::template(folder)?.to_string(),
            None => "\"${root}\"".to_owned(),
        };
        code.block(head, Some(remark), "}", |code| {
            match &step.run {
                StepRun::Exec(command) => {
                    code.line(format!("run_exec {folder} {}", words(command)?));
                }
                StepRun::Shell(text) => {
                    let end = delimiter("STEP", text);
                    code.line(format!("run_shell {folder} <<'{end}'"));
                    code.verbatim(text);
                    code.verbatim(&end);
                }
                StepRun::Notify(used) => {
                    settings(used, code)?;
                    code.line(format!("run_notify {}", used.driver.name.shell()));
                }
            }
            Ok(())
        })
    }
}

/// The function of a step: `before_start_1`.
fn function(place: Place, number: usize) -> String {
    format!("{}_{number}", place.word().replace('-', "_"))
}
