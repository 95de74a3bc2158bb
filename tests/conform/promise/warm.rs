//! What `keep warm` keeps running until a new release is ready to take its place.

use deployc::model::Previous;

use super::Ended;
use crate::Command;
use crate::plan::{Kind, Phase};
use crate::trace::Event;

/// The first words of the steps that make a new release. These steps may fail because of the new version. Then the warm
/// color must still run.
const MAKING: [&str; 6] = [
    "make_release",
    "copy_release",
    "user new before-start",
    "fetch",
    "stage",
    "sync_release",
];

impl Ended<'_> {
    /// A warm color runs until the new release is made. If a command fails or is killed before that, the warm color
    /// still runs.
    pub(super) fn keeps_warm(&self, broken: &mut Vec<String>) {
        let before = self.before;
        let is_warm = self.stand.shape.after.app.cleanup.previous == Previous::KeptWarm;
        if !is_warm || self.command == Command::Remove || before.kind() == Kind::Remove {
            return;
        }
        if !self.has_failed_making() && self.has_begun("clear_idle") {
            return;
        }
        // A new release that was not switched to is stopped, unless it ran before.
        let is_undone = !matches!(before.phase(), Phase::Idle | Phase::Switched);
        let undone = before
            .says("release")
            .filter(|_| is_undone && before.says("warm") != Some("yes"));
        for ((color, service), running) in &before.runs {
            let is_kept = !running.once && running.release != "-";
            let at = (color.clone(), service.clone());
            let is_same = |after: &_| after == running;
            if is_kept
                && Some(running.release.as_str()) != undone
                && !self.after.runs.get(&at).is_some_and(is_same)
            {
                broken.push(format!("{service} of {color} was warm, and is gone"));
            }
        }
    }

    /// Whether a step that makes a new release failed, or was the last one.
    fn has_failed_making(&self) -> bool {
        let makes = |words: &str| MAKING.iter().any(|begin| words.starts_with(begin));
        let mut events = self.ran.events.iter();
        let mut steps = self.ran.events.iter().rev();
        let last = steps.find_map(|event| match event {
            Event::Step(words) => Some(words),
            _ => None,
        });
        last.is_some_and(|words| makes(words))
            || events.any(|event| matches!(event, Event::Failed(words) if makes(words)))
    }

    fn has_begun(&self, begin: &str) -> bool {
        let mut events = self.ran.events.iter();
        events.any(|event| matches!(event, Event::Step(words) if words.starts_with(begin)))
    }
}
