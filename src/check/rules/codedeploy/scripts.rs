//! The user's own scripts, and the user that hooks run as.

use super::{LONGEST, Rules};
use crate::check::rules::source_place::{run_of, setting_span};
use crate::check::values::text_forms;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Privilege, SettingValue};

impl Rules<'_> {
    /// Checks the user's own scripts. Reports BG612: a bad path. Reports BG603: their timeout is out of range.
    pub(super) fn scripts(&self) {
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
                Some("is absolute, but the agent appends it to the bundle's folder".to_owned())
            } else if location.split('/').any(|part| part == "..") {
                Some("leads out of the bundle".to_owned())
            } else if location.contains(char::is_whitespace) {
                Some(
                    "contains a blank: a hook takes no arguments, and its path cannot contain blanks"
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
                    .help("write a path in the bundle that consists of letters, digits, `.`, `_`, `-` and `/`, for example `scripts/warm-up.sh`"),
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
                    format!(
                        "CodeDeploy accepts timeouts from 1 to {LONGEST} seconds, not {seconds}"
                    ),
                )
                .help("work that takes longer than an hour does not belong in a deployment"),
            );
        }
    }

    /// Checks the user that the hooks run as. Reports BG610, BG611 and BG613.
    pub(super) fn runas(&self) {
        let Some(user) = self.text("runas") else {
            self.keepers();
            return;
        };
        let span = self.span("runas");
        if user == "root" {
            self.findings.push(
                Diagnostic::new(
                    Code::RUNAS_ORPHANS,
                    span,
                    "with `runas = \"root\"` the agent calls `su root`, which is not needed",
                )
                .help("leave `runas` out: the agent is root already. When a hook with `runas` times out, the agent ends only `su`"),
            );
            self.keepers();
            return;
        }
        if user.is_empty() || !text_forms::is_user(&user) {
            let message = if user.is_empty() {
                "with an empty `runas` the hooks silently run as the agent's user".to_owned()
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
                "when a hook with `runas` times out, the agent ends only `su`",
            )
            .help("the processes that the hook started keep running beside the next deployment until they end by themselves; leave `runas` out"),
        );
        let mut run = self.app.services.iter().map(|service| &service.run);
        if let Some(run) = run.find(|run| run.driver.is_or_extends("process")) {
            self.findings.push(
                Diagnostic::new(
                    Code::DIES_WITH_AGENT,
                    span,
                    format!("without root, `run {}` starts the app in the agent's own cgroup", run.driver.name),
                )
                .also(run.span, "started here")
                .help("a restart of the agent, for example for its own update, would end the app; as root the script starts a unit of its own"),
            );
        }
    }

    /// Reports BG613: services that run in a session although the hooks run as root.
    fn keepers(&self) {
        for service in &self.app.services {
            let run = &service.run;
            let in_session = run.driver.is_or_extends("process")
                && matches!(
                    run.setting("keeper"),
                    Some(SettingValue::Text(template)) if template.as_literal().as_deref() == Some("session")
                );
            if !in_session {
                continue;
            }
            let written = run_of(service, self.statements);
            self.findings.push(
                Diagnostic::new(
                    Code::DIES_WITH_AGENT,
                    written.map_or(run.span, |used| setting_span(used, "keeper")),
                    format!(
                        "with `keeper = session`, `run {}` starts the app in the agent's own cgroup",
                        run.driver.name
                    ),
                )
                .also(self.written.driver.span, "called from here")
                .help("a restart of the agent, for example for its own update, would end the app; leave `keeper` out: the script is root and starts a unit of its own"),
            );
        }
    }
}
