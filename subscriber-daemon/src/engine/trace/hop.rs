//! Single hops: what links an incident to one before it, or to one after it.

use std::collections::BTreeMap;

use backtrail_bus::country::CountryCode;
use backtrail_bus::lead::Evidence;
use backtrail_bus::trace::{Direction, Hop};

use crate::engine::Engine;
use crate::engine::arrival::{ArrivalRate, distinct_days};
use crate::engine::facts::PartyFacts;
use crate::engine::families::{Families, Related};
use crate::engine::feasible::is_feasible;
use crate::engine::index::{KeyNumber, Posting, Slot};
use crate::engine::key::Key;
use crate::engine::lead;
use crate::engine::model::Model;
use crate::engine::name::{Name, compare};
use crate::engine::observation::{Observation, ObservedParty};
use crate::engine::store::{Held, Reader};

/// Bits below which no hop is offered.
const THRESHOLD_BITS: f64 = 8.0;
/// The most that touching legs can say: a place is written by people.
const MAX_TOUCHING_BITS: f64 = 14.0;
const LATEST_DAYS: i32 = 90;
/// What a key says that very many incidents share, beside another one.
const COMMON_KEY_BITS: f64 = 1.0;
/// Who received then and sends now passed something on.
const CHANGED_ROLE_BITS: f64 = 2.0;
/// What names of different spellings must say, and the most that they can.
const MIN_SPELLING_BITS: f64 = 6.0;
const MAX_SPELLING_BITS: f64 = 12.0;
const OTHER_COUNTRY_BITS: f64 = -6.0;
/// What an address says that received then and sends now, beside the name.
const PASSED_ON_ADDRESS_BITS: f64 = 6.0;

/// An incident that may be the next one, and the hop to it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub to: Slot,
    pub hop: Hop,
    pub way: Way,
}

/// What a hop can be for the goods, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// Both go to one party, wherever they come from.
    SameReceiver,
    /// Both come from one party: its goods may have one source.
    SameSender,
    /// Goods may have gone from one to the other.
    Passed,
}

/// Evidence gathered for one candidate, by what it is about. One party in two roles, or two places on one route, say
/// nearly the same thing twice, so of each only the strongest counts.
#[derive(Default)]
struct Gathered {
    evidence: BTreeMap<String, Found>,
}

struct Found {
    evidence: Evidence,
    confirm_by: &'static str,
    way: Way,
}

impl Gathered {
    fn add(&mut self, about: &str, found: Found) {
        let is_weaker = self.evidence.get(about).is_some_and(|other| other.evidence.bits >= found.evidence.bits);
        if !is_weaker {
            self.evidence.insert(about.to_owned(), found);
        }
    }
}

/// Feasible hops from one incident.
#[derive(Debug, Default, Clone)]
pub(super) struct Hops {
    /// In the order of the incidents' numbers.
    pub candidates: Vec<Candidate>,
    /// How many of the incident's keys are too common to follow.
    pub hot_keys: usize,
    /// How many of them people found to say nothing.
    pub dismissed: usize,
}

impl Engine {
    /// Feasible hops from an incident.
    pub(super) fn hops(&self, slot: Slot, direction: Direction) -> Hops {
        let observation = Reader::new(&self.store).observation(slot);
        let own = self.store.held(slot);
        let mut gathered: BTreeMap<Slot, Gathered> = BTreeMap::new();
        let mut hot: Vec<(KeyNumber, Key)> = Vec::new();
        let mut dismissed = 0;
        for Link { key, about, way, judge } in links(&observation, direction) {
            let Some(number) = self.index.find(key.id()) else { continue };
            let hub = self.index.hub(number);
            if self.is_dismissed(hub.id) || self.is_struck(number, slot) {
                dismissed += 1;
                continue;
            }
            if hub.is_hot() {
                hot.push((number, key));
                continue;
            }
            let meeting = Meeting { engine: self, number, slot, direction };
            let is_other = |other: &Slot| *other != slot && !self.is_struck(number, *other);
            for other in hub.postings().iter().map(|posting| posting.slot).filter(is_other) {
                let other_facts = &self.store.held(other).facts;
                let is_feasible = match direction {
                    Direction::Upstream => is_feasible(other_facts, &own.facts),
                    Direction::Downstream => is_feasible(&own.facts, other_facts),
                };
                if is_feasible && let Some(evidence) = judge(meeting, other) {
                    let found = Found { evidence, confirm_by: lead::confirm_by(hub.class), way };
                    gathered.entry(other).or_default().add(&about, found);
                }
            }
        }
        // A common key leads nowhere by itself, and says a little where another one leads.
        for (number, key) in &hot {
            let hub = self.index.hub(*number);
            for (to, gathered) in &mut gathered {
                if self.store.held(*to).keys.contains(number) {
                    let found = Found {
                        evidence: common(key, hub.len()),
                        confirm_by: lead::confirm_by(hub.class),
                        way: Way::SameReceiver,
                    };
                    gathered.add(&format!("common {key}"), found);
                }
            }
        }
        let candidates = gathered.into_iter().filter_map(|(to, gathered)| self.candidate(slot, to, gathered));
        Hops { candidates: candidates.collect(), hot_keys: hot.len(), dismissed }
    }

