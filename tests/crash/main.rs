//! Tests a generated script with a real nginx under load. There is one run for each point: the script is interrupted
//! there. A point is the moment before a command that changes something outside of the shell; with `--every` it is the
//! moment before any command, and a series ends when a run ends before it reaches its point. In other series a call of a
//! program fails, or a program is missing.
//!
//! `cargo test --test crash` runs a sample. `cargo test --test crash -- --long` runs every point and needs hours.
//! `-- --long --situation deploy --how kill --stride 7 --from 3` runs a part of that. The test ends with a table and a
//! total.

#[path = "../support/accept.rs"]
#[allow(dead_code, reason = "the conformance tests use all of it, this a part")]
mod accept;
mod cycle;
mod harm;
mod log;
mod look;
mod options;
mod path;
mod point;
mod series;
mod situation;
mod source;
mod stand;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it, this a part")]
mod support;
#[path = "../support/trace.rs"]
#[allow(dead_code, reason = "the conformance tests use all of it, this a part")]
mod trace;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use options::Options;
use path::Paths;
use series::{Result, Series};
use source::Source;
use stand::{Init, Stand};

const HEADER: &str =
    "situation        how            commands  points  crashes  requests  lost  races  broken";
/// The number of broken promises that are shown for each series.
const SHOWN: usize = 12;

fn main() -> ExitCode {
    let options = match Options::from_arguments() {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    println!("{}\n\n{HEADER}", options.describe());
    let paths = Source::ALL.map(Paths::new);
    let next = AtomicUsize::new(0);
    let (done, skipped) = (Mutex::new(Vec::new()), Mutex::new(None));
    thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                let mut last: Option<(Init, Stand)> = None;
                while let Some(series) = options.series.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let init = series.situation.init();
                    let stand = match last.take().filter(|(of, _)| *of == init) {
                        Some((_, stand)) => Ok(stand),
                        None => Stand::new(init),
                    };
                    let stand = match stand {
                        Ok(stand) => &last.insert((init, stand)).1,
                        Err(skip) => {
                            println!("skipped {}: {}", series.situation.name(), skip.0);
                            *skipped.lock().expect("no thread panics with it") = Some(skip);
                            continue;
                        }
                    };
                    let result = series.run(stand, &paths);
                    show(series, &result);
                    let mut done = done.lock().expect("no thread panics with it");
                    done.push((series.clone(), result));
                }
            });
        }
    });
    match skipped.into_inner().expect("no thread panics with it") {
        Some(skip) if std::env::var_os("CI").is_some_and(|value| value == "true") => {
            println!("may not be skipped in CI: {}", skip.0);
            ExitCode::FAILURE
        }
        Some(_) if done.lock().expect("no thread panics with it").is_empty() => ExitCode::SUCCESS,
        _ => total(&done.into_inner().expect("no thread panics with it")),
    }
}

/// Prints the result of a series as soon as it is known.
fn show(series: &Series, result: &Result) {
    let (name, kind) = (series.situation.name(), series.kind.name());
    for what in result.broken.iter().take(SHOWN) {
        println!("BROKEN {name} {kind}: {what}");
    }
    if result.broken.len() > SHOWN {
        println!("… and {} more", result.broken.len() - SHOWN);
    }
    line(name, kind, result, result.broken.len());
}

fn total(done: &[(Series, Result)]) -> ExitCode {
    let mut total = Result::default();
    let mut broken = 0;
    for (_, result) in done {
        total.commands += result.commands;
        total.points += result.points;
        total.hits += result.hits;
        total.sent += result.sent;
        total.lost += result.lost;
        total.races += result.races;
        broken += result.broken.len();
    }
    line("total", "", &total, broken);
    if broken == 0 && total.hits > 0 {
        return ExitCode::SUCCESS;
    }
    println!("{broken} promises were not kept, see above");
    ExitCode::FAILURE
}

fn line(name: &str, how: &str, result: &Result, broken: usize) {
    let Result {
        commands,
        points,
        hits,
        sent,
        lost,
        races,
        ..
    } = result;
    println!(
        "{name:<16} {how:<14} {commands:>8} {points:>7} {hits:>8} {sent:>9} {lost:>5} {races:>6} {broken:>7}"
    );
}
