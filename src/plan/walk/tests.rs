//! The walk of plans as they are made: the laws hold. And of plans that are broken on purpose: each is
//! caught, by the law that it breaks, at the step that breaks it.

use super::{Breach, Grain, Law, walk};
use crate::fixture;
use crate::model::{App, Handover, OnFailure, Previous, Verification};
use crate::plan::plan;

// ---- plans as they are made --------------------------------------------------------------------

fn assert_laws_hold(app: &App) {
    for grain in [Grain::Color, Grain::Service] {
        let began = std::time::Instant::now();
        let walked = walk(app, &plan(app), grain);
        eprintln!("{grain:?} {} {} {:?}", walked.states, walked.transitions, began.elapsed());
        if let Some(breach) = &walked.breach {
            let lines = breach.lines().join("\n");
            panic!("{}: {}\n{lines}", breach.law, breach.why);
        }
        // A walk that sees nothing proves nothing.
        assert!(walked.states > 1_000, "{}", walked.states);
    }
}

#[test]
fn the_laws_hold_in_every_state() {
    assert_laws_hold(&fixture::hello());
}
