//! Tests the runtime's modules in `stdlib/shell/` that make probes: HTTP with curl and with bash alone, JSON in awk,
//! listeners. The modules are sourced unchanged and run against real servers, with this machine's tools and with those
//! of `BusyBox`.
#![allow(
    missing_docs,
    reason = "a test binary has no readers of its documentation"
)]

mod answers;
#[path = "../support/bash42.rs"]
mod bash42;
mod bounded;
mod json;
mod lint;
mod net;
#[path = "../support/odd.rs"]
mod odd;
mod requests;
mod runner;
mod script;
mod server;
mod tools;
mod tries;
