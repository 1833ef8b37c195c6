//! Provisioning of a Backtrail hub.
//!
//! A deployment is a directory: who is on the bus, the rendered server configuration, the contexts and keys to hand
//! out. `apply` brings a running hub in line with it.

pub mod apply;
pub mod deployment;
pub mod hub;
pub mod keys;
pub mod nats_server;
pub mod server_config;
mod store_limit;
