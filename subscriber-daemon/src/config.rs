//! Settings of one daemon.

use std::time::Duration;

use backtrail_bus::context::Context;

/// What the daemon needs to know to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Server, agency, realm and credentials, and where the snapshot lies.
    pub context: Context,
    /// A snapshot is written after so many messages, so that a restart replays no more than that.
    pub snapshot_every: u64,
    /// And after this time, if anything came at all.
    pub snapshot_after: Duration,
    /// Forget the snapshot and read everything again.
    pub rebuild: bool,
}

impl Config {
    /// The usual settings for a context.
    pub fn new(context: Context) -> Self {
        Self { context, snapshot_every: 10_000, snapshot_after: Duration::from_secs(60), rebuild: false }
    }
}
