//! The worst case of a phase: the longest of all paths through it.

use super::{Action, Failure, Phase, Place, Plan, Step};
use crate::model::Duration;
use std::sync::Arc;

/// Steps that undo, in order. They may fail too, and then have ways back of their own. Many steps
/// share one, so copies are cheap and its worst case is worked out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    steps: Arc<[Step]>,
    worst: Duration,
}

impl WayBack {
    /// From its steps.
    #[must_use]
    pub fn new(steps: Vec<Step>) -> Self {
        let worst = turns(&steps)
            .map(|(_, worst)| worst)
            .chain([total(&steps)])
            .max();
        Self {
            steps: steps.into(),
            worst: worst.unwrap_or_default(),
        }
    }

    /// Its steps, if none of them fails.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How long the longest path through it takes.
    #[must_use]
    pub fn worst(&self) -> Duration {
        self.worst
    }

    /// The longest path through it.
    #[must_use]
    pub fn longest(&self) -> Vec<&Step> {
        let longest = turns(&self.steps).max_by_key(|(_, worst)| *worst);
        match longest {
            Some((at, worst)) if worst > total(&self.steps) => {
                let mut path: Vec<&Step> = self.steps[..=at].iter().collect();
                if let Some(way) = self.steps[at].on_failure.way_back() {
                    path.extend(way.longest());
                }
                path
            }
            _ => self.steps.iter().collect(),
        }
    }
}

/// For each step whose failure has a way back: its number, and how long it takes to get there and
/// back.
fn turns(steps: &[Step]) -> impl Iterator<Item = (usize, Duration)> {
    let mut before = Duration::ZERO;
    steps.iter().enumerate().filter_map(move |(at, step)| {
        before = before + step.worst;
        let way = step.on_failure.way_back()?;
        Some((at, before + way.worst))
    })
}

fn total(steps: &[Step]) -> Duration {
    steps.iter().map(|step| step.worst).sum()
}

/// A path through a phase: forward to its end, or to a step that fails, and then the way back.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    /// The steps that are taken, the failing one last.
    pub forward: &'a [Step],
    /// What the failing step's failure does; `None`: all went well.
    pub failure: Option<&'a Failure>,
}

impl<'a> Path<'a> {
    /// How long it takes at most.
    #[must_use]
    pub fn worst(&self) -> Duration {
        let back = self.failure.and_then(Failure::way_back).map(WayBack::worst);
        total(self.forward) + back.unwrap_or_default()
    }

    /// The longest way back; empty when nothing fails.
    #[must_use]
    pub fn back(&self) -> Vec<&'a Step> {
        let way = self.failure.and_then(Failure::way_back);
        way.map(WayBack::longest).unwrap_or_default()
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
            failure: None,
        }
    }

    /// Every path on which a step fails and ends the phase.
    pub fn failures(&self) -> impl Iterator<Item = Path<'_>> {
        self.steps
            .iter()
            .enumerate()
            .filter(|(_, step)| !matches!(step.on_failure, Failure::Warn | Failure::Later))
            .map(|(at, step)| Path {
                forward: &self.steps[..=at],
                failure: Some(&step.on_failure),
            })
    }

    /// The longest of them that has a way back.
    #[must_use]
    pub fn longest_failure(&self) -> Option<Path<'_>> {
        let (at, _) = turns(&self.steps).max_by_key(|(_, worst)| *worst)?;
        Some(Path {
            forward: &self.steps[..=at],
            failure: Some(&self.steps[at].on_failure),
        })
    }
}

impl Plan {
    /// The longest of a phase's paths.
    #[must_use]
    pub fn worst<'a>(&self, phase: &'a Phase) -> WorstCase<'a> {
        let success = self.success(phase);
        let failed = phase.longest_failure().map(|path| WorstCase {
            path,
            outcome: self.outcome(Place::OnFailure),
        });
        match failed {
            Some(failed) if failed.total() > success.total() => failed,
            _ => success,
        }
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
