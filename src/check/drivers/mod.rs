//! Descriptions of drivers, and what an app gives a driver.

pub mod description;
pub mod descriptions;
pub mod driver_use;
pub mod misuse;
pub mod reader;
