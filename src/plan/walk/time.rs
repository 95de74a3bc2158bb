//! L9: every step has a deadline, and no path through a command takes longer than declared.

use super::super::longest_path::Sums;
use super::super::{Action, Command, Plan, callers};
use super::graph::{Graph, Next};
use super::laws::Law;
use super::trace::Breach;
use super::trace::{Ended, Taken};
use crate::model::{App, Duration};
use crate::source::Span;

/// A longer time does not count as a deadline. It is a hundred times the longest time that the language accepts.
const ENDLESS: Duration = Duration::MAX.times(100);

/// Returns the first step or sum that breaks the law.
pub(super) fn check(app: &App, plan: &Plan, graph: &Graph) -> Option<Breach> {
    unbounded(graph)
        .or_else(|| commands(app, plan, graph))
        .or_else(|| hooks(app, plan, graph))
}

/// Reports a way back that leads to itself. It would never end.
pub(super) fn circle(graph: &Graph) -> Option<Breach> {
    let step = graph.circle.as_ref()?;
    let why = "a way back leads to itself";
    Some(at(&step.action, step.span, why))
}

/// Reports a step without a deadline.
fn unbounded(graph: &Graph) -> Option<Breach> {
    let mut nodes = graph.nodes.iter();
    let node = nodes.find(|node| node.worst >= ENDLESS)?;
    Some(at(&node.action, node.span, "a step has no deadline"))
}

/// Checks each command alone against the time that `deployc plan` declares.
fn commands(app: &App, plan: &Plan, graph: &Graph) -> Option<Breach> {
    let sums = Sums::new(app, plan);
    Command::ALL.into_iter().find_map(|command| {
        let start = graph.start(command);
        let late = longest(graph, start) > sums.command(command).worst;
        let why = "a path through the command takes longer than the declared time";
        late.then(|| first(graph, start, why)).flatten()
    })
}

/// Checks that each caller's sum is at least the longest path through each of its commands.
fn hooks(app: &App, plan: &Plan, graph: &Graph) -> Option<Breach> {
    callers(app, plan).iter().find_map(|caller| {
        let commands = caller.commands.iter();
        let starts = commands.map(|command| graph.start(*command));
        let start = starts
            .into_iter()
            .find(|start| longest(graph, *start) > caller.worst)?;
        let why =
            "a path through the hook's commands takes longer than the time that its caller gets";
        first(graph, start, why)
    })
}

/// Returns the time of the longest path from there.
fn longest(graph: &Graph, from: Next) -> Duration {
    // The nodes are built from the end, so each node that follows has a smaller number.
    let mut known: Vec<Duration> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let after = |next| match next {
            Next::Node(number) => known[usize::from(number)],
            Next::End(_) => Duration::ZERO,
        };
        let rest = after(node.done).max(after(node.failed));
        known.push(node.worst + rest);
    }
    match from {
        Next::Node(number) => known[usize::from(number)],
        Next::End(_) => Duration::ZERO,
    }
}

fn first(graph: &Graph, start: Next, why: &'static str) -> Option<Breach> {
    let Next::Node(number) = start else {
        return None;
    };
    let node = graph.nodes.get(usize::from(number))?;
    Some(at(&node.action, node.span, why))
}

fn at(action: &Action, span: Option<Span>, why: &'static str) -> Breach {
    let step = Taken::Step {
        action: action.clone(),
        span,
        ended: Ended::Breaks,
    };
    Breach {
        law: Law::Bounded,
        why,
        taken: vec![step],
    }
}
