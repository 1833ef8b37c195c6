//! What links an incident to one before it or after it: the keys that they share, and what each says.

use std::cell::RefCell;

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::Incident;
use backtrail_bus::lead::Evidence;
use backtrail_bus::trace::Direction;
use rustc_hash::{FxHashMap, FxHashSet};

use super::hop::Way;
use crate::engine::Engine;
use crate::engine::arrival::{ArrivalRate, distinct_days};
use crate::engine::facts::PartyFacts;
use crate::engine::families::{Families, Related};
use crate::engine::feasible::{LONGEST_STAY, LONGEST_STAY_IN_FREE_ZONE};
use crate::engine::fingerprint::Fingerprint;
use crate::engine::hub::Posting;
use crate::engine::index::{KeyNumber, Slot};
use crate::engine::key::Key;
use crate::engine::lead;
use crate::engine::model::Model;
use crate::engine::name::{Name, compare};
use crate::engine::observation::{Observation, ObservedParty, place_key};
use crate::engine::store::Held;

/// The most that touching legs can say: a place is written by people.
const MAX_TOUCHING_BITS: f64 = 14.0;
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

/// What one shared key says for a hop, and what the same fields say against it.
pub(super) struct Judged {
    pub evidence: Evidence,
    pub against: Option<Evidence>,
}

impl Judged {
    /// What is left of the evidence.
    pub(super) fn bits(&self) -> f64 {
        self.evidence.bits + self.against.as_ref().map_or(0.0, |against| against.bits)
    }
}

impl From<Evidence> for Judged {
    fn from(evidence: Evidence) -> Self {
        Self { evidence, against: None }
    }
}

/// A hub that an incident stands at, on the way in one direction.
#[derive(Clone, Copy)]
pub(super) struct Meeting<'a> {
    pub engine: &'a Engine,
    pub number: KeyNumber,
    pub slot: Slot,
    pub direction: Direction,
}

impl<'a> Meeting<'a> {
    /// Another incident's party that stands here, at this end of its shipment.
    fn party(self, other: Slot, is_sender: bool) -> Option<&'a PartyFacts> {
        let held = self.engine.store.held(other);
        let mut parties = held.facts.parties.iter().filter(|party| party.role.is_sender() == is_sender);
        parties.find(|party| held.keys[usize::from(party.name_key)] == self.number)
    }
}

/// A key under which the next incident would be found, and what it would say.
pub(super) struct Link<'a> {
    pub key: Key,
    /// The word of the key's name by which other spellings of it are looked for, instead of by the key.
    pub word: Option<&'a str>,
    /// Other keys of the same thing: what people dismissed under one of them is dismissed here.
    pub stands_for: Vec<Key>,
    /// One party in two roles, or two places on one route, are about one thing.
    pub about: String,
    pub way: Way,
    pub judge: Judge<'a>,
}

impl<'a> Link<'a> {
    /// What is on the goods, or on their papers, goes with them.
    fn of_goods(key: &Key, judge: Judge<'a>) -> Self {
        let about = key.to_string();
        Self { key: key.clone(), word: None, stands_for: Vec::new(), about, way: Way::Passed, judge }
    }
}

/// Judges one of those that share the key.
pub(super) type Judge<'a> = Box<dyn Fn(Meeting<'_>, Slot) -> Option<Judged> + 'a>;

/// All links of an incident in one direction.
pub(super) fn links<'a>(own: &'a Observation<'_>, free_zones: &'a FreeZones, direction: Direction) -> Vec<Link<'a>> {
    let mut links: Vec<Link<'a>> = Vec::new();
    for (key, written) in &own.identifiers {
        let judge: Judge<'a> = Box::new(move |_, _| Some(shared_identifier(key, written).into()));
        links.push(Link::of_goods(key, judge));
    }
    for (key, written) in &own.materials {
        let judge: Judge<'a> = Box::new(move |_, _| Some(same_material(key, written)?.into()));
        links.push(Link::of_goods(key, judge));
    }
    for party in &own.parties {
        party_links(party, direction, &mut links);
    }
    let places = if direction == Direction::Downstream { &own.ends } else { &own.starts };
    for place in places {
        let rates = Rates::default();
        let longest_stay = if free_zones.contains(place) { LONGEST_STAY_IN_FREE_ZONE } else { LONGEST_STAY };
        let judge: Judge<'a> =
            Box::new(move |meeting, other| Some(touching_leg(place, longest_stay, &rates, meeting, other)?.into()));
        let (key, about) = (place.clone(), "route".to_owned());
        links.push(Link { key, word: None, stands_for: Vec::new(), about, way: Way::Passed, judge });
    }
    links
}

