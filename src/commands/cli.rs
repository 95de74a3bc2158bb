//! The grammar of the command line, and its help texts.

use super::terminal::ColorChoice;
use crate::emit::Form;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// The file that is read if the command line names none.
pub(super) const DEFAULT_FILE: &str = "deploy.bg";

/// Compiles deploy.bg into a readable bash script that deploys blue/green
#[derive(Debug, Parser)]
#[command(name = "deployc", version, max_term_width = 100)]
#[command(
    long_about = "Compiles deploy.bg into a readable bash script that deploys blue/green, so that no \
request is lost. The new color is started and probed beside the old one. The proxy is switched with one \
rename and a reload, and the script confirms that the new configuration is in force. Then the old color \
drains and stops. If anything goes wrong, the old color keeps serving.",
    after_long_help = "Examples:
  deployc check                  find mistakes in deploy.bg; nothing is written
  deployc build                  write deploy/NAME.sh and its other files; commit all of them
  deployc build --check          in CI: are the committed files up to date?
  deployc plan                   what a deployment would do, and how long it may take
  deployc explain BG401          what a code means and how to cure it

The host does not need deployc: copy the two `.sh` files to it and run `./NAME.sh deploy`.

Exit: 0 clean; 1 findings, or something would change; 2 wrong usage, or a file that cannot be read or written."
)]
pub(super) struct Cli {
    /// When to use colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compile: write the script and the files that belong to it
    #[command(after_long_help = "Examples:
  deployc build                       deploy.bg here, into deploy/ beside it: APP.sh, and the runtime beside it
  deployc build shop/deploy.bg        into shop/deploy/
  deployc build --check               exit 1 if a file is missing, stale or edited by hand; nothing is written
  deployc build --diff                what a build would change; nothing is written
  deployc build --single              one file per app: APP.sh contains the runtime
  deployc build --stdout | ssh host bash -s deploy

A file that is no longer generated is removed, unless it was edited by hand. A file that deployc did not make is never
overwritten.")]
    Build(Build),
    /// Find mistakes: types and safety rules; nothing is written
    #[command(after_long_help = "Examples:
  deployc check
  deployc check --format short */deploy.bg
  deployc check - --stdin-filename shop/deploy.bg <buffer")]
    Check(Check),
    /// Format files; comments are kept
    #[command(after_long_help = "Examples:
  deployc fmt                         deploy.bg here, in place
  deployc fmt --check */deploy.bg     exit 1 and list the files that would change
  deployc fmt - <deploy.bg            standard input to standard output")]
    Fmt(Fmt),
    /// Show the steps of every command, the ways back, and how long each may take
    #[command(after_long_help = "Examples:
  deployc plan
  deployc plan shop/deploy.bg | less")]
    Plan(Plan),
    /// Explain a code, a driver, a probe or a type
    #[command(after_long_help = "Examples:
  deployc explain BG401
  deployc explain nginx
  deployc explain duration
  deployc explain spring.health
  deployc explain defaults            the values of settings that a file leaves out
  deployc explain haproxy deploy.bg   a driver or probe of your own, in deploy.bg or in a file that it uses
  deployc explain                     list everything that can be explained")]
    Explain(Explain),
    /// Print the hash of the runtime, or check a file against it
    #[command(after_long_help = "Examples:
  deployc runtime --hash              VERSION-SHA256, which pins the runtime in scripts, and the name of its file
  deployc runtime --check deploy/deployc-runtime-*.sh

The runtime contains the code of each step of a deployment. It is the same file for every application of this version.")]
    Runtime(Runtime),
    /// Print completions for a shell
    #[command(after_long_help = "Example:
  deployc completions bash >/etc/bash_completion.d/deployc")]
    Completions(Completions),
    /// Print the manual page
    #[command(after_long_help = "Example:
  deployc man >/usr/local/share/man/man1/deployc.1")]
    Man,
}

/// Files to read.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// The files; `-` is standard input; the default is deploy.bg in this folder
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<Utf8PathBuf>,
    /// The path of standard input: messages show it, and its `use` is relative to it
    #[arg(long, value_name = "PATH", default_value = "deploy.bg")]
    pub(super) stdin_filename: Utf8PathBuf,
}

impl Files {
    /// The list for a command that takes one file instead of a list.
    pub(super) fn of(file: &Utf8Path) -> Self {
        Self {
            files: vec![file.to_owned()],
            stdin_filename: DEFAULT_FILE.into(),
        }
    }
}

#[derive(Debug, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "clap needs one bool for each flag of the command line"
)]
pub(super) struct Build {
    #[command(flatten)]
    pub(super) files: Files,
    /// The folder to write to, instead of deploy/ beside the source
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
    /// Write nothing; exit 1 if a file is missing, stale or edited by hand
    #[arg(long, conflicts_with = "stdout")]
    pub(super) check: bool,
    /// Write nothing; show what would change, and exit 1 if anything would
    #[arg(long, conflicts_with = "stdout")]
    pub(super) diff: bool,
    /// Write nothing; print the script, with the runtime in it
    #[arg(long)]
    pub(super) stdout: bool,
    /// Write one file per app, with the runtime in it
    #[arg(long)]
    pub(super) single: bool,
}

impl Build {
    /// The number of files of a script.
    pub(super) fn form(&self) -> Form {
        if self.single || self.stdout {
            Form::Single
        } else {
            Form::Files
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) files: Files,
    /// The format of findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: FindingFormat,
}

/// The format of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingFormat {
    /// For people: the words are underlined, and the next step is below
    Human,
    /// One line each: file, line, column, code, message
    Short,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Fmt {
    #[command(flatten)]
    pub(super) files: Files,
    /// Write nothing; list the files that would change, and exit 1 if there are any
    #[arg(long)]
    pub(super) check: bool,
    /// Write nothing; show what would change, and exit 1 if anything would
    #[arg(long)]
    pub(super) diff: bool,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) files: Files,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code, a driver, a probe or a type; without one, all of them are listed
    #[arg(value_name = "CODE|NAME")]
    pub(super) topic: Option<String>,
    /// A file of yours: the drivers and probes in it and in the files that it uses are explained too
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) file: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Runtime {
    /// Print VERSION-SHA256, which pins the runtime in scripts, and the name of its file
    #[arg(long)]
    pub(super) hash: bool,
    /// Tell whether FILE is the released runtime of this version; exit 1 if not
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) check: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}
