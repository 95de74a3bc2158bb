//! Checks that the walk proves the same steps that are printed and written.

use super::Grain;
use super::graph::Graph;
use crate::fixture;
use crate::plan::{Block, Command, Planned, ProgramName, listing, plan};
use std::collections::BTreeSet;

/// The walk has a node for each step of every listed program, and no other nodes.
#[test]
fn the_walk_visits_the_steps_that_are_listed() {
    let mut app = fixture::hello();
    app.services.push(app.services[0].clone());
    app.services[1].name = fixture::name("worker");
    app.services[1].handover = crate::model::Handover::Exclusive;
    let plan = plan(&app);
    let graph = Graph::new(&app, &plan, Grain::Service);
    let nodes = graph
        .nodes
        .iter()
        .map(|node| (node.program, node.action.title(), node.otherwise));
    let listed = listing().into_iter().flat_map(|block| {
        let steps = match block {
            Block::Command(command) => plan.steps(command.programs()),
            Block::Program(program) => plan.steps(&[program]),
        };
        steps.into_iter()
    });
    let listed = listed.map(|step: Planned| (step.program, step.action.title(), step.otherwise));
    let (nodes, listed): (BTreeSet<_>, BTreeSet<_>) = (nodes.collect(), listed.collect());
    assert_eq!(nodes, listed);
    let deploy = plan.steps(Command::Deploy.programs());
    let deploy = deploy
        .into_iter()
        .map(|step| (step.program, step.action.title(), step.otherwise));
    assert!(deploy.into_iter().all(|step| listed.contains(&step)));
    assert!(
        listed
            .iter()
            .any(|(program, ..)| *program == ProgramName::RecoverSwap)
    );
}
