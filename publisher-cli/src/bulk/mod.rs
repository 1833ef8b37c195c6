//! Bulk posting: every row of a file is accounted for, and bringing the file again posts nothing twice.
//!
//! Rows go into the outbox in chunks, each safe on disk before it is sent. A run that is cut off anywhere is simply
//! repeated.

mod reference;
mod refused;
mod resolution;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use backtrail_bus::agency::CircleId;
use backtrail_bus::connection::Connection;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Origin;
use backtrail_bus::key::SigningKey;
use backtrail_bus::outbox::{Outbox, Post, Queued, flush};
use backtrail_bus::registers::Registers;
use serde::Serialize;

use self::reference::References;
use self::refused::RefusedFile;
use self::resolution::{ColumnReport, Resolution};
use crate::format::{Refusal, Row, Rows};

/// Rows that enter the outbox in one transaction.
const CHUNK_ROWS: usize = 1_000;
/// Refusals that are told one by one; the file has them all.
const TOLD_REFUSALS: u64 = 20;

/// What a bulk run works with.
pub(crate) struct Bulk<'a> {
    /// The given fields of a post with this id.
    pub origin: &'a dyn Fn(IncidentId) -> Origin,
    pub registers: Registers<'a>,
    /// Where the rows go; absent in a dry run, which only accounts for them.
    pub posting: Option<Posting<'a>>,
    /// Where refused rows are written, if there are any.
    pub refused_path: PathBuf,
}

/// What a run that posts works with.
pub(crate) struct Posting<'a> {
    pub outbox: &'a mut Outbox,
    pub key: &'a SigningKey,
    /// Absent without a network: rows then wait in the outbox.
    pub connection: Option<&'a Connection>,
    /// Circles for rows that name none.
    pub circles: &'a [CircleId],
}

/// How a run ended. The first four add up to the rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Report {
    pub rows: u64,
    /// Accepted without a warning.
    pub accepted: u64,
    /// Accepted, with something to check.
    pub warned: u64,
    pub refused: u64,
    /// Posted before, by this file or another with the same references.
    pub already_sent: u64,
    /// Messages that the hub stored during the run: one a circle.
    pub sent: u64,
    /// Messages that wait in the outbox.
    pub waiting: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_file: Option<PathBuf>,
    /// Why messages wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What the registers made of the columns, in a dry run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resolution: BTreeMap<&'static str, ColumnReport>,
    pub elapsed_ms: u64,
}

/// A row that may be posted.
struct Accepted {
    post: Post,
    has_warnings: bool,
}

impl Bulk<'_> {
    /// Posts all rows. `progress` is told after every chunk how far it is.
    pub(crate) async fn run(mut self, rows: Rows, mut progress: impl FnMut(&Report)) -> anyhow::Result<Report> {
        let started = Instant::now();
        let mut report = Report::default();
        let mut references = References::default();
        let mut resolution = Resolution::default();
        let mut refused = RefusedFile::new(self.refused_path.clone(), rows.layout);
        let mut chunk = Vec::with_capacity(CHUNK_ROWS);
        for row in rows.rows {
            let row = row?;
            report.rows += 1;
            match self.accept(&row, &mut references) {
                Ok(Some(accepted)) => {
                    if self.posting.is_none() {
                        resolution.add(&accepted.post.incident, &row.coded, self.registers);
                    }
                    chunk.push(accepted);
                }
                Ok(None) => report.already_sent += 1,
                Err(refusal) => {
                    report.refused += 1;
                    if report.refused <= TOLD_REFUSALS {
                        eprintln!("row {}: {refusal}", row.number);
                    }
                    refused.write(&row, &refusal)?;
                }
            }
            if chunk.len() == CHUNK_ROWS {
                self.take(&mut chunk, &mut report).await?;
                progress(&report);
            }
        }
        self.take(&mut chunk, &mut report).await?;
        progress(&report);
        if report.refused > TOLD_REFUSALS {
            eprintln!("... and {} more refused rows", report.refused - TOLD_REFUSALS);
        }
        report.refused_file = refused.finish()?;
        if let Some(posting) = &self.posting {
            report.waiting = posting.outbox.waiting_count()?;
        }
        report.resolution = resolution.report();
        report.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(report)
    }

    /// The post of a row, or `None` if the same row came before in this file.
    fn accept(&self, row: &Row, references: &mut References) -> Result<Option<Accepted>, Refusal> {
        let draft = row.content.clone()?;
        let Some(reference) = references.of(&draft, row.number)? else { return Ok(None) };
        let of_all = self.posting.as_ref().map_or(&[][..], |posting| posting.circles);
        let circles = if draft.circles.is_empty() { of_all.to_vec() } else { draft.circles.clone() };
        if circles.is_empty() && self.posting.is_some() {
            return Err(Refusal::new("circles", "none", "a circle in the row, in the context, or with --circle"));
        }
        let origin = (self.origin)(IncidentId::generate());
        let (incident, warnings) = draft.complete(origin, self.registers)?;
        let post = Post { incident, circles, reference: Some(reference) };
        Ok(Some(Accepted { post, has_warnings: !warnings.is_empty() }))
    }

    async fn take(&mut self, chunk: &mut Vec<Accepted>, report: &mut Report) -> anyhow::Result<()> {
        let (posts, warned): (Vec<Post>, Vec<bool>) =
            chunk.drain(..).map(|accepted| (accepted.post, accepted.has_warnings)).unzip();
        let queued = match &mut self.posting {
            Some(posting) => posting.outbox.enqueue(&posts, posting.key)?,
            None => vec![Queued::New; posts.len()],
        };
        for (queued, has_warnings) in queued.into_iter().zip(warned) {
            match (queued, has_warnings) {
                (Queued::Known(_), _) => report.already_sent += 1,
                (Queued::New, true) => report.warned += 1,
                (Queued::New, false) => report.accepted += 1,
            }
        }
        if let Some(posting) = &mut self.posting
            && let Some(connection) = posting.connection
        {
            let flushed = flush(posting.outbox, connection, |_| {}).await?;
            report.sent += flushed.sent;
            if let Some(interrupted) = flushed.interrupted {
                // The rest goes on into the outbox; trying every chunk again would take a time-out each.
                report.problem = Some(interrupted);
                posting.connection = None;
            } else if let Some(held) = flushed.held.into_values().next() {
                report.problem = Some(held.reason);
            }
        }
        Ok(())
    }
}
