//! How commands end.

use std::process::ExitCode;

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// 0
    Clean,
    /// 1: findings, or something would change
    Findings,
    /// 2: wrong usage, or a file that cannot be read or written
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::SUCCESS,
            Outcome::Findings => Self::from(1),
            Outcome::Failed => Self::from(2),
        }
    }
}

/// A failure that ends a command with exit code 2. It contains the complete sentence for the user.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);
