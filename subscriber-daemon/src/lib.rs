//! The correlating daemon of one agency.
//!
//! `engine` is a pure fold from incidents to leads; everything else here is its edges: following the hub, verifying,
//! publishing, answering, and keeping the state across restarts.

mod alerts;
mod answer;
mod config;
mod correlate;
mod daemon;
mod dead_letters;
pub mod engine;
pub mod evaluate;
mod exchange;
mod follower;
mod keyring;
mod lead_events;
mod pointers;
mod reader;
pub mod replay;
mod service;
mod snapshot;
mod state;

pub use self::config::{Config, PointerConfig};
pub use self::daemon::{RunError, run};
