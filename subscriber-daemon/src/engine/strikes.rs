//! What follows from evidence that people marked: what a lead weighs without it, and which keys a trace no longer
//! follows.
//!
//! The machine's evidence stays as it is; this lies over it and is derived again from the judgements at every start.

use backtrail_bus::id::LeadId;
use backtrail_bus::judgement::MarkedEvidence;
use backtrail_bus::lead::Evidence;
use rustc_hash::{FxHashMap, FxHashSet};

use super::book::Record;
use super::index::{KeyNumber, Slot};
use super::key::{Key, KeyId};
use super::lead::{self, Hearing, Meeting, View};
use super::observation::{Observation, ObservedParty};
use super::store::Reader;
use super::{Engine, key_of_any};

/// Everything that is struck out.
#[derive(Debug, Default)]
pub(crate) struct Strikes {
    by_lead: FxHashMap<LeadId, Strike>,
    /// Keys of values that all members of a lead share.
    shared: FxHashSet<KeyId>,
    /// Keys of values of single members.
    of_member: FxHashSet<(KeyId, Slot)>,
    /// Leads that came back since this was last asked: set aside before, and no longer.
    pub(super) came_back: FxHashSet<LeadId>,
}

/// What marks take from one lead.
#[derive(Debug, Default)]
struct Strike {
    /// Infinite where nothing of the lead is left.
    lost_bits: f64,
    /// True if what is left is less than what opens a lead.
    is_set_aside: bool,
    shared: Vec<KeyId>,
    of_member: Vec<(KeyId, Slot)>,
}

impl Engine {
    /// What a lead weighs without the evidence that was marked, in bits.
    pub(crate) fn bits_left(&self, lead_id: LeadId, record: &Record) -> f64 {
        match self.judgements.strikes.by_lead.get(&lead_id) {
            None => record.bits,
            Some(strike) => left(record.bits, strike.lost_bits),
        }
    }

    /// The same, only where something was marked.
    pub(crate) fn bits_left_if_marked(&self, lead_id: LeadId, record: &Record) -> Option<f64> {
        let is_marked = self.judgements.strikes.by_lead.contains_key(&lead_id);
        is_marked.then(|| self.bits_left(lead_id, record))
    }

    /// What it would weigh if this were marked as well.
    pub(super) fn bits_left_with(&self, lead_id: LeadId, record: &Record, mark: &MarkedEvidence) -> f64 {
        let strike = self.strike_of(lead_id, Some(mark));
        left(record.bits, strike.map_or(0.0, |strike| strike.lost_bits))
    }

    /// True if too little is left of an open lead.
    pub(super) fn is_set_aside(&self, lead_id: LeadId) -> bool {
        self.judgements.strikes.by_lead.get(&lead_id).is_some_and(|strike| strike.is_set_aside)
    }

    /// Bits below which the lead would not have been opened.
    pub(crate) fn threshold_bits(&self, record: &Record) -> f64 {
        let class = self.index.find(record.hub).map(|number| self.index.hub(number).class);
        class.map_or(0.0, |class| lead::threshold_bits(record.kind, class))
    }

    /// True if what an incident carries at a hub was marked or is stopped, so that no trace goes through it.
    pub(crate) fn is_struck(&self, hub: KeyNumber, slot: Slot) -> bool {
        let strikes = &self.judgements.strikes;
        if strikes.by_lead.is_empty() && self.stops.is_empty() {
            return false;
        }
        let is_struck = |key: KeyId| {
            strikes.shared.contains(&key) || strikes.of_member.contains(&(key, slot)) || self.stops.at(key).is_some()
        };
        is_struck(self.index.hub(hub).id)
    }

    /// The same of any of its parties' names: where a word leads to a name, another spelling of a struck name says no more
    /// than the name.
    pub(crate) fn has_struck_name(&self, slot: Slot) -> bool {
        let held = self.store.held(slot);
        let mut names = held.facts.parties.iter().map(|party| held.keys[usize::from(party.name_key)]);
        names.any(|name| self.is_struck(name, slot))
    }

    /// Derives again what the marks of a lead strike out, after a judgement of it or a change of its members.
    pub(super) fn strike(&mut self, lead_id: LeadId) {
        let was_set_aside = self.is_set_aside(lead_id);
        let strike = self.strike_of(lead_id, None);
        let strikes = &mut self.judgements.strikes;
        match strike {
            Some(strike) => strikes.by_lead.insert(lead_id, strike),
            None => strikes.by_lead.remove(&lead_id),
        };
        if was_set_aside && strikes.by_lead.get(&lead_id).is_some_and(|strike| !strike.is_set_aside) {
            strikes.came_back.insert(lead_id);
        }
        strikes.shared = strikes.by_lead.values().flat_map(|strike| strike.shared.iter().copied()).collect();
        strikes.of_member = strikes.by_lead.values().flat_map(|strike| strike.of_member.iter().copied()).collect();
    }

