//! A series: one situation and one kind of harm, at one point after the other.

use std::collections::HashSet;
use std::time::Duration;

use crate::cycle::Cycle;
use crate::harm::{Fault, Harm, How, RECORD};
use crate::path::Paths;
use crate::point::{Command, Point, read_record};
use crate::situation::{Situation, good};
use crate::source::Source;
use crate::stand::{STATE, Stand};
use crate::support::load::report::Report;
use crate::support::load::{Load, Long, Rates};

/// The deadline of a run with a record of every command.
const PATIENCE: Duration = Duration::from_secs(180);

/// The kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A signal, at point after point.
    Signals(How),
    /// Each call of each program fails.
    Tools(Fault),
    /// Each program in turn is missing.
    Gone,
}

/// The choice of points.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Only these points, as a report names them.
    pub only: Vec<Point>,
    /// The first point, from 1.
    pub from: usize,
    /// Takes every n-th point.
    pub stride: usize,
    /// Takes every n-th point in dangerous functions.
    pub dense: usize,
    /// The greatest number of points.
    pub most: usize,
    /// Which commands count.
    pub scope: Scope,
    /// Whether each crash is printed.
    pub progress: Progress,
}

/// Whether each crash is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Only broken promises are printed.
    Quiet,
    /// Each crash is printed with the time on the load's clock.
    Shown,
}

/// Which commands count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Commands that change something outside of the shell. Between two of them the host stays the same.
    Effects,
    /// All commands.
    Every,
}

/// A situation and the harm in it.
#[derive(Clone, Debug)]
pub struct Series {
    /// The situation.
    pub situation: Situation,
    /// The kind of harm.
    pub kind: Kind,
    /// The points.
    pub choice: Choice,
}

/// The numbers of a series.
#[derive(Default)]
pub struct Result {
    /// The commands or calls of programs in the recorded run.
    pub commands: usize,
    /// The commands at which a run would be interrupted with a stride of 1.
    pub points: usize,
    /// The interrupted runs.
    pub hits: usize,
    /// The requests sent.
    pub sent: usize,
    /// The requests without a good answer.
    pub lost: usize,
    /// The reused idle connections that nginx was just closing.
    pub races: usize,
    /// The broken promises, each with the harm.
    pub broken: Vec<String>,
}

impl Kind {
    /// Returns the name for the table and for `--how`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signals(how) => how.name(),
            Self::Tools(fault) => fault.name(),
            Self::Gone => "not-installed",
        }
    }
}

impl Series {
    /// Runs the series on a host that may have run other series before.
    pub fn run(&self, stand: &Stand, paths: &[Paths; Source::ALL.len()]) -> Result {
        let mut result = Result::default();
        let source = self.situation.source();
        stand.install(source);
        let mut cycle = Cycle {
            stand,
            situation: self.situation,
            paths: &paths[source as usize],
            seen: HashSet::new(),
        };
        if let Err(why) = cycle.begin_anew() {
            result.broken.push(format!("first deploys: {why}"));
            return result;
        }
        let harms = match self.harms(stand, &mut result) {
            Ok(harms) => harms,
            Err(why) => {
                result.broken.push(why);
                return result;
            }
        };
        let load = self
            .situation
            .has_users()
            .then(|| Load::start(&stand.host.network(), 80, self.rates()));
        let mut times: Vec<(Duration, String)> = Vec::new();
        for (number, harm) in harms.iter().enumerate() {
            let began = load.as_ref().map_or(Duration::ZERO, Load::now);
            let found = cycle.crash(harm, number);
            let place = found
                .hit
                .as_ref()
                .map_or_else(|| harm.to_string(), |hit| format!("{harm}, {hit}"));
            result
                .broken
                .extend(found.broken.iter().map(|what| format!("{place}: {what}")));
            if self.choice.progress == Progress::Shown {
                println!("{began:.3?} {place}");
            }
            times.push((began, place));
            result.hits += usize::from(found.hit.is_some() || matches!(harm, Harm::Gone(_)));
            if found.hit.is_none() && self.choice.scope == Scope::Every {
                break;
            }
        }
        if let Some(load) = load {
            count(&load.stop(), &times, &mut result);
        }
        result
    }

    /// Returns the rates: 120 short requests per second, and long ones in situations about the drain. The promise
    /// covers only requests that end within the drain, so the long requests are shorter than the drain.
    fn rates(&self) -> Rates {
        let long = |lasts, pause| {
            self.situation.has_long_requests().then(|| Long {
                lasts: Duration::from_millis(lasts),
                pause: Duration::from_millis(pause),
            })
        };
        Rates {
            keep_alive: 2,
            one_shot: 4,
            slow: long(1000, 200),
            stream: long(2000, 700),
        }
    }

