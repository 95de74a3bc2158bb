//! Descriptions of drivers, and their uses in an app.

pub mod description;
pub mod description_reader;
pub mod descriptions;
pub mod driver_use;
mod missing_functions;
pub mod setting_findings;
mod target_names;
