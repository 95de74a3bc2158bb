//! How findings look: for people, for terminals that want one line each, for programs.

mod human;
mod json;
mod short;

pub use human::{Look, human};
pub use json::json;
pub use short::short;
