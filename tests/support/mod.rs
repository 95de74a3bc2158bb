//! The base of the end-to-end tests: temporary hosts, real proxies, load, a CodeDeploy agent.

pub mod appspec;
pub mod build;
pub mod codedeploy;
pub mod docker;
pub mod haproxy;
pub mod host;
pub mod http;
pub mod load;
pub mod nginx;
pub mod odd;
pub mod process;
pub mod site;
pub mod skip;
pub mod tree;
pub mod under_load;
pub mod wait;
