//! Keeping what could not be accepted, with the reason, on a stream of the agency's own.

use async_nats::jetstream;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
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
    /// The last sequence of each of the hub's streams that already has its dead letter.
    kept_up_to: [u64; 2],
}

/// The hub's stream that a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Incidents,
    Exchange,
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
        let letters = own.get_or_create_stream(config).await.map_err(failed)?;
        let mut kept_up_to = [0; 2];
        let subjects = [subject::dead_letters_of_incidents(realm), subject::dead_letters_of_exchange(realm)];
        for (kept, subject) in kept_up_to.iter_mut().zip(subjects) {
            *kept = last_kept(&letters, &subject).await?;
        }
        Ok(Self { own, realm, kept_up_to })
    }

    /// Keeps one message. Messages come in the order of the hub's stream, so one from before the newest dead letter
    /// has its own already; false says so.
    pub(crate) async fn keep(
        &mut self,
        source: Source,
        message: &jetstream::Message,
        sequence: u64,
        stored_at: Timestamp,
        rejection: &Rejection,
    ) -> Result<bool, DeadLettersError> {
        warn!(subject = %message.subject, sequence, reason = %rejection.reason(), detail = %rejection, "message rejected");
        if sequence <= self.kept_up_to[source as usize] {
            return Ok(false);
        }
        let mut headers = rejection.headers(&message.subject, sequence, stored_at, message.headers.as_ref());
        let reason = rejection.reason();
        let (subject, id) = match source {
            Source::Incidents => (subject::dead_letter(self.realm, &reason), format!("dead-letter {sequence}")),
            Source::Exchange => {
                (subject::exchange_dead_letter(self.realm, &reason), format!("dead-letter exchange {sequence}"))
            }
        };
        headers.insert(MESSAGE_ID_HEADER, id);
        let published = self.own.publish_with_headers(subject, headers, message.payload.clone()).await;
        published.map_err(failed)?.await.map_err(failed)?;
        self.kept_up_to[source as usize] = sequence;
        Ok(true)
    }
}

/// The sequence, in the hub's stream, of the newest message that has a dead letter under `subject`.
async fn last_kept(letters: &jetstream::stream::Stream, subject: &str) -> Result<u64, DeadLettersError> {
    match letters.get_last_raw_message_by_subject(subject).await {
        Ok(newest) => {
            let header = newest.headers.get(backtrail_bus::dead_letter::SEQUENCE_HEADER);
            Ok(header.and_then(|value| value.as_str().parse().ok()).unwrap_or(0))
        }
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(0),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: impl std::fmt::Display) -> DeadLettersError {
    DeadLettersError(error.to_string())
}
