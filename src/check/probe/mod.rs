//! Probes: what is asked, how often, and what must come of it.

pub mod budget;
pub mod gates;
pub mod merged_probe;
pub mod named_probes;
pub mod questions;
pub mod verification;
