//! The promises that must hold in the world when a command has ended, whatever the fault was.

mod survives;
mod warm;

use std::collections::BTreeSet;

use crate::Command;
use crate::accept::Walked;
use crate::plan::{Kind, Phase};
use crate::stand::{Ran, SECRET, Stand};
use crate::trace::Event;
use crate::world::World;

/// A command that has ended.
pub struct Ended<'a> {
    /// The stand of the command.
    pub stand: &'a Stand,
    /// The command.
    pub command: Command,
    /// The world before the command.
    pub before: &'a World,
    /// The world after the command.
    pub after: &'a World,
    /// The command's exit code, output and log.
    pub ran: &'a Ran,
    /// The answer of the plan, if the plan was asked.
    pub walked: Option<&'a Walked>,
}

/// Messages of a shell, or of the script itself, that mean a fault in a script.
const SHELL_SAYS: [&str; 7] = [
    "unbound variable",
    "syntax error",
    "command not found",
    "bad substitution",
    "not a valid identifier",
    "the reason is unknown",
    "the script has no deadline",
];

impl Ended<'_> {
    /// Every broken promise.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for event in &self.ran.events {
            if let Event::Broken(what) = event {
                broken.push(what.clone());
            }
        }
        for words in SHELL_SAYS {
            if self.ran.said.contains(words) || self.ran.log.contains(words) {
                broken.push(format!("the shell says: {words}"));
            }
        }
        self.hides_secrets(&mut broken);
        self.runs_once(&mut broken);
        self.keeps_releases(&mut broken);
        self.keeps_warm(&mut broken);
        let Some(code) = self.ran.code else {
            return broken;
        };
        self.is_said(code, &mut broken);
        if code != 5 {
            self.serves(&mut broken);
        }
        if code != 5 && self.after.phase() == Phase::Idle {
            self.rests(&mut broken);
        }
        if code != 5 {
            self.survives(&mut broken);
        }
        match (code, self.command) {
            (
                0,
                Command::Deploy
                | Command::Prepare
                | Command::Cleanup
                | Command::Rollback
                | Command::RollbackTo
                | Command::Restart
                | Command::Remove,
            ) if self.before.phase() == Phase::Prepared => {
                broken.push("a color that another deployment has reserved was taken".to_owned());
            }
            (0, Command::Deploy) => self.deployed(&mut broken),
            (0, Command::Rollback) => self.rolled_back(&mut broken),
            (0, Command::RollbackTo | Command::Restart) => self.copied(&mut broken),
            (0, Command::Remove) => self.removed(&mut broken),
            (0, Command::Prepare) if self.after.phase() != Phase::Prepared => {
                broken.push(format!(
                    "`prepare` is done, but the journal says {:?}",
                    self.after.phase()
                ));
            }
            (0, Command::Abort | Command::Cleanup) if self.after.phase() == Phase::Prepared => {
                broken.push("the prepared color is still prepared".to_owned());
            }
            (3, _) if self.ran.said.contains("nothing was changed") => {
                self.as_before(&mut broken);
                self.unchanged(&mut broken);
            }
            (1 | 3, _) => self.as_before(&mut broken),
            (2 | 4 | 6, _) if self.is_calm() => self.unchanged(&mut broken),
            _ => {}
        }
        broken
    }

    /// No secret is printed or written into the log, even if a step prints it.
    fn hides_secrets(&self, broken: &mut Vec<String>) {
        if [&self.ran.said, &self.ran.log]
            .iter()
            .any(|text| text.contains(SECRET))
        {
            broken.push("a secret is shown".to_owned());
        }
    }

    /// Whether there was nothing to recover first.
    fn is_calm(&self) -> bool {
        !self.walked.is_some_and(|walked| walked.recovered)
            && matches!(self.before.phase(), Phase::Idle | Phase::Prepared)
    }

    /// The exit code is one that the plan allows there, and the last lines say what happened.
    fn is_said(&self, code: i32, broken: &mut Vec<String>) {
        if !(0..=6).contains(&code) {
            broken.push(format!("exit {code}"));
        }
        if let Some(walked) = self.walked
            && !walked.codes.contains(&code)
        {
            broken.push(format!(
                "exit {code}, but the plan ends with one of {:?}",
                walked.codes
            ));
        }
        let name = match self.command {
            Command::RollbackTo => "rollback",
            command => command.name(),
        };
        let verdict = format!("{name} of ");
        let has_verdict = self.ran.said.lines().any(|line| {
            let line = line.strip_prefix("error: ").unwrap_or(line);
            line.strip_prefix(&verdict)
                .is_some_and(|rest| rest.contains(": done") || rest.contains(": failed"))
        });
        if !has_verdict {
            broken.push("the output has no line with the result".to_owned());
        }
        let serves = self.stand.color_of(&self.after.force);
        for said in self.said_to_serve() {
            if serves.as_deref() != Some(said) {
                broken.push(format!(
                    "the output says that {said} serves, but {serves:?} is in force"
                ));
            }
        }
    }

    /// The colors of which the last lines say that they serve: `NAME of APP: done in 1s: blue serves, …`, or
    /// `blue serves, as before`.
    fn said_to_serve(&self) -> impl Iterator<Item = &str> {
        let shape = &self.stand.shape;
        let colors = shape
            .after
            .app
            .colors
            .iter()
            .chain(&shape.before.app.colors);
        let lines = self.ran.said.lines();
        lines.filter_map(move |line| {
            let told = match line.split_once(": done in ") {
                Some((_, rest)) => rest.split_once(": ")?.1,
                None => line,
            };
            let (said, rest) = told.split_once(" serves")?;
            let is_verdict = told != line || rest.starts_with(", as before");
            let said = said.trim_end_matches(", which does not pass its probes");
            let mut names = colors.clone().map(|color| color.name.as_str());
            (is_verdict && names.any(|name| name == said)).then_some(said)
        })
    }

    /// The configuration on the disk is in force. The color in force runs, if it ran before.
    fn serves(&self, broken: &mut Vec<String>) {
        let (before, after) = (self.before, self.after);
        let untouched = (&before.disk, &before.force) == (&after.disk, &after.force);
        if after.disk != after.force && !untouched {
            broken.push(format!(
                "the file says {:?}, but {:?} is in force",
                after.disk, after.force
            ));
        }
        // A signal may end a command before its recovery. Then nothing has changed.
        let stopped = untouched && before.phase() == Phase::Swapping && self.ran.code == Some(1);
        if after.phase() == Phase::Swapping && !stopped {
            broken.push("the command ends in the middle of a swap".to_owned());
        }
        let Some(was) = self.stand.color_of(&before.force) else {
            return;
        };
        // The way back of a first deployment leads to no color.
        let is_first = before.phase() == Phase::Swapping && before.says("from").is_none();
        if before.release_in(&was).is_none() || is_first {
            return;
        }
        // Law L2 has only this exception: `remove`, finished by itself or by the next command.
        let is_removed = before.kind() == Kind::Remove && before.phase() == Phase::Switched;
        if is_removed || self.command == Command::Remove && self.ran.code == Some(0) {
            return;
        }
        let Some(color) = self.stand.color_of(&after.force) else {
            broken.push(format!("{was} served, but nothing is in force now"));
            return;
        };
        let Some(release) = after.release_in(&color) else {
            broken.push(format!(
                "{color} is in force, but none of its services runs"
            ));
            return;
        };
        let built = self.stand.built_of(release);
        for service in built.services() {
            let ran = before.has(&was, service);
            let after_app = &self.stand.shape.after;
            let mut exclusive = built.exclusive().chain(after_app.exclusive());
            let once = exclusive.any(|name| name == service);
            // For a service that was started by hand: it must run only if it ran before. An exclusive service may be
            // stopped while its move is unfinished.
            let is_moved =
                once && (after.phase() != Phase::Idle || !ran) && self.ran.code != Some(0);
            if is_moved || (release == "-" && !ran) {
                continue;
            }
            if !after.has(&color, service) {
                broken.push(format!(
                    "{color} is in force, but its {service} does not run"
                ));
            }
        }
    }

    /// No exclusive service runs in both colors. This includes one that is exclusive only in one of them.
    fn runs_once(&self, broken: &mut Vec<String>) {
        let runs = self.after.runs.iter().filter(|(_, running)| running.once);
        let exclusive: BTreeSet<&(String, String)> = runs.map(|(at, _)| at).collect();
        let colors: BTreeSet<&str> = exclusive.iter().map(|(color, _)| color.as_str()).collect();
        let is_twice = self.after.runs.keys().any(|(color, service)| {
            let mut others = exclusive.iter();
            others.any(|(other, name)| other != color && name == service)
        });
        if colors.len() > 1 || is_twice {
            broken.push("exclusive services run in both colors".to_owned());
        }
    }

    /// A new release serves. No other release runs, except one that `keep warm` keeps running.
    fn deployed(&self, broken: &mut Vec<String>) {
        let after = self.after;
        let color = self.stand.color_of(&after.force).unwrap_or_default();
        let release = after.release_in(&color).unwrap_or_default();
        if self.before.releases.contains(release) || release.is_empty() {
            broken.push(format!(
                "the command is done, but {release:?} serves, which is not new"
            ));
        }
        let failed = |word: &str| {
            let mut events = self.ran.events.iter();
            events.any(|event| matches!(event, Event::Failed(words) if words.starts_with(word)))
        };
        let is_left = failed("drain ") || failed("stop ") || failed("close_journal");
        if after.phase() != Phase::Idle && !is_left {
            broken.push(format!(
                "the command is done, but the journal says {:?}",
                after.phase()
            ));
        }
    }

    /// The live release is a copy of the wanted one.
    fn copied(&self, broken: &mut Vec<String>) {
        self.deployed(broken);
        let color = self.stand.color_of(&self.after.force).unwrap_or_default();
        let release = self.after.release_in(&color).unwrap_or_default();
        let of = self.after.meta(release, "copied").map(str::to_owned);
        let wanted = match self.command {
            Command::RollbackTo => Some(self.before.wanted()),
            // After an interrupted run the recovery comes first, and may change the live release.
            _ if self.is_calm() => self.before.live.clone(),
            _ => return,
        };
        if of != wanted && !self.walked.is_some_and(|walked| walked.recovered) {
            broken.push(format!("a copy of {of:?} serves, not of {wanted:?}"));
        }
    }

    /// Nothing of the app serves, runs or is stored.
    fn removed(&self, broken: &mut Vec<String>) {
        let after = self.after;
        let ours = |release: &str| release != "-";
        if let Some(color) = self.stand.color_of(&after.force) {
            broken.push(format!("the app is removed, but {color} is in force"));
        }
        if after.runs.values().any(|running| ours(&running.release)) {
            broken.push("the app is removed, but one of its services runs".to_owned());
        }
        if !after.boots.is_empty() {
            broken.push("it is removed, and something of it starts after a reboot".to_owned());
        }
        if !after.releases.is_empty() || !after.journal.is_empty() {
            broken.push("the app is removed, but its state is still there".to_owned());
        }
    }

    /// Only `remove` may lose a release that a rollback can go to, while there are few releases.
    fn keeps_releases(&self, broken: &mut Vec<String>) {
        const KEPT: usize = 3;
        if self.command == Command::Remove || self.before.served.len() > KEPT {
            return;
        }
        if let Some(lost) = self
            .before
            .served
            .iter()
            .find(|release| !self.after.releases.contains(*release))
        {
            broken.push(format!("release {lost} was good, but it is gone"));
        }
    }

    /// Nothing is under way. The release that serves is the one that the script knows as live. Nothing else that the
    /// script started runs, except what `keep warm` keeps running.
    fn rests(&self, broken: &mut Vec<String>) {
        let after = self.after;
        for (name, pointer) in [("live", &after.live), ("previous", &after.previous)] {
            if let Some(release) = pointer
                .as_ref()
                .filter(|release| !after.releases.contains(*release))
            {
                broken.push(format!("{name} is release {release}, which is gone"));
            }
        }
        let color = self.stand.color_of(&after.force).unwrap_or_default();
        let serves = after.release_in(&color).filter(|release| *release != "-");
        if serves.is_some() && serves != after.live.as_deref() {
            broken.push(format!("{serves:?} serves, but live is {:?}", after.live));
        }
        let app = &self.stand.shape.after.app;
        let is_warm = app.cleanup.previous == deployc::model::Previous::KeptWarm;
        for ((other, service), running) in &after.runs {
            if *other != color && (running.once || !is_warm) && running.release != "-" {
                broken.push(format!(
                    "nothing is under way, but {service} of {other} runs"
                ));
            }
        }
    }

    /// The rollback ends at the release that served before the live one. For an interrupted deploy, at the release that
    /// this deploy had found live.
    fn rolled_back(&self, broken: &mut Vec<String>) {
        let before = self.before;
        let expected = match (before.phase(), before.kind()) {
            (Phase::Swapping, Kind::Deploy) => before.live.as_deref(),
            (Phase::Switched, Kind::Deploy | Kind::Rollback) => before.says("previous"),
            _ => before.previous.as_deref(),
        };
        let color = self.stand.color_of(&self.after.force).unwrap_or_default();
        let release = self.after.release_in(&color);
        if release != expected {
            broken.push(format!(
                "the rollback ends at {release:?}, not at {expected:?}"
            ));
        }
    }

    /// The release that served before still serves. If nothing did, the proxy's file is the same, byte for byte.
    fn as_before(&self, broken: &mut Vec<String>) {
        if self.before.phase() == Phase::Swapping {
            return;
        }
        let serves = |world: &World| {
            let color = self.stand.color_of(&world.force)?;
            Some((world.release_in(&color)?.to_owned(), color))
        };
        let Some(before) = serves(self.before) else {
            if self.after.file != self.before.file {
                broken.push("nothing served, and the proxy's file is not as it was".to_owned());
            }
            return;
        };
        let after = serves(self.after);
        // An adopted color is the same color under another name: that of the release that can stop it now.
        let is_same = after
            .as_ref()
            .is_some_and(|after| after.1 == before.1 && (after.0 == before.0 || before.0 == "-"));
        if !is_same {
            broken.push(format!("{before:?} served, and now {after:?} does"));
        }
    }

    /// The command has changed nothing.
    fn unchanged(&self, broken: &mut Vec<String>) {
        let (before, after) = (self.before, self.after);
        if before.runs != after.runs || before.force != after.force || before.disk != after.disk {
            broken.push("the command was refused, but it has changed the world".to_owned());
        }
    }
}
