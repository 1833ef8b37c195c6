//! `backtraild run`

use std::path::PathBuf;

use anyhow::Context as _;
use backtrail_bus::agency::CircleId;
use backtrail_bus::context::{CONTEXT_VARIABLE, Context, ContextError};
use backtrail_bus::exit;
use backtrail_bus::pointer::PointerKey;
use jiff::SignedDuration;
use subscriber_daemon::{Config, PointerConfig};
use tokio::signal::unix::{SignalKind, signal};

/// Follow the hub, correlate, and answer queries until told to stop
///
/// Reads the incidents of the agency's circles, verifies each, publishes lead events to the agency's own stream and
/// serves `backtrail show`, `leads` and `trace`. What it cannot accept it keeps as a dead letter with the reason.
/// SIGTERM and Ctrl-C end it after the work in hand.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild run --context nl-customs-daemon")]
pub(crate) struct Run {
    /// Name of a context, or path of its file
    #[arg(long, env = CONTEXT_VARIABLE, value_name = "NAME|PATH")]
    context: Option<String>,
    /// Write a snapshot after so many messages
    #[arg(long, value_name = "MESSAGES")]
    snapshot_every: Option<u64>,
    /// Forget the snapshot and read all incidents again
    #[arg(long)]
    rebuild: bool,
    /// Point to the own incidents, and read whom others point to, with the key in this file (`backtrail pointer key`)
    #[arg(long, value_name = "FILE", requires = "pointer_circle")]
    pointer_key: Option<PathBuf>,
    /// The circle with which pointers are exchanged
    #[arg(long, value_name = "CIRCLE", requires = "pointer_key")]
    pointer_circle: Option<CircleId>,
    /// How long to wait before the next pointers are said
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    pointer_every: SignedDuration,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let context = Context::load(self.context.as_deref().ok_or(ContextError::Unnamed)?)?;
        let mut config = Config::new(context);
        config.snapshot_every = self.snapshot_every.unwrap_or(config.snapshot_every);
        config.rebuild = self.rebuild;
        if let Some((key, circle)) = self.pointer_key.as_deref().zip(self.pointer_circle) {
            let every = self.pointer_every.unsigned_abs();
            config.pointers = Some(PointerConfig { key: PointerKey::read(key)?, circle, every });
        }
        let runtime = tokio::runtime::Runtime::new().context("no runtime for the daemon")?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).context("no handler for SIGTERM")?;
            let shutdown = async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            };
            subscriber_daemon::run(config, shutdown).await?;
            Ok(exit::DONE)
        })
    }
}
