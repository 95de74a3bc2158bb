//! The walk of the plans that there are.

use super::walk;
use crate::fixture;
use crate::plan::plan;

#[test]
fn the_laws_hold_in_every_state() {
    let app = fixture::hello();
    let began = std::time::Instant::now();
    let walked = walk(&app, &plan(&app));
    eprintln!(
        "{} {} {:?}",
        walked.states,
        walked.transitions,
        began.elapsed()
    );
    if let Some(breach) = &walked.breach {
        panic!(
            "{}: {}\n{}",
            breach.law,
            breach.why,
            breach.lines(&app).join("\n")
        );
    }
}
