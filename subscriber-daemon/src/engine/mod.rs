//! The correlation engine: a fold over incidents that gives lead events.
//!
//! It is pure: no clock, no I/O, no randomness. The same incidents in the same order give the same events, and in any
//! order the same open leads, because a lead is a function of the incidents that meet at its hub.

mod answers;
mod book;
mod day;
mod index;
mod key;
mod lead;
mod model;
mod name;
mod observation;
mod pair;
mod party_name;
mod poisson;
mod store;
mod trace;

use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{IncidentSummary, LeadEvent, Member};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::book::{Book, Entry};
pub use self::index::Slot;
use self::index::{Index, KeyNumber};
use self::key::Key;
use self::lead::View;
use self::observation::Observation;
pub use self::pair::{Features, PairEvidence, Score};
use self::store::{Held, Store};

/// The state of the fold.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Engine {
    store: Store,
    index: Index,
    book: Book,
}

/// What an incident did to the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// It was new, or a later revision; these lead events follow from it.
    Changed(Vec<LeadEvent>),
    /// The same revision came before; nothing changes.
    Duplicate,
    /// A later revision is held, or the incident is retracted; nothing changes.
    Superseded,
}

impl Engine {
    /// Takes in one incident. `payload` is what its originator signed, and `incident` what it says.
    pub fn apply(&mut self, incident: &Incident, payload: &[u8]) -> Result<Applied, Rejection> {
        let digest: [u8; 32] = Sha256::digest(payload).into();
        let slot = self.store.slot(incident.incident_id);
        if let Some(slot) = slot
            && let Some(applied) = self.without_effect(slot, incident, digest)?
        {
            return Ok(applied);
        }
        let observation = Observation::of(incident);
        let is_retracted = incident.retracted.is_some();
        let keys = if is_retracted { Vec::new() } else { observation.keys() };
        let held = Held { observation, digest, is_retracted, keys: Vec::new(), payload: payload.to_vec() };
        let mut touched = Vec::new();
        let slot = match slot {
            None => self.store.add(held),
            Some(slot) => {
                touched = self.leave_hubs(slot);
                self.store.replace(slot, held);
                slot
            }
        };
        let entered: Vec<KeyNumber> = keys.into_iter().map(|key| self.index.add(key, slot)).collect();
        touched.extend(&entered);
        self.store.held_mut(slot).keys = entered;
        let closing =
            if is_retracted { "an incident that it rested on was retracted" } else { "a revision changed it" };
        Ok(Applied::Changed(self.reconcile(touched, closing)))
    }

    /// True if this very revision is held.
    pub fn holds(&self, incident: &Incident, payload: &[u8]) -> bool {
        self.store.slot(incident.incident_id).is_some_and(|slot| self.store.held(slot).payload == payload)
    }

    /// How many incidents are held and not retracted.
    pub fn incident_count(&self) -> usize {
        self.store.live_count()
    }

    /// How many leads are open.
    pub fn open_lead_count(&self) -> usize {
        self.book.open_count()
    }

    /// What to answer for an incident that changes nothing, or the reason to reject it.
    fn without_effect(&self, slot: Slot, incident: &Incident, digest: [u8; 32]) -> Result<Option<Applied>, Rejection> {
        let held = self.store.held(slot);
        let (incident_id, revision) = (incident.incident_id, incident.revision);
        if held.observation.originator != incident.originator {
            return Err(Rejection::NotOriginator { incident_id });
        }
        if revision == held.observation.revision {
            return if digest == held.digest {
                Ok(Some(Applied::Duplicate))
            } else {
                Err(Rejection::ConflictingRevision { incident_id, revision })
            };
        }
        // A retraction is final whatever its number, so that the order of arrival cannot matter.
        let is_late = revision < held.observation.revision && incident.retracted.is_none();
        Ok((held.is_retracted || is_late).then_some(Applied::Superseded))
    }

    fn leave_hubs(&mut self, slot: Slot) -> Vec<KeyNumber> {
        let keys = std::mem::take(&mut self.store.held_mut(slot).keys);
        for key in &keys {
            self.index.remove(*key, slot);
        }
        keys
    }