    fn candidate(&self, from: Slot, to: Slot, gathered: Gathered) -> Option<Candidate> {
        // Two reports of one event are not a step between events.
        let duplicate = self.store.duplicate_leads(from);
        if self.store.duplicate_leads(to).iter().any(|lead| duplicate.contains(lead)) {
            return None;
        }
        let mut found: Vec<Found> = gathered.evidence.into_values().collect();
        found.sort_by(|Found { evidence: a, .. }, Found { evidence: b, .. }| {
            b.bits.total_cmp(&a.bits).then_with(|| a.words.cmp(&b.words))
        });
        let bits: f64 = found.iter().map(|found| found.evidence.bits).sum();
        if bits < THRESHOLD_BITS {
            return None;
        }
        let way = found.iter().map(|found| found.way).max()?;
        // The strongest evidence says what to ask for.
        let confirm_by = found.first()?.confirm_by.to_owned();
        let ask = Reader::new(&self.store).observation(to).originator.clone();
        let evidence = found.into_iter().map(|found| found.evidence).collect();
        Some(Candidate { to, hop: Hop { bits, evidence, confirm_by, ask }, way })
    }
}

/// A hub that an incident stands at, on the way in one direction.
#[derive(Clone, Copy)]
struct Meeting<'a> {
    engine: &'a Engine,
    number: KeyNumber,
    slot: Slot,
    direction: Direction,
}

impl Meeting<'_> {
    /// Where another incident's party is that stands here.
    fn country_of_party(self, other: Slot) -> Option<CountryCode> {
        let held = self.engine.store.held(other);
        let is_here = |party: &&PartyFacts| held.keys[usize::from(party.side_key)] == self.number;
        held.facts.parties.iter().find(is_here)?.country
    }
}

/// A key under which the next incident would be found, and what it would say.
struct Link<'a> {
    key: Key,
    about: String,
    way: Way,
    judge: Judge<'a>,
}

/// Judges one of those that share the key.
type Judge<'a> = Box<dyn Fn(Meeting<'_>, Slot) -> Option<Evidence> + 'a>;

fn links<'a>(own: &'a Observation, direction: Direction) -> Vec<Link<'a>> {
    let mut links: Vec<Link<'a>> = Vec::new();
    let mut link = |key: Key, about: String, way: Way, judge: Judge<'a>| links.push(Link { key, about, way, judge });
    for (key, written) in &own.identifiers {
        link(key.clone(), key.to_string(), Way::Passed, Box::new(move |_, _| Some(shared_identifier(key, written))));
    }
    for (key, written) in &own.materials {
        link(key.clone(), key.to_string(), Way::Passed, Box::new(move |_, _| same_material(key, written)));
    }
    for party in &own.parties {
        let Some(same) = party.side_key() else { continue };
        let name = &party.name;
        let role = party.role.code().replace('-', " ");
        let about = format!("party {}", name.words());
        let way = if party.role.is_sender() { Way::SameSender } else { Way::SameReceiver };
        link(same, about.clone(), way, Box::new(move |meeting, other| same_party(meeting, &role, party, other)));
        // Upstream, who sends here received there; downstream, who received here sends there.
        if party.role.is_sender() == (direction == Direction::Upstream) {
            link(
                changed_role(party),
                about.clone(),
                Way::Passed,
                Box::new(move |meeting, other| passed_on(meeting, party, other)),
            );
            for word in party.word_keys() {
                let judge = move |meeting: Meeting<'_>, other| passed_on_misspelt(meeting, party, other);
                link(word, format!("party {}", name.words()), Way::Passed, Box::new(judge));
            }
            if let Some(key) = changed_address(party) {
                let judge = move |_: Meeting<'_>, _| Some(passed_on_at(direction, party));
                link(key, format!("address {}", party.address), Way::Passed, Box::new(judge));
            }
        }
    }
    let places = if direction == Direction::Upstream { &own.starts } else { &own.ends };
    for place in places {
        let judge = move |meeting: Meeting<'_>, other| touching_leg(place, meeting, other);
        link(place.clone(), "route".to_owned(), Way::Passed, Box::new(judge));
    }
    links
}

