//! Where a consignment probably came from: the k most probable paths upstream.
//!
//! At each incident either one of the hops upstream is the way that the goods came, or none is and the goods began
//! there. A hop of b bits has the odds 2^(b - prior) against "none of them"; one that only says that both go to one
//! party has less. The probability of a path is the product of its choices, so
//! its cost, the sum of -log2 of them, never falls along the way. Taking the cheapest unfinished path first (uniform-cost
//! search, which is A* with the admissible bound 0; Hart, Nilsson and Raphael 1968) therefore finishes paths in the
//! order of their probability.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BinaryHeap};

use backtrail_bus::trace::{Direction, LikelyOrigin};
use rustc_hash::FxHashMap;

use super::budget::Budget;
use super::hop::{Hops, Way};
use crate::engine::Engine;
use crate::engine::index::Slot;
use crate::engine::model::Model;
use crate::engine::observation::Observation;
use crate::engine::store::Reader;

/// Bits that a hop lacks for being the way of the goods, where it rests on nothing but a common receiver: what one sender
/// sends mostly has one source, what one receiver receives seldom has.
const SAME_RECEIVER_LACKS_BITS: f64 = 8.0;
/// More bits than this make nothing more certain.
const MAX_BITS: f64 = 30.0;
/// Paths that are finished at most, and steps that are looked at.
const MAX_PATHS: usize = 60;
const MAX_STEPS: usize = 3_000;
/// Paths that are this probable together are enough.
const ENOUGH: f64 = 0.99;
/// Origins that are named.
const MAX_ORIGINS: usize = 5;

/// A path from the root to an origin, most probable first.
pub(super) struct Path {
    /// From the root upstream.
    pub slots: Vec<Slot>,
    pub probability: f64,
    pub bits: f64,
}

/// The search, which remembers the hops of incidents that it came by.
pub(super) struct Search<'a> {
    engine: &'a Engine,
    hops: FxHashMap<Slot, Hops>,
    max_hops: usize,
    direction: Direction,
    budget: &'a Budget<'a>,
}

struct Step {
    slot: Slot,
    before: Option<usize>,
    depth: usize,
    bits: f64,
}

/// An unfinished path, or a finished one.
struct Open {
    cost: f64,
    step: usize,
    is_finished: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(engine: &'a Engine, max_hops: usize, direction: Direction, budget: &'a Budget<'a>) -> Self {
        Self { engine, hops: FxHashMap::default(), max_hops, direction, budget }
    }

    /// The hops from an incident; `None` if the budget does not allow for it.
    pub(super) fn hops(&mut self, slot: Slot) -> Option<&Hops> {
        let Self { engine, hops, direction, budget, .. } = self;
        match hops.entry(slot) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(vacant) => {
                if !budget.allows_another() {
                    return None;
                }
                let found = engine.hops(slot, *direction);
                budget.spend(found.comparisons);
                Some(vacant.insert(found))
            }
        }
    }

    /// The most probable paths, and how probable those are that were left out.
    pub(super) fn paths(&mut self, root: Slot) -> (Vec<Path>, f64) {
        let mut steps = vec![Step { slot: root, before: None, depth: 0, bits: 0.0 }];
        let mut open = BinaryHeap::from([Open { cost: 0.0, step: 0, is_finished: false }]);
        let mut paths: Vec<Path> = Vec::new();
        let mut found = 0.0;
        while let Some(Open { cost, step, is_finished }) = open.pop() {
            if is_finished {
                let probability = (-cost).exp2();
                found += probability;
                paths.push(Path { slots: slots(&steps, step), probability, bits: steps[step].bits });
                if paths.len() == MAX_PATHS || found >= ENOUGH {
                    break;
                }
                continue;
            }
            if steps.len() >= MAX_STEPS {
                break;
            }
            let (slot, depth, bits) = (steps[step].slot, steps[step].depth, steps[step].bits);
            let behind = slots(&steps, step);
            let choices = if depth < self.max_hops { self.choices(slot, &behind) } else { Vec::new() };
            let whole: f64 = 1.0 + choices.iter().map(|(_, _, odds)| odds).sum::<f64>();
            open.push(Open { cost: cost + whole.log2(), step, is_finished: true });
            for (to, own_bits, odds) in choices {
                steps.push(Step { slot: to, before: Some(step), depth: depth + 1, bits: bits + own_bits });
                open.push(Open { cost: cost + (whole / odds).log2(), step: steps.len() - 1, is_finished: false });
            }
        }
        (paths, (1.0 - found).max(0.0))
    }

    /// Where goods may have come from, with the bits of the hop and its odds.
    fn choices(&mut self, slot: Slot, behind: &[Slot]) -> Vec<(Slot, f64, f64)> {
        let prior = Model::shipped().prior_bits;
        let Some(Hops { candidates, .. }) = self.hops(slot) else { return Vec::new() };
        let choice = |candidate: &super::hop::Candidate| {
            let bits = candidate.hop.bits;
            let lacking = match candidate.way {
                Way::Passed | Way::SameSender => 0.0,
                Way::SameReceiver => SAME_RECEIVER_LACKS_BITS,
            };
            (candidate.to, bits, (bits.min(MAX_BITS) - prior - lacking).exp2())
        };
        candidates.iter().filter(|candidate| !behind.contains(&candidate.to)).map(choice).collect()
    }
}

