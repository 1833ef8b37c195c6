//! The engine without a server: incidents from a file, leads to whoever asked.

use std::io::BufRead;

use backtrail_bus::incident::{Incident, ReadError};
use backtrail_bus::lead::LeadEvent;

use crate::engine::{Applied, Engine};

/// What a replay came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub lines: u64,
    pub incidents: u64,
    /// Lines that changed nothing: the same revision again, or an older one.
    pub without_effect: u64,
    pub refused: u64,
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
    input: impl BufRead,
    engine: &mut Engine,
    mut on_event: impl FnMut(LeadEvent),
    mut on_refused: impl FnMut(u64, LineError),
) -> Result<Report, ReplayError> {
    let mut report = Report::default();
    for (line, number) in input.split(b'\n').zip(1..) {
        let line = line.map_err(|source| ReplayError { line: number, source })?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        report.lines += 1;
        match apply_line(engine, line.trim_ascii()) {
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
    Ok(report)
}

fn apply_line(engine: &mut Engine, line: &[u8]) -> Result<Applied, LineError> {
    let incident = Incident::read(line)?;
    Ok(engine.apply(&incident, line)?)
}
