//! Whether the steps that a run logged are a path of the plan: recovery of what was before, then steps in order, then the way back of
//! the last one. A run that was killed may end anywhere on such a path.

use deployc::check::{LoadError, Loader};
use deployc::diagnostics::Report;
use deployc::plan::{Place, Step};
use deployc::source::Sources;

use crate::log::Logged;
use crate::source::Source;
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

/// The paths of the plan of an app.
pub struct Paths {
    prepare: Vec<Spot>,
    switch: Vec<Spot>,
    cleanup: Vec<Spot>,
    rollback: Vec<Spot>,
    abort: Vec<Spot>,
    resume: Vec<Spot>,
    /// The user's steps after a success and after a failure.
    outcomes: [Vec<Spot>; 2],
    /// What may come before a command's own steps.
    recoveries: Vec<Vec<String>>,
}

struct Beside(Source);

impl Loader for Beside {
    fn read(&self, path: &camino::Utf8Path) -> Result<Vec<u8>, LoadError> {
        let mut files = self.0.files().iter();
        let named = files.find(|(name, _)| path.file_name() == Some(*name));
        let (_, text) = named.ok_or(LoadError::Missing)?;
        Ok(text.as_bytes().to_vec())
    }
}

impl Paths {
    /// From the compiler's own plan.
    pub fn new(source: Source) -> Self {
        let mut sources = Sources::new();
        let main = sources.add("deploy.bg", source.text().to_owned());
        let mut report = Report::new();
        let planned = deployc::plan_file(&mut sources, main, &Beside(source), &mut report);
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
        let recoveries: Vec<_> = recoveries.iter().flat_map(|way| variants(way)).collect();
        Self {
            prepare: spots(&app, &plan.prepare),
            switch: spots(&app, &plan.switch),
            cleanup: spots(&app, &plan.cleanup),
            rollback: spots(&app, &plan.rollback),
            abort: spots(&app, &plan.abort),
            resume: spots(&app, &plan.resume),
            outcomes: [Place::OnSuccess, Place::OnFailure]
                .map(|other| titles::outcomes(&plan.outcomes, other)),
            recoveries,
        }
    }

    /// Whether a run took a path of the plan.
    ///
    /// # Errors
    /// What it did, and the nearest that it could have done.
    pub fn check(&self, run: &Logged, end: End) -> Result<(), String> {
        let forward = self.forward(&run.command);
        let told = self.told(&run.command);
        let fits = |recovery: &[String], colors: [&str; 2], recovered: [&str; 2]| {
            let recovery = named(recovery, recovered);
            match run.steps.strip_prefix(recovery.as_slice()) {
                Some(rest) => goes(&forward, &told, rest, colors, end),
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
        let [success, _] = &self.outcomes;
        let phases: &[&[Spot]] = match command {
            "deploy" => &[&self.prepare, &self.switch, success, &self.cleanup],
            "prepare" => &[&self.prepare],
            "switch" => &[&self.switch, success],
            "cleanup" => &[&self.cleanup],
            "rollback" => &[&self.rollback, success, &self.cleanup],
            "abort" => &[&self.abort],
            "resume" => &[&self.resume],
            "adopt" => return titles::adoption(),
            _ => &[],
        };
        phases.concat()
    }

    /// What follows the way back of a command that failed.
    fn told(&self, command: &str) -> Vec<String> {
        let [_, failure] = &self.outcomes;
        match command {
            "deploy" | "prepare" | "switch" | "rollback" => {
                failure.iter().map(|spot| spot.title.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// There is nothing to drain where the proxy was never asked to reload, and no worker to start again where none was stopped.
fn variants(way: &[String]) -> Vec<Vec<String>> {
    let without = |way: &[String], gone: &str| -> Vec<String> {
        let other = way.iter().filter(|title| *title != gone);
        other.cloned().collect()
    };
    let alone = without(way, "restart exclusive");
    let both = [way.to_vec(), alone];
    let undrained = both.clone().map(|way| without(&way, "drain {to}"));
    [both, undrained].concat()
}

/// Whether `steps` are the first of `forward`, and after them a way back and what is `told` of a failure.
fn goes(forward: &[Spot], told: &[String], steps: &[String], colors: [&str; 2], end: End) -> bool {
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
            .flat_map(|back| variants(back))
            .map(|back| named(&back, colors))
            .any(|back| match end {
                End::Cut => [&back[..], told].concat().starts_with(&steps[same..]),
                End::Failed => [&back[..], told].concat() == steps[same..],
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
