//! The correlation engine: a fold over incidents that gives lead events.
//!
//! It is pure: no clock, no I/O, no randomness. The same incidents in the same order give the same events, and in any
//! order the same open leads, because a lead is a function of the incidents that meet at its hub.

mod address;
mod alert;
mod answers;
mod arrival;
mod book;
mod catalogue;
mod changes;
mod circles;
mod day;
mod entity;
mod facts;
mod families;
mod feasible;
mod find;
mod fingerprint;
mod hub;
mod index;
mod judgements;
mod key;
mod lead;
mod mark;
mod model;
mod name;
mod name_bits;
mod name_words;
mod numbered;
mod observation;
mod originators;
mod pair;
mod party_name;
mod poisson;
mod question;
mod readings;
mod sharded;
mod stops;
mod store;
mod strikes;
mod summary;
#[cfg(test)]
mod tests_support;
mod timeline;
mod trace;

use std::sync::Arc;

use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{LeadChange, LeadEvent, Member};
use rustc_hash::FxHashSet;

pub use self::alert::{Seen, Watched};
use self::book::{Book, Entry};
use self::catalogue::Catalogue;
use self::changes::Changes;
pub use self::changes::{Restored, Unreadable, Written};
use self::circles::Circles;
use self::facts::{Facts, KeyList};
use self::find::FrozenOrders;
pub use self::index::Slot;
use self::index::{Index, KeyNumber, KeyNumbers};
use self::judgements::Judgements;
pub use self::judgements::{Asked, NotJudged};
use self::key::{Key, KeyClass};
use self::lead::{Hearing, Meeting, View};
pub use self::model::{ModelLevel, levels as model_levels};
use self::name_words::NameWords;
use self::observation::Observation;
pub use self::pair::{Features, PairEvidence, Score};
pub use self::question::QuestionError;
pub use self::stops::NotStopped;
use self::stops::Stops;
use self::store::{Held, Reader, Store};
pub use self::summary::summary;
pub use self::trace::Inquiry;

/// The state of the fold.
#[derive(Debug, Default)]
pub struct Engine {
    store: Store,
    index: Index,
    book: Book,
    judgements: Judgements,
    circles: Circles,
    catalogue: Catalogue,
    name_words: NameWords,
    frozen: FrozenOrders,
    stops: Stops,
    /// What the journal does not have yet.
    changes: Changes,
}

/// An incident that is taken in.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    slot: Slot,
    is_new: bool,
    observation: &'a Observation<'a>,
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

/// Loads the tables that ship with the program, so that the first incident does not wait for them.
pub fn load_tables() {
    families::Families::shipped();
    // A name uses the words, the places and the model.
    party_name::PartyName::parse("Lotus Harbour Trading Ltd");
    backtrail_bus::registers::Registers::shipped();
}

impl Engine {
    /// Takes in one incident. `payload` is what its originator signed, and `incident` what it says.
    pub fn apply(&mut self, incident: impl Into<Arc<Incident>>, payload: &[u8]) -> Result<Applied, Rejection> {
        self.take(incident.into(), payload)
    }

    fn take(&mut self, incident: Arc<Incident>, payload: &[u8]) -> Result<Applied, Rejection> {
        let observation = Observation::of(&incident);
        let (facts, keys) = Facts::of(&observation);
        // The memory where it may be known is far away. Just before its keys are looked up, it is waited for with theirs.
        let slot = self.store.slot(incident.incident_id);
        if let Some(slot) = slot
            && let Some(applied) = self.without_effect(slot, &incident, payload)?
        {
            return Ok(applied);
        }
        let (is_new, is_retracted) = (slot.is_none(), incident.retracted.is_some());
        let (slot, mut touched) = self.put(slot, facts, keys, payload.into(), is_retracted);
        self.store.keep_at_hand(slot, Arc::clone(&incident));
        self.changes.note_incident(slot);
        touched.extend_from_slice(&self.store.held(slot).keys);
        let closing =
            if is_retracted { "an incident that it rested on was retracted" } else { "a revision changed it" };
        let incoming = Incoming { slot, is_new, observation: &observation };
        let events = self.reconcile(touched, incoming, closing);
        self.strike_changed(events.iter().map(|event| event.lead_id));
        Ok(Applied::Changed(events))
    }

