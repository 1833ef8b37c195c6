//! Alerts: what people wait for, kept in the agency's own JetStream.
//!
//! Each alert is one value of a bucket: what it waits for, how far in the hub's stream it has looked, what waits for its
//! hour, and the notices that go out. The value is written before the notices are published and before the messages
//! that led to them are acknowledged. So a crash in between repeats only what is recognised: messages by their place in
//! the stream, notices by their number.

mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_nats::HeaderMap;
use async_nats::jetstream::{self, kv, stream as own_stream};
use backtrail_bus::alert::{Alert, AlertChange, AlertDefinition, AlertName, AlertNotice, Finding, FoundLead};
use backtrail_bus::connection::Connection;
use backtrail_bus::envelope::MESSAGE_ID_HEADER;
use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{LeadChange, LeadEvent};
use backtrail_bus::realm::Realm;
use backtrail_bus::{stream, subject};
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use self::schedule::{Rhythm, Said, Waiting};
use crate::engine::{Engine, Seen, Watched, summary};

/// The most alerts of one agency.
const MAX_ALERTS: usize = 1_000;
/// Notices of one alert that are kept for those who have not read them; older ones go.
const MAX_NOTICES: i64 = 1_000;
/// Members of a lead that are read for an alert, the latest first.
const MAX_MEMBERS_READ: usize = 20;
/// Values that are written at once.
const IN_FLIGHT: usize = 64;

/// All alerts of an agency in one realm.
#[derive(Debug)]
pub(crate) struct Alerts {
    realm: Realm,
    kept: BTreeMap<AlertName, Watching>,
    /// Those whose value is behind.
    unwritten: BTreeSet<AlertName>,
    /// The bucket and the stream, once they were opened.
    stores: Option<Stores>,
}

#[derive(Debug, Clone)]
struct Stores {
    own: jetstream::Context,
    bucket: kv::Store,
    notices: own_stream::Stream,
}

/// A place in the hub's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HubPlace {
    /// When the hub made this agency's consumer: with another one, sequences may mean something else.
    pub consumer_created: String,
    pub sequence: u64,
    pub stored_at: Timestamp,
}

/// An alert as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    definition: AlertDefinition,
    added_at: Timestamp,
    is_paused: bool,
    /// What came up to here was looked at, or came before it was added.
    looked_at: HubPlace,
    waiting: Waiting,
    /// Number of the last notice.
    notices: u64,
    /// Notices that are not known to be published.
    outgoing: Vec<AlertNotice>,
}

/// The same, made ready.
#[derive(Debug)]
struct Watching {
    kept: Kept,
    watched: Watched,
    rhythm: Rhythm,
}

/// Alerts could not be read or written just now.
#[derive(Debug, thiserror::Error)]
#[error("alerts: {0}")]
pub(crate) struct AlertsError(String);

/// Why an alert is not taken or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    #[error("{0}")]
    Refused(String),
    #[error("no alert is called {0}")]
    Unknown(AlertName),
    #[error("not known to be stored: {0}; see `backtrail alert list`")]
    NotNow(#[from] AlertsError),
}

impl Alerts {
    pub(crate) fn new(realm: Realm) -> Self {
        Self { realm, kept: BTreeMap::new(), unwritten: BTreeSet::new(), stores: None }
    }

    /// Opens the bucket and the stream, or makes them, and reads what is kept and not in memory: what is in memory, after
    /// a failure, is at least as new. Then it finds out which notices went out.
    pub(crate) async fn open(&mut self, connection: &Connection) -> Result<(), AlertsError> {
        let own = connection.own();
        let config = own_stream::Config {
            name: stream::alerts(self.realm).to_owned(),
            subjects: vec![subject::all_alerts(self.realm)],
            storage: own_stream::StorageType::File,
            compression: Some(own_stream::Compression::S2),
            max_messages_per_subject: MAX_NOTICES,
            ..own_stream::Config::default()
        };
        let notices = own.get_or_create_stream(config).await.map_err(failed)?;
        let name = stream::alert_definitions(self.realm);
        let bucket = match own.get_key_value(name).await {
            Ok(bucket) => bucket,
            Err(_) => {
                let config = kv::Config { bucket: name.to_owned(), history: 1, ..kv::Config::default() };
                own.create_key_value(config).await.map_err(failed)?
            }
        };
        let stores = Stores { own, bucket, notices };
        for (name, watching) in read_all(&stores.bucket).await? {
            self.kept.entry(name).or_insert(watching);
        }
        info!(alerts = self.kept.len(), "alerts read");
        for watching in self.kept.values_mut().filter(|watching| !watching.kept.outgoing.is_empty()) {
            let last = stores.last_number(self.realm, &watching.kept.definition.name).await?;
            watching.kept.outgoing.retain(|notice| notice.number > last);
        }
        self.stores = Some(stores);
        Ok(())
    }

    /// True if nobody waits for anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// True if everything is written and published.
    pub(crate) fn is_settled(&self) -> bool {
        self.unwritten.is_empty() && self.kept.values().all(|watching| watching.kept.outgoing.is_empty())
    }

