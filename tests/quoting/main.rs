//! Checks that any text arrives unchanged from every place where the language accepts a text: through the compiler, and
//! through a real bash, a real YAML reader and a real nginx. Checks the same for inputs from the environment and from
//! files, which are kept with a release and loaded again.
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
