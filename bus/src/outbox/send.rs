//! Sending what waits, in order, until the stream has acknowledged it.
//!
//! Entries go in atomic batches, which cost the hub one forced write each. A batch that is refused, for instance
//! because an earlier try was stored after all, goes singly: then each message gets its own answer.

use std::collections::{BTreeMap, VecDeque};
use std::future::IntoFuture;

use async_nats::jetstream::context::{PublishAckFuture, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use futures_util::FutureExt;

use super::{Entry, EntryId, Outbox, OutboxError};
use crate::atomic_batch::{self, BatchError};
use crate::channel::Channel;
use crate::connection::Connection;

/// How many single messages may wait for their acknowledgement at once.
const IN_FLIGHT: usize = 256;

/// What a flush did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlushReport {
    pub sent: u64,
    /// Entries that still wait.
    pub waiting: u64,
    /// What the hub would not take, by channel.
    pub held: BTreeMap<Channel, Held>,
    /// Set if the server stopped answering: the rest waits for the next flush.
    pub interrupted: Option<String>,
}

/// Entries of one channel that the hub did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub entries: u64,
    pub reason: String,
}

/// Sends what waits. Entries keep their order within a channel; when the hub takes nothing on one channel, those of
/// the others still go. `progress` is told how many more were acknowledged.
pub async fn flush(
    outbox: &mut Outbox,
    connection: &Connection,
    progress: impl FnMut(u64),
) -> Result<FlushReport, OutboxError> {
    let mut flush = Flush { outbox, connection, progress, report: FlushReport::default() };
    let mut after = None;
    while flush.report.interrupted.is_none() {
        let entries = flush.outbox.waiting(after, atomic_batch::MAX_MESSAGES)?;
        let Some(last) = entries.last() else { break };
        after = Some(last.id);
        let mut by_channel: BTreeMap<Channel, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            by_channel.entry(entry.channel.clone()).or_default().push(entry);
        }
        for (channel, entries) in by_channel {
            flush.send(&channel, entries).await?;
        }
    }
    let waiting = flush.outbox.waiting_count()?;
    Ok(FlushReport { waiting, ..flush.report })
}

struct Flush<'a, P> {
    outbox: &'a mut Outbox,
    connection: &'a Connection,
    progress: P,
    report: FlushReport,
}

impl<P: FnMut(u64)> Flush<'_, P> {
    /// Sends entries of one channel, unless it is held or the server is gone.
    async fn send(&mut self, channel: &Channel, entries: Vec<Entry>) -> Result<(), OutboxError> {
        if let Some(held) = self.report.held.get_mut(channel) {
            held.entries += entries.len() as u64;
            return Ok(());
        }
        if self.report.interrupted.is_some() {
            return Ok(());
        }
        if entries.len() == 1 {
            return self.send_singly(entries).await;
        }
        let messages = entries.iter().map(message).collect();
        match atomic_batch::publish(&self.connection.client, messages).await {
            Ok(first) => {
                let acknowledged: Vec<_> = entries.iter().map(|entry| entry.id).zip(first..).collect();
                self.record(&acknowledged)
            }
            Err(BatchError::Refused(_)) => self.send_singly(entries).await,
            Err(error @ BatchError::NoAnswer(_)) => self.interrupt(entries[0].id, error.to_string()),
        }
    }

    async fn send_singly(&mut self, entries: Vec<Entry>) -> Result<(), OutboxError> {
        let jetstream = self.connection.own();
        let mut on_their_way = VecDeque::with_capacity(IN_FLIGHT);
        for entry in entries {
            if on_their_way.len() == IN_FLIGHT {
                self.land_oldest(&mut on_their_way).await?;
            }
            if self.report.interrupted.is_some() {
                break;
            }
            let headers = entry.envelope.header_map();
            let message = PublishMessage::build().headers(headers).payload(entry.envelope.payload.into());
            match jetstream.send_publish(entry.envelope.subject, message).await {
                Ok(acknowledgement) => on_their_way.push_back((entry.id, entry.channel, acknowledgement)),
                Err(error) => self.interrupt(entry.id, error.to_string())?,
            }
        }
        while !on_their_way.is_empty() && self.report.interrupted.is_none() {
            self.land_oldest(&mut on_their_way).await?;
        }
        // Waiting for each of the others would take a time-out apiece; what has arrived already still counts.
        for (id, _, acknowledgement) in on_their_way {
            if let Some(Ok(acknowledgement)) = acknowledgement.into_future().now_or_never() {
                self.record(&[(id, acknowledgement.sequence)])?;
            }
        }
        Ok(())
    }

    /// Waits for the oldest acknowledgement.
    async fn land_oldest(&mut self, on_their_way: &mut VecDeque<OnItsWay>) -> Result<(), OutboxError> {
        let Some((id, channel, acknowledgement)) = on_their_way.pop_front() else { return Ok(()) };
        match acknowledgement.await {
            Ok(acknowledgement) => self.record(&[(id, acknowledgement.sequence)]),
            // No responders: this account may not post there, or the hub has no stream to take it.
            Err(error) if error.kind() == PublishErrorKind::StreamNotFound => {
                let reason = format!("the hub takes no posts of this agency for {channel}");
                self.outbox.note_problem(id, &reason)?;
                self.report.held.entry(channel).or_insert(Held { entries: 0, reason }).entries += 1;
                Ok(())
            }
            Err(error) => self.interrupt(id, error.to_string()),
        }
    }

    fn interrupt(&mut self, id: EntryId, problem: String) -> Result<(), OutboxError> {
        self.outbox.note_problem(id, &problem)?;
        self.report.interrupted = Some(problem);
        Ok(())
    }

    fn record(&mut self, acknowledged: &[(EntryId, u64)]) -> Result<(), OutboxError> {
        self.outbox.mark_sent(acknowledged)?;
        self.report.sent += acknowledged.len() as u64;
        (self.progress)(acknowledged.len() as u64);
        Ok(())
    }
}

type OnItsWay = (EntryId, Channel, PublishAckFuture);

fn message(entry: &Entry) -> atomic_batch::Message {
    let envelope = &entry.envelope;
    atomic_batch::Message {
        subject: envelope.subject.clone(),
        headers: envelope.header_map(),
        payload: envelope.payload.clone().into(),
    }
}
