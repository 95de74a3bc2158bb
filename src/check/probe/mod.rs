//! Probes: the requests, their times, and the expected answers.

pub mod budget;
pub mod gates;
pub mod merged_probe;
pub mod named_probes;
pub mod questions;
pub mod verification;
