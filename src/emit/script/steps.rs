//! The user's steps as functions, and the order of all steps, as the plan says.

use super::super::quoted::Quoted;
use super::gates::words;
use super::services::{delimiter, settings};
use super::{Code, Failed, Script};
use crate::model::{Name, OnFailure, Outcome, Step as UserStep, StepRun, Verification};
use crate::plan::{Action, Failure, Phase, Place, Step};

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
        code.gap();
        code.comment("The order of the steps. A failure names the line that asked for the step.");
        self.phase("prepare_steps", &self.plan.prepare, code)?;
        self.phase("switch_steps", &self.plan.switch, code)?;
        self.phase("cleanup_steps", &self.plan.cleanup, code)?;
        self.outcomes(code)
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

    fn phase(&self, name: &str, phase: &Phase, code: &mut Code) -> Result<(), Failed> {
        code.block(format!("{name}() {{"), None, "}", |code| {
            let mut lines = 0;
            for step in &phase.steps {
                if let Some(line) = self.step(step)? {
                    code.line(line);
                    lines += 1;
                }
            }
            if lines == 0 {
                code.line("return 0");
            }
            Ok(())
        })
    }

    /// The line of a step; `None` where the runtime does it by itself or as a part of another step.
    fn step(&self, step: &Step) -> Result<Option<String>, Failed> {
        let gate = |service: &Name, number: usize| {
            let services = &mut self.app.services.iter();
            let found = services.find(|other| other.name == *service);
            found.map_or("", |found| found.gates[number].name.as_str())
        };
        let call = match &step.action {
            Action::UserStep(place, number) => {
                let within = step.worst.as_millis();
                format!("user_step {} {within}", function(*place, *number))
            }
            Action::Start(service, _) => format!("start {service}"),
            Action::Probe(service, number, _) => {
                format!("gate {service} {}", gate(service, *number))
            }
            Action::ProbeAgain(service, number, _) => {
                format!("gate_again {service} {}", gate(service, *number))
            }
            Action::Swap(_) => "swap".to_owned(),
            Action::Verify(number) => {
                let effect = match &self.app.verify {
                    Verification::Checks(checks) => checks[*number].on_failure,
                    Verification::None { .. } => return Ok(None),
                };
                let effect = match effect {
                    OnFailure::SwitchBack => "back",
                    OnFailure::Warn => "warn",
                };
                format!("verify verify_{} {effect}", number + 1)
            }
            Action::HandOver(service) => format!("hand_over {service}"),
            Action::Commit => return Ok(Some("commit || return".to_owned())),
            Action::Drain(_) => "drain".to_owned(),
            // One call stops all services of the previous color.
            Action::Stop(service, _) if *service == self.app.services[0].name => {
                "stop_previous".to_owned()
            }
            _ => return Ok(None),
        };
        let place = Quoted::text(&self.places.at(step.span.unwrap_or(self.app.span)))?;
        let user = matches!(step.action, Action::UserStep(..));
        let failed = if user && step.on_failure == Failure::Warn {
            "warn_step"
        } else {
            "return"
        };
        Ok(Some(format!("at {place} {call} || {failed}")))
    }

    fn outcomes(&self, code: &mut Code) -> Result<(), Failed> {
        let lines = |wanted: Place| -> Result<Vec<String>, Failed> {
            let outcomes = self.plan.outcomes.iter();
            outcomes
                .filter(|step| matches!(step.action, Action::UserStep(place, _) if place == wanted))
                .map(|step| Ok(self.step(step)?.unwrap_or_default()))
                .collect()
        };
        let success = lines(Place::OnSuccess)?;
        let failure = lines(Place::OnFailure)?;
        let always = lines(Place::OnAlways)?;
        code.block("outcome_steps() {", None, "}", |code| {
            for (outcome, lines) in [("success", &success), ("failure", &failure)] {
                if !lines.is_empty() {
                    code.block(
                        format!("if [[ $1 == {outcome} ]]; then"),
                        None,
                        "fi",
                        |code| {
                            for line in lines {
                                code.line(line);
                            }
                            Ok::<(), Failed>(())
                        },
                    )?;
                }
            }
            for line in &always {
                code.line(line);
            }
            code.line("return 0");
            Ok(())
        })
    }
}

/// The function of a step: `before_start_1`.
fn function(place: Place, number: usize) -> String {
    format!("{}_{number}", place.words().replace(' ', "_"))
}
