//! Publishing lead events to the agency's own stream, each once in effect.

use std::sync::Arc;

use async_nats::jetstream::{self, consumer::DeliverPolicy};
use async_nats::{Client, HeaderMap};
use backtrail_bus::atomic_batch::{self, BatchError, MAX_MESSAGES, Message};
use backtrail_bus::connection::Connection;
use backtrail_bus::envelope::MESSAGE_ID_HEADER;
use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::JudgementEvent;
use backtrail_bus::lead::LeadEvent;
use backtrail_bus::realm::Realm;
use backtrail_bus::stop_value::StopEvent;
use backtrail_bus::token::Token;
use backtrail_bus::{stream, subject};
use futures_util::{StreamExt, TryStreamExt};
use rustc_hash::FxHashMap;
use serde::Serialize;
use tracing::{debug, info};

/// How many single messages may wait for their acknowledgement at once.
const IN_FLIGHT: usize = 256;

/// The agency's stream of lead events.
#[derive(Debug)]
pub(crate) struct LeadEvents {
    publisher: Publisher,
    /// Judgements that the state may not know.
    judged: Vec<JudgementEvent>,
    /// The same of stop values.
    stopped: Vec<StopEvent>,
    sequence: u64,
}

/// Publishes lead events; a copy of it beside the daemon.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    client: Client,
    own: jetstream::Context,
    realm: Realm,
    /// The highest version of each lead that was published after the snapshot; a replay makes those again.
    published: Arc<FxHashMap<LeadId, u32>>,
}

/// Why lead events could not be read or published.
#[derive(Debug, thiserror::Error)]
#[error("lead events: {0}")]
pub(crate) struct LeadEventsError(String);

impl LeadEvents {
    /// Opens the stream, or makes it, and reads what was published after `sequence`.
    pub(crate) async fn open(connection: &Connection, realm: Realm, sequence: u64) -> Result<Self, LeadEventsError> {
        let own = connection.own();
        let config = jetstream::stream::Config {
            name: stream::leads(realm).to_owned(),
            subjects: vec![subject::all_leads(realm)],
            storage: jetstream::stream::StorageType::File,
            compression: Some(jetstream::stream::Compression::S2),
            allow_atomic_publish: true,
            ..jetstream::stream::Config::default()
        };
        let mut leads = own.get_or_create_stream(config).await.map_err(failed)?;
        let last = leads.info().await.map_err(failed)?.state.last_sequence;
        let published = Arc::default();
        let mut events = Self {
            publisher: Publisher { client: connection.client.clone(), own, realm, published },
            judged: Vec::new(),
            stopped: Vec::new(),
            sequence: last,
        };
        if last > sequence {
            events.read_published(&leads, sequence + 1, last).await?;
        }
        Ok(events)
    }

    /// Publishes the events that were not published before and waits until all are stored.
    pub(crate) async fn publish(&mut self, events: &[LeadEvent]) -> Result<(), LeadEventsError> {
        let sequence = self.publisher.publish(events).await?;
        self.note_stored(sequence);
        Ok(())
    }

    /// What publishes beside the daemon; [`Self::note_stored`] is to be told what came of it.
    pub(crate) fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Notes up to which sequence events are stored.
    pub(crate) fn note_stored(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
    }

    /// The judgements that were found in the stream after where the state stands, in order.
    pub(crate) fn take_judged(&mut self) -> Vec<JudgementEvent> {
        std::mem::take(&mut self.judged)
    }

    /// What people did with stop values, found in the same way.
    pub(crate) fn take_stopped(&mut self) -> Vec<StopEvent> {
        std::mem::take(&mut self.stopped)
    }

    /// Publishes a judgement and waits until it is stored.
    pub(crate) async fn publish_judgement(&mut self, event: &JudgementEvent) -> Result<(), LeadEventsError> {
        self.publish_one(subject::judgement(self.publisher.realm, event.lead_id), event.event_id(), event).await
    }

    /// Publishes what somebody did with a stop value and waits until it is stored.
    pub(crate) async fn publish_stop(&mut self, event: &StopEvent) -> Result<(), LeadEventsError> {
        self.publish_one(subject::stop_value(self.publisher.realm, event.stop_id), event.event_id(), event).await
    }

