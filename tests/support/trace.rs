//! The events of a run, line by line, from the deployment's log: its steps, the phases of the journal, and its calls.
//! Only fake drivers write calls into the log.

use deployc::plan::Phase;

/// A line of the log that the tests compare with the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Step(String),
    /// The step succeeded.
    Done(String),
    /// The step failed.
    Failed(String),
    /// The journal has this phase from now on.
    Journal(Phase),
    /// A function or tool was called.
    Call(String),
    /// The call above has an injected fault of this run.
    Fault(String),
    /// A fake driver has seen a broken promise.
    Broken(String),
}

/// Returns the events of a log.
pub fn read(log: &str) -> Vec<Event> {
    log.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    // The first word is the time, or the word `fake`.
    let (_, text) = line.split_once(' ')?;
    let after = |start| text.strip_prefix(start).map(str::to_owned);
    // Returns the words of a step that has ended, without its duration.
    let ended = |start| Some(text.strip_prefix(start)?.rsplit_once(" (")?.0.to_owned());
    None.or_else(|| after("step: ").map(Event::Step))
        .or_else(|| ended("step ok: ").map(Event::Done))
        .or_else(|| ended("step FAILED: ").map(Event::Failed))
        .or_else(|| Some(Event::Journal(phase(text.strip_prefix("journal: ")?)?)))
        .or_else(|| after("call ").map(Event::Call))
        .or_else(|| after("fault ").map(Event::Fault))
        .or_else(|| after("BROKEN ").map(Event::Broken))
}

/// Returns the phase with that word.
pub fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.word() == word)
}

/// Returns the calls, in order.
pub fn calls(events: &[Event]) -> Vec<String> {
    let calls = events.iter().filter_map(|event| match event {
        Event::Call(key) => Some(key.clone()),
        _ => None,
    });
    calls.collect()
}

/// Returns the last lines of a log, for a report.
pub fn end_of(log: &str) -> String {
    const SHOWN: usize = 30;
    let lines: Vec<&str> = log
        .lines()
        .filter_map(|line| Some(line.split_once(' ')?.1))
        .collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n      ")
}
