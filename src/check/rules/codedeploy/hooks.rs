//! Events, and the commands of the deploy that run in them.

use super::{EVENTS, RESERVED, Rules};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Piece, SettingValue};
use crate::source::Span;
use crate::suggestions::{listed, nearest};
use crate::syntax::tree::{Setting, Value};
use std::collections::BTreeMap;

impl Rules<'_> {
    /// Reports BG602: an event with commands and a script. Reports what is wrong with one event: see `event`.
    pub(super) fn events(&self) {
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
                        format!("`{event}` already runs commands of the deploy"),
                    )
                    .help("the agent would run only one of the two; call your script from a step, for example `before start { exec [...] }`, or choose another event"),
                );
            }
        }
    }

    /// Reports BG601 (a reserved event), BG206 (no event), BG605 (the revision before) and BG604 (no load balancer).
    fn event(&self, event: &str, span: Span) {
        if RESERVED.contains(&event) {
            self.findings.push(
                Diagnostic::new(
                    Code::RESERVED_EVENT,
                    span,
                    format!("CodeDeploy reserves `{event}` for itself: no script ever runs in it"),
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
                .help("on a first deployment it runs nothing, and a mistake in this script breaks the next deployment, which cannot correct it; the first event that runs a script of this revision is `BeforeInstall`"),
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
                .help("if your group has one, write `load_balancer = true`; otherwise choose another event"),
            );
        }
    }

    /// Checks `hook "EVENT" { within = … }`. Reports BG206: an event without commands. Reports BG602: two limits.
    pub(super) fn hooks(&self) {
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
                        format!("`{event}` has two limits"),
                    )
                    .also(first, "the first limit is here")
                    .help("remove one of them"),
                );
            }
        }
    }

    /// Reports BG615: a phase that does not run. Reports BG616: a phase that runs before one that it needs.
    pub(super) fn phases(&self) {
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
                    .help("name commands for it, or remove the event"),
                );
            }
            for (index, command) in commands.iter().enumerate() {
                if let SettingValue::Text(template) = command
                    && let [Piece::Literal(command)] = template.pieces.as_slice()
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
                        format!("`prepare` runs in `{event}`, before Install has copied the files that it needs"),
                    )
                    .help("the first event after Install is `AfterInstall`; the default is `ApplicationStart`"),
                );
            }
        }
    }
}
