//! The runtime's modules in `stdlib/shell/` that ask and look: probes, HTTP by curl and by bash alone, JSON in awk,
//! listeners. Each is sourced as it stands and run against real servers, with this machine's tools and with `BusyBox`'s.
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
mod script;
mod server;
mod tools;
mod tries;
