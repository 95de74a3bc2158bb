//! `deployc`: see `deployc --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    deployc::commands::run()
}
