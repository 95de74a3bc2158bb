//! The worst case of a phase: the longest of all paths through it.

use super::{Action, Failure, Phase, Place, Plan, Step};
use crate::model::Duration;

/// A path through a phase: forward to its end, or to a step that fails, and then the way back.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    /// The steps that are taken, the failing one last.
    pub forward: &'a [Step],
    /// The longest way back from it; empty when nothing fails.
    pub back: Vec<&'a Step>,
    /// What the failing step's failure does; `None`: all went well.
    pub failure: Option<&'a Failure>,
}

impl<'a> Path<'a> {
    /// How long it takes at most.
    #[must_use]
    pub fn worst(&self) -> Duration {
        self.steps().map(|step| step.worst).sum()
    }

    /// All of its steps.
    pub fn steps(&self) -> impl Iterator<Item = &'a Step> {
        self.forward.iter().chain(self.back.iter().copied())
    }
}

/// The longest path and how long it takes, the user's steps for the outcome included.
#[derive(Clone, Debug)]
pub struct WorstCase<'a> {
    /// The path.
    pub path: Path<'a>,
    /// The user's steps for its outcome: how long they take together.
    pub outcome: Duration,
}

impl WorstCase<'_> {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.path.worst() + self.outcome
    }
}

impl Phase {
    /// The path on which nothing fails.
    #[must_use]
    pub fn success(&self) -> Path<'_> {
        Path {
            forward: &self.steps,
            back: Vec::new(),
            failure: None,
        }
    }

    /// Every path on which a step fails and ends the phase.
    pub fn failures(&self) -> impl Iterator<Item = Path<'_>> {
        self.steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.on_failure != Failure::Warn)
            .map(|(at, step)| Path {
                forward: &self.steps[..=at],
                back: longest(step.on_failure.steps()),
                failure: Some(&step.on_failure),
            })
    }
}

impl Plan {
    /// The longest of a phase's paths.
    #[must_use]
    pub fn worst<'a>(&self, phase: &'a Phase) -> WorstCase<'a> {
        let mut worst = self.success(phase);
        for path in phase.failures() {
            let failed = WorstCase {
                path,
                outcome: self.outcome(Place::OnFailure),
            };
            if failed.total() > worst.total() {
                worst = failed;
            }
        }
        worst
    }

    /// The path on which nothing fails. A deployment has succeeded with its commit.
    #[must_use]
    pub fn success<'a>(&self, phase: &'a Phase) -> WorstCase<'a> {
        let commits = phase
            .steps
            .iter()
            .any(|step| matches!(step.action, Action::Commit));
        WorstCase {
            path: phase.success(),
            outcome: if commits {
                self.outcome(Place::OnSuccess)
            } else {
                Duration::ZERO
            },
        }
    }

    /// How long the user's steps for an outcome take together.
    fn outcome(&self, outcome: Place) -> Duration {
        self.outcomes
            .iter()
            .filter(|step| match step.action {
                Action::UserStep(place, _) => place == outcome || place == Place::OnAlways,
                _ => false,
            })
            .map(|step| step.worst)
            .sum()
    }
}

/// The longest path through a way back, whose steps may fail too and then have a way of their own.
pub(super) fn longest(steps: &[Step]) -> Vec<&Step> {
    let sum = |path: &[&Step]| -> Duration { path.iter().map(|step| step.worst).sum() };
    let mut longest: Vec<&Step> = steps.iter().collect();
    for (at, step) in steps.iter().enumerate() {
        if !step.on_failure.steps().is_empty() {
            let mut path: Vec<&Step> = steps[..=at].iter().collect();
            path.extend(self::longest(step.on_failure.steps()));
            if sum(&path) > sum(&longest) {
                longest = path;
            }
        }
    }
    longest
}