fn changed_role(party: &ObservedParty) -> Key {
    if party.role.is_sender() { Key::Receiver(party.name.clone()) } else { Key::Sender(party.name.clone()) }
}

fn changed_address(party: &ObservedParty) -> Option<Key> {
    match party.address_key()? {
        Key::SenderAddress(address) => Some(Key::ReceiverAddress(address)),
        Key::ReceiverAddress(address) => Some(Key::SenderAddress(address)),
        _ => None,
    }
}

/// What a key that is too common still says.
fn common(key: &Key, incidents: usize) -> Evidence {
    Evidence {
        comparison: "common key".to_owned(),
        found: key.to_string(),
        bits: COMMON_KEY_BITS,
        words: format!("{key} is on both, and on {incidents} incidents in all"),
    }
}

fn shared_identifier(key: &Key, written: &str) -> Evidence {
    let Key::Identifier { kind, .. } = key else { unreachable!("identifiers have identifier keys") };
    let comparison = lead::identifier_words(*kind);
    let words = format!("{comparison} {written:?} is on both");
    Evidence { comparison, found: written.to_owned(), bits: lead::identifier_bits(*kind), words }
}

fn same_material(key: &Key, written: &str) -> Option<Evidence> {
    let Key::Material { mark, .. } = key else { return None };
    let words = format!("{} {written:?} is on the goods of both", mark.words());
    let bits = lead::material_bits(*mark);
    Some(Evidence { comparison: mark.words().to_owned(), found: written.to_owned(), bits, words })
}

fn same_party(meeting: Meeting<'_>, role: &str, party: &ObservedParty, other: Slot) -> Option<Evidence> {
    let written = &party.written;
    Some(Evidence {
        comparison: format!("{role} name"),
        found: written.clone(),
        bits: party.name.bits() + country_bits(party.country, meeting.country_of_party(other)),
        words: format!("{role} {written:?} appears on both"),
    })
}

fn passed_on(meeting: Meeting<'_>, party: &ObservedParty, other: Slot) -> Option<Evidence> {
    let written = &party.written;
    let words = match meeting.direction {
        Direction::Upstream => format!("{written:?} received that shipment and sent this one"),
        Direction::Downstream => format!("{written:?} received this shipment and sent that one"),
    };
    let country_bits = country_bits(party.country, meeting.country_of_party(other));
    Some(Evidence {
        comparison: "party changes role".to_owned(),
        found: written.clone(),
        bits: party.name.bits() + CHANGED_ROLE_BITS + country_bits,
        words,
    })
}

/// Companies of one name in two countries are mostly two companies.
fn country_bits(own: Option<CountryCode>, other: Option<CountryCode>) -> f64 {
    if own.zip(other).is_none_or(|(own, other)| own == other) { 0.0 } else { OTHER_COUNTRY_BITS }
}

