//! The incidents that the engine holds.

use std::hash::BuildHasher;
use std::sync::Arc;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::id::{IncidentId, LeadId};
use backtrail_bus::incident::Incident;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::facts::{Facts, PartyFacts};
use super::fingerprint::Fingerprint;
use super::hub::Spelling;
use super::index::{KeyNumber, KeyNumbers, Slot};
use super::name_bits::NameBits;
use super::numbered::{Numbered, Parts};
use super::readings::Readings;
use super::sharded::ChunkedVec;

/// All incidents, by their number.
#[derive(Debug, Default)]
pub(crate) struct Store {
    held: ChunkedVec<Held>,
    by_id: Numbered,
    /// Whose incidents they are.
    originators: FxHashMap<Fingerprint, AgencyId>,
    /// The open possible-duplicate leads that an incident is in.
    duplicate_leads: FxHashMap<Slot, Vec<LeadId>>,
    /// A bit for each incident that is in one: they are few, and asked for often.
    duplicates: Vec<u64>,
    live_count: usize,
    readings: Readings,
    name_bits: NameBits,
}

/// One incident as held.
#[derive(Debug)]
pub(crate) struct Held {
    pub facts: Facts,
    /// The hubs of its keys, in the order of [`super::facts::KeyPlace`].
    pub keys: KeyNumbers,
    /// The current revision as its originator signed it.
    pub payload: Box<[u8]>,
    pub is_retracted: bool,
}

impl Held {
    pub(crate) fn new(facts: Facts, keys: KeyNumbers, payload: Box<[u8]>, is_retracted: bool) -> Self {
        Self { facts, keys, payload, is_retracted }
    }

    /// A party's name as it meets others.
    pub(crate) fn spelling(&self, party: &PartyFacts) -> Spelling {
        Spelling { name: self.keys[usize::from(party.name_key)], outline: party.outline }
    }

    /// The names that meet others at this hub.
    pub(crate) fn spellings_at(&self, hub: KeyNumber) -> SmallVec<[Spelling; 2]> {
        let is_here =
            |party: &&PartyFacts| party.near_keys.iter().flatten().any(|place| self.keys[usize::from(*place)] == hub);
        self.facts.parties.iter().filter(is_here).map(|party| self.spelling(party)).collect()
    }

    /// True if it stands in this hub, at one of these places in its list of keys.
    pub(crate) fn has_key_at(&self, places: &[super::facts::KeyPlace], hub: KeyNumber) -> bool {
        places.iter().any(|place| self.keys[usize::from(*place)] == hub)
    }
}

impl Store {
    /// The number that the next new incident gets.
    pub(crate) fn next_slot(&self) -> Slot {
        Slot::try_from(self.held.len()).expect("fewer than four billion incidents fit in memory")
    }

    /// Adds an incident that was not held before.
    pub(crate) fn add(&mut self, held: Held) {
        let slot = self.next_slot();
        self.by_id.insert(parts(held.facts.incident_id), slot);
        self.live_count += usize::from(!held.is_retracted);
        let originator = held.facts.originator;
        self.held.push(held);
        if !self.originators.contains_key(&originator) {
            let incident = Reader::new(self).read(slot);
            self.originators.insert(originator, incident.originator);
        }
    }

    /// Puts a new revision in the place of the held one.
    pub(crate) fn replace(&mut self, slot: Slot, held: Held) {
        self.readings.forget(slot);
        self.live_count += usize::from(!held.is_retracted);
        let before = &mut self.held[slot as usize];
        self.live_count -= usize::from(!before.is_retracted);
        *before = held;
    }

    /// The number of an incident.
    pub(crate) fn slot(&self, incident_id: IncidentId) -> Option<Slot> {
        self.by_id.find(parts(incident_id), |slot| self.facts(slot).incident_id == incident_id)
    }

    /// The incident with this number.
    pub(crate) fn held(&self, slot: Slot) -> &Held {
        &self.held[slot as usize]
    }

    /// The facts of the incident with this number.
    pub(crate) fn facts(&self, slot: Slot) -> &Facts {
        &self.held(slot).facts
    }

    /// Keeps at hand the incident with this number.
    pub(crate) fn keep_at_hand(&self, slot: Slot, incident: Arc<Incident>) {
        self.readings.keep(slot, incident);
    }

    /// Whose the incident with this number is.
    pub(crate) fn originator(&self, slot: Slot) -> &AgencyId {
        self.originators.get(&self.facts(slot).originator).expect("the originator of what is held is known")
    }

    /// How much it says that two names, as written, are as near as they are, in bits.
    pub(crate) fn name_bits(&self, one: &str, other: &str) -> f64 {
        self.name_bits.of(one, other)
    }

    /// How many incidents were ever held.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// How many incidents are held and not retracted.
    pub(crate) fn live_count(&self) -> usize {
        self.live_count
    }

    /// All whose incidents are held, in no particular order.
    pub(crate) fn originators(&self) -> impl Iterator<Item = &AgencyId> {
        self.originators.values()
    }

    /// The open possible-duplicate leads of an incident.
    pub(crate) fn duplicate_leads(&self, slot: Slot) -> &[LeadId] {
        if !self.is_duplicate(slot) {
            return &[];
        }
        self.duplicate_leads.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// Records that an incident is in a possible-duplicate lead, or no longer is.
    pub(crate) fn set_duplicate(&mut self, slot: Slot, lead_id: LeadId, is_member: bool) {
        let leads = self.duplicate_leads.entry(slot).or_default();
        leads.retain(|other| *other != lead_id);
        if is_member {
            leads.push(lead_id);
            leads.sort_unstable();
        }
        let is_duplicate = !leads.is_empty();
        if !is_duplicate {
            self.duplicate_leads.remove(&slot);
        }
        let (word, bit) = duplicate_bit(slot);
        if self.duplicates.len() <= word {
            self.duplicates.resize(word + 1, 0);
        }
        self.duplicates[word] &= !bit;
        self.duplicates[word] |= if is_duplicate { bit } else { 0 };
    }

    /// True if it is in an open possible-duplicate lead.
    pub(crate) fn is_duplicate(&self, slot: Slot) -> bool {
        let (word, bit) = duplicate_bit(slot);
        self.duplicates.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// All of an id counts: most of a UUIDv7 is random, but who posts may choose it.
fn parts(incident_id: IncidentId) -> Parts {
    let hash = FxBuildHasher.hash_one(incident_id);
    Parts { spread: (hash >> 32) as u32, tag: hash as u32 }
}

fn duplicate_bit(slot: Slot) -> (usize, u64) {
    (slot as usize / 64, 1 << (slot % 64))
}

/// Reads incidents again, for putting them into words.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    store: &'a Store,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// The incident as it was posted, kept for those who ask next.
    pub(crate) fn incident(&self, slot: Slot) -> Arc<Incident> {
        self.store.readings.of(slot, || self.read(slot))
    }

    /// The same where one after the other is read, once.
    pub(crate) fn read(&self, slot: Slot) -> Incident {
        Incident::read_again(&self.store.held(slot).payload).expect("it was read before")
    }
}
