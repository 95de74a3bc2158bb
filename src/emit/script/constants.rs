//! Values that are the same for every color and deployment: names, folders, limits, inputs.

use super::super::quoted::Quoted;
use super::colors::chain_words;
use super::{Code, Failed, Script};
use crate::model::{
    DriverKind, Input, InputType, OnFailure, Privilege, Service, Verification, Verify,
};
use crate::plan::deadlines;
use std::collections::BTreeSet;

/// The tools that the runtime itself calls, besides bash. `curl` is not among them: without it probes use bash's own
/// `/dev/tcp`.
const TOOLS: [&str; 27] = [
    "awk",
    "cat",
    "chmod",
    "cmp",
    "cp",
    "du",
    "find",
    "flock",
    "grep",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "readlink",
    "rm",
    "sed",
    "sha256sum",
    "stat",
    "sync",
    "tail",
    "tee",
    "touch",
    "tr",
    "wc",
];

/// The environment variable that is the same in all hooks of one deployment.
const DEPLOYMENT: &str = "DEPLOYMENT_ID";

impl Script<'_> {
    pub(super) fn constants(&self, code: &mut Code) -> Result<(), Failed> {
        let app = self.app;
        let at = |span| self.places.at(span);
        code.line(format!("runtime={}", super::runtime::id()));
        code.line(format!("source={}", Quoted::text(&self.places.source())?));
        code.noted(format!("app={}", app.name), at(app.span));
        code.line(format!("root={}", Quoted::text(app.root.as_str())?));
        code.line(format!("staging={}", Quoted::text(app.staging.as_str())?));
        let lines: Vec<String> = app.colors.iter().map(|color| at(color.span)).collect();
        let colors = [&app.colors[0].name, &app.colors[1].name];
        code.array("colors", &colors, Some(lines.join(" ")));
        let services: Vec<_> = app.services.iter().map(|service| &service.name).collect();
        code.array("services", &services, None);
        self.questions(code);
        let inputs = &app.inputs;
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        let secrets: Vec<&str> = inputs
            .iter()
            .filter(|input| input.ty.is_secret())
            .map(|input| input.name.as_str())
            .collect();
        code.array("input_names", &names, None);
        code.array("secret_names", &secrets, None);
        let sudo: &[&str] = match app.privilege {
            Privilege::Own => &[],
            Privilege::Sudo => &["sudo", "-n"],
        };
        code.array("sudo", sudo, None);
        code.noted(format!("lock_wait={}", app.lock_wait.as_millis()), "ms");
        code.noted(
            format!("drain_within={}", app.cleanup.drain.as_millis()),
            app.cleanup
                .span
                .map_or("ms".to_owned(), |span| format!("ms; {}", at(span))),
        );
        let mut environment = app
            .targets
            .iter()
            .flat_map(|target| &target.driver.environment);
        if environment.any(|variable| variable == DEPLOYMENT) {
            code.line(format!("hook_deployment=${{{DEPLOYMENT}-}}"));
        } else {
            code.line("hook_deployment=''");
        }
        code.line(format!("switch_chain=({})", chain_words(&app.switch)));
        code.table("tools", &[self.tools()?], None);
        Ok(())
    }

    /// The questions about a color: the gates of its services and the checks through the proxy.
    fn questions(&self, code: &mut Code) {
        let gates = self.app.services.iter().flat_map(|service| {
            let gates = service.gates.iter();
            gates.map(move |gate| format!("\"{} {}\"", service.name, gate.name))
        });
        code.array("gates", &gates.collect::<Vec<_>>(), None);
        let checks: &[Verify] = match &self.app.verify {
            Verification::Checks(checks) => checks,
            Verification::None { .. } => &[],
        };
        let names: Vec<_> = checks.iter().map(|check| &check.name).collect();
        code.array("verifies", &names, None);
        let warn = |check: &&Verify| check.on_failure == OnFailure::Warn;
        let names: Vec<_> = checks
            .iter()
            .filter(warn)
            .map(|check| &check.name)
            .collect();
        code.array("verifies_that_warn", &names, None);
    }

    fn tools(&self) -> Result<Vec<String>, Failed> {
        // A missing tool of a driver that only notifies must not prevent a deployment.
        let drivers = self.app.drivers().flat_map(|used| used.driver.chain());
        let drivers = drivers.filter(|driver| driver.kind != DriverKind::Notify);
        let tools: BTreeSet<&str> = drivers
            .flat_map(|driver| driver.tools.iter().map(String::as_str))
            .chain(TOOLS)
            .collect();
        tools
            .into_iter()
            .map(|tool| Ok(Quoted::text(tool)?.to_string()))
            .collect()
    }

    /// The deadlines of the core, then of the user's steps, of the proxy's driver, and of each service's driver.
    pub(super) fn deadlines(&self, code: &mut Code) {
        code.gap();
        code.comment(
            "The longest time of each call, in milliseconds: functions of drivers, and the script's own work.",
        );
        let mut own = Vec::new();
        let mut user = Vec::new();
        let mut switch = Vec::new();
        let mut services = vec![Vec::new(); self.app.services.len()];
        let mut others = Vec::new();
        for (key, limit) in deadlines(self.app) {
            let of = |service: &Service| {
                let rest = key.strip_prefix(service.name.as_str());
                rest.is_some_and(|rest| rest.starts_with(' '))
            };
            let group = if key.starts_with("user ") && key.contains('.') {
                &mut user
            } else if let Some(at) = self.app.services.iter().position(of) {
                &mut services[at]
            } else if key.starts_with("switch.") {
                &mut switch
            } else if key.contains([' ', '.']) {
                &mut others
            } else {
                &mut own
            };
            group.push(format!("[\"{key}\"]={}", limit.as_millis()));
        }
        let mut groups = vec![own, user, others, switch];
        groups.extend(services);
        code.table("declare -A deadline", &groups, None);
    }

    /// The inputs of a deployment. `prepare` reads them once, and they are kept with the release.
    pub(super) fn inputs(&self, code: &mut Code) -> Result<(), Failed> {
        let inputs = &self.app.inputs;
        code.gap();
        if inputs.is_empty() {
            code.short("read_inputs", "return 0", None);
            return Ok(());
        }
        code.block("read_inputs() {", None, "}", |code| {
            for input in inputs {
                code.line(self.read_input(input)?);
            }
            Ok(())
        })
    }

    fn read_input(&self, input: &Input) -> Result<String, Failed> {
        let place = Quoted::text(&self.places.at(input.span))?;
        let choices: &[String] = match &input.ty {
            InputType::OneOf(words) => words,
            _ => &[],
        };
        let ty = input.ty.word();
        let mut line = format!("read_input {place} {} {ty}", input.name);
        let mut add = |word: &str, value: &str| -> Result<(), Failed> {
            line.push_str(&[" ", word, " ", Quoted::text(value)?.as_str()].concat());
            Ok(())
        };
        if let Some(default) = &input.default {
            add("default", default)?;
        }
        if let Some(file) = &input.file {
            add("file", file.as_str())?;
        }
        if let Some(pattern) = input.ty.pattern() {
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

    /// The files that are copied into a release. Their path may contain inputs, so it is a function that is called when
    /// the inputs are known.
    pub(super) fn artifact(&self, code: &mut Code) -> Result<(), Failed> {
        let artifact = self.app.artifact.as_ref();
        let place = artifact.map(|artifact| self.places.at(artifact.span));
        let pattern = artifact.map(|artifact| Quoted::template(&artifact.pattern));
        let pattern = pattern
            .transpose()?
            .map_or("''".to_owned(), |word| word.to_string());
        code.short("artifact_pattern", &format!("artifact={pattern}"), place);
        Ok(())
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
