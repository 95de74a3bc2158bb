//! From a breach back to the host where nothing was ever deployed: what happened, in order.

use super::super::{Action, Command};
use super::color::Color;
use super::effect::End;
use super::event::{Event, Good, Meanwhile};
use super::graph::{Graph, Next};
use super::laws::Law;
use super::run::{Begin, Run, State};
use super::walker::{Begun, Walker};
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
    /// A command began; of the deployment that the journal names, or of another one.
    Began(Command, bool),
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
    /// It failed, or hung until its deadline.
    Failed,
    /// A signal interrupted it.
    Told,
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
    pub fn lines(&self) -> Vec<String> {
        let began = |taken: &Taken| matches!(taken, Taken::Began(..));
        let last = self.taken.iter().rposition(began).unwrap_or_default();
        let mut lines = Vec::new();
        for (number, taken) in self.taken.iter().enumerate() {
            let line = match taken {
                Taken::Began(command, true) => format!("`{}` begins", command.name()),
                Taken::Began(command, false) => {
                    format!("`{}` of another deployment begins", command.name())
                }
                Taken::Meanwhile(what) => (*what).to_owned(),
                Taken::Step { action, ended, .. } => {
                    let telling = matches!(
                        action,
                        Action::Swap(_)
                            | Action::Commit
                            | Action::CommitAdopted
                            | Action::CommitRemoved
                    );
                    if *ended == Ended::Done && number < last && !telling {
                        continue;
                    }
                    let how = match ended {
                        Ended::Done => "done",
                        Ended::Failed => "fails or hangs",
                        Ended::Told => "is interrupted by a signal",
                        Ended::Died => "the run dies before it is done",
                        Ended::Breaks => "breaks the law",
                    };
                    format!("  {}: {how}", action.title())
                }
            };
            lines.push(line);
        }
        lines
    }
}

/// The trace of a step that must not be taken.
pub(super) fn at_step(
    walk: &Walker<'_>,
    at: u32,
    node: u16,
    law: Law,
    why: &'static str,
) -> Breach {
    let mut taken = before(walk, at);
    taken.push(of_step(walk.graph, node, Ended::Breaks));
    Breach { law, why, taken }
}

/// The trace of a command that must not begin with what comes first.
pub(super) fn at_begin(
    walk: &Walker<'_>,
    at: u32,
    begin: Begin,
    law: Law,
    why: &'static str,
) -> Breach {
    let mut taken = before(walk, at);
    taken.push(Taken::Began(begin.command, begin.mine));
    Breach { law, why, taken }
}

/// The trace of one that comes a few quiet steps after an event.
pub(super) fn after(
    walk: &Walker<'_>,
    at: u32,
    event: Event,
    number: u16,
    (law, why): (Law, &'static str),
) -> Breach {
    let mut taken = before(walk, at);
    happened(walk.graph, event, Some(number), &mut taken);
    taken.push(of_step(walk.graph, number, Ended::Breaks));
    Breach { law, why, taken }
}

/// The trace of a run that ends as it must not end.
pub(super) fn at_end(walk: &Walker<'_>, at: u32, event: Event, why: &'static str) -> Breach {
    let mut taken = before(walk, at);
    happened(walk.graph, event, None, &mut taken);
    let law = Law::WayBack;
    Breach { law, why, taken }
}

/// The trace of a command that ends wrongly although nothing fails in it.
pub(super) fn next_command(walk: &Walker<'_>, at: u32, begin: Begin, why: &'static str) -> Breach {
    let mut taken = before(walk, at);
    taken.push(Taken::Began(begin.command, begin.mine));
    let first = |at| {
        let world = walk.seen.state(at)?.world;
        let run: Option<Run> = match walk.begun(begin, &world) {
            Begun::At(run) | Begun::First(run, _) => Some(run),
            Begun::Ended(_) => None,
        };
        walk.seen.find(&State {
            world,
            run: Some(run?),
        })
    };
    let mut next = first(at);
    let mut passed = Vec::new();
    // A command that goes round in a circle is cut off.
    while let Some(at) = next.filter(|next| !passed.contains(next)) {
        passed.push(at);
        if let Some(State { run: Some(run), .. }) = walk.seen.state(at) {
            taken.push(of_step(walk.graph, run.node, Ended::Done));
        }
        next = match walk.seen.good(at) {
            Good::Ended(super::Exit::Recovered, left, _) => first(left),
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

fn before(walk: &Walker<'_>, at: u32) -> Vec<Taken> {
    let mut events = Vec::new();
    let mut at = at;
    while let Some((from, event)) = walk.seen.came(at) {
        let run = walk.seen.state(at).and_then(|state| state.run);
        events.push((event, run.map(|run| run.node)));
        at = from;
    }
    let mut taken = Vec::new();
    for (event, node) in events.into_iter().rev() {
        happened(walk.graph, event, node, &mut taken);
    }
    taken
}

/// An event, and the quiet steps that followed it: until one that failed, until that node, or until the run's end.
fn happened(graph: &Graph, event: Event, until: Option<u16>, taken: &mut Vec<Taken>) {
    taken.push(of_event(graph, event));
    let Event::Step { node, end, failed } = event else {
        return;
    };
    let mut next = end.after(&graph.nodes[usize::from(node)]);
    while let Some(Next::Node(number)) = next {
        if failed == Some(number) {
            taken.push(of_step(graph, number, Ended::Failed));
            break;
        }
        if until == Some(number) {
            break;
        }
        let node = &graph.nodes[usize::from(number)];
        taken.push(of_step(graph, number, Ended::Done));
        next = Some(node.done);
    }
}

fn of_event(graph: &Graph, event: Event) -> Taken {
    match event {
        Event::Fresh => Taken::Meanwhile("nothing was ever deployed"),
        Event::Begins(begin) => Taken::Began(begin.command, begin.mine),
        Event::Step { node, end, .. } => {
            let ended = match end {
                End::Done | End::Nothing => Ended::Done,
                End::Failed => Ended::Failed,
                End::Told => Ended::Told,
                End::Died => Ended::Died,
            };
            of_step(graph, node, ended)
        }
        Event::Dies(node) => of_step(graph, node, Ended::Died),
        Event::Meanwhile(what) => Taken::Meanwhile(said(what)),
    }
}

fn said(what: Meanwhile) -> &'static str {
    match what {
        Meanwhile::Sickens(Color::A) => "the live color, or the first, no longer passes its gates",
        Meanwhile::Sickens(Color::B) => "the other color no longer passes its gates",
        Meanwhile::Ends(Color::A) => "the live color, or the first, ends",
        Meanwhile::Ends(Color::B) => "the other color ends",
        Meanwhile::ForeignReload => "another program reloads the proxy",
        Meanwhile::Reboot => "the host reboots",
        Meanwhile::Expires => "the reservation expires",
        Meanwhile::Stranger => "another program takes the port of the idle color",
        Meanwhile::Answered => "the older workers have finished their requests",
        Meanwhile::TextLaid => "somebody puts a file there that routes to no color of the app",
        Meanwhile::ByHand => "somebody starts a color by hand and points the proxy at it",
        Meanwhile::Edited => "somebody edits the proxy's file and reloads",
        Meanwhile::Older => "deploy.bg is changed: what was deployed has other services",
    }
}

fn of_step(graph: &Graph, node: u16, ended: Ended) -> Taken {
    let node = &graph.nodes[usize::from(node)];
    Taken::Step {
        action: node.action.clone(),
        span: node.span,
        ended,
    }
}
