//! The formats of findings: for people, one line each, and for programs.

mod human;
mod json;
mod short;
#[cfg(test)]
mod tests;
mod visible;

pub use human::{Look, human};
pub use json::json;
pub use short::short;
