//! Single hops upstream: what links an incident to one before it.

use std::collections::BTreeMap;

use backtrail_bus::lead::Evidence;
use backtrail_bus::trace::Hop;

use crate::engine::Engine;
use crate::engine::families::{Families, Related};
use crate::engine::feasible::is_feasible;
use crate::engine::index::{KeyNumber, Slot};
use crate::engine::key::Key;
use crate::engine::lead;
use crate::engine::observation::Observation;
use crate::engine::party_name::PartyName;
use crate::engine::store::{Held, Reader};

/// Bits below which no hop is offered.
const THRESHOLD_BITS: f64 = 8.0;
/// Goods came to the very place that these left.
const TOUCHING_PLACE_BITS: f64 = 5.0;
const SAME_FAMILY_BITS: f64 = 3.0;
/// A precursor before its product.
const PRECURSOR_BITS: f64 = 4.0;
/// A touching leg says more the fewer days lie between: 3 bits within ten days, none beyond ninety.
const SOON_DAYS: i32 = 10;
const SOON_BITS: f64 = 3.0;
const LATEST_DAYS: i32 = 90;
/// Who received then and sends now passed something on.
const CHANGED_ROLE_BITS: f64 = 2.0;

/// An incident that may lie upstream, and the hop to it.
pub(super) struct Candidate {
    pub to: Slot,
    pub hop: Hop,
}

/// Evidence gathered for one candidate, by what it is about. One party in two roles, or two places on one route, say
/// nearly the same thing twice, so of each only the strongest counts.
#[derive(Default)]
struct Gathered {
    evidence: BTreeMap<String, (Evidence, &'static str)>,
}

impl Gathered {
    fn add(&mut self, about: &str, evidence: Evidence, confirm_by: &'static str) {
        let is_weaker = self.evidence.get(about).is_some_and(|(other, _)| other.bits >= evidence.bits);
        if !is_weaker {
            self.evidence.insert(about.to_owned(), (evidence, confirm_by));
        }
    }
}

impl Engine {
    /// Feasible hops upstream from an incident, and how many of its keys are too common to follow.
    pub(super) fn upstream_of(&self, slot: Slot) -> (Vec<Candidate>, usize) {
        let observation = Reader::new(&self.store).observation(slot);
        let own = self.store.held(slot);
        let mut gathered: BTreeMap<Slot, Gathered> = BTreeMap::new();
        let mut hot_keys = 0;
        for Link { key, about, judge } in links(&observation, own) {
            let Some(number) = self.index.find(key.id()) else { continue };
            let hub = self.index.hub(number);
            if hub.is_hot() {
                hot_keys += 1;
                continue;
            }
            for other in hub.postings().iter().map(|posting| posting.slot).filter(|other| *other != slot) {
                let held = self.store.held(other);
                if let Some(evidence) = judge(held, number).filter(|_| is_feasible(&held.facts, &own.facts)) {
                    gathered.entry(other).or_default().add(&about, evidence, lead::confirm_by(hub.class));
                }
            }
        }
        let candidates = gathered.into_iter().filter_map(|(to, gathered)| self.candidate(slot, to, gathered));
        (candidates.collect(), hot_keys)
    }

    fn candidate(&self, from: Slot, to: Slot, gathered: Gathered) -> Option<Candidate> {
        // Two reports of one event are not a step between events.
        let duplicate = self.store.duplicate_leads(from);
        if self.store.duplicate_leads(to).iter().any(|lead| duplicate.contains(lead)) {
            return None;
        }
        let mut evidence: Vec<(Evidence, &str)> = gathered.evidence.into_values().collect();
        evidence.sort_by(|(a, _), (b, _)| b.bits.total_cmp(&a.bits).then_with(|| a.words.cmp(&b.words)));
        let bits: f64 = evidence.iter().map(|(evidence, _)| evidence.bits).sum();
        // The strongest evidence says what to ask for.
        let confirm_by = evidence.first()?.1.to_owned();
        let ask = Reader::new(&self.store).observation(to).originator.clone();
        let evidence = evidence.into_iter().map(|(evidence, _)| evidence).collect();
        (bits >= THRESHOLD_BITS).then_some(Candidate { to, hop: Hop { bits, evidence, confirm_by, ask } })
    }
}

/// A key under which something upstream would be found, and what it would say.
struct Link<'a> {
    key: Key,
    about: String,
    judge: Judge<'a>,
}

