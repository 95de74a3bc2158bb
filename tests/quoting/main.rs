//! Any text in every place where the language takes one arrives unchanged: through the compiler and a real bash, a real
//! reader of YAML, a real nginx; and so do inputs, from the environment and from files, kept and loaded again.
#![allow(
    missing_docs,
    reason = "a test binary has no readers of its documentation"
)]

mod bash;
mod inputs;
mod nginx;
#[path = "../support/odd.rs"]
mod odd;
mod source;
mod texts;
mod words;
mod yaml;
