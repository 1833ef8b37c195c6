//! Single hops: the incidents that one may have come from, or gone to, each on its own evidence and possible in time and
//! distance.

use std::collections::BTreeMap;

use backtrail_bus::lead::LeadKind;
use backtrail_bus::trace::{Direction, Hop};

use super::link::{FreeZones, Judged, Link, Meeting, common, links};
use crate::engine::Engine;
use crate::engine::feasible::{Passage, SHORTEST_STAY_IN_FREE_ZONE};
use crate::engine::index::{KeyNumber, Slot};
use crate::engine::key::Key;
use crate::engine::lead;
use crate::engine::observation::Observation;
use crate::engine::store::Reader;

/// Bits below which no hop is offered.
const THRESHOLD_BITS: f64 = 8.0;

/// A word that more incidents bear is not followed: their names are read and compared one by one.
const MOST_BEARERS: usize = 100;

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

impl Way {
    /// The kind of lead that says of a party what the hop says of it.
    fn lead_kind(self) -> LeadKind {
        match self {
            Self::SameReceiver => LeadKind::SameConsignee,
            Self::SameSender => LeadKind::SameConsignor,
            Self::Passed => LeadKind::PartyChangesRole,
        }
    }
}

/// Evidence gathered for one candidate, by what it is about. One party in two roles, or two places on one route, say
/// nearly the same thing twice, so of each only the strongest counts.
#[derive(Default)]
struct Gathered {
    evidence: BTreeMap<String, Found>,
}

struct Found {
    judged: Judged,
    confirm_by: &'static str,
    way: Way,
}

impl Gathered {
    fn add(&mut self, about: &str, found: Found) {
        let is_weaker = self.evidence.get(about).is_some_and(|other| other.judged.bits() >= found.judged.bits());
        if !is_weaker {
            self.evidence.insert(about.to_owned(), found);
        }
    }

    fn bits(&self) -> f64 {
        self.evidence.values().map(|found| found.judged.bits()).sum()
    }
}

/// An incident that the evidence leads to and that goods cannot have come from in the time: it is too far away.
#[derive(Debug, Clone)]
pub(super) struct Impossible {
    pub to: Slot,
    pub passage: Passage,
    /// The strongest evidence, in words.
    pub words: String,
}

/// Feasible hops from one incident.
#[derive(Debug, Default, Clone)]
pub(super) struct Hops {
    /// In the order of the incidents' numbers.
    pub candidates: Vec<Candidate>,
    pub impossible: Vec<Impossible>,
    /// How many of the incident's keys are too common to follow.
    pub hot_keys: usize,
    /// How many of them people found to say nothing.
    pub dismissed: usize,
    /// How many incidents were compared with it.
    pub comparisons: usize,
}

