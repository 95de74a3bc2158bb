//! L9: every step has a deadline, and no way through a command takes longer than is declared.

use super::super::{Action, Phase, callers};
use super::program::{COMMANDS, Exit, Next, Node, Place, Program};
use super::trace::{Ended, Taken};
use super::{Breach, Law};
use crate::model::{App, Duration};

/// More than this is no deadline: a hundred times the longest time that the language accepts.
const ENDLESS: Duration = Duration::MAX.times(100);

/// The first step or sum that breaks the law.
pub(super) fn check(app: &App, program: &Program<'_>) -> Option<Breach> {
    unbounded(program)
        .or_else(|| recoveries(program))
        .or_else(|| phases(program))
        .or_else(|| hooks(app, program))
}

/// A step without a deadline: none at all, or one that is never reached.
fn unbounded(program: &Program<'_>) -> Option<Breach> {
    let mut nodes = program.nodes.iter();
    let endless = |node: &&Node| node.worst == Duration::ZERO || node.worst >= ENDLESS;
    let node = nodes.find(endless)?;
    Some(at(node, "a step has no deadline"))
}

/// What undoing an interrupted run takes must be in the worst case of the step that does it.
fn recoveries(program: &Program<'_>) -> Option<Breach> {
    let recovery = &program.plan.recovery;
    let ways = [
        &recovery.preparing,
        &recovery.prepared,
        &recovery.swapping,
        &recovery.switched,
    ];
    let longest = ways.map(|way| longest(program, program.recovery(way)));
    let longest = longest.into_iter().max().unwrap_or_default();
    let steps = program
        .nodes
        .iter()
        .filter(|node| node.action == Action::Recover);
    steps
        .filter(|node| !matches!(node.place, Place::Back))
        .find(|node| longest > node.worst + longest_after(program, node.failed))
        .map(|node| {
            at(
                node,
                "undoing an interrupted run may take longer than is declared",
            )
        })
}

/// Each phase by itself, as `deployc plan` declares it.
fn phases(program: &Program<'_>) -> Option<Breach> {
    let plan = program.plan;
    let phases = [
        &plan.prepare,
        &plan.switch,
        &plan.cleanup,
        &plan.abort,
        &plan.resume,
    ];
    COMMANDS.into_iter().find_map(|command| {
        let own = |phase: &&&Phase| phase.name.word() == command.name();
        let phase = phases.iter().find(own)?;
        let start = program.start(command);
        let late = longest(program, start) > plan.worst(phase).total();
        let why = "a way through the phase takes longer than is declared";
        late.then(|| at(first(program, start)?, why).into())
            .flatten()
    })
}

/// Each caller's sum must hold the longest way through each of its commands.
fn hooks(app: &App, program: &Program<'_>) -> Option<Breach> {
    callers(app, program.plan).iter().find_map(|caller| {
        let commands = caller.commands.iter();
        let starts = commands.map(|command| program.start(*command));
        let start = starts
            .into_iter()
            .find(|start| longest(program, *start) > caller.worst)?;
        let why = "a way through the hook's commands takes longer than its caller is told";
        Some(at(first(program, start)?, why))
    })
}

/// How long the longest way from there takes.
fn longest(program: &Program<'_>, from: Next) -> Duration {
    // What follows a node has a smaller number: nodes are made from the end.
    let mut known: Vec<Duration> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
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

fn longest_after(program: &Program<'_>, failed: Next) -> Duration {
    match failed {
        Next::End(Exit::Person) => Duration::ZERO,
        next => longest(program, next),
    }
}

fn first<'p>(program: &'p Program<'_>, start: Next) -> Option<&'p Node> {
    match start {
        Next::Node(number) => program.nodes.get(usize::from(number)),
        Next::End(_) => None,
    }
}

fn at(node: &Node, why: &'static str) -> Breach {
    let step = Taken::Step {
        action: node.action.clone(),
        span: node.span,
        ended: Ended::Breaks,
    };
    Breach {
        law: Law::Bounded,
        why,
        taken: vec![step],
    }
}
