//! Checks whether a trace is a walk of the plan. The programs are walked as the runner does it, and the trace says at
//! each step which way the run took.

use std::collections::BTreeMap;

use deployc::model::App;
use deployc::plan::{
    Action, Answer, Call, Command, Intent, Kind, Line, Otherwise, Phase, Plan, ProgramName,
    Reservation, Side, recovery,
};

use super::trace::{Event, phase};

/// The journal when a command begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// The phase.
    pub phase: Phase,
    /// The command that made the journal.
    pub kind: Kind,
    /// The command that made the journal which was saved for later.
    pub pending: Option<Kind>,
}

impl Before {
    /// Reads the two files. A missing file is an empty text.
    pub fn read(journal: &str, pending: &str) -> Self {
        Self {
            phase: key(journal, "phase")
                .and_then(|word| phase(word.strip_prefix("remove_").unwrap_or(word)))
                .unwrap_or(Phase::Idle),
            kind: kind(journal),
            pending: (!pending.is_empty()).then(|| kind(pending)),
        }
    }
}

fn key<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut values = text.lines().filter_map(|line| line.split_once('='));
    values.find_map(|(key, value)| (key == name).then_some(value))
}

fn kind(text: &str) -> Kind {
    let word = key(text, "kind");
    let mut all = Kind::ALL.into_iter();
    all.find(|kind| Some(kind.word()) == word)
        .unwrap_or(Kind::Deploy)
}

/// The result of a walk.
pub struct Walked {
    /// The exit codes that the command may end with. After a kill these are all codes.
    pub codes: Vec<i32>,
    /// Whether a recovery from an earlier run came first.
    pub recovered: bool,
}

/// The plan and the command that a trace is compared with.
pub struct Acceptor<'a> {
    /// The script's plan.
    pub plan: &'a Plan,
    /// The script's app, and the app of the releases whose scripts it may call.
    pub apps: [&'a App; 2],
    /// The command that ran.
    pub command: Command,
    /// Whether it was killed. Then the trace may end anywhere.
    pub killed: bool,
    /// The exit codes of a run that ends before its first step, because the script cannot make its files, follow the
    /// journal or take the lock.
    pub unbegun: &'static [i32],
}

enum Stop {
    /// The trace ends here.
    Cut,
    /// The plan does not have this event here.
    Wrong(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Done,
    Failed,
    Refuse,
    Person,
}

enum Turn {
    Through,
    Refuse,
    Person,
    Way(ProgramName),
}

struct Walk<'a> {
    acceptor: &'a Acceptor<'a>,
    events: &'a [Event],
    at: usize,
    phase: Phase,
    kind: Kind,
    pending: Option<Kind>,
    recovered: bool,
}

impl Acceptor<'_> {
    /// Walks the plan along a trace.
    ///
    /// # Errors
    /// The first event that the plan does not have there, and what the plan has.
    pub fn walk(&self, before: Before, events: &[Event]) -> Result<Walked, String> {
        let mut walk = Walk {
            acceptor: self,
            events,
            at: 0,
            phase: before.phase,
            kind: before.kind,
            // A `deploy` journal has no saved copy. The copy is left from a run that did not get to write its own
            // journal.
            pending: before.pending.filter(|_| before.kind != Kind::Deploy),
            recovered: false,
        };
        let walked = walk.command().and_then(|codes| {
            walk.between();
            match walk.events.get(walk.at) {
                None => Ok(codes),
                Some(event) => Err(Stop::Wrong(format!(
                    "after the end of {:?}: {event:?}",
                    self.command
                ))),
            }
        });
        let recovered = walk.recovered;
        match walked {
            Ok(codes) => Ok(Walked { codes, recovered }),
            Err(Stop::Cut) if self.killed => Ok(Walked {
                codes: (0..=6).collect(),
                recovered,
            }),
            Err(Stop::Cut) => Err("it ends before the program does".to_owned()),
            Err(Stop::Wrong(why)) => Err(why),
        }
    }
}

