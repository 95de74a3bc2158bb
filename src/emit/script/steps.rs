//! The user's steps as functions. The programs decide when each step runs.

use super::super::quoted::Quoted;
use super::colors::chain_words;
use super::question_lines::words;
use super::services::{delimiter, settings};
use super::{Code, Failed, Script};
use crate::model::{Outcome, Runs, Step as UserStep, StepRun};
use crate::plan::Occasion;

impl Script<'_> {
    pub(super) fn steps(&self, code: &mut Code) -> Result<(), Failed> {
        let steps = &self.app.steps;
        let outcome = |when| {
            let outcomes = self.app.outcomes.iter();
            let outcomes = outcomes.filter(move |outcome| outcome.when == when);
            outcomes.map(|outcome| &outcome.step).collect::<Vec<_>>()
        };
        let mut all: Vec<(Occasion, Vec<&UserStep>)> = vec![
            (Occasion::BeforeStart, steps.before_start.iter().collect()),
            (Occasion::BeforeSwitch, steps.before_switch.iter().collect()),
            (Occasion::AfterSwitch, steps.after_switch.iter().collect()),
            (Occasion::AfterVerify, steps.after_verify.iter().collect()),
            (Occasion::AfterStop, steps.after_stop.iter().collect()),
            (Occasion::OnSuccess, outcome(Outcome::Success)),
            (Occasion::OnFailure, outcome(Outcome::Failure)),
            (Occasion::OnAlways, outcome(Outcome::Always)),
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
        Ok(())
    }

    fn user_step(
        &self,
        place: Occasion,
        number: usize,
        step: &UserStep,
        code: &mut Code,
    ) -> Result<(), Failed> {
        let name = format!("user.{}.{number}", place.word());
        let remark = self.places.at(step.span);
        let folder = match &step.folder {
            Some(folder) => Quoted::template(folder)?.to_string(),
            None => "\"${root}\"".to_owned(),
        };
        let head = format!("{name}() {{");
        let once = match step.runs {
            Runs::Always => "",
            Runs::Once => "once ",
        };
        match &step.run {
            StepRun::Exec(command) => {
                let command = format!("{once}run_exec {folder} {}", words(command)?);
                code.short(&name, &command, Some(remark));
                Ok(())
            }
            StepRun::Shell(text) => code.block(head, Some(remark), "}", |code| {
                let end = delimiter("STEP", text);
                code.line(format!("{once}run_shell {folder} <<'{end}'"));
                code.verbatim(text);
                code.verbatim(&end);
                Ok(())
            }),
            StepRun::Notify(used) => code.block(head, Some(remark), "}", |code| {
                settings(used, code)?;
                code.line(format!("run_notify {}", chain_words(used)));
                Ok(())
            }),
        }
    }
}
