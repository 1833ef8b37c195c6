//! Settings of one daemon.

use std::time::Duration;

use backtrail_bus::agency::CircleId;
use backtrail_bus::context::Context;
use backtrail_bus::pointer::PointerKey;

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
    /// Point to the own incidents, and read whom others point to.
    pub pointers: Option<PointerConfig>,
}

/// With whom pointers are exchanged.
#[derive(Debug, Clone)]
pub struct PointerConfig {
    /// What all who take part share.
    pub key: PointerKey,
    /// To whom they are said.
    pub circle: CircleId,
    /// How long to wait before the next ones are said: when they come tells no more than that.
    pub every: Duration,
}

impl Config {
    /// The usual settings for a context.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            snapshot_every: 10_000,
            snapshot_after: Duration::from_secs(60),
            rebuild: false,
            pointers: None,
        }
    }
}
