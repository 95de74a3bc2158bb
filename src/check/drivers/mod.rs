//! Descriptions of drivers, and their uses in an app.

pub mod description;
pub mod descriptions;
pub mod driver_use;
pub mod misuse;
pub mod reader;
