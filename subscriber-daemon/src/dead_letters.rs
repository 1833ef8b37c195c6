//! Keeping what could not be accepted, with the reason, on a stream of the agency's own.

use async_nats::jetstream;
use backtrail_bus::connection::Connection;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::MESSAGE_ID_HEADER;
use backtrail_bus::realm::Realm;
use backtrail_bus::{stream, subject};
use jiff::Timestamp;
use tracing::warn;

/// The agency's stream of dead letters.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    own: jetstream::Context,
    realm: Realm,
    /// The last sequence of the hub's stream that already has its dead letter.
    kept_up_to: u64,
}

/// Why a dead letter could not be kept. The message stays unacknowledged and is tried again.
#[derive(Debug, thiserror::Error)]
#[error("dead letters: {0}")]
pub(crate) struct DeadLettersError(String);

impl DeadLetters {
    /// Opens the stream, or makes it, and finds the last message that has its dead letter.
    pub(crate) async fn open(connection: &Connection, realm: Realm) -> Result<Self, DeadLettersError> {
        let own = connection.own();
        let config = jetstream::stream::Config {
            name: stream::dead_letters(realm).to_owned(),
            subjects: vec![subject::all_dead_letters(realm)],
            storage: jetstream::stream::StorageType::File,
            ..jetstream::stream::Config::default()
        };
        let mut letters = own.get_or_create_stream(config).await.map_err(failed)?;
        let sequence = letters.info().await.map_err(failed)?.state.last_sequence;
        let kept_up_to = match sequence {
            0 => 0,
            last => {
                let newest = letters.get_raw_message(last).await.map_err(failed)?;
                let header = newest.headers.get(backtrail_bus::dead_letter::SEQUENCE_HEADER);
                header.and_then(|value| value.as_str().parse().ok()).unwrap_or(0)
            }
        };
        Ok(Self { own, realm, kept_up_to })
    }

    /// Keeps one message. Messages come in the order of the hub's stream, so one from before the newest dead letter
    /// has its own already.
    pub(crate) async fn keep(
        &mut self,
        message: &jetstream::Message,
        sequence: u64,
        stored_at: Timestamp,
        rejection: &Rejection,
    ) -> Result<(), DeadLettersError> {
        warn!(subject = %message.subject, sequence, reason = %rejection.reason(), detail = %rejection, "message rejected");
        if sequence <= self.kept_up_to {
            return Ok(());
        }
        let mut headers = rejection.headers(&message.subject, sequence, stored_at, message.headers.as_ref());
        headers.insert(MESSAGE_ID_HEADER, format!("dead-letter {sequence}"));
        let subject = subject::dead_letter(self.realm, &rejection.reason());
        let published = self.own.publish_with_headers(subject, headers, message.payload.clone()).await;
        published.map_err(failed)?.await.map_err(failed)?;
        self.kept_up_to = sequence;
        Ok(())
    }
}

fn failed(error: impl std::fmt::Display) -> DeadLettersError {
    DeadLettersError(error.to_string())
}
