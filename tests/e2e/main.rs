//! The end-to-end tests: generated scripts on real hosts with real proxies, under load.
//!
//! `cargo test --test e2e` runs all tests, `cargo test --test e2e NAME` runs some, `-- --list` prints their names. A
//! test that cannot run its real part on this machine prints `skipped` and the reason. With `CI=true` it fails instead.

mod adopt;
mod agent;
mod codedeploy;
mod color_sign;
mod concurrency;
mod cut_short;
mod data;
mod deploys;
mod examples;
mod failures;
mod hazards;
mod hosts;
mod interference;
mod keep_warm;
mod live;
mod operators;
mod outputs;
mod portability;
mod release;
mod states;
mod steps;
#[path = "../support/mod.rs"]
mod support;
mod systemd;
mod workers;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use support::skip::Skip;

/// The tests mostly wait, so more of them run at once than there are processors.
const THREADS: usize = 6;

/// A test with its name.
#[derive(Clone, Copy)]
struct Test {
    name: &'static str,
    run: fn() -> Result<(), Skip>,
}

/// Names each test after its function.
macro_rules! tests {
    ($($function:ident),+ $(,)?) => {
        pub fn tests() -> Vec<crate::Test> {
            vec![$(crate::Test { name: concat!(module_path!(), "::", stringify!($function)), run: $function }),+]
        }
    };
}
use tests;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let all = [
        // The longest tests come first.
        examples::tests(),
        agent::tests(),
        codedeploy::tests(),
        color_sign::tests(),
        hosts::tests(),
        adopt::tests(),
        data::tests(),
        cut_short::tests(),
        deploys::tests(),
        concurrency::tests(),
        failures::tests(),
        hazards::tests(),
        interference::tests(),
        keep_warm::tests(),
        live::tests(),
        operators::tests(),
        outputs::tests(),
        portability::tests(),
        release::tests(),
        states::tests(),
        steps::tests(),
        systemd::tests(),
        workers::tests(),
    ]
    .into_iter()
    .flatten();
    let conclusion = libtest_mimic::run(&arguments, all.map(trial).collect());
    support::docker::end_engine();
    conclusion.exit_code()
}

fn trial(test: Test) -> Trial {
    let name = test.name.trim_start_matches("e2e::");
    Trial::ignorable_test(name, move || match (test.run)() {
        Ok(()) => Ok(Completion::Completed),
        Err(Skip(reason)) if std::env::var_os("CI").is_some_and(|value| value == "true") => {
            Err(Failed::from(format!("may not be skipped in CI: {reason}")))
        }
        Err(Skip(reason)) => Ok(Completion::ignored_with(format!("skipped: {reason}"))),
    })
}
