//! `deployc check`: shows findings and writes nothing.

use super::cli::{Check as Options, FindingFormat};
use super::outcome::{Failure, Outcome};
use super::read::{self, HostFiles};
use super::terminal::Terminal;
use crate::diagnostics::Report;
use crate::diagnostics::render::{Look, human, json, short};
use crate::emit::{Form, Places};
use crate::source::Sources;
use camino::Utf8Path;

/// The width of findings if the terminal's width is unknown.
const WIDTH: usize = 100;

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let mut all = Report::new();
    let mut paths = Vec::new();
    let reading = read::each(&options.files, terminal, |input| {
        paths.push(input.path.clone());
        let main = sources.add(input.path, input.text);
        let mut report = Report::new();
        if let Some(planned) = crate::plan_file(&mut sources, main, &HostFiles, &mut report) {
            // Some mistakes show only when the files are made, such as a value that a template cannot take.
            let places = Places {
                sources: &sources,
                main,
                folder: Utf8Path::new("deploy"),
            };
            crate::emit_files(&planned, &places, Form::Files, &mut report);
        }
        all.extend(report);
        Ok(Outcome::Clean)
    })?;
    match options.format {
        FindingFormat::Human => {
            show(&all, &sources, terminal);
            if all.is_empty() && reading == Outcome::Clean {
                let what = match paths.as_slice() {
                    [path] => format!("{path}: "),
                    paths => format!("{} files: ", paths.len()),
                };
                terminal.prose(&format!("{what}nothing found\n"));
            }
        }
        FindingFormat::Short => terminal.out(&short(&all, &sources)),
        FindingFormat::Json => terminal.out(&json(&all, &sources)),
    }
    Ok(reading.max(outcome(&all)))
}

/// Errors and warnings count as findings; advice does not.
fn outcome(report: &Report) -> Outcome {
    let weighs = |severity| severity <= crate::diagnostics::Severity::Warning;
    let findings = report.sorted();
    if findings
        .iter()
        .any(|finding| weighs(finding.code.severity()))
    {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

/// Shows findings to people.
pub(super) fn show(report: &Report, sources: &Sources, terminal: &Terminal) {
    let look = Look {
        color: terminal.err_is_colored(),
        width: WIDTH,
    };
    terminal.prose(&human(report, sources, look));
}