    /// The same for all leads that changed, of which most were never marked.
    pub(super) fn strike_changed(&mut self, changed: impl Iterator<Item = LeadId>) {
        let is_marked = |engine: &Self, lead_id| engine.judgements.marks(lead_id).next().is_some();
        for lead_id in changed {
            if is_marked(self, lead_id) {
                self.strike(lead_id);
            }
        }
    }

    /// The same for every lead, after the state was put back.
    pub(super) fn strike_all(&mut self) {
        let judged: Vec<LeadId> = self.judgements.all().map(|(lead_id, _)| lead_id).collect();
        self.strike_changed(judged.into_iter());
    }

    fn strike_of(&self, lead_id: LeadId, more: Option<&MarkedEvidence>) -> Option<Strike> {
        let marks: Vec<&MarkedEvidence> = self.judgements.marks(lead_id).chain(more).collect();
        // A lead may be judged before it is opened.
        let record = self.book.get(lead_id).filter(|_| !marks.is_empty())?;
        let view = record.view(lead_id);
        let number = self.index.find(record.hub)?;
        let meeting = Meeting::new(number, &self.index, &self.store);
        let reader = Reader::new(&self.store);
        let mut strike = Strike::default();
        let key = key_of_any(meeting, &view.members, reader);
        if marks.contains(&&MarkedEvidence::Shared) {
            strike.lost_bits = f64::INFINITY;
            strike.shared.push(record.hub);
            strike.shared.extend(key.iter().flat_map(siblings).map(|key| key.id()));
        }
        let mut unsupported = Vec::new();
        let mut struck_bits = 0.0;
        let hearing = key.as_ref().map(|key| Hearing::new(meeting, &view, key, reader));
        for slot in &view.members {
            let member = reader.incident(*slot);
            let incident_id = member.incident_id;
            let is_marked = |evidence: &&Evidence| {
                marks.iter().any(|mark| match mark {
                    MarkedEvidence::Shared => false,
                    MarkedEvidence::Member { incident_id: marked, comparison, found } => {
                        *marked == incident_id && *comparison == evidence.comparison && *found == evidence.found
                    }
                })
            };
            let evidence = hearing.as_ref().map(|hearing| hearing.evidence(*slot)).unwrap_or_default();
            let struck: Vec<&Evidence> = evidence.iter().filter(is_marked).collect();
            if struck.is_empty() {
                continue;
            }
            let observed = Observation::of(&member);
            let keys = struck.iter().flat_map(|evidence| keys_of(evidence, &observed));
            strike.of_member.extend(keys.map(|key| (key.id(), *slot)));
            // The first says why it is a member at all.
            let is_gone = evidence.first().is_some_and(|first| is_marked(&first));
            if is_gone {
                unsupported.push(*slot);
                strike.of_member.push((record.hub, *slot));
            } else {
                struck_bits += struck.iter().map(|evidence| evidence.bits).sum::<f64>();
            }
        }
        strike.lost_bits += lost_bits(meeting, &view, &unsupported, struck_bits);
        let bits = left(record.bits, strike.lost_bits);
        strike.is_set_aside = bits < record.bits && bits < self.threshold_bits(record);
        Some(strike)
    }
}

/// Bits with one decimal, as all are published.
fn left(bits: f64, lost_bits: f64) -> f64 {
    ((bits - lost_bits).max(0.0) * 10.0).round() / 10.0
}

/// What a lead loses: for each halving of the members beyond the first a bit, as it gained one for each doubling; and
/// the mean of what was struck from those that stay.
fn lost_bits(meeting: Meeting<'_>, view: &View, unsupported: &[Slot], struck_bits: f64) -> f64 {
    let (all, left) = (view.members.len(), view.members.len() - unsupported.len());
    if left < 2 || !lead::stands_without(meeting, view, unsupported) {
        return f64::INFINITY;
    }
    ((all - 1) as f64).log2() - ((left - 1) as f64).log2() + struck_bits / left as f64
}

/// The keys under which the value of a key is found: an address at either end.
pub(super) fn siblings(key: &Key) -> Vec<Key> {
    match key {
        Key::SenderAddress(address) | Key::ReceiverAddress(address) => of_address(address),
        key => vec![key.clone()],
    }
}

pub(super) fn of_address(address: &str) -> Vec<Key> {
    vec![Key::SenderAddress(address.into()), Key::ReceiverAddress(address.into())]
}

/// The keys that a member carries by the value of a piece of its evidence.
fn keys_of(evidence: &Evidence, member: &Observation<'_>) -> Vec<Key> {
    let Evidence { comparison, found, .. } = evidence;
    let is_name = comparison.ends_with("name") || comparison == "party changes role";
    let is_address = comparison.ends_with("address");
    let of_party = |party: &ObservedParty<'_>| {
        let name = (is_name && party.written == *found).then(|| Key::Party(party.name.clone()));
        let address = party.address_key().filter(|_| is_address && party.address == *found);
        name.into_iter().chain(address.iter().flat_map(siblings)).collect::<Vec<Key>>()
    };
    let written = member.identifiers.iter().chain(&member.materials).filter(|(_, written)| written == found);
    member.parties.iter().flat_map(of_party).chain(written.map(|(key, _)| key.clone())).collect()
}
