//! The command line: one file for each command. The only place with files, clock and environment.

mod build;
mod check;
mod cli;
mod completions;
mod diff;
mod explain;
mod explain_pages;
mod fmt;
mod outcome;
mod plan;
mod read;
mod runtime;
mod terminal;
mod write_bundle;

use clap::Parser;
use cli::{Cli, Command};
use outcome::{Failure, Outcome};
use std::process::ExitCode;
use terminal::Terminal;

/// Runs the command from the process's command line.
#[must_use]
pub fn run() -> ExitCode {
    std::panic::set_hook(Box::new(report_bug));
    // For wrong usage, clap prints its text and exits with code 2.
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.color);
    let outcome = match cli.command {
        Command::Build(options) => build::run(&options, &terminal),
        Command::Check(options) => check::run(&options, &terminal),
        Command::Fmt(options) => fmt::run(&options, &terminal),
        Command::Plan(options) => plan::run(&options, &terminal),
        Command::Explain(options) => explain::run(&options, &terminal),
        Command::Runtime(options) => runtime::run(&options, &terminal),
        Command::Completions(options) => Ok(completions::completions(&options, &terminal)),
        Command::Man => completions::man(&terminal),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(Failure(why)) => {
            terminal.error(&why);
            Outcome::Failed.into()
        }
    }
}

/// A panic is a bug in deployc. So it is reported as a bug, and it never exits with code 101 or 1.
fn report_bug(panic: &std::panic::PanicHookInfo<'_>) {
    use std::io::Write as _;
    // A closed output is not a bug, and printing a report may be impossible.
    let _ = writeln!(
        std::io::stderr(),
        "deployc: this is a bug in deployc {}, not in your file: {panic}\n\
         nothing was written; please report it, together with your file",
        env!("CARGO_PKG_VERSION")
    );
    std::process::exit(2);
}
