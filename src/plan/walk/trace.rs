//! From a breach back to the host where nothing was ever deployed: what happened, in order.

use super::super::{Action, Command, describe};
use super::program::{Next, Program};
use super::world::{Color, State};
use super::{End, Event, Good, Law, Walk};
use crate::model::App;
use crate::source::Span;

/// A law that does not hold, and how that comes about.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// What is wrong in the last state, in half a sentence.
    pub why: &'static str,
    /// What happened, in order; the last is what breaks the law.
    pub taken: Vec<Taken>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A command began.
    Began(Command),
    /// A step of it.
    Step {
        /// What it does.
        action: Action,
        /// Which words of the source asked for it.
        span: Option<Span>,
        /// How it ended.
        ended: Ended,
    },
    /// Something that is not a step: in words.
    Meanwhile(&'static str),
}

/// How a step of a trace ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It did what it is for.
    Done,
    /// It failed, hung until its deadline, or was interrupted by a signal.
    Failed,
    /// The run died before it.
    Died,
    /// It must not be taken here.
    Breaks,
}

impl Breach {
    /// The step that breaks the law: the last of the trace.
    #[must_use]
    pub fn step(&self) -> Option<&Action> {
        self.taken.iter().rev().find_map(|taken| match taken {
            Taken::Step { action, .. } => Some(action),
            _ => None,
        })
    }

    /// What happened, line by line. Steps that did what they are for are left out before the last
    /// command, but for a swap and a commit.
    #[must_use]
    pub fn lines(&self, app: &App) -> Vec<String> {
        let began = |taken: &Taken| matches!(taken, Taken::Began(_));
        let last = self.taken.iter().rposition(began).unwrap_or_default();
        let mut lines = Vec::new();
        for (number, taken) in self.taken.iter().enumerate() {
            let line = match taken {
                Taken::Began(command) => format!("`{}` begins", command.name()),
                Taken::Meanwhile(what) => (*what).to_owned(),
                Taken::Step { action, ended, .. } => {
                    let telling = matches!(action, Action::Swap(_) | Action::Commit);
                    if *ended == Ended::Done && number < last && !telling {
                        continue;
                    }
                    let how = match ended {
                        Ended::Done => "done",
                        Ended::Failed => "fails, hangs or is interrupted",
                        Ended::Died => "the run dies before it is done",
                        Ended::Breaks => "breaks the law",
                    };
                    format!("  {}: {how}", describe(app, action))
                }
            };
            lines.push(line);
        }
        lines
    }
}

/// The trace of a step that must not be taken.
pub(super) fn at_step(walk: &Walk<'_>, at: u32, node: u16, law: Law, why: &'static str) -> Breach {
    let mut taken = before(walk, at);
    taken.push(of_step(walk.program, node, Ended::Breaks));
    Breach { law, why, taken }
}

/// The trace of one that comes a few quiet steps after an event.
pub(super) fn after(
    walk: &Walk<'_>,
    at: u32,
    event: Event,
    (node, ended): (u16, Ended),
    (law, why): (Law, &'static str),
) -> Breach {
    let mut taken = before(walk, at);
    happened(walk.program, event, Some(node), &mut taken);
    taken.push(of_step(walk.program, node, ended));
    Breach { law, why, taken }
}

/// The trace of a run that ends as it must not end, after that step.
pub(super) fn at_end(
    walk: &Walk<'_>,
    at: u32,
    event: Event,
    last: u16,
    why: &'static str,
) -> Breach {
    let mut taken = before(walk, at);
    happened(walk.program, event, Some(last), &mut taken);
    let law = Law::WayBack;
    Breach { law, why, taken }
}

/// The trace of a command that ends wrongly although nothing fails in it.
pub(super) fn next_command(
    walk: &Walk<'_>,
    at: u32,
    command: Command,
    why: &'static str,
) -> Breach {
    let mut taken = before(walk, at);
    taken.push(Taken::Began(command));
    let first = |at| match walk.begin(at, command) {
        Some(Good::To(first)) => Some(first),
        _ => None,
    };
    let mut next = first(at);
    // No command takes so many steps: one that goes round in a circle is cut off.
    let most = walk.program.nodes.len();
    while let Some(at) = next.filter(|_| taken.len() < 4 * most) {
        if let Some(State { run: Some(run), .. }) = walk.seen.state(at) {
            taken.push(of_step(walk.program, run.node, Ended::Done));
        }
        next = match walk.seen.good(at) {
            Good::Recovered(left) => first(left),
            Good::To(next) => Some(next),
            Good::Ended(..) | Good::Unknown => None,
        };
    }
    Breach {
        law: Law::WayBack,
        why,
        taken,
    }
}

fn before(walk: &Walk<'_>, at: u32) -> Vec<Taken> {
    let mut events = Vec::new();
    let mut at = at;
    while let Some((from, event)) = walk.seen.came(at) {
        let run = walk.seen.state(at).and_then(|state| state.run);
        events.push((event, run.map(|run| run.node)));
        at = from;
    }
    let mut taken = Vec::new();
    for (event, node) in events.into_iter().rev() {
        happened(walk.program, event, node, &mut taken);
    }
    taken
}

/// An event, and the quiet steps that followed it until that node, or until the run's end.
fn happened(program: &Program<'_>, event: Event, until: Option<u16>, taken: &mut Vec<Taken>) {
    taken.push(of_event(program, event));
    let Event::Step(node, end) = event else {
        return;
    };
    let node = &program.nodes[usize::from(node)];
    let mut next = match end {
        End::Done => node.done,
        End::Failed => node.failed,
    };
    while let Next::Node(number) = next {
        let node = &program.nodes[usize::from(number)];
        if until == Some(number) {
            break;
        }
        taken.push(of_step(program, number, Ended::Done));
        next = node.done;
    }
}

fn of_event(program: &Program<'_>, event: Event) -> Taken {
    let color = |a, b| move |color| if color == Color::A { a } else { b };
    Taken::Meanwhile(match event {
        Event::Begins(command) => return Taken::Began(command),
        Event::Step(node, End::Done) => return of_step(program, node, Ended::Done),
        Event::Step(node, End::Failed) => return of_step(program, node, Ended::Failed),
        Event::Dies(node) => return of_step(program, node, Ended::Died),
        Event::Fresh => "nothing was ever deployed",
        Event::Sickens(of) => color(
            "the live color, or the first, does not pass its gates any more",
            "the other color does not pass its gates any more",
        )(of),
        Event::Ends(of) => color("the live color, or the first, ends", "the other color ends")(of),
        Event::ForeignReload => "another program reloads the proxy",
        Event::Reboot => "the host is booted",
        Event::Expires => "the reservation expires",
        Event::Stranger(_) => "somebody else takes or leaves the idle color's place",
        Event::Answered(_) => "what older workers answered is answered",
    })
}

fn of_step(program: &Program<'_>, node: u16, ended: Ended) -> Taken {
    let node = &program.nodes[usize::from(node)];
    Taken::Step {
        action: node.action.clone(),
        span: node.span,
        ended,
    }
}
