//! The incidents that the engine holds.

use backtrail_bus::id::{IncidentId, LeadId};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::index::{KeyNumber, Slot};
use super::observation::Observation;

/// All incidents, by their number.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    held: Vec<Held>,
    by_id: FxHashMap<IncidentId, Slot>,
    by_reference: FxHashMap<String, Vec<Slot>>,
    /// The open possible-duplicate leads that an incident is in.
    duplicate_leads: FxHashMap<Slot, Vec<LeadId>>,
    live_count: usize,
}

/// One incident as held.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    pub observation: Observation,
    /// SHA-256 of the payload.
    pub digest: [u8; 32],
    pub is_retracted: bool,
    /// The hubs that it is in; none once it is retracted.
    pub keys: Vec<KeyNumber>,
    /// The current revision as its originator signed it.
    pub payload: Vec<u8>,
}

impl Store {
    /// Adds an incident that was not held before.
    pub(crate) fn add(&mut self, held: Held) -> Slot {
        let slot = Slot::try_from(self.held.len()).expect("fewer than four billion incidents fit in memory");
        self.by_id.insert(held.observation.incident_id, slot);
        self.note_reference(&held.observation, slot);
        self.live_count += usize::from(!held.is_retracted);
        self.held.push(held);
        slot
    }

    /// Puts a new revision in the place of the held one.
    pub(crate) fn replace(&mut self, slot: Slot, held: Held) {
        self.note_reference(&held.observation, slot);
        self.live_count += usize::from(!held.is_retracted);
        let before = std::mem::replace(&mut self.held[slot as usize], held);
        self.live_count -= usize::from(!before.is_retracted);
    }

    /// The number of an incident.
    pub(crate) fn slot(&self, incident_id: IncidentId) -> Option<Slot> {
        self.by_id.get(&incident_id).copied()
    }

    /// The incidents that any originator gave this reference.
    pub(crate) fn with_reference(&self, reference: &str) -> &[Slot] {
        self.by_reference.get(reference).map_or(&[], Vec::as_slice)
    }

    /// The incident with this number.
    pub(crate) fn held(&self, slot: Slot) -> &Held {
        &self.held[slot as usize]
    }

    /// For changing the incident with this number.
    pub(crate) fn held_mut(&mut self, slot: Slot) -> &mut Held {
        &mut self.held[slot as usize]
    }

    /// What the engine sees of the incident with this number.
    pub(crate) fn observation(&self, slot: Slot) -> &Observation {
        &self.held(slot).observation
    }

    /// How many incidents are held and not retracted.
    pub(crate) fn live_count(&self) -> usize {
        self.live_count
    }

    /// The open possible-duplicate leads of an incident.
    pub(crate) fn duplicate_leads(&self, slot: Slot) -> &[LeadId] {
        self.duplicate_leads.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// Records that an incident is in a possible-duplicate lead, or no longer is.
    pub(crate) fn set_duplicate(&mut self, slot: Slot, lead_id: LeadId, is_member: bool) {
        let leads = self.duplicate_leads.entry(slot).or_default();
        leads.retain(|other| *other != lead_id);
        if is_member {
            leads.push(lead_id);
            leads.sort_unstable();
        } else if leads.is_empty() {
            self.duplicate_leads.remove(&slot);
        }
    }

    fn note_reference(&mut self, observation: &Observation, slot: Slot) {
        if let Some(reference) = &observation.own_reference {
            let slots = self.by_reference.entry(reference.clone()).or_default();
            if !slots.contains(&slot) {
                slots.push(slot);
            }
        }
    }
}
