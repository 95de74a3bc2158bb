//! deployc compiles `deploy.bg` into one readable bash script that deploys blue/green.
//!
//! One way through: text → `syntax` → `check` → `plan` → `emit` → files. Each phase has its own
//! type, so that nothing can be emitted that was not checked.

pub mod check;
pub mod diagnostics;
pub mod emit;
#[cfg(test)]
mod fixture;
pub mod model;
pub mod plan;
pub mod source;
pub mod stdlib;
pub mod syntax;
