//! Runs generated scripts on fake drivers. The fakes record each call and can make it fail, hang or kill the script.
//! Whatever happens, the script's trace must be a walk of the plan, and the laws must hold in the world that the next
//! command finds.
//!
//! `cargo test --test conform` runs every combination of shape, command and fault once, and `-- --long` runs them for
//! every call. `-- --help` says more.

#[path = "../support/accept.rs"]
mod accept;
mod answering;
mod broken;
mod cycle;
mod draw;
mod expected;
mod fault;
mod options;
mod promise;
mod series;
mod shape;
mod stand;
mod state;
#[path = "../support/trace.rs"]
mod trace;
mod world;

use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use deployc::plan::{self, Command};

use options::Options;
use series::{Result, Series};
use stand::Stand;

fn main() -> ExitCode {
    let options = match Options::from_arguments() {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let folder = tempfile::Builder::new()
        .prefix("deployc-conform-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(fastest_place())
        .expect("a folder can be made");
    let began = Instant::now();
    let mut complaints = 0;
    if options.sound {
        if let Some(seed) = options.seed {
            println!("seed {seed}: `--seed {seed}` takes the same sample");
        }
        println!("shape            cases   runs  complaints");
        complaints += shapes(&options, folder.path());
    }
    if options.broken {
        complaints += broken::all(&options, folder.path());
    }
    println!("{complaints} complaints, {:.0?}", began.elapsed());
    if complaints == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Tries the shapes. Returns the number of complaints.
fn shapes(options: &Options, folder: &std::path::Path) -> usize {
    // Each stand makes its own resting states, so several stands are worth it only for many cases.
    let parts = if options.seed.is_some() {
        1
    } else {
        options.threads
    };
    let shapes = options.shapes.iter();
    let units: Vec<_> = shapes
        .flat_map(|&shape| (0..parts).map(move |part| (shape, part)))
        .collect();
    let results: Mutex<Vec<(&str, Result)>> = Mutex::new(Vec::new());
    at_once(options.threads, &units, |&(shape, part)| {
        let stand = Stand::new(shape, &folder.join(format!("{shape}-{part}")));
        let series = Series {
            stand: &stand,
            options,
            part: (part, parts),
        };
        let result = series.run();
        results
            .lock()
            .expect("no thread panics with it")
            .push((shape, result));
    });
    let results = results.into_inner().expect("no thread panics with it");
    let mut total = 0;
    for &shape in &options.shapes {
        let of_shape = || {
            results
                .iter()
                .filter(|(of, _)| *of == shape)
                .map(|(_, result)| result)
        };
        let sum = |count: fn(&Result) -> usize| of_shape().map(count).sum::<usize>();
        let complaints = sum(series::Result::complaints);
        let (cases, runs) = (sum(|result| result.cases), sum(|result| result.runs));
        println!("{shape:<16} {cases:>5} {runs:>6} {complaints:>11}");
        total += complaints;
    }
    total
}

/// Does something with each element of a list, with this many threads.
fn at_once<T: Sync>(threads: usize, list: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = list.get(next.fetch_add(1, Ordering::SeqCst)) {
                    work(one);
                }
            });
        }
    });
}

/// Returns the folder for the hosts: memory, if there is room and programs may run there. The scripts write every state
/// through to the disk, which takes a fifth of the time on a disk.
fn fastest_place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if has_room(&memory) && runs_programs(&memory) {
        memory
    } else {
        std::env::temp_dir()
    }
}

/// Succeeds if the folder has room for a gigabyte. The hosts of a whole run need a tenth of it.
fn has_room(folder: &Path) -> bool {
    let output = process::Command::new("df")
        .args(["--output=avail", "--block-size=1M"])
        .arg(folder)
        .output();
    output.is_ok_and(|output| {
        let said = String::from_utf8_lossy(&output.stdout);
        let free = said
            .split_whitespace()
            .last()
            .and_then(|word| word.parse().ok());
        free.is_some_and(|free: u64| free >= 1024)
    })
}

/// Succeeds if a program in the folder can be started. Containers often forbid it for memory.
fn runs_programs(folder: &Path) -> bool {
    let Ok(program) = tempfile::Builder::new().tempfile_in(folder) else {
        return false;
    };
    let path = program.into_temp_path();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::write(&path, "#!/bin/sh\n").is_ok()
        && std::fs::set_permissions(&path, permissions).is_ok()
        && process::Command::new(&path)
            .status()
            .is_ok_and(|status| status.success())
}
