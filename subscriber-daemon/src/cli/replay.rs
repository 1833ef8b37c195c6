//! `backtraild replay`

use std::io::{Write, stdout};
use std::path::PathBuf;

use anyhow::Context as _;
use backtrail_bus::exit;
use backtrail_bus::query::IncidentRef;
use backtrail_bus::trace::Direction;
use subscriber_daemon::engine::{self, Engine, Inquiry};
use subscriber_daemon::replay::{Timing, replay};

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
    /// Print what the replay took, as one JSON object, instead of the lead events
    #[arg(long, conflicts_with = "trace")]
    figures: bool,
}

impl Replay {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        engine::load_tables();
        let mut engine = Engine::default();
        let mut out = stdout().lock();
        let mut written = Ok(());
        let report = replay(
            super::open(&self.file)?,
            &mut engine,
            |event| {
                if self.trace.is_none() && !self.figures && written.is_ok() {
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
            let trace = engine.trace(&Inquiry::new(slot, Direction::Upstream));
            writeln!(out, "{}", serde_json::to_string(&trace)?).context("standard output")?;
        }
        let resident = resident_bytes();
        if self.figures {
            let open = engine.open_lead_count();
            let figures = serde_json::json!({ "report": report, "resident_bytes": resident, "leads_open": open });
            writeln!(out, "{figures}").context("standard output")?;
        }
        eprintln!(
            "{} lines: {} incidents, {} without effect, {} refused; {} leads open",
            report.lines,
            report.incidents,
            report.without_effect,
            report.refused,
            engine.open_lead_count()
        );
        let Timing { lines_per_second, p50_us, p99_us, p99_9_us, max_us } = report.timing;
        eprintln!(
            "{lines_per_second:.0} lines a second; half took {p50_us:.0} us at most, 99 % {p99_us:.0}, 99.9 % {p99_9_us:.0}, \
             all {max_us:.0}"
        );
        if let Some(resident) = resident {
            let each = |bytes: u64| bytes / report.incidents.max(1);
            eprintln!("{} bytes in memory for an incident of {}", each(resident), each(report.json_bytes));
        }
        Ok(if report.refused > 0 { exit::REFUSED } else { exit::DONE })
    }
}

/// What of this process is in memory, where the system says so.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

fn incident_ref(text: &str) -> IncidentRef {
    text.parse().map_or_else(|_| IncidentRef::OwnReference(text.to_owned()), IncidentRef::Id)
}
