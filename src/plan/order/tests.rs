//! The programs' shape.

use super::{Line, Plan};
use crate::fixture;

#[test]
fn every_word_is_plain() {
    let plan = Plan::new(&fixture::hello());
    for program in &plan.programs {
        for line in &program.lines {
            let Line::Step(step) = line else { continue };
            for word in step.action.words() {
                let plain =
                    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
                assert!(word == "\"$1\"" || word.chars().all(plain), "{word}");
            }
        }
    }
}