impl Walk<'_> {
    /// Walks the recoveries, the command, and the program after a failure. Returns the exit codes that the command may
    /// end with.
    fn command(&mut self) -> Result<Vec<i32>, Stop> {
        self.between();
        let unbegun = self.acceptor.unbegun;
        if self.at == self.events.len() && !self.acceptor.killed && !unbegun.is_empty() {
            let mut codes = unbegun.to_vec();
            codes.extend(self.no_step());
            return Ok(codes);
        }
        let mut before = None;
        loop {
            let reservation = self.reservation();
            let answer = recovery(self.acceptor.command, self.phase, self.kind, reservation);
            let program = match answer {
                Answer::Proceed => break,
                // A `switch` that is done already looks whether its color is still live.
                Answer::Nothing if self.acceptor.command == Command::Switch => {
                    return self.verdict(vec![0, 3]);
                }
                Answer::Nothing => return Ok(vec![0]),
                Answer::Usage => return Ok(vec![2]),
                Answer::Refuse => return Ok(vec![4]),
                Answer::Undo(program) | Answer::Try(program) | Answer::Instead(program) => program,
            };
            if before == Some((self.phase, self.kind)) {
                return self.verdict(vec![3, 5]);
            }
            before = Some((self.phase, self.kind));
            self.recovered = true;
            let verdict = self.run(program)?;
            match answer {
                // The recovery was the rollback. If it has not gone back, a person must act.
                Answer::Instead(_) if verdict == Verdict::Failed => {
                    return self.verdict(codes(Verdict::Person));
                }
                Answer::Instead(_) => return self.verdict(codes(verdict)),
                Answer::Try(_) => break,
                _ if matches!(verdict, Verdict::Refuse | Verdict::Person) => {
                    return Ok(codes(verdict));
                }
                _ => {}
            }
        }
        let mut verdict = Verdict::Done;
        for program in self.acceptor.command.programs() {
            verdict = self.run(*program)?;
            if verdict != Verdict::Done {
                break;
            }
        }
        if verdict == Verdict::Done {
            return Ok(codes(verdict));
        }
        let codes = self.verdict(codes(verdict))?;
        if let Some(program) = self.acceptor.command.after_failure() {
            // Another deployment is in progress, or the build is newer. Then no outcome is recorded.
            if verdict == Verdict::Refuse && self.at == self.events.len() && !self.acceptor.killed {
                return Ok(vec![1, 4, 6]);
            }
            self.run(program)?;
        }
        Ok(codes)
    }

    /// Returns the exit codes of a command without any step.
    fn no_step(&self) -> Vec<i32> {
        let reservation = self.reservation();
        match recovery(self.acceptor.command, self.phase, self.kind, reservation) {
            Answer::Nothing => vec![0],
            Answer::Usage => vec![2],
            Answer::Refuse => vec![4],
            _ => vec![],
        }
    }

    fn reservation(&self) -> Reservation {
        reservation(self.acceptor.command, self.phase)
    }

    /// Walks a program and the ways back that it leads to.
    fn run(&mut self, program: ProgramName) -> Result<Verdict, Stop> {
        let mut ways = 0;
        let mut name = program;
        loop {
            match self.program(name)? {
                Turn::Through => {
                    return Ok([Verdict::Done, Verdict::Failed, Verdict::Person][ways.min(2)]);
                }
                Turn::Refuse => return Ok(Verdict::Refuse),
                Turn::Person => return Ok(Verdict::Person),
                Turn::Way(way) => {
                    name = way;
                    ways += 1;
                }
            }
        }
    }

    fn program(&mut self, name: ProgramName) -> Result<Turn, Stop> {
        let mut nodes = Vec::new();
        let mut otherwise = Otherwise::Person;
        self.lines(name, None, &mut otherwise, &mut nodes);
        let mut may_end = false;
        for (action, otherwise) in nodes {
            self.between();
            let title = action.title();
            match self.events.get(self.at) {
                Some(Event::Step(words)) if *words == title => {}
                // The step before has found that there is nothing to do.
                None if may_end && !self.acceptor.killed => return Ok(Turn::Through),
                Some(_) if may_end => return Ok(Turn::Through),
                None => return Err(Stop::Cut),
                Some(event) => {
                    return Err(Stop::Wrong(format!(
                        "{event:?} where the plan has `{title}`"
                    )));
                }
            }
            self.at += 1;
            if self.step(&action, &title)? {
                may_end = matches!(action, Action::FindLive | Action::FindAdoptable);
                continue;
            }
            may_end = false;
            match otherwise {
                Otherwise::Warn => {}
                Otherwise::Later => return Ok(Turn::Through),
                Otherwise::Refuse => return Ok(Turn::Refuse),
                Otherwise::Person => return Ok(Turn::Person),
                Otherwise::Way(way) => return Ok(Turn::Way(ProgramName::Way(way))),
                Otherwise::Given => return Err(Stop::Wrong(format!("`{title}` has no otherwise"))),
            }
        }
        Ok(Turn::Through)
    }

    /// Walks the events within a step. Returns whether the step succeeded.
    fn step(&mut self, action: &Action, title: &str) -> Result<bool, Stop> {
        let mut calls = Calls::new(self.acceptor, title, |app| action.calls(app));
        loop {
            let Some(event) = self.events.get(self.at) else {
                // This step removes the log together with the state.
                return if *action == Action::RemoveState {
                    Ok(true)
                } else {
                    Err(Stop::Cut)
                };
            };
            self.at += 1;
            match event {
                Event::Done(words) if words == title => {
                    self.has_done(action);
                    return Ok(true);
                }
                Event::Failed(words) if words == title => return Ok(false),
                Event::Call(key) => calls.one_more(key)?,
                Event::Journal(phase) => self.journal_says(action, *phase),
                Event::Fault(_) | Event::Broken(_) => {}
                Event::Step(_) | Event::Done(_) | Event::Failed(_) => {
                    return Err(Stop::Wrong(format!("{event:?} within `{title}`")));
                }
            }
        }
    }

    fn journal_says(&mut self, action: &Action, phase: Phase) {
        match action {
            Action::Journal(Intent::Preparing) => {
                self.kind = match self.acceptor.command {
                    Command::Rollback => Kind::Rollback,
                    Command::RollbackTo => Kind::RollbackTo,
                    _ => Kind::Deploy,
                };
            }
            Action::Journal(Intent::Adopting) => self.kind = Kind::Adopt,
            Action::Journal(Intent::Removing) => self.kind = Kind::Remove,
            Action::CloseJournal | Action::CommitAdopted | Action::FinishAdopted
                if phase != Phase::Switched || action == &Action::CloseJournal =>
            {
                self.kind = self.pending.take().unwrap_or(Kind::Deploy);
            }
            _ => {}
        }
        self.phase = phase;
    }

    fn has_done(&mut self, action: &Action) {
        match action {
            Action::PutOffJournal if self.phase != Phase::Idle => self.pending = Some(self.kind),
            Action::Commit => self.pending = None,
            _ => {}
        }
    }

    /// Skips the tools between two steps. They write what belongs to no step, such as the pointers of an earlier commit.
    fn between(&mut self) {
        while let Some(event) = self.events.get(self.at) {
            match event {
                Event::Call(key) if is_tool(key) => {}
                Event::Fault(_) | Event::Broken(_) => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// Walks the calls with which a command finds out what serves, for its last line. Returns the exit codes.
    fn verdict(&mut self, codes: Vec<i32>) -> Result<Vec<i32>, Stop> {
        let mut calls = Calls::new(self.acceptor, "the verdict", Call::of_verdict);
        while let Some(event) = self.events.get(self.at) {
            match event {
                Event::Call(key) => calls.one_more(key)?,
                Event::Fault(_) | Event::Broken(_) => {}
                _ => break,
            }
            self.at += 1;
        }
        Ok(codes)
    }

    /// Adds the steps of a program, including those of the programs that it runs, each with its `otherwise`.
    fn lines(
        &self,
        name: ProgramName,
        given: Option<(Side, Otherwise)>,
        otherwise: &mut Otherwise,
        nodes: &mut Vec<(Action, Otherwise)>,
    ) {
        for line in &self.acceptor.plan.program(name).lines {
            match line {
                Line::Otherwise(Otherwise::Given) => {
                    *otherwise = given.map_or(Otherwise::Given, |(_, otherwise)| otherwise);
                }
                Line::Otherwise(other) => *otherwise = *other,
                Line::Step(step) => {
                    let side = given.map_or(Side::Given, |(side, _)| side);
                    nodes.push((step.action.given(side), *otherwise));
                }
                Line::Run(name) => self.lines(*name, None, otherwise, nodes),
                Line::PointProxyAt(side, other) => {
                    self.lines(
                        ProgramName::PointProxyAt,
                        Some((*side, *other)),
                        otherwise,
                        nodes,
                    );
                }
            }
        }
    }
}

/// The calls of a step, counted.
struct Calls<'a> {
    title: &'a str,
    /// What the plan has, for each of the two apps. A step works for a release of one of them.
    planned: Vec<Vec<Call>>,
    made: BTreeMap<String, usize>,
}

impl<'a> Calls<'a> {
    fn new(acceptor: &Acceptor<'_>, title: &'a str, of: impl Fn(&App) -> Vec<Call>) -> Self {
        Self {
            title,
            planned: acceptor.apps.map(of).to_vec(),
            made: BTreeMap::new(),
        }
    }

    /// Counts a call. It is wrong if the plan does not have it as often.
    fn one_more(&mut self, key: &str) -> Result<(), Stop> {
        let made = self.made.entry(key.to_owned()).or_default();
        *made += 1;
        let most = self.planned.iter().map(|calls| {
            let repeats = calls.iter().any(|call| call.repeats(key));
            let listed = calls
                .iter()
                .filter(|call| call.key().as_deref() == Some(key));
            if repeats { usize::MAX } else { listed.count() }
        });
        let most = most.max().unwrap_or_default();
        if is_tool(key) || *made <= most {
            return Ok(());
        }
        let title = self.title;
        Err(Stop::Wrong(match most {
            0 => format!("`{title}` may not call {key}"),
            _ => format!("`{title}` calls {key} {made} times, and the plan has {most}"),
        }))
    }
}

/// Returns whether a call is a tool with which the script writes. The plan lists none.
fn is_tool(key: &str) -> bool {
    key.starts_with("tool ")
}

/// Returns the owner of a prepared color, for a command that names no deployment.
pub fn reservation(command: Command, phase: Phase) -> Reservation {
    let mine = phase != Phase::Prepared || matches!(command, Command::Switch | Command::Abort);
    if mine {
        Reservation::Mine
    } else {
        Reservation::Held
    }
}

/// Returns the exit codes of a verdict. A run that was asked to stop ends with 1, even if a person would be needed.
fn codes(verdict: Verdict) -> Vec<i32> {
    match verdict {
        Verdict::Done => vec![0],
        Verdict::Failed => vec![1],
        Verdict::Refuse => vec![1, 2, 3],
        Verdict::Person => vec![1, 5],
    }
}
