//! Hosts to which 0.1.0 has deployed continue with today's scripts, and hosts of today's scripts with 0.1.0. "Landed" is
//! version 0.1.0, "today" is this version. `README.md` describes the files here.
//!
//! If the machine cannot run the main part of a test, the test prints `skipped` and the reason. With `CI=true` it fails
//! instead.

mod deploys;
mod examples;
mod hold;
mod hosts;
mod killed_landed;
mod killed_today;
mod killed_upgrading;
mod landed;
mod matrix;
mod operators;
mod protocol;
mod reboots;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it, this a part")]
mod support;
mod systemd;
mod table;
mod two_at_once;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use support::skip::Skip;

/// The tests mostly wait, so more of them run at once than there are processors.
const THREADS: usize = 6;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let all = [
        // The longest tests come first.
        systemd::tests(),
        examples::tests(),
        deploys::tests(),
        two_at_once::tests(),
        killed_landed::tests(),
        killed_today::tests(),
        killed_upgrading::tests(),
        hosts::tests(),
        operators::tests(),
        reboots::tests(),
        table::tests(),
        protocol::tests(),
    ];
    let conclusion = libtest_mimic::run(&arguments, all.into_iter().flatten().collect());
    support::docker::end_engine();
    conclusion.exit_code()
}

/// A test with its name.
fn trial(
    name: impl Into<String>,
    run: impl FnOnce() -> Result<(), Skip> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match run() {
        Ok(()) => Ok(Completion::Completed),
        Err(Skip(reason)) if std::env::var_os("CI").is_some_and(|value| value == "true") => {
            Err(Failed::from(format!("may not be skipped in CI: {reason}")))
        }
        Err(Skip(reason)) => Ok(Completion::ignored_with(format!("skipped: {reason}"))),
    })
}

/// Names each test after its function.
macro_rules! tests {
    ($($function:ident),+ $(,)?) => {
        pub fn tests() -> Vec<libtest_mimic::Trial> {
            let module = module_path!().trim_start_matches("upgrade::");
            vec![$(crate::trial(format!("{module}::{}", stringify!($function)), $function)),+]
        }
    };
}
use tests;
