//! `deployc plan`: shows what a deployment would do, and how long it may take.

use super::check;
use super::cli::Plan as Options;
use super::outcome::{Failure, Outcome};
use super::read::{self, HostFiles, Input};
use super::terminal::Terminal;
use crate::diagnostics::Report;
use crate::plan::table;
use crate::source::Sources;

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    read::each(&options.files, terminal, |input| Ok(one(input, terminal)))
}

fn one(input: Input, terminal: &Terminal) -> Outcome {
    let mut sources = Sources::new();
    let main = sources.add(input.path, input.text);
    let mut report = Report::new();
    let planned = crate::plan_for_review(&mut sources, main, &HostFiles, &mut report);
    check::show(&report, &sources, terminal);
    let tables: Vec<String> = planned
        .iter()
        .flatten()
        .map(|(app, plan)| table(app, plan, &sources))
        .collect();
    terminal.out(&tables.join("\n"));
    if report.has_errors() {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}
