//! Descriptions of drivers, and their uses in an app.

pub mod description;
pub mod description_reader;
pub mod descriptions;
pub mod driver_use;
pub mod setting_findings;
mod missing_functions;
mod target_names;
