//! The longest time of a command: the wait before its program, and the longest of all paths through the program, with
//! its ways back. The longest time of one step is in `action_time.rs`. `caller_limits.rs` adds up the commands of one caller.

use super::limits::Core;
use super::{
    Action, Answer, Call, Command, Intent, Kind, Otherwise, Phase, Plan, Planned, ProgramName,
    Reservation, Way, recovery,
};
use crate::model::{App, Duration};
use std::collections::BTreeMap;

/// A piece of the runner's own work, with its longest time.
pub(super) type Own = (&'static str, Duration);

/// Returns the work of a command before its program: the wait for the app's mutex, which another command or processes of
/// a killed command may hold, and the folder for answers. For the recovery after it see [`Sums::whole`].
pub(super) fn before_program(app: &App, command: Command) -> [Own; 2] {
    // A rollback does not wait for a cleanup as long as `lock { wait }` says: it asks it to end.
    let wait = match command {
        Command::Rollback => app.lock_wait.max(Core::Preempt.limit()),
        _ => app.lock_wait,
    };
    [
        ("lock", wait + Core::Leftovers.limit()),
        ("scratch folder", Core::Journal.limit()),
    ]
}

/// Returns what follows the failure of every command: it finds out what serves, for its last line.
pub(super) fn verdict(app: &App) -> Own {
    let calls = Call::of_verdict(app);
    let worst = calls.iter().map(|call| call.limit(app)).sum();
    ("what serves now", worst)
}

/// Returns what comes before a command that finds the phase `switched`: the pointers, which that commit may not have
/// written.
fn take_up(phase: Phase) -> Path {
    match phase {
        Phase::Switched => Path::own(("pointers", Core::Journal.limit())),
        _ => Path::default(),
    }
}

/// Steps in a row, what the runner does beside them, and the longest time of both.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) steps: Vec<Planned>,
    pub(super) own: Vec<Own>,
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
            own: Vec::new(),
            worst: steps.iter().map(|step| step.action.worst(app)).sum(),
        }
    }

    fn own(own: Own) -> Self {
        Self {
            steps: Vec::new(),
            own: vec![own],
            worst: own.1,
        }
    }

    /// Returns this path, then the next.
    pub(super) fn then(mut self, next: &Self) -> Self {
        self.steps.extend_from_slice(&next.steps);
        self.own.extend_from_slice(&next.own);
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

    /// Returns the longest path of a program.
    pub(super) fn program(&self, program: ProgramName) -> Path {
        self.longest(&self.plan.steps(&[program]), &Path::default())
    }

    /// Returns the longest path of a command, without lock and recovery.
    pub(super) fn command(&self, command: Command) -> Path {
        let failed = command.after_failure();
        let failed = failed.map(|failed| self.success(&[failed]));
        let verdict = Path::own(verdict(self.app));
        let steps = self.plan.steps(command.programs());
        self.longest(&steps, &verdict.then(&failed.unwrap_or_default()))
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
        let before = take_up(phase);
        let mut longest = before.clone();
        for whose in Reservation::ALL {
            let answer = recovery(command, phase, kind, whose);
            let Some(program) = answer.program() else {
                if answer == Answer::Proceed {
                    longest = longest.longer(before.clone().then(own));
                }
                continue;
            };
            let steps = self.plan.steps(&[program]);
            let first = before.clone().then(&self.program(program));
            longest = longest.longer(match answer {
                Answer::Try(_) => first.then(own),
                Answer::Instead(_) => first.then(&Path::own(verdict(self.app))),
                _ => first,
            });
            if rounds == 0 || !matches!(answer, Answer::Undo(_)) {
                continue;
            }
            for ((left, kind), path) in self.leaves(&steps, phase, kind) {
                let next = self.rounds(command, own, left, kind, rounds - 1);
                longest = longest.longer(before.clone().then(&path).then(&next));
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
