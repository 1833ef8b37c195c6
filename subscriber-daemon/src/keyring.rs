//! Who may sign for whom: the hub's register, remembered for a while.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::Message;
use backtrail_bus::agency::AgencyId;
use backtrail_bus::connection::Connection;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::{Claim, Content};
use backtrail_bus::register::AgencyEntry;
use backtrail_bus::stream;
use rustc_hash::FxHashMap;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::reader::{OpenedMessage, Place};

/// How long an entry is believed: the longest that a revocation goes unnoticed.
const REFRESH_AFTER: Duration = Duration::from_secs(30);
/// How soon an entry is asked for again because a message names a key that it lacks.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Entries of the register, fetched as they are needed.
#[derive(Debug)]
pub(crate) struct Keyring {
    connection: Connection,
    entries: FxHashMap<AgencyId, Fetched>,
}

#[derive(Debug)]
struct Fetched {
    entry: Option<Arc<AgencyEntry>>,
    at: Instant,
}

/// The register could not be asked. Nothing is wrong with the message; it must be tried again.
#[derive(Debug, thiserror::Error)]
#[error("the hub's register did not answer for agency {agency}: {reason}")]
pub(crate) struct RegisterError {
    agency: AgencyId,
    reason: String,
}

impl Keyring {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, entries: FxHashMap::default() }
    }

    /// Verifies messages, in their order.
    pub(crate) async fn open<T>(&mut self, messages: Vec<Message>) -> Result<Vec<OpenedMessage<T>>, RegisterError>
    where
        T: Content + Send + 'static,
        T::Subject: Send,
    {
        let known = self.fresh();
        // Verifying is work for the processor, so it must not hold up what else waits on this thread.
        let tried = spawn_blocking(move || {
            let tried = messages.into_iter().filter_map(|message| Tried::open(&known, message));
            tried.collect::<Vec<Tried<T>>>()
        });
        let tried = match tried.await {
            Ok(tried) => tried,
            Err(defect) => std::panic::resume_unwind(defect.into_panic()),
        };
        let mut opened = Vec::with_capacity(tried.len());
        for tried in tried {
            opened.push(match tried {
                Tried::Opened(message) => message,
                Tried::NeedsEntry { message, claim, place } => self.open_with_entry(message, claim, place).await?,
            });
        }
        Ok(opened)
    }

    /// The entries that are still believed, to be read elsewhere.
    fn fresh(&self) -> FxHashMap<AgencyId, Arc<AgencyEntry>> {
        let fresh = self.entries.iter().filter(|(_, fetched)| fetched.at.elapsed() < REFRESH_AFTER);
        fresh.filter_map(|(agency, fetched)| Some((agency.clone(), Arc::clone(fetched.entry.as_ref()?)))).collect()
    }

    /// Verifies a message whose signer was not known, or not known well enough.
    async fn open_with_entry<T: Content>(
        &mut self,
        message: Message,
        claim: Claim<T>,
        place: Place,
    ) -> Result<OpenedMessage<T>, RegisterError> {
        let agency = claim.poster().clone();
        let is_fresh = self.entries.get(&agency).is_some_and(|fetched| {
            let has_key = fetched.entry.as_ref().is_some_and(|entry| entry.key(claim.kid()).is_some());
            fetched.at.elapsed() < if has_key { REFRESH_AFTER } else { ASK_AGAIN_AFTER }
        });
        if !is_fresh {
            let entry = self.fetch(&agency).await?.map(Arc::new);
            self.entries.insert(agency.clone(), Fetched { entry, at: Instant::now() });
        }
        let opened = match self.entries.get(&agency).and_then(|fetched| fetched.entry.as_ref()) {
            Some(entry) => claim.open(&message.payload, entry, place.stored_at),
            None => Err(Rejection::UnknownKey { kid: claim.kid().clone() }),
        };
        Ok(OpenedMessage { message, place, opened })
    }

    async fn fetch(&self, agency: &AgencyId) -> Result<Option<AgencyEntry>, RegisterError> {
        let error = |reason: String| RegisterError { agency: agency.clone(), reason };
        let request = stream::hub_api(&stream::register_get(&stream::register_agency_key(agency)));
        let reply =
            self.connection.client.request(request, "".into()).await.map_err(|source| error(source.to_string()))?;
        match reply.status {
            None => serde_json::from_slice(&reply.payload).map(Some).map_err(|source| error(source.to_string())),
            Some(status) if status == async_nats::StatusCode::NOT_FOUND => Ok(None),
            Some(status) => Err(error(format!("status {status}"))),
        }
    }
}

/// A message that was verified as far as what is known of its signer allowed.
enum Tried<T: Content> {
    Opened(OpenedMessage<T>),
    NeedsEntry { message: Message, claim: Claim<T>, place: Place },
}

impl<T: Content> Tried<T> {
    /// `None` for what is not a message of a stream: nobody is told of it, as nobody stored it.
    fn open(known: &FxHashMap<AgencyId, Arc<AgencyEntry>>, message: Message) -> Option<Self> {
        let place = Place::of(&message)?;
        let claim = match Claim::read(&message.subject, message.headers.as_ref(), &message.payload) {
            Ok(claim) => claim,
            Err(rejection) => return Some(Self::Opened(OpenedMessage { message, place, opened: Err(rejection) })),
        };
        Some(match known.get(claim.poster()).filter(|entry| entry.key(claim.kid()).is_some()) {
            Some(entry) => {
                let opened = claim.open(&message.payload, entry, place.stored_at);
                Self::Opened(OpenedMessage { message, place, opened })
            }
            None => Self::NeedsEntry { message, claim, place },
        })
    }
}
