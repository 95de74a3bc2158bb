//! The cases of one shape: all cases that the options select, or, with a seed, one case for each command and kind of
//! fault.

use std::collections::BTreeMap;

use crate::Command;
use crate::cycle::{By, Case, Found};
use crate::draw::Draw;
use crate::fault::{Fault, How};
use crate::options::Options;
use crate::stand::Stand;
use crate::state::State;

/// The result of a series.
#[derive(Default)]
pub struct Result {
    /// The number of interrupted runs.
    pub cases: usize,
    /// The number of all commands that were run.
    pub runs: usize,
    /// The complaints, and how often each was made.
    kinds: BTreeMap<String, usize>,
}

impl Result {
    /// Counts a complaint. The first of each kind is printed at once.
    fn complain(&mut self, repeat: &str, what: &str) {
        let line = what.lines().next().unwrap_or_default();
        let kind = line.replace(|c: char| c.is_ascii_digit(), "");
        let times = self.kinds.entry(kind).or_default();
        *times += 1;
        if *times == 1 {
            println!("WRONG {repeat}: {what}\n");
        }
    }

    /// The number of complaints.
    pub fn complaints(&self) -> usize {
        self.kinds.values().sum()
    }
}

/// One shape on one stand, or a part of its cases.
pub struct Series<'a> {
    /// The stand.
    pub stand: &'a Stand,
    /// The options.
    pub options: &'a Options,
    /// The number of this part, and the number of parts.
    pub part: (usize, usize),
}

/// The calls of a command from a state, without a fault.
type Calls = BTreeMap<(State, &'static str), Vec<String>>;

impl Series<'_> {
    /// Runs the series.
    pub fn run(&self) -> Result {
        let mut result = Result::default();
        let mut calls = Calls::new();
        let mut turn = 0;
        let options = self.options;
        for &command in &options.commands {
            if let Some(seed) = options.seed {
                for &how in &options.hows {
                    turn += 1;
                    if turn % self.part.1 == self.part.0 {
                        self.one(seed, command, how, &mut calls, &mut result);
                    }
                }
                continue;
            }
            for &state in &options.states {
                turn += 1;
                if turn % self.part.1 == self.part.0 {
                    self.all(state, command, &mut calls, &mut result);
                }
            }
        }
        result
    }

    /// Runs one case: the seed selects the state and the call. States without a suitable call are skipped. If the
    /// options allow all states, one of them must have such a call. Otherwise nothing would be tried, and nobody would
    /// notice.
    fn one(&self, seed: u64, command: Command, how: How, calls: &mut Calls, result: &mut Result) {
        let purpose = format!(
            "{} {} {}",
            self.stand.shape.name,
            command.name(),
            how.name()
        );
        let mut draw = Draw::new(seed, &purpose);
        let mut states = self.options.states.clone();
        while !states.is_empty() {
            let state = states.remove(draw.below(states.len()));
            let suited = self.suited(state, command, how, calls, result);
            if !suited.is_empty() {
                let call = suited[draw.below(suited.len())];
                let fault = Some(Fault { how, call });
                self.case(
                    &Case {
                        state,
                        command,
                        fault,
                    },
                    result,
                );
                return;
            }
        }
        if self.options.states.len() == State::ALL.len() {
            result.complain(&purpose, "no state has a call for this fault");
        }
    }

    fn all(&self, state: State, command: Command, calls: &mut Calls, result: &mut Result) {
        for &how in &self.options.hows {
            for call in self.suited(state, command, how, calls, result) {
                if self.options.call.is_none_or(|only| only == call) {
                    let fault = Some(Fault { how, call });
                    self.case(
                        &Case {
                            state,
                            command,
                            fault,
                        },
                        result,
                    );
                }
            }
        }
    }

    /// The numbers of the calls for which this fault tests something. A run without a fault lists the calls. This run
    /// is judged, too.
    fn suited(
        &self,
        state: State,
        command: Command,
        how: How,
        calls: &mut Calls,
        result: &mut Result,
    ) -> Vec<usize> {
        let keys = calls.entry((state, command.name())).or_insert_with(|| {
            if state.suits(self.stand) {
                self.case(
                    &Case {
                        state,
                        command,
                        fault: None,
                    },
                    result,
                )
            } else {
                Vec::new()
            }
        });
        let suited = keys.iter().enumerate().filter(|(_, key)| how.suits(key));
        suited.map(|(index, _)| index + 1).collect()
    }

    fn case(&self, case: &Case, result: &mut Result) -> Vec<String> {
        let Found {
            runs,
            calls,
            complaints,
        } = case.run(self.stand, By::Both);
        result.cases += usize::from(case.fault.is_some());
        result.runs += runs;
        let repeat = case.options(self.stand.shape.name);
        let called = case
            .fault
            .and_then(|fault| calls.get(fault.call - 1))
            .map_or("", String::as_str);
        for what in &complaints {
            result.complain(&format!("{repeat} ({called})"), what);
        }
        calls
    }
}