    async fn publish_one(
        &mut self,
        subject: String,
        event_id: String,
        event: &impl Serialize,
    ) -> Result<(), LeadEventsError> {
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_ID_HEADER, event_id);
        let payload = serde_json::to_vec(event).expect("an event is plain data").into();
        let stored = self.publisher.own.publish_with_headers(subject, headers, payload).await.map_err(failed)?;
        self.note_stored(stored.await.map_err(failed)?.sequence);
        Ok(())
    }

    /// The last sequence of the stream.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    async fn read_published(
        &mut self,
        leads: &jetstream::stream::Stream,
        first: u64,
        last: u64,
    ) -> Result<(), LeadEventsError> {
        let config = jetstream::consumer::pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: first },
            ..Default::default()
        };
        let consumer = leads.create_consumer(config).await.map_err(failed)?;
        let mut messages = consumer.messages().await.map_err(failed)?;
        let mut published = FxHashMap::<LeadId, u32>::default();
        while let Some(message) = messages.next().await {
            let message = message.map_err(failed)?;
            // Only this daemon writes here; something else in the stream is not an event that it would repeat.
            if let Ok(event) = serde_json::from_slice::<LeadEvent>(&message.payload) {
                let version = published.entry(event.lead_id).or_default();
                *version = event.version.max(*version);
            } else if let Ok(event) = serde_json::from_slice::<JudgementEvent>(&message.payload) {
                self.judged.push(event);
            } else if let Ok(event) = serde_json::from_slice::<StopEvent>(&message.payload) {
                self.stopped.push(event);
            }
            if message.info().map_err(failed)?.stream_sequence >= last {
                break;
            }
        }
        self.publisher.published = Arc::new(published);
        info!(leads = self.publisher.published.len(), first, last, "lead events read that a replay would repeat");
        Ok(())
    }
}

impl Publisher {
    /// Publishes the events that were not published before and waits until all are stored; returns the highest sequence,
    /// 0 if there was nothing to store.
    pub(crate) async fn publish(&self, events: &[LeadEvent]) -> Result<u64, LeadEventsError> {
        let is_new = |event: &&LeadEvent| self.published.get(&event.lead_id).is_none_or(|known| event.version > *known);
        let new: Vec<&LeadEvent> = events.iter().filter(is_new).collect();
        let mut highest = 0;
        for batch in new.chunks(MAX_MESSAGES) {
            let messages = || batch.iter().map(|event| message(self.realm, event)).collect();
            let last = match atomic_batch::publish(&self.client, messages()).await {
                Ok(first) => first + batch.len() as u64 - 1,
                // Some of it is stored already; single messages say which, and store the rest.
                Err(BatchError::Refused(reason)) => {
                    debug!(reason, "a batch of lead events goes singly");
                    self.publish_singly(messages()).await?
                }
                Err(BatchError::NoAnswer(reason)) => return Err(failed(reason)),
            };
            highest = highest.max(last);
        }
        Ok(highest)
    }

    /// Publishes messages one by one, up to [`IN_FLIGHT`] at once; returns the highest sequence.
    async fn publish_singly(&self, messages: Vec<Message>) -> Result<u64, LeadEventsError> {
        let acknowledged = futures_util::stream::iter(messages).map(|message| async {
            let Message { subject, headers, payload } = message;
            let stored = self.own.publish_with_headers(subject, headers, payload).await.map_err(failed)?;
            stored.await.map(|acknowledgement| acknowledgement.sequence).map_err(failed)
        });
        acknowledged.buffered(IN_FLIGHT).try_fold(0, |highest, sequence| async move { Ok(highest.max(sequence)) }).await
    }
}

fn message(realm: Realm, event: &LeadEvent) -> Message {
    let kind = Token::new(event.kind.code()).expect("lead kinds are tokens");
    let mut headers = HeaderMap::new();
    headers.insert(MESSAGE_ID_HEADER, event.event_id());
    let payload = serde_json::to_vec(event).expect("a lead event is plain data").into();
    Message { subject: subject::lead(realm, &kind, event.lead_id), headers, payload }
}

fn failed(error: impl std::fmt::Display) -> LeadEventsError {
    LeadEventsError(error.to_string())
}