fn party_links<'a>(party: &'a ObservedParty<'_>, direction: Direction, links: &mut Vec<Link<'a>>) {
    let name = party.name_key();
    let role = party.role.code().replace('-', " ");
    let about = format!("party {}", party.name.words());
    let way = if party.role.is_sender() { Way::SameSender } else { Way::SameReceiver };
    let mut link = |key: &Key, word: Option<&'a str>, way: Way, judge: Judge<'a>| {
        links.push(Link { key: key.clone(), word, stands_for: Vec::new(), about: about.clone(), way, judge });
    };
    let judge = move |meeting: Meeting<'_>, other| same_party(meeting, &role, party, other);
    link(&name, None, way, Box::new(judge));
    // Upstream, who sends here received there; downstream, who received here sends there.
    if party.role.is_sender() == (direction == Direction::Downstream) {
        return;
    }
    let judge = move |meeting: Meeting<'_>, other| passed_on(meeting, party, other);
    link(&name, None, Way::Passed, Box::new(judge));
    for word in party.name.proper_words() {
        let judge = move |meeting: Meeting<'_>, other| passed_on_misspelt(meeting, party, other);
        link(&name, Some(word), Way::Passed, Box::new(judge));
    }
    if let Some((own, changed)) = party.address_key().and_then(|own| Some((own.clone(), changed_address(own)?))) {
        let judge = move |_: Meeting<'_>, _| Some(passed_on_at(direction, party).into());
        let about = format!("address {}", party.address);
        let judge: Judge<'a> = Box::new(judge);
        links.push(Link { key: changed, word: None, stands_for: vec![own], about, way: Way::Passed, judge });
    }
}

fn changed_address(own: Key) -> Option<Key> {
    match own {
        Key::SenderAddress(address) => Some(Key::ReceiverAddress(address)),
        Key::ReceiverAddress(address) => Some(Key::SenderAddress(address)),
        _ => None,
    }
}

/// What a key that is too common still says.
pub(super) fn common(key: &Key, incidents: usize) -> Evidence {
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

fn same_party(meeting: Meeting<'_>, role: &str, party: &ObservedParty<'_>, other: Slot) -> Option<Judged> {
    let there = meeting.party(other, party.role.is_sender())?;
    let written = party.written;
    let evidence = Evidence {
        comparison: format!("{role} name"),
        found: written.to_owned(),
        bits: party.name.bits(),
        words: format!("{role} {written:?} appears on both"),
    };
    Some(Judged { evidence, against: other_country(party, there.country) })
}

fn passed_on(meeting: Meeting<'_>, party: &ObservedParty<'_>, other: Slot) -> Option<Judged> {
    let there = meeting.party(other, !party.role.is_sender())?;
    let written = party.written;
    let words = match meeting.direction {
        Direction::Downstream => format!("{written:?} received this shipment and sent that one"),
        Direction::Upstream | Direction::Both => format!("{written:?} received that shipment and sent this one"),
    };
    let evidence = Evidence {
        comparison: "party changes role".to_owned(),
        found: written.to_owned(),
        bits: party.name.bits() + CHANGED_ROLE_BITS,
        words,
    };
    Some(Judged { evidence, against: other_country(party, there.country) })
}

/// Companies of one name in two countries are mostly two companies.
fn other_country(party: &ObservedParty<'_>, other: Option<CountryCode>) -> Option<Evidence> {
    let (own, other) = party.country.zip(other).filter(|(own, other)| own != other)?;
    Some(Evidence {
        comparison: "country of the party".to_owned(),
        found: own.name().to_owned(),
        bits: OTHER_COUNTRY_BITS,
        words: format!("{:?} is in {} here and in {} there", party.written, own.name(), other.name()),
    })
}

/// The party stands at the other end under another spelling.
fn passed_on_misspelt(meeting: Meeting<'_>, party: &ObservedParty<'_>, other: Slot) -> Option<Judged> {
    let own = Name::parse(party.written)?;
    let others = meeting.engine.store.facts(other).parties.iter();
    let spelt = others
        .filter(|other| other.role.is_sender() != party.role.is_sender())
        .filter_map(|other| Some((compare(&own, &Name::parse(&other.written)?).bits, other)));
    let (bits, spelt) = spelt.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(bits, _)| *bits >= MIN_SPELLING_BITS)?;
    let words = match meeting.direction {
        Direction::Downstream => format!("{:?}, probably the same, sent what this one received", spelt.written),
        Direction::Upstream | Direction::Both => {
            format!("{:?}, probably the same, received that shipment and sent this one", spelt.written)
        }
    };
    // A tenth is as much as anyone can make use of.
    let bits = ((bits.min(MAX_SPELLING_BITS) + CHANGED_ROLE_BITS) * 10.0).round() / 10.0;
    let evidence =
        Evidence { comparison: "party changes role".to_owned(), found: party.written.to_owned(), bits, words };
    Some(Judged { evidence, against: other_country(party, spelt.country) })
}

