//! The trace of a breach: the events from a host without any deployment to the breach, in order.

use super::super::{Action, Command};
use super::color::Color;
use super::effect::End;
use super::graph::{Graph, Next};
use super::laws::Law;
use super::run::{Begin, Run, State};
use super::transition::{Event, Good, Meanwhile};
use super::walker::{Begun, Walker};
use crate::source::Span;

/// A broken law, and the events that lead to it.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// What is wrong in the last state, as half a sentence for a message.
    pub why: &'static str,
    /// The events, in order. The last one breaks the law.
    pub taken: Vec<Taken>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A command began. `true`: it belongs to the deployment that the journal names. `false`: to another one.
    Began(Command, bool),
    /// A step of the command.
    Step {
        /// The action of the step.
        action: Action,
        /// The statement of the source that asked for it.
        span: Option<Span>,
        /// How the step ended.
        ended: Ended,
    },
    /// An event that is not a step, in words.
    Meanwhile(&'static str),
}

/// How a step of a trace ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The step succeeded.
    Done,
    /// The step failed, or hung until its deadline.
    Failed,
    /// A signal interrupted the step.
    Told,
    /// The run died before the step.
    Died,
    /// The step breaks a law here.
    Breaks,
}

impl Breach {
    /// Returns the step that breaks the law: the last step of the trace.
    #[must_use]
    pub fn step(&self) -> Option<&Action> {
        self.taken.iter().rev().find_map(|taken| match taken {
            Taken::Step { action, .. } => Some(action),
            _ => None,
        })
    }

    /// Returns the events, line by line. Before the last command it leaves out steps that succeeded, except for swaps
    /// and commits.
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

/// Returns the trace of a step that breaks a law.
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

/// Returns the trace of a command whose recovery breaks a law.
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

/// Returns the trace of a step that breaks a law, some steps without a state of their own after an event.
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

/// Returns the trace of a run that ends in a wrong state.
pub(super) fn at_end(walk: &Walker<'_>, at: u32, event: Event, why: &'static str) -> Breach {
    let mut taken = before(walk, at);
    happened(walk.graph, event, None, &mut taken);
    let law = Law::WayBack;
    Breach { law, why, taken }
}

/// Returns the trace of a command that ends wrongly without a fault.
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
    // A circle is shown only once.
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

/// Adds an event, and the steps without a state of their own after it: up to a failed step, up to that node, or up to
/// the end of the run.
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
        Meanwhile::TextLaid => "a person writes a proxy file that routes to no color of the app",
        Meanwhile::ByHand => "a person starts a color by hand and points the proxy at it",
        Meanwhile::Edited => "a person edits the proxy's file and reloads the proxy",
        Meanwhile::Older => "deploy.bg is changed: the deployed releases have other services",
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