/// The party stands at the other end under another spelling.
fn passed_on_misspelt(meeting: Meeting<'_>, party: &ObservedParty, other: Slot) -> Option<Evidence> {
    let observation = Reader::new(&meeting.engine.store).observation(other);
    let own = Name::parse(&party.written)?;
    let others = observation.parties.iter().filter(|other| other.role.is_sender() != party.role.is_sender());
    let spelt = others
        .filter(|other| other.role.is_sender() || other.role.is_receiver())
        .filter_map(|other| Some((compare(&own, &Name::parse(&other.written)?).bits, other)));
    let (bits, spelt) = spelt.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(bits, _)| *bits >= MIN_SPELLING_BITS)?;
    let bits = bits.min(MAX_SPELLING_BITS) + CHANGED_ROLE_BITS + country_bits(party.country, spelt.country);
    let words = match meeting.direction {
        Direction::Upstream => {
            format!("{:?}, probably the same, received that shipment and sent this one", spelt.written)
        }
        Direction::Downstream => format!("{:?}, probably the same, sent what this one received", spelt.written),
    };
    let bits = (bits * 10.0).round() / 10.0;
    Some(Evidence { comparison: "party changes role".to_owned(), found: party.written.clone(), bits, words })
}

fn passed_on_at(direction: Direction, party: &ObservedParty) -> Evidence {
    let words = match direction {
        Direction::Upstream => "that shipment went to the address that this one came from",
        Direction::Downstream => "that shipment came from the address that this one went to",
    };
    Evidence {
        comparison: "address changes role".to_owned(),
        found: party.address.clone(),
        bits: PASSED_ON_ADDRESS_BITS,
        words: words.to_owned(),
    }
}

/// One incident's goods came to, or were found at, the place that the other's started from or passed.
fn touching_leg(place: &Key, meeting: Meeting<'_>, other: Slot) -> Option<Evidence> {
    let Meeting { engine, number, slot, direction } = meeting;
    let (earlier, later) = match direction {
        Direction::Upstream => (engine.store.held(other), engine.store.held(slot)),
        Direction::Downstream => (engine.store.held(slot), engine.store.held(other)),
    };
    let days = later.facts.last_day.0 - earlier.facts.first_day.0;
    let is_touching = earlier.has_key_at(&earlier.facts.ends, number) && later.has_key_at(&later.facts.starts, number);
    if !is_touching || !(0..=LATEST_DAYS).contains(&days) {
        return None;
    }
    let substance = match Families::shipped().related(&earlier.facts.families, &later.facts.families)? {
        Related::Same(family) => format!("the same family, {family}"),
        Related::Precursor { precursor, .. } => format!("a precursor family, {precursor}"),
    };
    let bits = arrival_rate(meeting, later)?.surprise_bits(1, f64::from(days + 1)).min(MAX_TOUCHING_BITS);
    let Key::Place(place) = place else { unreachable!("starts and ends have place keys") };
    let words = match direction {
        Direction::Upstream => format!("it ended at {place}, where this began, {days} days before, with {substance}"),
        Direction::Downstream => format!("it began at {place}, where this ended, {days} days later, with {substance}"),
    };
    // A tenth is as much as anyone can make use of.
    let bits = (bits * 10.0).round() / 10.0;
    (bits > 0.0).then(|| Evidence { comparison: "touching legs".to_owned(), found: place.clone(), bits, words })
}

/// How often something comes to the place that `later` could have been made of.
fn arrival_rate(meeting: Meeting<'_>, later: &Held) -> Option<ArrivalRate> {
    let Meeting { engine, number, .. } = meeting;
    let families = Families::shipped();
    let postings = engine.index.hub(number).postings();
    let (first, last) = postings.first().zip(postings.last())?;
    let arrives = |posting: &&Posting| {
        let held = engine.store.held(posting.slot);
        held.has_key_at(&held.facts.ends, number)
    };
    let is_related = |posting: &&Posting| {
        let own = &engine.store.facts(posting.slot).families;
        let later = &later.facts.families;
        families.are_related(own, later, false) || families.are_related(own, later, true)
    };
    let later = &later.facts.families;
    Some(ArrivalRate {
        history_days: f64::from(
            (last.day.0 - first.day.0 + 1).max(Model::shipped().lead.continuation.least_history_days),
        ),
        all: distinct_days(postings.iter().filter(arrives)),
        related: distinct_days(postings.iter().filter(arrives).filter(is_related)),
        related_share: families.related_share(later, false) + families.related_share(later, true),
    })
}