    /// Brings the leads of the touched hubs up to date. Hubs of possible duplicates come first: the other leads count
    /// duplicates as one event, so hubs of incidents that became duplicates, or ceased to be, are touched as well.
    fn reconcile(&mut self, touched: Vec<KeyNumber>, closing: &str) -> Vec<LeadEvent> {
        let (duplicates, mut others): (Vec<_>, Vec<_>) =
            touched.into_iter().partition(|key| makes_duplicates(&self.index.hub(*key).key));
        let mut events = Vec::new();
        for hub in duplicates {
            let entries = self.reconcile_hub(hub, closing);
            for entry in &entries {
                let members: Vec<Slot> = entry.record.members.iter().map(|(slot, _)| *slot).collect();
                for (slots, is_member) in [(&members, true), (&entry.departed, false)] {
                    for slot in slots {
                        self.store.set_duplicate(*slot, entry.lead_id, is_member);
                        others.extend(&self.store.held(*slot).keys);
                    }
                }
            }
            events.extend(entries.iter().map(|entry| self.event(entry)));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        others.retain(|key| seen.insert(*key) && !makes_duplicates(&self.index.hub(*key).key));
        for hub in others {
            let entries = self.reconcile_hub(hub, closing);
            events.extend(entries.iter().map(|entry| self.event(entry)));
        }
        events
    }

    fn reconcile_hub(&mut self, number: KeyNumber, closing: &str) -> Vec<Entry> {
        let hub = self.index.hub(number);
        if !hub.key.makes_leads() {
            return Vec::new();
        }
        let (views, hot): (Vec<View>, Option<String>) = if hub.is_hot() {
            let reason = format!("{} incidents share it: too common to say anything", hub.slots.len());
            (Vec::new(), Some(reason))
        } else {
            (lead::views(hub, &self.store), None)
        };
        let revision_of = |slot: Slot| self.store.observation(slot).revision;
        self.book.reconcile(number, views, revision_of, hot.as_deref().unwrap_or(closing))
    }

    fn event(&self, entry: &Entry) -> LeadEvent {
        let view = entry.record.view(entry.lead_id);
        let key = &self.index.hub(entry.record.hub).key;
        let member = |slot: &Slot| self.member(key, &view, *slot);
        LeadEvent {
            version: entry.record.version,
            change: entry.change,
            lead_id: entry.lead_id,
            kind: entry.record.kind,
            shared: lead::shared(key, &view, &self.store),
            bits: entry.record.bits,
            member_count: u32::try_from(entry.record.members.len()).expect("slots are 32 bits wide"),
            members: entry.changed.iter().map(member).collect(),
            departed: entry.departed.iter().map(|slot| self.store.observation(*slot).incident_id).collect(),
            confirm_by: lead::confirm_by(key).to_owned(),
            closed_because: entry.record.closed_because.clone(),
        }
    }

    fn member(&self, key: &Key, view: &View, slot: Slot) -> Member {
        let observation = self.store.observation(slot);
        let evidence = lead::evidence(key, view, observation, &self.store);
        Member { incident: summary(observation), evidence }
    }
}

/// An incident in one line, as leads and traces show it.
pub fn summary_of(incident: &Incident) -> IncidentSummary {
    summary(&Observation::of(incident))
}

/// That a lead with so many bits is right, 0 to 1, by the shipped model.
pub fn probability(bits: f64) -> f64 {
    model::Model::shipped().probability(bits)
}

fn makes_duplicates(key: &Key) -> bool {
    matches!(key, Key::Quantity { .. } | Key::OwnReference { .. })
}

fn summary(observation: &Observation) -> IncidentSummary {
    IncidentSummary {
        incident_id: observation.incident_id,
        revision: observation.revision,
        originator: observation.originator.clone(),
        own_reference: observation.own_reference.clone(),
        kind: observation.kind,
        occurred_at: observation.occurred_at.clone(),
        country: observation.country,
        headline: observation.headline.clone(),
    }
}
