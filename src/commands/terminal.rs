//! Output: results for machines go to standard output, prose goes to standard error.

use clap::ValueEnum;
use std::io::{ErrorKind, IsTerminal, Write};

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The two streams.
#[derive(Debug)]
pub(super) struct Terminal {
    choice: ColorChoice,
}

/// The styles of prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Errors, removed lines
    Red,
    /// Added lines
    Green,
    /// Places in a diff
    Cyan,
    /// Headings
    Bold,
}

impl Terminal {
    pub(super) fn new(choice: ColorChoice) -> Self {
        Self { choice }
    }

    /// Prints a result. If the reader has closed the pipe (`| head`), the program ends without an error.
    #[allow(clippy::unused_self, reason = "what prints is the terminal")]
    pub(super) fn out(&self, text: &str) {
        write_all(&mut std::io::stdout().lock(), text);
    }

    /// Prints prose.
    #[allow(clippy::unused_self, reason = "what prints is the terminal")]
    pub(super) fn prose(&self, text: &str) {
        write_all(&mut std::io::stderr().lock(), text);
    }

    /// Prints why a command cannot continue.
    pub(super) fn error(&self, why: &str) {
        let head = paint("error:", Look::Red, self.err_is_colored());
        self.prose(&format!("{head} {why}\n"));
    }

    /// Whether standard output shows colors.
    pub(super) fn out_is_colored(&self) -> bool {
        self.is_colored(std::io::stdout().is_terminal())
    }

    /// Whether standard error shows colors.
    pub(super) fn err_is_colored(&self) -> bool {
        self.is_colored(std::io::stderr().is_terminal())
    }

    fn is_colored(&self, terminal: bool) -> bool {
        match self.choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            // https://no-color.org: any value except the empty one.
            ColorChoice::Auto => {
                terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}

/// `text` in a style, if there are colors.
pub(super) fn paint(text: &str, look: Look, colored: bool) -> String {
    if !colored {
        return text.to_owned();
    }
    let code = match look {
        Look::Red => 31,
        Look::Green => 32,
        Look::Cyan => 36,
        Look::Bold => 1,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn write_all(stream: &mut impl Write, text: &str) {
    let written = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
    if let Err(error) = written {
        // If the output goes to a file on a full disk, the command must not report success.
        std::process::exit(if error.kind() == ErrorKind::BrokenPipe {
            0
        } else {
            2
        });
    }
}
