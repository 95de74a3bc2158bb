//! What CodeDeploy's agent refuses, misreads or silently skips (agent 1.8.1 and its user guide).

use super::setting_span;
use crate::check::findings::Findings;
use crate::check::near::{listed, nearest};
use crate::check::parts::Parts;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, DriverUse, Privilege, SettingValue, Step, StepRun, Template};
use crate::source::Span;
use crate::syntax::tree::{self, Setting, Value};
use std::collections::BTreeMap;

/// Events that run scripts, in the order of an in-place deployment.
const EVENTS: &[&str] = &[
    "BeforeBlockTraffic",
    "AfterBlockTraffic",
    "ApplicationStop",
    "BeforeInstall",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];

/// Events that a script may be written for, and never runs.
const RESERVED: &[&str] = &[
    "Start",
    "BlockTraffic",
    "DownloadBundle",
    "Install",
    "AllowTraffic",
    "End",
];

/// The longest timeout of a hook, in seconds.
const LONGEST: i64 = 3600;

struct Rules<'a> {
    app: &'a App,
    target: &'a DriverUse,
    written: &'a tree::DriverUse,
    findings: &'a Findings,
}

/// BG6xx
pub(super) fn check(app: &App, parts: &Parts<'_>, findings: &Findings) {
    for (target, (written, _)) in app.targets.iter().zip(&parts.targets) {
        if target.driver.name.as_str() != "codedeploy" {
            continue;
        }
        let rules = Rules {
            app,
            target,
            written,
            findings,
        };
        rules.events();
        rules.hooks();
        rules.phases();
        rules.scripts();
        rules.runas();
        rules.files();
        rules.permissions();
        rules.collisions();
    }
}

