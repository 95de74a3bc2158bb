//! What holds for every color and deployment: names, folders, limits, inputs.

use super::super::quoted::Quoted;
use super::{Code, Failed, Script, VERSION};
use crate::model::{Handover, Input, InputType, Previous, Privilege, Verification};
use crate::plan::deadlines;
use crate::plan::limits::chain;
use std::collections::BTreeSet;

/// What the runtime itself calls, beside bash. `curl` is not among them: without it probes go
/// through bash's own `/dev/tcp`.
const TOOLS: [&str; 23] = [
    "awk", "cat", "cmp", "cp", "flock", "grep", "head", "id", "ln", "ls", "mkdir", "mktemp", "mv",
    "readlink", "rm", "sed", "stat", "sync", "tail", "tee", "touch", "tr", "wc",
];

/// The environment variable by which the hooks of one deployment know each other.
const DEPLOYMENT: &str = "DEPLOYMENT_ID";

impl Script<'_> {
    pub(super) fn constants(&self, code: &mut Code) -> Result<(), Failed> {
        let app = self.app;
        let at = |span| self.places.at(span);
        code.line(format!("deployc={VERSION}"));
        code.noted(format!("app={}", app.name), at(app.span));
        code.line(format!("root={}", Quoted::text(&app.root)?));
        code.line(format!("staging={}", Quoted::text(&app.staging)?));
        let lines: Vec<String> = app.colors.iter().map(|color| at(color.span)).collect();
        let colors = [&app.colors[0].name, &app.colors[1].name];
        code.array("colors", &colors, Some(lines.join(" ")));
        let services: Vec<_> = app.services.iter().map(|service| &service.name).collect();
        code.array("services", &services, None);
        code.array(
            "sudo",
            match app.privilege {
                Privilege::Own => &[],
                Privilege::Sudo => &["sudo", "-n"],
            },
            None,
        );
        code.noted(format!("lock_wait={}", app.lock_wait.as_millis()), "ms");
        code.noted(
            format!("drain_within={}", app.cleanup.drain.as_millis()),
            app.cleanup
                .span
                .map_or("ms".to_owned(), |span| format!("ms; {}", at(span))),
        );
        let checks = match &app.verify {
            Verification::Checks(checks) => checks.len(),
            Verification::None { .. } => 0,
        };
        let checks: Vec<String> = (1..=checks)
            .map(|number| format!("verify_{number}"))
            .collect();
        code.array("verifies", &checks, None);
        code.line(match app.cleanup.previous {
            Previous::Stopped => "previous=stopped",
            Previous::KeptWarm => "previous='kept-warm'",
        });
        let mut environment = app
            .targets
            .iter()
            .flat_map(|target| &target.driver.environment);
        if environment.any(|variable| variable == DEPLOYMENT) {
            code.line(format!("hook_deployment=${{{DEPLOYMENT}-}}"));
        } else {
            code.line("hook_deployment=''");
        }
        code.table("tools", &self.tools()?);
        code.gap();
        self.deadlines(code);
        code.gap();
        self.inputs(code)?;
        code.gap();
        self.artifact(code)
    }

    fn tools(&self) -> Result<Vec<Quoted>, Failed> {
        let app = self.app;
        let used = app.services.iter().map(|service| &service.run);
        let drivers = used
            .chain([&app.switch])
            .flat_map(|used| chain(&used.driver));
        let tools: BTreeSet<&str> = drivers
            .flat_map(|driver| driver.tools.iter().map(String::as_str))
            .chain(TOOLS)
            .collect();
        tools
            .into_iter()
            .map(|tool| Ok(Quoted::text(tool)?))
            .collect()
    }

    fn deadlines(&self, code: &mut Code) {
        code.comment(
            "How long each may take, in milliseconds: commands of drivers and the script's own.",
        );
        let limits: Vec<String> = deadlines(self.app)
            .iter()
            .map(|(name, limit)| format!("[{name}]={}", limit.as_millis()))
            .collect();
        code.table("declare -A deadline", &limits);
    }

    fn inputs(&self, code: &mut Code) -> Result<(), Failed> {
        let inputs = &self.app.inputs;
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        let secrets: Vec<&str> = inputs
            .iter()
            .filter(|input| input.ty == InputType::Secret)
            .map(|input| input.name.as_str())
            .collect();
        code.comment(
            "The inputs of a deployment: read once, in prepare, and kept with the release.",
        );
        code.array("input_names", &names, None);
        code.array("secret_names", &secrets, None);
        code.block("read_inputs() {", None, "}", |code| {
            for input in inputs {
                code.line(self.read_input(input)?);
            }
            if inputs.is_empty() {
                code.line("return 0");
            }
            Ok(())
        })
    }

    fn read_input(&self, input: &Input) -> Result<String, Failed> {
        let place = Quoted::text(&self.places.at(input.span))?;
        let (ty, choices): (&str, &[String]) = match &input.ty {
            InputType::String => ("string", &[]),
            InputType::Secret => ("secret", &[]),
            InputType::Path => ("path", &[]),
            InputType::Url => ("url", &[]),
            InputType::Int => ("int", &[]),
            InputType::Port => ("port", &[]),
            InputType::Duration => ("duration", &[]),
            InputType::Bool => ("bool", &[]),
            InputType::OneOf(words) => ("one_of", words),
            InputType::Matching(_) => ("matching", &[]),
        };
        let mut line = format!("read_input {place} {} {ty}", input.name);
        let mut add = |word: &str, value: &str| -> Result<(), Failed> {
            line.push_str(&[" ", word, " ", Quoted::text(value)?.as_str()].concat());
            Ok(())
        };
        if let Some(default) = &input.default {
            add("default", default)?;
        }
        if let Some(file) = &input.file {
            add("file", file)?;
        }
        if let InputType::Matching(pattern) = &input.ty {
            add("pattern", pattern)?;
        }
        if !choices.is_empty() {
            line.push_str(" values");
            for choice in choices {
                line.push(' ');
                line.push_str(Quoted::text(choice)?.as_str());
            }
        }
        line.push_str(" || return");
        Ok(line)
    }

    /// What is copied into a release. It may speak of inputs, so it is asked for when they are known.
    fn artifact(&self, code: &mut Code) -> Result<(), Failed> {
        let artifact = self.app.artifact.as_ref();
        let place = artifact.map(|artifact| self.places.at(artifact.span));
        code.block("artifact_pattern() {", place, "}", |code| {
            let pattern = artifact.map(|artifact| Quoted::template(&artifact.pattern));
            let pattern = pattern
                .transpose()?
                .map_or("''".to_owned(), |word| word.to_string());
            code.line(format!("artifact={pattern}"));
            Ok(())
        })
    }
}

/// As the runtime knows it.
pub(super) fn handover(handover: Handover) -> &'static str {
    match handover {
        Handover::Overlap => "overlap",
        Handover::Exclusive => "exclusive",
    }
}

#[cfg(test)]
mod tests {
    use super::TOOLS;
    use crate::stdlib;

    #[test]
    fn every_tool_is_called_by_the_runtime() {
        let modules = stdlib::files("shell").into_iter().filter_map(stdlib::text);
        let code: Vec<&str> = modules
            .flat_map(str::lines)
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect();
        for tool in TOOLS {
            let called = code.iter().any(|line| {
                line.split(|c: char| !c.is_ascii_alphanumeric())
                    .any(|word| word == tool)
            });
            assert!(called, "{tool}");
        }
    }
}
