//! The longest time of a command: the wait before its program, and the longest of all paths through the program, with
//! its ways back. The longest time of one step is in `action_time.rs`. `caller_limits.rs` adds up the commands of one caller.

use super::limits::Core;
use super::{
    Action, Answer, Command, Intent, Kind, Otherwise, Phase, Plan, Planned, ProgramName,
    Reservation, Way, recovery,
};
use crate::model::{App, Duration};
use std::collections::BTreeMap;

/// The waits of every command before its program, each with its longest time. The only one is the wait for the app's
/// mutex, which another command or processes of a killed command may hold. For the recovery after it see
/// [`Sums::whole`].
pub(super) fn before_program(app: &App) -> [(&'static str, Duration); 1] {
    [("lock", app.lock_wait + Core::Leftovers.limit())]
}

/// Steps in a row, and their longest time.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) steps: Vec<Planned>,
    pub(super) worst: Duration,
}

/// The greatest number of recoveries after the first. A longer chain would repeat a phase of the journal.
const ROUNDS: u8 = 6;

/// The sums of the plan.
pub(super) struct Sums<'a> {
    app: &'a App,
    plan: &'a Plan,
    ways: BTreeMap<Way, Path>,
}

impl Path {
    fn new(app: &App, steps: &[Planned]) -> Self {
        Self {
            steps: steps.to_vec(),
            worst: steps.iter().map(|step| step.action.worst(app)).sum(),
        }
    }

    /// Returns this path, then the next.
    pub(super) fn then(mut self, next: &Self) -> Self {
        self.steps.extend_from_slice(&next.steps);
        self.worst = self.worst + next.worst;
        self
    }

    fn longer(self, other: Self) -> Self {
        if other.worst > self.worst {
            other
        } else {
            self
        }
    }
}

impl<'a> Sums<'a> {
    pub(super) fn new(app: &'a App, plan: &'a Plan) -> Self {
        let mut sums = Self {
            app,
            plan,
            ways: BTreeMap::new(),
        };
        for way in Way::ALL {
            sums.way(way, &mut Vec::new());
        }
        sums
    }

    /// Returns the longest path of a way back. A way that leads to itself is a circle, which the walk reports.
    fn way(&mut self, way: Way, passed: &mut Vec<Way>) -> Path {
        if let Some(known) = self.ways.get(&way) {
            return known.clone();
        }
        if passed.contains(&way) {
            return Path::default();
        }
        passed.push(way);
        let steps = self.plan.steps(&[ProgramName::Way(way)]);
        for step in &steps {
            if let Otherwise::Way(next) = step.otherwise {
                self.way(next, passed);
            }
        }
        passed.pop();
        let longest = self.longest(&steps, &Path::default());
        self.ways.insert(way, longest.clone());
        longest
    }

    /// Returns the longest path through steps. After a failure it continues with the way back and `after_failure`.
    fn longest(&self, steps: &[Planned], after_failure: &Path) -> Path {
        let mut longest = Path::new(self.app, steps);
        let mut before = Duration::ZERO;
        for (at, step) in steps.iter().enumerate() {
            before = before + step.action.worst(self.app);
            let way = match step.otherwise {
                Otherwise::Way(way) => self.ways.get(&way),
                Otherwise::Refuse | Otherwise::Person => None,
                Otherwise::Warn | Otherwise::Later | Otherwise::Given => continue,
            };
            let back = way.map_or(Duration::ZERO, |way| way.worst);
            if before + back + after_failure.worst > longest.worst {
                let path = Path::new(self.app, &steps[..=at]);
                let path = way.map_or(path.clone(), |way| path.then(way));
                longest = path.then(after_failure);
            }
        }
        longest
    }

    /// Returns the path of programs in a row if nothing fails.
    pub(super) fn success(&self, programs: &[ProgramName]) -> Path {
        Path::new(self.app, &self.plan.steps(programs))
    }

    /// Returns the longest path of programs in a row, without lock and recovery.
    pub(super) fn worst(&self, programs: &[ProgramName], failed: Option<ProgramName>) -> Path {
        let failed = failed.map(|failed| self.success(&[failed]));
        let steps = self.plan.steps(programs);
        self.longest(&steps, &failed.unwrap_or_default())
    }

    /// Returns the longest path of a command, without lock and recovery.
    pub(super) fn command(&self, command: Command) -> Path {
        self.worst(command.programs(), command.after_failure())
    }

