//! Who may sign for whom: the hub's register, remembered for a while.

use std::time::Duration;

use async_nats::HeaderMap;
use backtrail_bus::agency::AgencyId;
use backtrail_bus::connection::Connection;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::envelope::{Claim, Content, Opened};
use backtrail_bus::register::AgencyEntry;
use backtrail_bus::stream;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use tokio::time::Instant;

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
    entry: Option<AgencyEntry>,
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

    /// Verifies one message: the outer error means "try again", the inner one "never".
    pub(crate) async fn open<T: Content>(
        &mut self,
        subject: &str,
        headers: Option<&HeaderMap>,
        payload: &[u8],
        stored_at: Timestamp,
    ) -> Result<Result<Opened<T>, Rejection>, RegisterError> {
        let claim = match Claim::<T>::read(subject, headers, payload) {
            Ok(claim) => claim,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let agency = claim.poster().clone();
        let is_fresh = self.entries.get(&agency).is_some_and(|fetched| {
            let has_key = fetched.entry.as_ref().is_some_and(|entry| entry.key(claim.kid()).is_some());
            fetched.at.elapsed() < if has_key { REFRESH_AFTER } else { ASK_AGAIN_AFTER }
        });
        if !is_fresh {
            let entry = self.fetch(&agency).await?;
            self.entries.insert(agency.clone(), Fetched { entry, at: Instant::now() });
        }
        let entry = self.entries.get(&agency).and_then(|fetched| fetched.entry.as_ref());
        Ok(match entry {
            Some(entry) => claim.open(payload, entry, stored_at),
            None => Err(Rejection::UnknownKey { kid: claim.kid().clone() }),
        })
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
