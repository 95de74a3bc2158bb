//! What a run did, line by line: its own steps and the calls of drivers, tools and the user's programs, in the deployment's log.

use crate::plan::Phase;

/// One line that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Step(String),
    /// It is done.
    Done(String),
    /// It has failed.
    Failed(String),
    /// The journal says this from now on.
    Journal(Phase),
    /// Somebody was called.
    Call(String),
    /// The call above was this run's fault.
    Fault(String),
    /// A fake has seen a promise broken.
    Broken(String),
}

/// The events of a log.
pub fn read(log: &str) -> Vec<Event> {
    log.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    // The time, or the word `fake`.
    let (_, text) = line.split_once(' ')?;
    let (word, rest) = text.split_once(' ')?;
    let words = || {
        rest.rsplit_once(" (")
            .map_or(rest, |(words, _)| words)
            .to_owned()
    };
    Some(match word {
        "step:" => Event::Step(rest.to_owned()),
        "step" if text.starts_with("step ok: ") => Event::Done(words()["ok: ".len()..].to_owned()),
        "step" if text.starts_with("step FAILED: ") => {
            Event::Failed(words()["FAILED: ".len()..].to_owned())
        }
        "journal:" => Event::Journal(phase(rest)?),
        "call" => Event::Call(rest.to_owned()),
        "fault" => Event::Fault(rest.to_owned()),
        "BROKEN" => Event::Broken(rest.to_owned()),
        _ => return None,
    })
}

/// A phase by its word.
pub fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.word() == word)
}

/// The calls, in order.
pub fn calls(events: &[Event]) -> Vec<String> {
    let calls = events.iter().filter_map(|event| match event {
        Event::Call(key) => Some(key.clone()),
        _ => None,
    });
    calls.collect()
}

/// The last lines of a log, for a report.
pub fn end_of(log: &str) -> String {
    const SHOWN: usize = 30;
    let lines: Vec<&str> = log
        .lines()
        .filter_map(|line| Some(line.split_once(' ')?.1))
        .collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n      ")
}
