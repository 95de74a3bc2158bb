//! What is written, and what its names mean.

pub mod definitions;
pub mod facts;
pub mod files;
pub mod near;
pub mod service_statements;
pub mod spelling;
pub mod statements;
