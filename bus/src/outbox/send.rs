//! Sending what waits, in order, until the stream has acknowledged it.

use std::collections::{BTreeMap, VecDeque};
use std::future::IntoFuture;

use async_nats::jetstream::context::{PublishAckFuture, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use futures_util::FutureExt;

use super::{Entry, EntryId, Outbox, OutboxError};
use crate::agency::CircleId;
use crate::connection::Connection;

/// How many messages may wait for their acknowledgement at once.
const IN_FLIGHT: usize = 256;
/// How many acknowledgements are recorded in one write.
const RECORD_EVERY: usize = 512;

/// What a flush did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlushReport {
    pub sent: u64,
    /// Entries that still wait.
    pub waiting: u64,
    /// What the hub would not take, by circle.
    pub held: BTreeMap<CircleId, Held>,
    /// Set if the server stopped answering: the rest waits for the next flush.
    pub interrupted: Option<String>,
}

/// Entries of one circle that the hub did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub entries: u64,
    pub reason: String,
}

/// Sends what waits. Entries keep their order within a circle; when the hub takes nothing for one circle, those of
/// the other circles still go. `progress` is told how many more were acknowledged.
pub async fn flush(
    outbox: &mut Outbox,
    connection: &Connection,
    mut progress: impl FnMut(u64),
) -> Result<FlushReport, OutboxError> {
    let mut flight = Flight::default();
    let mut after = None;
    loop {
        let batch = outbox.waiting(after, RECORD_EVERY)?;
        let Some(last) = batch.last() else { break };
        after = Some(last.id);
        for entry in batch {
            if let Some(held) = flight.report.held.get_mut(&entry.circle) {
                held.entries += 1;
                continue;
            }
            if flight.pending.len() == IN_FLIGHT {
                flight.land_one(outbox, &mut progress).await?;
            }
            if flight.report.interrupted.is_some() {
                break;
            }
            flight.launch(connection, entry).await;
        }
        if flight.report.interrupted.is_some() {
            break;
        }
    }
    while !flight.pending.is_empty() && flight.report.interrupted.is_none() {
        flight.land_one(outbox, &mut progress).await?;
    }
    // Waiting for each of the others would take a time-out apiece; what has arrived already still counts.
    for (id, _, acknowledgement) in std::mem::take(&mut flight.pending) {
        if let Some(Ok(acknowledgement)) = acknowledgement.into_future().now_or_never() {
            flight.report.sent += 1;
            progress(1);
            flight.acknowledged.push((id, acknowledgement.sequence));
        }
    }
    flight.record(outbox)?;
    let (waiting, _) = outbox.counts()?;
    Ok(FlushReport { waiting, ..flight.report })
}

#[derive(Default)]
struct Flight {
    pending: VecDeque<(EntryId, CircleId, PublishAckFuture)>,
    acknowledged: Vec<(EntryId, u64)>,
    report: FlushReport,
}

impl Flight {
    async fn launch(&mut self, connection: &Connection, entry: Entry) {
        let message =
            PublishMessage::build().headers(entry.envelope.header_map()).payload(entry.envelope.payload.into());
        match connection.own().send_publish(entry.envelope.subject, message).await {
            Ok(acknowledgement) => self.pending.push_back((entry.id, entry.circle, acknowledgement)),
            Err(error) => self.report.interrupted = Some(error.to_string()),
        }
    }

    /// Waits for the oldest acknowledgement, so that no future is ever left behind holding its permit.
    async fn land_one(&mut self, outbox: &mut Outbox, progress: &mut impl FnMut(u64)) -> Result<(), OutboxError> {
        let Some((id, circle, acknowledgement)) = self.pending.pop_front() else { return Ok(()) };
        match acknowledgement.await {
            Ok(acknowledgement) => {
                self.report.sent += 1;
                progress(1);
                self.acknowledged.push((id, acknowledgement.sequence));
                if self.acknowledged.len() >= RECORD_EVERY {
                    self.record(outbox)?;
                }
            }
            // No responders: this account may not post there, or the hub has no stream to take it.
            Err(error) if error.kind() == PublishErrorKind::StreamNotFound => {
                let reason = format!("the hub takes no posts of this agency for circle {circle}");
                outbox.note_problem(id, &reason)?;
                self.report.held.entry(circle).or_insert(Held { entries: 0, reason }).entries += 1;
            }
            Err(error) => {
                outbox.note_problem(id, &error.to_string())?;
                self.report.interrupted = Some(error.to_string());
            }
        }
        Ok(())
    }

    fn record(&mut self, outbox: &mut Outbox) -> Result<(), OutboxError> {
        outbox.mark_sent(&self.acknowledged)?;
        self.acknowledged.clear();
        Ok(())
    }
}