/// Judges one of those that share the key, which has this number.
type Judge<'a> = Box<dyn Fn(&Held, KeyNumber) -> Option<Evidence> + 'a>;

fn links<'a>(own: &'a Observation, held: &'a Held) -> Vec<Link<'a>> {
    let mut links: Vec<Link<'a>> = Vec::new();
    let mut link = |key: Key, about: String, judge: Judge<'a>| links.push(Link { key, about, judge });
    for (key, written) in &own.identifiers {
        link(key.clone(), key.to_string(), Box::new(move |_, _| Some(shared_identifier(key, written))));
    }
    for party in &own.parties {
        let (name, written) = (&party.name, party.written.as_str());
        let (same, changed) = match (party.role.is_sender(), party.role.is_receiver()) {
            (true, _) => (Key::Sender(name.clone()), Some(Key::Receiver(name.clone()))),
            (_, true) => (Key::Receiver(name.clone()), None),
            _ => continue,
        };
        let role = party.role.code().replace('-', " ");
        let about = format!("party {}", name.words());
        link(same, about.clone(), Box::new(move |_, _| Some(same_party(&role, name, written))));
        if let Some(changed) = changed {
            link(changed, about, Box::new(move |_, _| Some(passed_on(name, written))));
        }
    }
    for start in &own.starts {
        let judge = move |other: &Held, number| touching_leg(start, number, held, other);
        link(start.clone(), "route".to_owned(), Box::new(judge));
    }
    links
}

fn shared_identifier(key: &Key, written: &str) -> Evidence {
    let Key::Identifier { kind, .. } = key else { unreachable!("identifiers have identifier keys") };
    let comparison = lead::identifier_words(*kind);
    let words = format!("{comparison} {written:?} is on both");
    Evidence { comparison, found: written.to_owned(), bits: lead::identifier_bits(*kind), words }
}

fn same_party(role: &str, name: &PartyName, written: &str) -> Evidence {
    Evidence {
        comparison: format!("{role} name"),
        found: written.to_owned(),
        bits: name.bits(),
        words: format!("{role} {written:?} appears on both"),
    }
}

fn passed_on(name: &PartyName, written: &str) -> Evidence {
    Evidence {
        comparison: "party changes role".to_owned(),
        found: written.to_owned(),
        bits: name.bits() + CHANGED_ROLE_BITS,
        words: format!("{written:?} received that shipment and sent this one"),
    }
}

/// The other incident's goods came to, or were found at, the place that these goods started from or passed.
fn touching_leg(start: &Key, number: KeyNumber, own: &Held, other: &Held) -> Option<Evidence> {
    let days = own.facts.last_day.0 - other.facts.first_day.0;
    if !other.has_key_at(&other.facts.ends, number) || !(0..=LATEST_DAYS).contains(&days) {
        return None;
    }
    let (family_bits, substance) = match Families::shipped().related(&other.facts.families, &own.facts.families)? {
        Related::Same(family) => (SAME_FAMILY_BITS, format!("the same family, {family}")),
        Related::Precursor { precursor, .. } => (PRECURSOR_BITS, format!("a precursor family, {precursor}")),
    };
    let soon_bits = if days <= SOON_DAYS { SOON_BITS } else { 0.0 };
    let Key::Place(place) = start else { unreachable!("starts have place keys") };
    Some(Evidence {
        comparison: "touching legs".to_owned(),
        found: place.clone(),
        bits: TOUCHING_PLACE_BITS + family_bits + soon_bits,
        words: format!("it ended at {place}, where this began, {days} days before, with {substance}"),
    })
}
