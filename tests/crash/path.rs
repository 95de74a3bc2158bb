//! Whether the steps that a run logged are a path of the plan: recovery of what was before, then steps in order, then the way back of
//! the last one. A run that was killed may end anywhere on such a path.

use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::plan::Step;
use deployc::source::Sources;

use crate::log::Logged;
use crate::stand::SOURCE;
use crate::titles::{self, Spot, spots};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was killed.
    Cut,
    /// It failed, or was asked to stop.
    Failed,
    /// It exited 0.
    Good,
}

/// The paths of the plan of `deploy.bg`.
pub struct Paths {
    prepare: Vec<Spot>,
    switch: Vec<Spot>,
    cleanup: Vec<Spot>,
    rollback: Vec<Spot>,
    abort: Vec<Spot>,
    /// What may come before a command's own steps.
    recoveries: Vec<Vec<String>>,
}

struct NoFiles;

impl Loader for NoFiles {
    fn read(&self, _: &camino::Utf8Path) -> Result<Vec<u8>, LoadError> {
        Err(LoadError::Missing)
    }
}

impl Paths {
    /// From the compiler's own plan.
    pub fn new() -> Self {
        let mut sources = Sources::new();
        let main = sources.add("deploy.bg", SOURCE.to_owned());
        let mut report = Report::new();
        let planned = deployc::plan_file(&mut sources, main, &NoFiles, &mut report);
        let (app, plan) = planned
            .and_then(|mut all| all.pop())
            .expect("deploy.bg is correct");
        let along = |steps: &[Step]| titles::along(&app, &plan.switch, steps);
        // The script stops what a run prepared, and drains it, before any step of its own; only the drain is one.
        let mut recoveries = vec![Vec::new(), vec!["drain {to}".to_owned()]];
        let swapping = along(plan.recovery.swapping.steps());
        let switched = along(plan.recovery.switched.steps());
        // A new color that stays has its cleanup at once.
        for stays in &swapping {
            recoveries.extend(switched.iter().map(|rest| [&stays[..], &rest[..]].concat()));
        }
        recoveries.extend(swapping);
        recoveries.extend(switched);
        let drained = recoveries.clone();
        recoveries.extend(drained.into_iter().map(|way| without_drain(&way)));
        Self {
            prepare: spots(&app, &plan.prepare),
            switch: spots(&app, &plan.switch),
            cleanup: spots(&app, &plan.cleanup),
            rollback: spots(&app, &plan.rollback),
            abort: spots(&app, &plan.abort),
            recoveries,
        }
    }

    /// Whether a run took a path of the plan.
    ///
    /// # Errors
    /// What it did, and the nearest that it could have done.
    pub fn check(&self, run: &Logged, end: End) -> Result<(), String> {
        let forward = self.forward(&run.command);
        let fits = |recovery: &[String], colors: [&str; 2], recovered: [&str; 2]| {
            let recovery = named(recovery, recovered);
            match run.steps.strip_prefix(recovery.as_slice()) {
                Some(rest) => goes(&forward, rest, colors, end),
                None => end == End::Cut && recovery.starts_with(&run.steps),
            }
        };
        let both = [
            ["blue", "green"],
            ["green", "blue"],
            ["", "blue"],
            ["", "green"],
        ];
        let possible = self.recoveries.iter().any(|recovery| {
            both.iter().any(|&colors| {
                both.iter()
                    .any(|&recovered| fits(recovery, colors, recovered))
            })
        });
        if possible {
            return Ok(());
        }
        let titles: Vec<_> = forward.iter().map(|spot| spot.title.as_str()).collect();
        Err(format!(
            "{} ({end:?}) logged {:?}, no path of {titles:?}",
            run.command, run.steps
        ))
    }

    fn forward(&self, command: &str) -> Vec<Spot> {
        let phases: &[&[Spot]] = match command {
            "deploy" => &[&self.prepare, &self.switch, &self.cleanup],
            "prepare" => &[&self.prepare],
            "switch" => &[&self.switch],
            "cleanup" => &[&self.cleanup],
            "rollback" => &[&self.rollback, &self.cleanup],
            "abort" => &[&self.abort],
            _ => &[],
        };
        phases.concat()
    }
}

/// There is nothing to drain where the proxy was never asked to reload.
fn without_drain(way: &[String]) -> Vec<String> {
    let other = way.iter().filter(|title| *title != "drain {to}");
    other.cloned().collect()
}

/// Whether `steps` are the first of `forward`, and after them a way back.
fn goes(forward: &[Spot], steps: &[String], colors: [&str; 2], end: End) -> bool {
    let titles = named(
        &forward
            .iter()
            .map(|spot| spot.title.clone())
            .collect::<Vec<_>>(),
        colors,
    );
    let same = titles
        .iter()
        .zip(steps)
        .take_while(|(title, step)| title == step)
        .count();
    if same == steps.len() {
        // A command may find that there is nothing to do.
        let whole = same == titles.len() || same == 0;
        if end == End::Cut || (whole && end == End::Good) {
            return true;
        }
    }
    if steps.is_empty() && end == End::Failed {
        // Refused before the first step: the lock, the host.
        return true;
    }
    // The step whose failure it was, or the next one, which was not begun any more because the script was asked to stop.
    (same.saturating_sub(1)..=same).any(|failed| {
        let Some(spot) = forward.get(failed) else {
            return steps.len() == same;
        };
        spot.backs
            .iter()
            .flat_map(|back| [named(back, colors), named(&without_drain(back), colors)])
            .any(|back| match end {
                End::Cut => back.starts_with(&steps[same..]),
                End::Failed => back == steps[same..],
                // A cleanup that was not finished.
                End::Good => back.is_empty() && steps.len() == same,
            })
    })
}

fn named(titles: &[String], [from, to]: [&str; 2]) -> Vec<String> {
    let named = titles
        .iter()
        .filter(|title| !(from.is_empty() && title.contains("{from}")));
    named
        .map(|title| title.replace("{from}", from).replace("{to}", to))
        .collect()
}
