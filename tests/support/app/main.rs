//! `testapp`: the program that the end-to-end tests deploy.
//!
//! It is a small HTTP server that can behave well or badly, like any deployed program. Options are flags
//! (`--color blue`) or variables (`TESTAPP_COLOR=blue`); a flag wins. `options.rs` lists them all.
//!
//! Endpoints: `/profile` `/health` `/json` `/slow?ms=N` `/stream?seconds=N` `/upload` `/env` `/args`.

mod health;
mod http;
mod options;
mod routes;
mod server;
mod signal;

use std::process::{Command, ExitCode, Stdio};
use std::thread;

use options::Options;

fn main() -> ExitCode {
    let options = match Options::from_process() {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("testapp: {reason}");
            return ExitCode::from(2);
        }
    };
    if options.daemonise {
        return daemonise();
    }
    println!("testapp: {} starts on port {}", options.color, options.port);
    signal::install();
    let children: Vec<_> = (0..options.children)
        .filter_map(|_| Command::new("sleep").arg("1000").spawn().ok())
        .collect();
    thread::sleep(options.boot);
    let code = server::serve(options);
    for mut child in children {
        // The child may have ended already.
        let _ = child.kill().and_then(|()| child.wait());
    }
    println!("testapp: ends with {code}");
    ExitCode::from(code)
}

/// Starts itself again in a new session and ends, as an old-fashioned daemon does.
fn daemonise() -> ExitCode {
    let arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--daemonise");
    let started = std::env::current_exe().and_then(|program| {
        Command::new("setsid")
            .arg(program)
            .args(arguments)
            .env_remove("TESTAPP_DAEMONISE")
            .stdin(Stdio::null())
            .spawn()
    });
    match started {
        Ok(_) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("testapp: cannot daemonise: {reason}");
            ExitCode::FAILURE
        }
    }
}
