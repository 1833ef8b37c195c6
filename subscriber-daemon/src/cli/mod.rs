//! The command line.

mod calibrate;
mod evaluate;
mod exercise;
mod pair_reader;
mod replay;
mod run;
mod score_pairs;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use flate2::read::MultiGzDecoder;
use tracing_subscriber::EnvFilter;

/// Correlate incidents into leads for one agency
#[derive(Debug, Parser)]
#[command(name = "backtraild", version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// What to log, such as `info` or `subscriber_daemon=debug` (also RUST_LOG)
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Log as JSON, one object a line
    #[arg(long, global = true)]
    log_json: bool,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 refused, or it could not go on; 2 wrong usage.

Example:
  backtraild run --context nl-customs-daemon";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::Run),
    Replay(replay::Replay),
    Evaluate(evaluate::Evaluate),
    Calibrate(calibrate::Calibrate),
    ScorePairs(score_pairs::ScorePairs),
}

impl Arguments {
    /// Logs go to standard error; results alone go to standard output.
    pub(crate) fn start_logging(&self) {
        let filter = EnvFilter::try_new(&self.log).unwrap_or_else(|_| EnvFilter::new("info"));
        let logging = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        if self.log_json { logging.json().init() } else { logging.init() }
    }
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self {
            Self::Run(run) => run.run(),
            Self::Replay(replay) => replay.run(),
            Self::Evaluate(evaluate) => evaluate.run(),
            Self::Calibrate(calibrate) => calibrate.run(),
            Self::ScorePairs(pairs) => pairs.run(),
        }
    }
}

/// Opens a file, plain or gzip, `-` for standard input.
fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = BufReader::new(file);
    let is_gzip = reader.fill_buf().with_context(|| path.display().to_string())?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) })
}