impl Rules<'_> {
    fn span(&self, setting: &str) -> Span {
        setting_span(self.written, setting)
    }

    fn map(&self, setting: &str) -> &[(String, SettingValue)] {
        match self.target.setting(setting) {
            Some(SettingValue::Map(entries)) => entries,
            _ => &[],
        }
    }

    fn text(&self, setting: &str) -> Option<String> {
        match self.target.setting(setting)? {
            SettingValue::Text(template) => template.as_literal(),
            _ => None,
        }
    }

    /// Where the key of a map stands; the map's or the target's own place when it is a default.
    fn key_span(&self, setting: &str, key: &str) -> Span {
        self.entry(setting, key)
            .map_or_else(|| self.span(setting), |entry| entry.key.span())
    }

    fn value_span(&self, setting: &str, key: &str) -> Span {
        self.entry(setting, key)
            .map_or_else(|| self.span(setting), |entry| entry.value.span())
    }

    fn entry(&self, setting: &str, key: &str) -> Option<&tree::Entry> {
        let body = self.written.body.as_ref()?;
        body.statements.iter().find_map(|statement| {
            let Setting::Assign { name, value } = &statement.node else {
                return None;
            };
            let Value::Map(map) = value else {
                return None;
            };
            if name.text != setting {
                return None;
            }
            let mut entries = map.body.statements.iter().map(|entry| &entry.node);
            entries.find(|entry| match &entry.key {
                Value::Word(word) => word.text == key,
                Value::Text(text) => text.literal().as_deref() == Some(key),
                _ => false,
            })
        })
    }

    fn events(&self) {
        for setting in ["events", "scripts"] {
            for (event, _) in self.map(setting) {
                self.event(event, self.key_span(setting, event));
            }
        }
        for (event, _) in self.map("scripts") {
            if self.map("events").iter().any(|(known, _)| known == event) {
                self.findings.push(
                    Diagnostic::new(
                        Code::HOOK_TWICE,
                        self.key_span("scripts", event),
                        format!("`{event}` runs commands of the deploy already"),
                    )
                    .help("the agent would run only one of the two; call your script from a step, as `before start { exec [...] }`, or take another event"),
                );
            }
        }
    }

    fn event(&self, event: &str, span: Span) {
        if RESERVED.contains(&event) {
            self.findings.push(
                Diagnostic::new(
                    Code::RESERVED_EVENT,
                    span,
                    format!("CodeDeploy keeps `{event}` for itself: no script ever runs in it"),
                )
                .help(format!(
                    "events that run scripts: {}",
                    listed(EVENTS, "and")
                )),
            );
            return;
        }
        if !EVENTS.contains(&event) {
            let finding = Diagnostic::new(
                Code::UNKNOWN_WORD,
                span,
                format!("CodeDeploy has no event `{event}`"),
            )
            .help(format!(
                "events that run scripts: {}",
                listed(EVENTS, "and")
            ));
            self.findings
                .push(match nearest(event, EVENTS.iter().copied()) {
                    Some(near) => finding
                        .label(format!("did you mean `{near}`?"))
                        .fix(span, near),
                    None => finding,
                });
            return;
        }
        if matches!(
            event,
            "ApplicationStop" | "BeforeBlockTraffic" | "AfterBlockTraffic"
        ) {
            self.findings.push(
                Diagnostic::new(
                    Code::OLD_REVISION,
                    span,
                    format!("`{event}` runs the script of the revision before this one"),
                )
                .help("on a first deployment it does nothing, and a mistake in it can only be mended by the deployment that it breaks; `BeforeInstall` is the first that runs this revision's"),
            );
        }
        let balanced = matches!(
            self.target.setting("load_balancer"),
            Some(SettingValue::Bool(true))
        );
        if event.ends_with("Traffic") && !balanced {
            self.findings.push(
                Diagnostic::new(
                    Code::NO_LOAD_BALANCER,
                    span,
                    format!("`{event}` happens only in a deployment group with a load balancer"),
                )
                .help("if yours has one, say `load_balancer = true`; else take another event"),
            );
        }
    }

    /// `hook "EVENT" { within = … }`
    fn hooks(&self) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let statements = self.written.body.iter().flat_map(|body| &body.statements);
        for statement in statements {
            let Setting::Part { name, label, .. } = &statement.node else {
                continue;
            };
            let (Some(label), "hook") = (label, name.text.as_str()) else {
                continue;
            };
            let known: Vec<&str> = self
                .map("events")
                .iter()
                .map(|(event, _)| event.as_str())
                .collect();
            let word = match label {
                Value::Word(word) => word.text.clone(),
                Value::Text(text) => text.literal().unwrap_or_default(),
                _ => continue,
            };
            let Some(event) = known.iter().find(|event| **event == word) else {
                let finding = Diagnostic::new(
                    Code::UNKNOWN_WORD,
                    label.span(),
                    format!("no commands run in `{word}`"),
                )
                .help(format!("commands run in {}", listed(&known, "and")));
                self.findings.push(match nearest(&word, known) {
                    Some(near) => finding
                        .label(format!("did you mean `{near}`?"))
                        .fix(label.span(), format!("\"{near}\"")),
                    None => finding,
                });
                continue;
            };
            if let Some(first) = seen.insert(event, label.span()) {
                self.findings.push(
                    Diagnostic::new(
                        Code::HOOK_TWICE,
                        label.span(),
                        format!("`{event}` is limited twice"),
                    )
                    .also(first, "first limited here")
                    .help("remove one of them"),
                );
            }
        }
    }

    /// Every phase must run, after what it needs.
    fn phases(&self) {
        let place = |event: &str| EVENTS.iter().position(|known| *known == event);
        let mut calls: Vec<(usize, usize, &str, &str)> = Vec::new();
        for (event, commands) in self.map("events") {
            let (Some(at), SettingValue::List(commands)) = (place(event), commands) else {
                continue;
            };
            if commands.is_empty() {
                self.findings.push(
                    Diagnostic::new(
                        Code::PHASE_MISSING,
                        self.value_span("events", event),
                        format!("`{event}` runs nothing"),
                    )
                    .help("name commands, or remove the event"),
                );
            }
            for (index, command) in commands.iter().enumerate() {
                if let SettingValue::Text(template) = command
                    && let [crate::model::Piece::Literal(command)] = template.pieces.as_slice()
                {
                    calls.push((at, index, event, command));
                }
            }
        }
        calls.sort_unstable();
        let first = |command: &str| {
            calls
                .iter()
                .position(|(_, _, _, called)| *called == command)
        };
        let mut before: Option<(usize, &str)> = None;
        for command in ["prepare", "switch", "cleanup"] {
            let Some(at) = first(command) else {
                self.findings.push(
                    Diagnostic::new(
                        Code::PHASE_MISSING,
                        self.span("events"),
                        format!("no event runs `{command}`"),
                    )
                    .help("a deploy is `prepare`, `switch` and `cleanup`: name each in an event"),
                );
                continue;
            };
            let (_, _, event, _) = calls[at];
            if let Some((earlier, name)) = before
                && at < earlier
            {
                self.findings.push(
                    Diagnostic::new(
                        Code::HOOK_ORDER,
                        self.value_span("events", event),
                        format!("`{command}` runs before `{name}`"),
                    )
                    .help(format!(
                        "a deploy is `prepare`, `switch`, `cleanup`, in events in this order: {}",
                        listed(&EVENTS[3..7], "and")
                    )),
                );
            }
            before = Some((at, command));
        }
        if let Some(at) = first("prepare") {
            let (event_at, _, event, _) = calls[at];
            if Some(event_at) < place("AfterInstall") {
                self.findings.push(
                    Diagnostic::new(
                        Code::HOOK_ORDER,
                        self.value_span("events", event),
                        format!("`prepare` runs in `{event}`, before Install has copied what it needs"),
                    )
                    .help("`AfterInstall` is the first event after it; the default is `ApplicationStart`"),
                );
            }
        }
    }

    /// Scripts of the user's own.
    fn scripts(&self) {
        for (event, location) in self.map("scripts") {
            let SettingValue::Text(template) = location else {
                continue;
            };
            let Some(location) = template.as_literal() else {
                continue;
            };
            let allowed = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
            let fault = if location.is_empty() {
                Some("names no script".to_owned())
            } else if location.starts_with('/') {
                Some("is absolute, and the agent joins it to the bundle's folder".to_owned())
            } else if location.split('/').any(|part| part == "..") {
                Some("leads out of the bundle".to_owned())
            } else if location.contains(char::is_whitespace) {
                Some(
                    "has a blank in it: a hook takes no arguments, and its path no blanks"
                        .to_owned(),
                )
            } else {
                location
                    .chars()
                    .find(|c| !allowed(*c))
                    .map(|c| format!("contains `{c}`"))
            };
            if let Some(fault) = fault {
                self.findings.push(
                    Diagnostic::new(
                        Code::BAD_LOCATION,
                        self.value_span("scripts", event),
                        format!("`{location}` {fault}"),
                    )
                    .help("a path in the bundle, of letters, digits, `.`, `_`, `-` and `/`: `scripts/warm-up.sh`"),
                );
            }
        }
        if let Some(&SettingValue::Int(seconds)) = self.target.setting("script_timeout")
            && !(1..=LONGEST).contains(&seconds)
        {
            self.findings.push(
                Diagnostic::new(
                    Code::HOOK_LIMIT,
                    self.span("script_timeout"),
                    format!("CodeDeploy takes timeouts from 1 to {LONGEST} seconds, not {seconds}"),
                )
                .help("what takes longer than an hour does not belong into a deployment"),
            );
        }
    }

    /// The user that the hooks run as.
    fn runas(&self) {
        let Some(user) = self.text("runas") else {
            return;
        };
        let span = self.span("runas");
        if user == "root" {
            return;
        }
        if user.is_empty() || !crate::check::shape::is_user(&user) {
            let message = if user.is_empty() {
                "an empty `runas` runs as the agent's user, silently".to_owned()
            } else {
                format!("`{user}` cannot be the name of a user")
            };
            self.findings.push(
                Diagnostic::new(Code::RUNAS_RIGHTS, span, message)
                    .help("leave it out for root, or name a user of the host"),
            );
            return;
        }
        if self.app.privilege == Privilege::Own {
            self.findings.push(
                Diagnostic::new(
                    Code::RUNAS_RIGHTS,
                    span,
                    format!("`{user}` may neither write the proxy's file nor reload the proxy"),
                )
                .help("leave `runas` out: the script runs as root and starts the app as its own `user`; or add `sudo` to the app"),
            );
        }
        self.findings.push(
            Diagnostic::new(
                Code::RUNAS_ORPHANS,
                span,
                "when a hook with `runas` times out, the agent ends `su` and nothing else",
            )
            .help("what the hook had started runs on beside the next deployment, until it ends by itself; leave `runas` out"),
        );
        let mut run = self.app.services.iter().map(|service| &service.run);
        if let Some(run) = run.find(|run| is_process(run)) {
            self.findings.push(
                Diagnostic::new(
                    Code::DIES_WITH_AGENT,
                    span,
                    format!("without root, `run {}` starts the app in the agent's own cgroup", run.driver.name),
                )
                .also(run.span, "started here")
                .help("a restart of the agent, by its own update for one, would end the app; as root the script starts a unit of its own"),
            );
        }
    }

    fn files(&self) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        if let (Some(destination), Some(source)) = (self.text("destination"), self.text("source")) {
            seen.insert(destination, source);
        }
        for (source, destination) in self.map("files") {
            let SettingValue::Text(template) = destination else {
                continue;
            };
            let Some(destination) = template.as_literal() else {
                continue;
            };
            if let Some(first) = seen.get(&destination) {
                self.findings.push(
                    Diagnostic::new(
                        Code::SAME_DESTINATION,
                        self.value_span("files", source),
                        format!("`{source}` and `{first}` are copied to the same `{destination}`"),
                    )
                    .help(
                        "give each a folder of its own, or put them into one folder of the bundle",
                    ),
                );
            } else {
                seen.insert(destination, source.clone());
            }
        }
    }

    fn permissions(&self) {
        for (object, mode) in self.map("modes") {
            let SettingValue::Text(template) = mode else {
                continue;
            };
            let Some(mode) = template.as_literal() else {
                continue;
            };
            let octal =
                (1..=4).contains(&mode.len()) && mode.chars().all(|c| ('0'..='7').contains(&c));
            if !octal {
                self.findings.push(
                    Diagnostic::new(
                        Code::BAD_MODE,
                        self.value_span("modes", object),
                        format!("`{mode}` is no mode: one to four octal digits"),
                    )
                    .help("as in `\"755\"` or `\"644\"`"),
                );
            }
        }
        let mut objects: Vec<(&str, &str)> = Vec::new();
        for setting in ["modes", "owners"] {
            for (object, _) in self.map(setting) {
                if !objects.iter().any(|(known, _)| known == object) {
                    objects.push((object, setting));
                }
            }
        }
        for (object, setting) in &objects {
            let above = objects.iter().find(|(known, _)| {
                object
                    .strip_prefix(known.trim_end_matches('/'))
                    .is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
            });
            if let Some((above, _)) = above {
                self.findings.push(
                    Diagnostic::new(
                        Code::OBJECT_TWICE,
                        self.key_span(setting, object),
                        format!("`{object}` is below `{above}`, which has permissions already"),
                    )
                    .help("the agent gives permissions to a folder and all below it, and fails when it meets a file twice"),
                );
            }
        }
    }

    /// `DISALLOW` with steps that write where Install copies to.
    fn collisions(&self) {
        if self.text("file_exists_behavior").as_deref() != Some("DISALLOW") {
            return;
        }
        let steps = &self.app.steps;
        let all = [
            &steps.before_start,
            &steps.before_switch,
            &steps.after_switch,
            &steps.after_verify,
            &steps.after_stop,
        ];
        let staging = &self.app.staging;
        let writes = all
            .into_iter()
            .flatten()
            .find(|step| speaks_of(step, staging));
        if let Some(step) = writes {
            self.findings.push(
                Diagnostic::new(
                    Code::COLLISION,
                    self.span("file_exists_behavior"),
                    "with `DISALLOW`, a file that a step leaves in the staging folder fails the next deployment",
                )
                .also(step.span, "this step works there")
                .help("`OVERWRITE`, the default, does not mind; or let the step work in `{slot}`"),
            );
        }
    }
}

/// Whether a driver is, or extends, `process`.
fn is_process(run: &DriverUse) -> bool {
    let mut next = Some(&run.driver);
    while let Some(driver) = next {
        if driver.name.as_str() == "process" {
            return true;
        }
        next = driver.base.as_ref();
    }
    false
}

fn speaks_of(step: &Step, folder: &str) -> bool {
    let text = |template: &Template| {
        template.pieces.iter().any(
            |piece| matches!(piece, crate::model::Piece::Literal(text) if text.contains(folder)),
        )
    };
    let runs = match &step.run {
        StepRun::Exec(command) => command.iter().any(text),
        StepRun::Shell(script) => script.contains(folder) || script.contains("$staging"),
        StepRun::Notify(_) => false,
    };
    runs || step.folder.as_ref().is_some_and(text)
}
