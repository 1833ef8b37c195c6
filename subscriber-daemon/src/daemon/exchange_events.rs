//! What the daemon does with the exchange: takes its events in, and posts the receipts that it owes.

use async_nats::jetstream;
use backtrail_bus::context::Context;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::Opened;
use backtrail_bus::exchange::ExchangeEvent;
use backtrail_bus::id::ThreadId;
use backtrail_bus::key::SigningKey;
use backtrail_bus::query::ThreadQuery;
use backtrail_bus::{stream, subject};
use jiff::Timestamp;
use tracing::warn;

use super::{Daemon, StepError, Streams, acknowledge_up_to};
use crate::config::Config;
use crate::dead_letters::{DeadLetters, Source};
use crate::follower::Follower;
use crate::keyring::Keyring;
use crate::reader::{OpenedChunk, OpenedMessage, Place, ReadError, Reader};

impl Daemon {
    /// Follows the exchange from its beginning, or after what was taken before a failure. A hub that was not brought in
    /// line yet has none, and incidents do not wait for it.
    pub(super) async fn open_exchange(&mut self) -> Result<Option<Reader<ExchangeEvent>>, StepError> {
        let Context { agency, realm, .. } = &self.config.context;
        let mut follower = match Follower::find(&self.connection, agency, stream::exchange(*realm)).await {
            Ok(follower) => follower,
            Err(error) => {
                warn!(%error, "requests and notices are not read; does the hub need `backtrail-admin apply`?");
                return Ok(None);
            }
        };
        self.exchange.caught_up = follower.start_after(self.exchange.position).await?;
        Ok(Some(Reader::start(follower, Keyring::new(self.connection.clone()))))
    }

    pub(super) async fn take_exchange(
        &mut self,
        chunk: OpenedChunk<ExchangeEvent>,
        streams: &mut Streams,
    ) -> Result<(), StepError> {
        let mut last = None;
        for OpenedMessage { message, place, opened } in chunk.messages {
            self.take_event(&message, place, opened, &mut streams.dead_letters).await?;
            last = Some(message);
        }
        if let Some(last) = last {
            acknowledge_up_to(&last).await;
        }
        self.exchange.caught_up = chunk.is_last;
        if chunk.is_last {
            self.send_receipts().await;
        }
        Ok(())
    }

    async fn take_event(
        &mut self,
        message: &jetstream::Message,
        place: Place,
        opened: Result<Opened<ExchangeEvent>, Rejection>,
        dead_letters: &mut DeadLetters,
    ) -> Result<(), StepError> {
        let Place { sequence, stored_at, is_last } = place;
        if sequence <= self.exchange.position {
            return Ok(());
        }
        match opened.and_then(|opened| self.exchange.accept(opened, message.payload.len(), stored_at)) {
            Ok(Some(thread_id)) if is_last => self.show_thread(thread_id),
            Ok(_) => {}
            Err(rejection) => {
                // The exchange is read anew at every start, its dead letters are kept and counted once.
                if dead_letters.keep(Source::Exchange, message, sequence, stored_at, &rejection).await? {
                    self.state.progress.counters.dead_letters += 1;
                }
            }
        }
        self.exchange.position = sequence;
        Ok(())
    }

    /// Posts the receipts that are owed. What is not stored is owed still, and tried after the next chunk.
    async fn send_receipts(&mut self) {
        let Some(key) = &self.signing_key else { return };
        let own = self.connection.own();
        for (thread_id, envelope) in self.exchange.receipts(self.config.context.realm, key, Timestamp::now()) {
            let headers = envelope.header_map();
            let stored = match own.publish_with_headers(envelope.subject, headers, envelope.payload.into()).await {
                Ok(stored) => stored.await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(_) => self.exchange.note_receipt(thread_id),
                Err(error) => return warn!(%error, %thread_id, "a receipt was not stored yet"),
            }
        }
    }

    /// Shows to whoever watches now that a thread changed. Nobody may, so nothing depends on it.
    fn show_thread(&self, thread_id: ThreadId) {
        let now = Timestamp::now();
        let Some(answer) = self.exchange.thread(&ThreadQuery { thread_id, at: None }, now) else { return };
        let client = self.connection.client.clone();
        let subject = subject::thread_changed(self.config.context.realm, thread_id);
        let payload = serde_json::to_vec(&answer.line).expect("a line is plain data");
        tokio::spawn(async move { client.publish(subject, payload.into()).await });
    }
}

/// The key that the context names. Without one, or with one that cannot be read, nothing is signed here.
pub(super) fn signing_key(config: &Config) -> Option<SigningKey> {
    let path = config.context.signing_key.as_ref()?;
    SigningKey::read(path).inspect_err(|error| warn!(%error, "receipts of requests cannot be signed")).ok()
}

/// The next chunk of a stream; without the stream, none ever comes.
pub(super) async fn next_of(
    reader: &mut Option<Reader<ExchangeEvent>>,
) -> Result<OpenedChunk<ExchangeEvent>, ReadError> {
    match reader {
        Some(reader) => reader.next_chunk().await,
        None => std::future::pending().await,
    }
}