    /// Looks at an incident that was accepted just now, which was `before` until then, and at what it did to leads.
    pub(crate) fn look_at(
        &mut self,
        engine: &Engine,
        incident: &Incident,
        before: Option<&Incident>,
        events: &[LeadEvent],
        place: &HubPlace,
        now: Timestamp,
    ) {
        // Exercises have streams, and daemons, of their own; a signed field says it as well.
        if incident.realm() != self.realm {
            return;
        }
        let seen = Seen::of(incident);
        let before = before.map(Seen::of);
        let grown = |event: &&LeadEvent| matches!(event.change, LeadChange::Opened | LeadChange::Strengthened);
        let leads: Vec<(&LeadEvent, f64)> =
            events.iter().filter(grown).filter_map(|event| Some((event, engine.visible_bits(event)?))).collect();
        let mut members: BTreeMap<usize, Vec<Arc<Incident>>> = BTreeMap::new();
        for (name, watching) in &mut self.kept {
            let Watching { kept, watched, .. } = watching;
            if kept.is_paused || !place.is_after(&kept.looked_at) {
                continue;
            }
            let mut findings = Vec::new();
            // A revision is news only if the one before it did not fit.
            let is_new = || before.as_ref().is_none_or(|before| !watched.finds_incident(before));
            if incident.retracted.is_none() && watched.finds_incident(&seen) && is_new() {
                findings.push(Finding::Incident(summary(incident)));
            }
            let min_bits = watched.min_bits().unwrap_or(f64::INFINITY);
            for (number, (event, bits)) in leads.iter().enumerate().filter(|(_, (_, bits))| *bits >= min_bits) {
                let of_lead = || engine.latest_members(event.lead_id, MAX_MEMBERS_READ);
                let fits = (incident.retracted.is_none() && watched.fits(&seen))
                    || members
                        .entry(number)
                        .or_insert_with(of_lead)
                        .iter()
                        .any(|member| watched.fits(&Seen::of(member)));
                if fits {
                    findings.push(Finding::Lead(found_lead(event, *bits)));
                }
            }
            if !findings.is_empty() {
                findings.into_iter().for_each(|finding| kept.waiting.take(finding, now));
                kept.looked_at = place.clone();
                self.unwritten.insert(name.clone());
            }
        }
    }

    /// Says what is due, writes what changed, and publishes what was said.
    pub(crate) async fn say(&mut self, now: Timestamp) -> Result<(), AlertsError> {
        for (name, watching) in &mut self.kept {
            let Watching { kept, rhythm, .. } = watching;
            if kept.is_paused {
                continue;
            }
            if let Some(Said { findings, more }) = kept.waiting.say(rhythm, now) {
                kept.notices += 1;
                kept.outgoing.push(AlertNotice { alert: name.clone(), number: kept.notices, at: now, findings, more });
                self.unwritten.insert(name.clone());
            }
        }
        if self.unwritten.is_empty() && self.is_settled() {
            return Ok(());
        }
        let stores = self.stores.clone().ok_or_else(|| failed("the streams are not open"))?;
        let behind = self.unwritten.iter().filter_map(|name| self.kept.get(name));
        let writes = behind.map(|watching| stores.write(&watching.kept)).collect::<Vec<_>>();
        futures_util::stream::iter(writes).buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        self.unwritten.clear();
        for watching in self.kept.values_mut() {
            for notice in &watching.kept.outgoing {
                stores.publish(self.realm, notice).await?;
            }
            // Whoever reads the value again finds them published.
            watching.kept.outgoing.clear();
        }
        Ok(())
    }

    /// Adds an alert that looks at what comes after `place`.
    pub(crate) async fn add(
        &mut self,
        definition: AlertDefinition,
        place: HubPlace,
        now: Timestamp,
    ) -> Result<Alert, NotTaken> {
        let name = definition.name.clone();
        definition.check().map_err(|error| NotTaken::Refused(error.to_string()))?;
        if self.kept.contains_key(&name) {
            let words = format!("an alert is called {name} already; remove it first, or choose another name");
            return Err(NotTaken::Refused(words));
        }
        if self.kept.len() >= MAX_ALERTS {
            let words = format!("found {MAX_ALERTS} alerts, expected fewer before another one is added");
            return Err(NotTaken::Refused(words));
        }
        let stores = self.stores.clone().ok_or_else(|| failed("the streams are not open"))?;
        // An earlier alert of this name has left its notices.
        let notices = stores.last_number(self.realm, &name).await?;
        let (waiting, outgoing) = (Waiting::default(), Vec::new());
        let kept = Kept { definition, added_at: now, is_paused: false, looked_at: place, waiting, notices, outgoing };
        let watching = Watching::of(kept).map_err(NotTaken::Refused)?;
        stores.write(&watching.kept).await?;
        let alert = watching.alert();
        self.kept.insert(name, watching);
        Ok(alert)
    }

