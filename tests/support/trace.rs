//! What a run did, line by line, as the deployment's log tells it: its steps, what the journal says, and (on fake drivers, which write
//! there) whom it called.

use deployc::plan::Phase;

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
    let after = |start| text.strip_prefix(start).map(str::to_owned);
    // Of a step that has ended: without how long it took.
    let ended = |start| Some(text.strip_prefix(start)?.rsplit_once(" (")?.0.to_owned());
    None.or_else(|| after("step: ").map(Event::Step))
        .or_else(|| ended("step ok: ").map(Event::Done))
        .or_else(|| ended("step FAILED: ").map(Event::Failed))
        .or_else(|| Some(Event::Journal(phase(text.strip_prefix("journal: ")?)?)))
        .or_else(|| after("call ").map(Event::Call))
        .or_else(|| after("fault ").map(Event::Fault))
        .or_else(|| after("BROKEN ").map(Event::Broken))
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