    /// True if this very revision is held.
    pub fn holds(&self, incident: &Incident, payload: &[u8]) -> bool {
        self.store.slot(incident.incident_id).is_some_and(|slot| *self.store.held(slot).payload == *payload)
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
    fn without_effect(&self, slot: Slot, incident: &Incident, payload: &[u8]) -> Result<Option<Applied>, Rejection> {
        let held = self.store.held(slot);
        let (incident_id, revision) = (incident.incident_id, incident.revision);
        if held.facts.originator != Facts::originator(&incident.originator) {
            return Err(Rejection::NotOriginator { incident_id });
        }
        if revision == held.facts.revision {
            return if payload == &*held.payload {
                Ok(Some(Applied::Duplicate))
            } else {
                Err(Rejection::ConflictingRevision { incident_id, revision })
            };
        }
        // A retraction is final whatever its number, and of several the highest counts: the order of arrival cannot
        // matter.
        let is_late = revision < held.facts.revision;
        let is_superseded = match (held.is_retracted, incident.retracted.is_some()) {
            (true, false) => true,
            (false, true) => false,
            (true, true) | (false, false) => is_late,
        };
        Ok(is_superseded.then_some(Applied::Superseded))
    }

    /// Holds an incident under its keys, in the place of an earlier revision if there is one, and gives the hubs that
    /// it left.
    fn put(
        &mut self,
        slot: Option<Slot>,
        facts: Facts,
        keys: KeyList,
        payload: Box<[u8]>,
        is_retracted: bool,
    ) -> (Slot, KeyNumbers) {
        let left = slot.map(|slot| self.leave_hubs(slot)).unwrap_or_default();
        let number = slot.unwrap_or_else(|| self.store.next_slot());
        let entered = match is_retracted {
            true => self.index.add_retracted(keys.as_slice()),
            false => self.index.add(keys.as_slice(), &facts, number),
        };
        let held = Held::new(facts, entered, payload, is_retracted);
        match slot {
            Some(slot) => {
                self.store.replace(slot, held);
                self.catalogue.note_revised(slot);
                self.name_words.note_revised(slot);
            }
            None => self.store.add(held),
        }
        if !is_retracted {
            self.note_spellings(number);
        }
        (number, left)
    }

    /// Notes the names of an incident where names are compared.
    fn note_spellings(&mut self, slot: Slot) {
        let held = self.store.held(slot);
        for party in &held.facts.parties {
            let own = held.spelling(party);
            for place in party.near_keys.iter().flatten() {
                let hub = held.keys[usize::from(*place)];
                self.index.note_spelling(hub, own, |slot| self.store.held(slot).spellings_at(hub));
            }
        }
    }

    fn leave_hubs(&mut self, slot: Slot) -> KeyNumbers {
        let held = self.store.held(slot);
        for key in &held.keys {
            match held.is_retracted {
                true => self.index.remove_retracted(*key),
                false => self.index.remove(*key, held.facts.first_day, slot),
            }
        }
        held.keys.clone()
    }

    /// Brings the leads of the touched hubs up to date. Hubs of possible duplicates come first: the other leads count
    /// duplicates as one event, so hubs of incidents that became duplicates, or ceased to be, are touched as well.
    fn reconcile(&mut self, touched: KeyNumbers, incoming: Incoming<'_>, closing: &str) -> Vec<LeadEvent> {
        let makes_duplicates = |index: &Index, key: KeyNumber| index.hub(key).class.makes_duplicates();
        let (duplicates, mut others): (KeyNumbers, KeyNumbers) =
            touched.into_iter().partition(|key| makes_duplicates(&self.index, *key));
        let mut events = Vec::new();
        for hub in duplicates {
            for entry in self.reconcile_hub(hub, incoming.slot, closing) {
                for (slots, is_member) in [(&entry.view.members, true), (&entry.departed, false)] {
                    for slot in slots {
                        self.store.set_duplicate(*slot, entry.view.lead_id, is_member);
                        others.extend_from_slice(&self.store.held(*slot).keys);
                    }
                }
                events.push(self.event(hub, &entry, incoming));
            }
        }
        keep_first_of_each(&mut others);
        // What is new in a hub changes nothing there that it does not link to, unless who counts as one event changed.
        let may_be_far = incoming.is_new && events.is_empty();
        let is_done = |key: KeyNumber| {
            makes_duplicates(&self.index, key) || (may_be_far && self.has_no_name_near(key, incoming.slot))
        };
        others.retain(|key| !is_done(*key));
        for hub in others {
            for entry in self.reconcile_hub(hub, incoming.slot, closing) {
                events.push(self.event(hub, &entry, incoming));
            }
        }
        events
    }

    /// True if an incident came to a hub where spellings of names meet, and its name is like no other there.
    fn has_no_name_near(&self, number: KeyNumber, slot: Slot) -> bool {
        let hub = self.index.hub(number);
        let held = self.store.held(slot);
        let names = || held.facts.parties.iter().map(|party| held.keys[usize::from(party.name_key)]);
        // What is open at a hub that has become hot is closed.
        hub.class == KeyClass::NearName && !hub.is_hot() && !names().any(|name| hub.has_name_near(name))
    }

    fn reconcile_hub(&mut self, number: KeyNumber, incoming: Slot, closing: &str) -> Vec<Entry> {
        let hub = self.index.hub(number);
        // Nobody meets alone, what is hot opens nothing, and names that cannot be one are not compared.
        let is_silent = hub.len() < 2 || hub.is_hot() || (hub.class == KeyClass::NearName && !hub.has_near_names);
        if is_silent && !hub.has_leads {
            return Vec::new();
        }
        let (views, hot): (Vec<View>, Option<String>) = if hub.is_hot() {
            (Vec::new(), Some(format!("{} incidents share it: too common to say anything", hub.len())))
        } else {
            (Meeting::new(number, &self.index, &self.store).views(), None)
        };
        if views.is_empty() && !hub.has_leads {
            return Vec::new();
        }
        let revision_of = |slot: Slot| self.store.facts(slot).revision;
        let has_leads = !views.is_empty();
        let on_unsaid = |lead_id| self.changes.note_lead(lead_id);
        let entries =
            self.book.reconcile(hub.id, views, incoming, revision_of, hot.as_deref().unwrap_or(closing), on_unsaid);
        self.index.mark_leads(number, has_leads);
        entries
    }

    /// Puts a change of a lead into words.
    fn event(&mut self, hub: KeyNumber, entry: &Entry, incoming: Incoming<'_>) -> LeadEvent {
        let view = &entry.view;
        let reader = Reader::new(&self.store);
        let meeting = Meeting::new(hub, &self.index, &self.store);
        // What left the hub does not have its key any more.
        let key =
            meeting.key_of(incoming.slot, incoming.observation).or_else(|| key_of_any(meeting, &entry.changed, reader));
        let members = members(meeting, view, &entry.changed, key.as_ref(), reader);
        let words = self.new_words(meeting, entry, key, reader);
        if let Some((shared, spokesmen)) = words {
            self.book.put_into_words(view.lead_id, shared, spokesmen);
        }
        self.changes.note_lead(view.lead_id);
        let record = self.book.get(view.lead_id).expect("a lead that changed is in the book");
        LeadEvent {
            version: record.version,
            change: entry.change,
            lead_id: view.lead_id,
            kind: view.kind,
            shared: record.shared.clone(),
            bits: view.bits,
            member_count: u32::try_from(view.members.len()).expect("slots are 32 bits wide"),
            members,
            departed: entry.departed.iter().map(|slot| self.store.facts(*slot).incident_id).collect(),
            confirm_by: lead::confirm_by(view.kind, self.index.hub(hub).class).to_owned(),
            closed_because: record.closed_because.clone(),
        }
    }

    /// New words for what a lead's members share, with those whose words they are. `None` if the same ones speak as
    /// before, or, as in a closed lead, nobody does: then it is known by the words that it had.
    fn new_words(
        &self,
        meeting: Meeting<'_>,
        entry: &Entry,
        key: Option<Key>,
        reader: Reader<'_>,
    ) -> Option<(String, Vec<(Slot, u32)>)> {
        let before = &self.book.get(entry.view.lead_id)?.spokesmen;
        let is_grown = entry.change == LeadChange::Strengthened && entry.departed.is_empty();
        if is_grown && meeting.speak_before(before.iter().map(|(slot, _)| *slot), &entry.changed) {
            return None;
        }
        let spokesmen = meeting.spokesmen(&entry.view);
        let with_revision: Vec<(Slot, u32)> =
            spokesmen.iter().map(|slot| (*slot, self.store.facts(*slot).revision)).collect();
        if *before == with_revision {
            return None;
        }
        let key = key.or_else(|| key_of_any(meeting, &spokesmen, reader))?;
        Some((lead::shared(meeting, &entry.view, &spokesmen, &key)?, with_revision))
    }
}

/// Most incidents have a dozen keys, for which a set takes longer than looking.
fn keep_first_of_each(keys: &mut KeyNumbers) {
    const FEW: usize = 32;
    if keys.len() > FEW {
        let mut seen = FxHashSet::default();
        keys.retain(|key| seen.insert(*key));
        return;
    }
    let mut kept = 0;
    for place in 0..keys.len() {
        if !keys[..kept].contains(&keys[place]) {
            keys[kept] = keys[place];
            kept += 1;
        }
    }
    keys.truncate(kept);
}

/// A hub's key, read from the first of its incidents.
fn key_of_any(meeting: Meeting<'_>, slots: &[Slot], reader: Reader<'_>) -> Option<Key> {
    let slot = *slots.first()?;
    meeting.key_of(slot, &Observation::of(&reader.incident(slot)))
}

/// Members of a lead, each with what speaks for it.
fn members(meeting: Meeting<'_>, view: &View, slots: &[Slot], key: Option<&Key>, reader: Reader<'_>) -> Vec<Member> {
    let Some(key) = key.filter(|_| !slots.is_empty()) else { return Vec::new() };
    let hearing = Hearing::new(meeting, view, key, reader);
    let member = |slot: &Slot| Member { incident: summary(&reader.incident(*slot)), evidence: hearing.evidence(*slot) };
    slots.iter().map(member).collect()
}

/// That a lead with so many bits is right, 0 to 1, by the shipped model.
pub fn probability(bits: f64) -> f64 {
    model::Model::shipped().probability(bits)
}
