//! Text → tree. The only place that knows pest.
mod grammar;
pub mod tree;