    /// Returns the longest path of a command with its recoveries. The command ends after a recovery if there is nothing
    /// left to do.
    pub(super) fn whole(&self, command: Command) -> Path {
        let own = self.command(command);
        let mut longest = Path::default();
        for phase in Phase::ALL {
            for kind in Kind::ALL {
                longest = longest.longer(self.rounds(command, &own, phase, kind, ROUNDS));
            }
        }
        longest
    }

    /// Returns the longest recovery. A deployment undoes or finishes any interrupted run.
    pub(super) fn recovery(&self) -> Path {
        let mut longest = Path::default();
        let own = Path::default();
        for phase in Phase::ALL {
            for kind in Kind::ALL {
                longest = longest.longer(self.rounds(Command::Deploy, &own, phase, kind, ROUNDS));
            }
        }
        longest
    }

    /// Returns the longest path of the recoveries and then the command. Each recovery may leave a journal that needs
    /// another one.
    fn rounds(&self, command: Command, own: &Path, phase: Phase, kind: Kind, rounds: u8) -> Path {
        let mut longest = Path::default();
        for whose in Reservation::ALL {
            let answer = recovery(command, phase, kind, whose);
            let Some(program) = answer.program() else {
                if answer == Answer::Proceed {
                    longest = longest.longer(own.clone());
                }
                continue;
            };
            let steps = self.plan.steps(&[program]);
            let first = self.longest(&steps, &Path::default());
            longest = longest.longer(match answer {
                Answer::Try(_) => first.then(own),
                _ => first,
            });
            if rounds == 0 || !matches!(answer, Answer::Undo(_)) {
                continue;
            }
            for ((left, kind), path) in self.leaves(&steps, phase, kind) {
                let next = self.rounds(command, own, left, kind, rounds - 1);
                longest = longest.longer(path.then(&next));
            }
        }
        longest
    }

    /// Returns what a recovery may leave in the journal, each with the longest path to it. Each entry written on a path
    /// counts, because it may be the last one.
    fn leaves(&self, steps: &[Planned], phase: Phase, kind: Kind) -> Vec<((Phase, Kind), Path)> {
        let mut paths = vec![Path::new(self.app, steps)];
        for (at, step) in steps.iter().enumerate() {
            if let Otherwise::Way(way) = step.otherwise {
                let path = Path::new(self.app, &steps[..=at]);
                paths.extend(self.ways.get(&way).map(|way| path.then(way)));
            }
        }
        let mut left: BTreeMap<(Phase, Kind), Path> = BTreeMap::new();
        for path in paths {
            let written = path
                .steps
                .iter()
                .flat_map(|step| writes(&step.action, kind));
            let written: Vec<_> = written.filter(|(written, _)| *written != phase).collect();
            for end in written {
                let known = left.entry(end).or_default();
                if path.worst > known.worst {
                    *known = path.clone();
                }
            }
        }
        left.into_iter().collect()
    }
}

/// Returns what the journal may contain after an action that writes it.
fn writes(action: &Action, kind: Kind) -> Vec<(Phase, Kind)> {
    match action {
        Action::Journal(intent) => match intent {
            Intent::Preparing => vec![(Phase::Preparing, kind)],
            Intent::Adopting => vec![(Phase::Adopting, kind)],
            Intent::Swapping | Intent::Handing => vec![(Phase::Swapping, kind)],
            Intent::Returning => vec![(Phase::Returning, kind)],
            Intent::Removing => vec![(Phase::Removing, kind)],
        },
        Action::Reserve => vec![(Phase::Prepared, kind)],
        Action::Commit | Action::CommitAdopted | Action::CommitRemoved => {
            vec![(Phase::Switched, kind)]
        }
        // The action restores the saved journal: a rollback may have found a cleanup, and an adoption also a prepared
        // color.
        Action::CloseJournal | Action::FinishAdopted => {
            let left: &[Phase] = match kind {
                Kind::Deploy | Kind::RollbackTo | Kind::Remove => &[Phase::Idle],
                Kind::Rollback => &[Phase::Idle, Phase::Switched],
                Kind::Adopt => &[Phase::Idle, Phase::Switched, Phase::Prepared],
            };
            left.iter().map(|phase| (*phase, Kind::Deploy)).collect()
        }
        _ => Vec::new(),
    }
}
