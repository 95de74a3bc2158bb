//! The statements of the files, and the meanings of their names.

pub mod definitions;
pub mod facts;
pub mod files;
pub mod near;
pub mod service_statements;
pub mod spelling;
pub mod statements;
