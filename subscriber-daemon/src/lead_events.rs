//! Publishing lead events to the agency's own stream, each once in effect.

use std::collections::VecDeque;

use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::{self, consumer::DeliverPolicy};
use backtrail_bus::connection::Connection;
use backtrail_bus::envelope::MESSAGE_ID_HEADER;
use backtrail_bus::id::LeadId;
use backtrail_bus::lead::LeadEvent;
use backtrail_bus::realm::Realm;
use backtrail_bus::token::Token;
use backtrail_bus::{stream, subject};
use futures_util::StreamExt;
use rustc_hash::FxHashMap;
use tracing::info;

/// How many events may wait for their acknowledgement at once.
const IN_FLIGHT: usize = 256;

/// The agency's stream of lead events.
#[derive(Debug)]
pub(crate) struct LeadEvents {
    own: jetstream::Context,
    realm: Realm,
    /// The highest version of each lead that was published after the snapshot; a replay makes those again.
    published: FxHashMap<LeadId, u32>,
    sequence: u64,
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
            ..jetstream::stream::Config::default()
        };
        let mut leads = own.get_or_create_stream(config).await.map_err(failed)?;
        let last = leads.info().await.map_err(failed)?.state.last_sequence;
        let mut events = Self { own, realm, published: FxHashMap::default(), sequence: last };
        if last > sequence {
            events.read_published(&leads, sequence + 1, last).await?;
        }
        Ok(events)
    }

    /// Publishes the events that were not published before and waits until all are stored.
    pub(crate) async fn publish(&mut self, events: &[LeadEvent]) -> Result<(), LeadEventsError> {
        let is_new = |event: &&LeadEvent| self.published.get(&event.lead_id).is_none_or(|known| event.version > *known);
        let mut on_their_way: VecDeque<PublishAckFuture> = VecDeque::with_capacity(IN_FLIGHT);
        for event in events.iter().filter(is_new) {
            if on_their_way.len() == IN_FLIGHT {
                self.sequence = land(&mut on_their_way).await?.max(self.sequence);
            }
            let kind = Token::new(event.kind.code()).expect("lead kinds are tokens");
            let payload = serde_json::to_vec(event).expect("a lead event is plain data");
            let mut headers = HeaderMap::new();
            headers.insert(MESSAGE_ID_HEADER, event.event_id());
            let subject = subject::lead(self.realm, &kind, event.lead_id);
            on_their_way
                .push_back(self.own.publish_with_headers(subject, headers, payload.into()).await.map_err(failed)?);
        }
        while !on_their_way.is_empty() {
            self.sequence = land(&mut on_their_way).await?.max(self.sequence);
        }
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
        while let Some(message) = messages.next().await {
            let message = message.map_err(failed)?;
            // Only this daemon writes here; something else in the stream is not an event that it would repeat.
            if let Ok(event) = serde_json::from_slice::<LeadEvent>(&message.payload) {
                let version = self.published.entry(event.lead_id).or_default();
                *version = event.version.max(*version);
            }
            if message.info().map_err(failed)?.stream_sequence >= last {
                break;
            }
        }
        info!(leads = self.published.len(), first, last, "lead events read that a replay would repeat");
        Ok(())
    }
}

/// Waits for the oldest acknowledgement.
async fn land(on_their_way: &mut VecDeque<PublishAckFuture>) -> Result<u64, LeadEventsError> {
    match on_their_way.pop_front() {
        Some(acknowledgement) => Ok(acknowledgement.await.map_err(failed)?.sequence),
        None => Ok(0),
    }
}

fn failed(error: impl std::fmt::Display) -> LeadEventsError {
    LeadEventsError(error.to_string())
}
