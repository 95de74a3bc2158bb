//! `deployc completions` and `deployc man`.

use super::cli::{Cli, Completions};
use super::outcome::{Failure, Outcome};
use super::terminal::Terminal;
use clap::CommandFactory;

pub(super) fn completions(options: &Completions, terminal: &Terminal) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "deployc", &mut text);
    print(&text, terminal);
    Outcome::Clean
}

pub(super) fn man(terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut text)
        .map_err(|error| Failure(format!("the manual page cannot be made: {error}")))?;
    print(&text, terminal);
    Ok(Outcome::Clean)
}

fn print(text: &[u8], terminal: &Terminal) {
    terminal.out(&String::from_utf8_lossy(text));
}
