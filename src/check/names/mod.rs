//! The statements of the files, and the meanings of their names.

pub mod allows;
pub mod definitions;
pub mod early_facts;
pub mod files;
pub mod service_statements;
pub mod spelling;
pub mod statements;
