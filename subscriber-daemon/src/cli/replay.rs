//! `backtraild replay`

use std::io::{Write, stdout};
use std::path::PathBuf;

use anyhow::Context as _;
use backtrail_bus::exit;
use backtrail_bus::query::IncidentRef;
use subscriber_daemon::engine::Engine;
use subscriber_daemon::replay::replay;

/// Correlate incidents from a file, without any server
///
/// Reads one incident a line (NDJSON, plain or gzip), prints each lead event as a line of JSON, and a summary on
/// standard error. It is the very engine of `backtraild run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild replay incidents.ndjson --trace NLC-2026-0412")]
pub(crate) struct Replay {
    /// File of incidents, `-` for standard input
    file: PathBuf,
    /// Print the trace of this incident (id or own reference) instead of the lead events
    #[arg(long, value_name = "ID|REFERENCE")]
    trace: Option<String>,
}

impl Replay {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let mut engine = Engine::default();
        let mut out = stdout().lock();
        let mut written = Ok(());
        let report = replay(
            super::open(&self.file)?,
            &mut engine,
            |event| {
                if self.trace.is_none() && written.is_ok() {
                    let line = serde_json::to_string(&event).expect("a lead event is plain data");
                    written = writeln!(out, "{line}");
                }
            },
            |line, error| eprintln!("line {line}: {error}"),
        )?;
        written.context("standard output")?;
        if let Some(wanted) = &self.trace {
            let found = engine.find(&incident_ref(wanted));
            let [slot] = found[..] else {
                anyhow::bail!("{} incidents are called {wanted:?}, expected one", found.len());
            };
            let trace = engine.trace(slot, None);
            writeln!(out, "{}", serde_json::to_string(&trace)?).context("standard output")?;
        }
        eprintln!(
            "{} lines: {} incidents, {} without effect, {} refused; {} leads open",
            report.lines,
            report.incidents,
            report.without_effect,
            report.refused,
            engine.open_lead_count()
        );
        Ok(if report.refused > 0 { exit::REFUSED } else { exit::DONE })
    }
}

fn incident_ref(text: &str) -> IncidentRef {
    text.parse().map_or_else(|_| IncidentRef::OwnReference(text.to_owned()), IncidentRef::Id)
}