impl Engine {
    /// Feasible hops from an incident, upstream or downstream.
    pub(super) fn hops(&self, slot: Slot, direction: Direction) -> Hops {
        let incident = Reader::new(&self.store).incident(slot);
        let observation = Observation::of(&incident);
        let free_zones = FreeZones::of(&incident);
        let touched = if direction == Direction::Downstream { &observation.ends } else { &observation.starts };
        let stay_days =
            if touched.iter().any(|place| free_zones.contains(place)) { SHORTEST_STAY_IN_FREE_ZONE } else { 0 };
        let mut gathered: BTreeMap<Slot, Gathered> = BTreeMap::new();
        let mut too_far: BTreeMap<Slot, Gathered> = BTreeMap::new();
        let mut hot: Vec<(KeyNumber, Key, Way)> = Vec::new();
        let (mut common_words, mut dismissed, mut comparisons) = (0, 0, 0);
        for Link { key, word, stands_for, about, way, judge } in links(&observation, &free_zones, direction) {
            let Some(number) = self.index.find(key.id()) else { continue };
            let hub = self.index.hub(number);
            let is_silent = std::iter::once(&key).chain(&stands_for).any(|key| self.is_dismissed(key.id()));
            if is_silent || self.is_struck(number, slot) {
                dismissed += 1;
                continue;
            }
            let others = match word {
                Some(word) => self.name_words.bearers(word, &self.store),
                None if hub.is_hot() => {
                    if hot.iter().all(|(known, ..)| *known != number) {
                        hot.push((number, key, way));
                    }
                    continue;
                }
                None => hub.postings().iter().map(|posting| posting.slot).collect(),
            };
            if word.is_some() && others.len() > MOST_BEARERS {
                common_words += 1;
                continue;
            }
            let not_these = self.dismissed_with(slot, hub.id);
            dismissed += not_these.len();
            let meeting = Meeting { engine: self, number, slot, direction };
            comparisons += others.len();
            for other in others.into_iter().filter(|other| *other != slot) {
                let is_struck =
                    if word.is_some() { self.has_struck_name(other) } else { self.is_struck(number, other) };
                if is_struck || not_these.contains(&other) {
                    continue;
                }
                let passage = self.passage(slot, other, direction);
                let list = if passage.is_feasible(stay_days) {
                    &mut gathered
                } else if passage.is_in_order() && way == Way::Passed {
                    &mut too_far
                } else {
                    continue;
                };
                if let Some(judged) = judge(meeting, other) {
                    let found = Found { judged, confirm_by: lead::confirm_by(way.lead_kind(), hub.class), way };
                    list.entry(other).or_default().add(&about, found);
                }
            }
        }
        // A common key leads nowhere by itself, and says a little where another one leads.
        for (number, key, way) in &hot {
            let hub = self.index.hub(*number);
            for (to, gathered) in &mut gathered {
                if self.store.held(*to).keys.contains(number) {
                    let found = Found {
                        judged: common(key, hub.len()).into(),
                        confirm_by: lead::confirm_by(way.lead_kind(), hub.class),
                        way: Way::SameReceiver,
                    };
                    gathered.add(&format!("common {key}"), found);
                }
            }
        }
        let candidates =
            gathered.into_iter().filter_map(|(to, gathered)| self.candidate(slot, to, gathered, direction));
        let candidates = candidates.collect();
        let impossible =
            too_far.into_iter().filter_map(|(to, gathered)| self.impossible(slot, to, gathered, direction));
        Hops {
            candidates,
            impossible: impossible.collect(),
            hot_keys: hot.len() + common_words,
            dismissed,
            comparisons,
        }
    }

    /// The way between an incident and the next one.
    fn passage(&self, from: Slot, to: Slot, direction: Direction) -> Passage {
        let (own, other) = (self.store.facts(from), self.store.facts(to));
        match direction {
            Direction::Downstream => Passage::between(own, other),
            Direction::Upstream | Direction::Both => Passage::between(other, own),
        }
    }

    /// True if both report one event.
    fn are_one_event(&self, a: Slot, b: Slot) -> bool {
        let duplicate = self.store.duplicate_leads(a);
        self.store.duplicate_leads(b).iter().any(|lead| duplicate.contains(lead))
    }

    fn candidate(&self, from: Slot, to: Slot, gathered: Gathered, direction: Direction) -> Option<Candidate> {
        let bits = gathered.bits();
        // Two reports of one event are not a step between events.
        if bits < THRESHOLD_BITS || self.are_one_event(from, to) {
            return None;
        }
        let mut found: Vec<Found> = gathered.evidence.into_values().collect();
        found.sort_by(|Found { judged: a, .. }, Found { judged: b, .. }| {
            b.bits().total_cmp(&a.bits()).then_with(|| a.evidence.words.cmp(&b.evidence.words))
        });
        let way = found.iter().map(|found| found.way).max()?;
        // The strongest evidence says what to ask for.
        let confirm_by = found.first()?.confirm_by.to_owned();
        let ask = self.store.originator(to).clone();
        let evidence = found
            .into_iter()
            .flat_map(|Found { judged: Judged { evidence, against }, .. }| std::iter::once(evidence).chain(against));
        let passage = self.passage(from, to, direction);
        let hop = Hop {
            bits,
            evidence: evidence.collect(),
            days: u32::try_from(passage.days).unwrap_or(0),
            distance_km: passage.distance_km.map(f64::round),
            confirm_by,
            ask,
        };
        Some(Candidate { to, hop, way })
    }

    fn impossible(&self, from: Slot, to: Slot, gathered: Gathered, direction: Direction) -> Option<Impossible> {
        if gathered.bits() < THRESHOLD_BITS || self.are_one_event(from, to) {
            return None;
        }
        let strongest = gathered.evidence.into_values().max_by(|a, b| a.judged.bits().total_cmp(&b.judged.bits()))?;
        Some(Impossible { to, passage: self.passage(from, to, direction), words: strongest.judged.evidence.words })
    }
}