    /// Pauses, resumes or removes an alert.
    pub(crate) async fn change(
        &mut self,
        name: &AlertName,
        change: AlertChange,
        place: HubPlace,
    ) -> Result<Alert, NotTaken> {
        let watching = self.kept.get_mut(name).ok_or_else(|| NotTaken::Unknown(name.clone()))?;
        let stores = self.stores.clone().ok_or_else(|| failed("the streams are not open"))?;
        let mut kept = watching.kept.clone();
        match change {
            AlertChange::Remove => {
                stores.bucket.purge(name.as_str()).await.map_err(failed)?;
                let alert = watching.alert();
                self.kept.remove(name);
                self.unwritten.remove(name);
                return Ok(alert);
            }
            AlertChange::Pause => kept.is_paused = true,
            AlertChange::Resume if kept.is_paused => {
                kept.is_paused = false;
                // What came in between was not looked at, and is not at a replay.
                kept.looked_at = place;
            }
            AlertChange::Resume => {}
        }
        if let Err(error) = stores.write(&kept).await {
            // It may be stored or not; what is in memory is written over it.
            self.unwritten.insert(name.clone());
            return Err(error.into());
        }
        watching.kept = kept;
        Ok(watching.alert())
    }

    /// All alerts, by name.
    pub(crate) fn all(&self) -> Vec<Alert> {
        self.kept.values().map(Watching::alert).collect()
    }
}

impl HubPlace {
    fn is_after(&self, other: &Self) -> bool {
        if self.consumer_created == other.consumer_created {
            self.sequence > other.sequence
        } else {
            self.stored_at > other.stored_at
        }
    }
}

impl Watching {
    fn of(kept: Kept) -> Result<Self, String> {
        let zone = kept.definition.delivery.zone().map_err(|error| error.to_string())?;
        let rhythm = Rhythm { delivery: kept.definition.delivery.clone(), zone };
        let condition = kept.definition.condition.clone();
        let party = condition.party.clone().unwrap_or_default();
        let watched = Watched::of(condition)
            .ok_or_else(|| format!("found the party {party:?}, expected a name with a word of its own"))?;
        Ok(Self { kept, watched, rhythm })
    }

    fn alert(&self) -> Alert {
        let Kept { definition, added_at, is_paused, waiting, notices, .. } = &self.kept;
        Alert {
            definition: definition.clone(),
            added_at: *added_at,
            is_paused: *is_paused,
            notices: *notices,
            waiting: waiting.count(),
            due: waiting.due(&self.rhythm).filter(|_| !*is_paused),
        }
    }
}

impl Stores {
    async fn write(&self, kept: &Kept) -> Result<(), AlertsError> {
        let value = serde_json::to_vec(kept).expect("an alert is plain data");
        self.bucket.put(kept.definition.name.as_str(), value.into()).await.map(|_| ()).map_err(failed)
    }

    async fn publish(&self, realm: Realm, notice: &AlertNotice) -> Result<(), AlertsError> {
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_ID_HEADER, notice.event_id());
        let payload = serde_json::to_vec(notice).expect("a notice is plain data").into();
        let subject = subject::alert(realm, &notice.alert);
        let stored = self.own.publish_with_headers(subject, headers, payload).await.map_err(failed)?;
        stored.await.map(|_| ()).map_err(failed)
    }

    /// Number of the last notice that was published under a name; 0 if none was.
    async fn last_number(&self, realm: Realm, name: &AlertName) -> Result<u64, AlertsError> {
        use async_nats::jetstream::stream::LastRawMessageErrorKind::NoMessageFound;

        let message = match self.notices.get_last_raw_message_by_subject(&subject::alert(realm, name)).await {
            Ok(message) => message,
            Err(error) if error.kind() == NoMessageFound => return Ok(0),
            Err(error) => return Err(failed(error)),
        };
        let notice: AlertNotice = serde_json::from_slice(&message.payload).map_err(failed)?;
        Ok(notice.number)
    }
}

async fn read_all(bucket: &kv::Store) -> Result<BTreeMap<AlertName, Watching>, AlertsError> {
    let names: Vec<String> = bucket.keys().await.map_err(failed)?.try_collect().await.map_err(failed)?;
    let mut all = BTreeMap::new();
    for name in names {
        let Some(value) = bucket.get(name.as_str()).await.map_err(failed)? else { continue };
        let read = serde_json::from_slice::<Kept>(&value).map_err(|error| error.to_string()).and_then(Watching::of);
        match read {
            Ok(watching) => {
                all.insert(watching.kept.definition.name.clone(), watching);
            }
            // It stays in the bucket, for a version that understands it.
            Err(reason) => warn!(name, reason, "an alert was not understood and is not looked at"),
        }
    }
    Ok(all)
}

fn found_lead(event: &LeadEvent, bits: f64) -> FoundLead {
    FoundLead {
        lead_id: event.lead_id,
        change: event.change,
        kind: event.kind,
        shared: event.shared.clone(),
        bits,
        member_count: event.member_count,
    }
}

fn failed(error: impl std::fmt::Display) -> AlertsError {
    AlertsError(error.to_string())
}
