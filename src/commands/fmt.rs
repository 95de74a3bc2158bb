//! `deployc fmt`: formats files.

use super::cli::Fmt as Options;
use super::outcome::{Failure, Outcome};
use super::read::{self, Input, Origin};
use super::terminal::Terminal;
use super::{check, diff, write_bundle};
use crate::diagnostics::Report;
use crate::source::Sources;
use crate::syntax;

pub(super) fn run(options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    read::each(&options.files, terminal, |input| {
        one(&input, options, terminal)
    })
}

fn one(input: &Input, options: &Options, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let main = sources.add(input.path.clone(), input.text.clone());
    let mut report = Report::new();
    let tree = syntax::parse(main, &input.text, &mut report);
    if report.has_errors() {
        check::show(&report, &sources, terminal);
        return Ok(Outcome::Findings);
    }
    let formatted = syntax::format(&tree, &input.text);
    let changes = formatted != input.text;
    if options.diff {
        let path = input.path.as_str();
        let colored = terminal.out_is_colored();
        terminal.out(&diff::unified(
            path,
            &input.text,
            &formatted,
            "as formatted",
            colored,
        ));
    }
    if options.check && changes {
        terminal.prose(&format!("{}: would be reformatted\n", input.path));
    }
    if options.check || options.diff {
        return Ok(if changes {
            Outcome::Findings
        } else {
            Outcome::Clean
        });
    }
    match input.origin {
        Origin::Stdin => terminal.out(&formatted),
        Origin::File if changes => {
            write_bundle::replace(&input.path, &formatted)?;
            terminal.prose(&format!("{}: reformatted\n", input.path));
        }
        Origin::File => {}
    }
    Ok(Outcome::Clean)
}