fn passed_on_at(direction: Direction, party: &ObservedParty) -> Evidence {
    let words = match direction {
        Direction::Downstream => "that shipment came from the address that this one went to",
        Direction::Upstream | Direction::Both => "that shipment went to the address that this one came from",
    };
    Evidence {
        comparison: "address changes role".to_owned(),
        found: party.address.clone(),
        bits: PASSED_ON_ADDRESS_BITS,
        words: words.to_owned(),
    }
}

/// One incident's goods came to, or were found at, the place that the other's started from or passed.
fn touching_leg(place: &Key, longest_stay: i32, rates: &Rates, meeting: Meeting<'_>, other: Slot) -> Option<Evidence> {
    let Meeting { engine, number, slot, direction } = meeting;
    let (earlier, later) = match direction {
        Direction::Downstream => (engine.store.held(slot), engine.store.held(other)),
        Direction::Upstream | Direction::Both => (engine.store.held(other), engine.store.held(slot)),
    };
    let days = later.facts.last_day.0 - earlier.facts.first_day.0;
    let is_touching = earlier.has_key_at(&earlier.facts.ends, number) && later.has_key_at(&later.facts.starts, number);
    if !is_touching || !(0..=longest_stay).contains(&days) {
        return None;
    }
    let substance = match Families::shipped().related(&earlier.facts.families, &later.facts.families)? {
        Related::Same(family) => format!("the same family, {family}"),
        Related::Precursor { precursor, .. } => format!("a precursor family, {precursor}"),
    };
    let rate = rates.of(meeting, &later.facts.families)?;
    let bits = rate.surprise_bits(1, f64::from(days + 1)).min(MAX_TOUCHING_BITS);
    let Key::Place(place) = place else { unreachable!("starts and ends have place keys") };
    let words = match direction {
        Direction::Downstream => format!("it began at {place}, where this ended, {days} days later, with {substance}"),
        Direction::Upstream | Direction::Both => {
            format!("it ended at {place}, where this began, {days} days before, with {substance}")
        }
    };
    // A tenth is as much as anyone can make use of.
    let bits = (bits * 10.0).round() / 10.0;
    (bits > 0.0).then(|| Evidence { comparison: "touching legs".to_owned(), found: place.to_string(), bits, words })
}

/// How often something comes to one place that goods of certain families could have been made of. Counted once for the
/// same families: a busy place has two thousand incidents.
#[derive(Default)]
struct Rates {
    by_families: RefCell<FxHashMap<Box<[Fingerprint]>, Option<ArrivalRate>>>,
}

impl Rates {
    fn of(&self, meeting: Meeting<'_>, families: &[Fingerprint]) -> Option<ArrivalRate> {
        if let Some(rate) = self.by_families.borrow().get(families) {
            return *rate;
        }
        let rate = arrival_rate(meeting, families);
        self.by_families.borrow_mut().insert(families.into(), rate);
        rate
    }
}

fn arrival_rate(meeting: Meeting<'_>, later: &[Fingerprint]) -> Option<ArrivalRate> {
    let Meeting { engine, number, .. } = meeting;
    let families = Families::shipped();
    let postings = engine.index.hub(number).postings();
    let (first, last) = postings.first().zip(postings.last())?;
    let arrives = |posting: &&Posting| {
        let held: &Held = engine.store.held(posting.slot);
        held.has_key_at(&held.facts.ends, number)
    };
    let is_related = |posting: &&Posting| {
        let own = &engine.store.facts(posting.slot).families;
        families.are_related(own, later, false) || families.are_related(own, later, true)
    };
    Some(ArrivalRate {
        history_days: f64::from(
            (last.day.0 - first.day.0 + 1).max(Model::shipped().lead.continuation.least_history_days),
        ),
        all: distinct_days(postings.iter().filter(arrives)),
        related: distinct_days(postings.iter().filter(arrives).filter(is_related)),
        related_share: families.related_share(later, false) + families.related_share(later, true),
    })
}

/// The places of an incident at which its goods may have changed hands outside the customs territory.
#[derive(Default)]
pub(super) struct FreeZones(FxHashSet<String>);

impl FreeZones {
    pub(super) fn of(incident: &Incident) -> Self {
        let legs = incident.route.iter().filter(|leg| leg.is_free_zone()).map(|leg| &leg.place);
        let own = Some(&incident.place).filter(|place| place.is_free_zone());
        Self(legs.chain(own).filter_map(place_key).map(|key| key.to_string()).collect())
    }

    pub(super) fn contains(&self, place: &Key) -> bool {
        !self.0.is_empty() && self.0.contains(&place.to_string())
    }
}
