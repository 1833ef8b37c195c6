//! The engine without a server: incidents from a file, leads to whoever asked.

use std::io::BufRead;
use std::time::{Duration, Instant};

use backtrail_bus::incident::{Incident, ReadError};
use backtrail_bus::lead::LeadEvent;

use crate::engine::{Applied, Engine};

/// What a replay came to.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Report {
    pub lines: u64,
    pub incidents: u64,
    /// Lines that changed nothing: the same revision again, or an older one.
    pub without_effect: u64,
    pub refused: u64,
    /// Bytes of the lines.
    pub json_bytes: u64,
    pub timing: Timing,
}

/// How long lines took, from their bytes to their lead events, reading the file and writing the events not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Timing {
    pub lines_per_second: f64,
    /// Microseconds that half of the lines stayed below, and so on.
    pub p50_us: f64,
    pub p99_us: f64,
    pub p99_9_us: f64,
    pub max_us: f64,
}

impl Timing {
    fn of(mut each: Vec<Duration>) -> Self {
        let whole: Duration = each.iter().sum();
        each.sort_unstable();
        let at = |share: f64| {
            let place = ((each.len() as f64 * share) as usize).min(each.len().saturating_sub(1));
            each.get(place).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
        };
        Self {
            lines_per_second: each.len() as f64 / whole.as_secs_f64().max(f64::MIN_POSITIVE),
            p50_us: at(0.5),
            p99_us: at(0.99),
            p99_9_us: at(0.999),
            max_us: at(1.0),
        }
    }
}

/// Why a line is not taken.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("not an incident: {0}")]
    Incident(#[from] ReadError),
    #[error("{0}")]
    Rejected(#[from] backtrail_bus::dead_letter::Rejection),
}

/// Why a file cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {source}")]
pub struct ReplayError {
    line: u64,
    source: std::io::Error,
}

/// Folds incidents, one JSON object a line, into `engine`. Blank lines are passed over; refused lines are told to
/// `on_refused` with their number, and the rest goes on.
pub fn replay(
    mut input: impl BufRead,
    engine: &mut Engine,
    mut on_event: impl FnMut(LeadEvent),
    mut on_refused: impl FnMut(u64, LineError),
) -> Result<Report, ReplayError> {
    let mut report = Report::default();
    let mut each = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|source| ReplayError { line: number, source })? == 0 {
            break;
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        report.lines += 1;
        report.json_bytes += line.len() as u64;
        let begin = Instant::now();
        let applied = apply_line(engine, line);
        each.push(begin.elapsed());
        match applied {
            Ok(Applied::Changed(events)) => {
                report.incidents += 1;
                events.into_iter().for_each(&mut on_event);
            }
            Ok(Applied::Duplicate | Applied::Superseded) => report.without_effect += 1,
            Err(error) => {
                report.refused += 1;
                on_refused(number, error);
            }
        }
    }
    report.timing = Timing::of(each);
    Ok(report)
}

fn apply_line(engine: &mut Engine, line: &[u8]) -> Result<Applied, LineError> {
    Ok(engine.apply(Incident::read(line)?, line)?)
}