    /// Returns the harms of the series in order, from a recorded run without harm.
    fn harms(&self, stand: &Stand, result: &mut Result) -> std::result::Result<Vec<Harm>, String> {
        let record = match self.kind {
            Kind::Signals(how) => Harm::RecordPoints(how),
            Kind::Tools(_) | Kind::Gone => Harm::RecordTools,
        };
        self.situation.set_up(stand)?;
        let run = stand.run(&[self.situation.command()], &record, PATIENCE);
        if run.code != Some(self.situation.exits()) {
            return Err(format!("recorded: exits {:?}: {}", run.code, run.said));
        }
        let text = stand.host.read(RECORD);
        if text.is_empty() {
            return Err("recorded: no command".to_owned());
        }
        let journal = stand.host.read(&format!("{STATE}/journal"));
        if !journal.is_empty() {
            let prepared = journal.contains("phase=prepared");
            good(stand, if prepared { "abort" } else { "cleanup" })?;
        }
        let mut harms = match self.kind {
            Kind::Signals(how) => {
                let commands = read_record(&text);
                result.commands = commands.len();
                let scope = self.choice.scope;
                let counts = |command: &&Command| scope == Scope::Every || command.has_effect;
                result.points = commands.iter().filter(counts).count();
                self.points(how, commands)
            }
            Kind::Tools(fault) => calls(&text)
                .into_iter()
                .map(|(tool, call)| Harm::Tool(tool, call, fault))
                .collect(),
            Kind::Gone => {
                let mut tools: Vec<_> = calls(&text).into_iter().map(|(tool, _)| tool).collect();
                tools.sort();
                tools.dedup();
                // Without `env` no script can begin, because its first line names it.
                tools.retain(|tool| tool != "env");
                tools.into_iter().map(Harm::Gone).collect()
            }
        };
        if !matches!(self.kind, Kind::Signals(_)) {
            result.commands = harms.len();
            result.points = harms.len();
            let choice = &self.choice;
            harms = harms
                .into_iter()
                .skip(choice.from - 1)
                .step_by(choice.stride)
                .collect();
        }
        harms.truncate(self.choice.most);
        Ok(harms)
    }

    fn points(&self, how: How, commands: Vec<Command>) -> Vec<Harm> {
        let Choice {
            ref only,
            from,
            stride,
            dense,
            scope,
            ..
        } = self.choice;
        let all = commands.len();
        let mut commands = commands;
        commands.retain(|command| scope == Scope::Every || command.has_effect);
        let mut in_dense = 0;
        let mut points = Vec::new();
        for (index, command) in commands.into_iter().enumerate() {
            if !only.is_empty() {
                points.extend(only.contains(&command.point).then_some(command.point));
                continue;
            }
            in_dense += usize::from(command.is_dense);
            let taken = index + 1 >= from && (index + 1 - from).is_multiple_of(stride);
            if taken || (command.is_dense && in_dense % dense == from % dense) {
                points.push(match scope {
                    Scope::Effects => command.point,
                    Scope::Every => Point {
                        place: String::new(),
                        turn: index + 1,
                    },
                });
            }
        }
        if scope == Scope::Every && stride == 1 {
            // A run may have more commands than the recorded one. The first run without harm ends the series.
            points.extend((all + 1..all + 2000).map(|turn| Point {
                place: String::new(),
                turn,
            }));
        }
        points
            .into_iter()
            .map(|point| Harm::Signal(how, point))
            .collect()
    }
}

/// Counts the requests. A lost request belongs to the last crash before it ended.
fn count(report: &Report, times: &[(Duration, String)], result: &mut Result) {
    result.sent = report.records.len();
    result.lost = report.lost();
    result.races = report.races();
    for record in &report.records {
        if let Err(why) = &record.result {
            let at = times.partition_point(|(began, _)| *began <= record.ended);
            let place = times
                .get(at.saturating_sub(1))
                .map_or("", |(_, place)| place.as_str());
            result.broken.push(format!(
                "{place}: {:?} lost: {why:?} ({:.3?} to {:.3?})",
                record.kind, record.sent, record.ended
            ));
        }
    }
}

/// Returns the called programs, each with the number of its call.
fn calls(text: &str) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    text.lines()
        .map(|tool| {
            let count = counts.entry(tool.to_owned()).or_insert(0);
            *count += 1;
            (tool.to_owned(), *count)
        })
        .collect()
}