/// Origins by place and sender, most probable first, with the path to each.
pub(super) fn origins(engine: &Engine, paths: &[Path]) -> Vec<LikelyOrigin> {
    let reader = Reader::new(&engine.store);
    let mut by_identity: BTreeMap<(Option<String>, Option<String>), LikelyOrigin> = BTreeMap::new();
    // Where the goods stand now is no origin, unless nothing else is known.
    let upstream = paths.iter().filter(|path| path.slots.len() > 1);
    let whole: f64 = paths.iter().map(|path| path.probability).sum();
    for path in upstream {
        let Some(end) = path.slots.last() else { continue };
        let incident = reader.incident(*end);
        let observation = Observation::of(&incident);
        let origin = by_identity.entry(identity(&observation)).or_insert_with(|| LikelyOrigin {
            incident_id: incident.incident_id,
            words: words(&observation),
            bits: path.bits,
            probability: 0.0,
            path: path.slots.iter().map(|slot| engine.store.facts(*slot).incident_id).collect(),
        });
        origin.probability += path.probability / whole;
    }
    let mut origins: Vec<LikelyOrigin> = by_identity.into_values().collect();
    // A sum of shares may be a last digit too large.
    origins.iter_mut().for_each(|origin| origin.probability = origin.probability.min(1.0));
    origins.sort_by(|a, b| {
        b.probability.total_cmp(&a.probability).then(b.bits.total_cmp(&a.bits)).then(a.incident_id.cmp(&b.incident_id))
    });
    origins.truncate(MAX_ORIGINS);
    origins
}

/// Sender and place: two shipments of one sender from one place have one origin.
fn identity(observation: &Observation<'_>) -> (Option<String>, Option<String>) {
    let sender = observation.parties.iter().find(|party| party.role.is_sender());
    let place = observation.starts.first().map(ToString::to_string);
    let country = || {
        observation.edge.map(|(from, _)| from).or(observation.incident.place.country).map(|country| country.to_string())
    };
    (sender.map(|party| party.name.words().to_owned()), place.or_else(country))
}

fn words(observation: &Observation<'_>) -> String {
    let sender = observation.parties.iter().find(|party| party.role.is_sender());
    let place =
        observation.edge.map(|(from, _)| from).or(observation.incident.place.country).map(|country| country.name());
    match (sender, place) {
        (Some(sender), Some(place)) => format!("{:?}, from {place}", sender.written),
        (Some(sender), None) => format!("{:?}", sender.written),
        (None, Some(place)) => place.to_owned(),
        (None, None) => "no place or sender known".to_owned(),
    }
}

/// From the root to `step`.
fn slots(steps: &[Step], step: usize) -> Vec<Slot> {
    let mut slots: Vec<Slot> =
        std::iter::successors(Some(step), |step| steps[*step].before).map(|step| steps[step].slot).collect();
    slots.reverse();
    slots
}

impl Ord for Open {
    /// The cheapest is the greatest; of equally cheap ones the first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.cost.total_cmp(&self.cost).then(other.step.cmp(&self.step)).then(self.is_finished.cmp(&other.is_finished))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}
