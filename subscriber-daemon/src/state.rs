//! Everything that the daemon knows.

use backtrail_bus::chain::Chains;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;

/// The fold's state and where in the streams it stands.
#[derive(Debug)]
pub(crate) struct State {
    pub engine: Engine,
    pub progress: Progress,
}

impl Default for State {
    fn default() -> Self {
        Self { engine: Engine::noting_changes(), progress: Progress::default() }
    }
}

/// What the daemon knows beside incidents and leads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub chains: Chains,
    pub position: Position,
    pub counters: Counters,
}

/// The last sequences that the state holds or has led to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// When the hub made this agency's consumer: with another one, sequences mean something else.
    pub consumer_created: String,
    /// Of the hub's incidents.
    pub incidents: u64,
    /// Of the agency's lead events.
    pub leads: u64,
}

/// What happened since the first message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counters {
    pub messages: u64,
    pub duplicates: u64,
    pub dead_letters: u64,
    /// Envelopes that did not follow the one before them.
    pub chain_breaks: u64,
}
