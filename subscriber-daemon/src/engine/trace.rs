//! Backtracking: from one incident to those before it that it may have come from.
//!
//! Best first over hops that each stand on their own evidence: of all hops not yet taken, the one with the strongest
//! path is taken next (Dijkstra's order, with bits to be maximised hop by hop), so every incident appears once, where
//! the evidence for it is best. Depth, breadth and size are bounded, and the trace says what that left out.

mod hop;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use backtrail_bus::trace::{Hop, LikelyOrigin, Trace, TraceNode};
use rustc_hash::FxHashSet;

use self::hop::Candidate;
use super::index::Slot;
use super::store::Reader;
use super::{Engine, summary};

/// The deepest trace that is ever walked, in hops.
const MAX_DEPTH: u32 = 8;
const DEFAULT_DEPTH: u32 = 5;
/// Hops shown from one incident.
const MAX_BREADTH: usize = 6;
/// Incidents in one trace.
const MAX_NODES: usize = 60;

/// A hop that could be taken next, ordered by the weakest link on its path and then by its own bits.
struct Frontier {
    weakest: f64,
    bits: f64,
    path_bits: f64,
    depth: u32,
    from: Slot,
    to: Slot,
    hop: Hop,
}

impl Engine {
    /// Traces upstream from an incident.
    pub fn trace(&self, root: Slot, depth: Option<u32>) -> Trace {
        let depth_limit = depth.unwrap_or(DEFAULT_DEPTH).clamp(1, MAX_DEPTH);
        let mut walk = Walk { engine: self, heap: BinaryHeap::new(), left_out: BTreeMap::new() };
        let mut taken: Vec<Frontier> = Vec::new();
        let mut seen = FxHashSet::from_iter([root]);
        walk.expand(root, f64::INFINITY, 0.0, 1, &seen);
        let mut breadth: BTreeMap<Slot, usize> = BTreeMap::new();
        while let Some(next) = walk.heap.pop() {
            if seen.contains(&next.to) {
                continue;
            }
            let siblings = breadth.entry(next.from).or_default();
            if *siblings == MAX_BREADTH || taken.len() == MAX_NODES {
                walk.leave_out("weaker hops beyond the limits of breadth and size");
                continue;
            }
            *siblings += 1;
            seen.insert(next.to);
            if next.depth < depth_limit {
                walk.expand(next.to, next.weakest, next.path_bits, next.depth + 1, &seen);
            } else if walk.has_more(next.to, &seen) {
                walk.leave_out("hops beyond the depth asked for");
            }
            taken.push(next);
        }
        let hops = u32::try_from(taken.len()).expect("bounded by MAX_NODES");
        let likely_origin = self.likely_origin(&taken);
        let left_out = walk.left_out.into_iter().map(|(what, count)| format!("{what} ({count})")).collect();
        Trace { root: self.tree(root, None, &mut taken), hops, likely_origin, left_out }
    }

    /// The incident at the end of the deepest path, the strongest of several.
    fn likely_origin(&self, taken: &[Frontier]) -> Option<LikelyOrigin> {
        let best = taken
            .iter()
            .filter(|hop| !taken.iter().any(|other| other.from == hop.to))
            .max_by(|a, b| a.depth.cmp(&b.depth).then(a.path_bits.total_cmp(&b.path_bits)).then(b.to.cmp(&a.to)))?;
        let observation = Reader::new(&self.store).observation(best.to);
        let sender = observation.parties.iter().find(|party| party.role.is_sender());
        let place = observation.edge.map(|(from, _)| from).or(observation.country).map(|country| country.name());
        let words = match (sender, place) {
            (Some(sender), Some(place)) => format!("{:?}, from {place}", sender.written),
            (Some(sender), None) => format!("{:?}", sender.written),
            (None, Some(place)) => place.to_owned(),
            (None, None) => "no place or sender known".to_owned(),
        };
        Some(LikelyOrigin { incident_id: observation.incident_id, words, bits: best.path_bits })
    }

    fn tree(&self, slot: Slot, hop: Option<Hop>, taken: &mut Vec<Frontier>) -> TraceNode {
        let (own, rest): (Vec<_>, Vec<_>) = std::mem::take(taken).into_iter().partition(|next| next.from == slot);
        *taken = rest;
        let mut own = own;
        own.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.to.cmp(&b.to)));
        let upstream = own.into_iter().map(|next| self.tree(next.to, Some(next.hop), taken)).collect();
        TraceNode { incident: summary(&Reader::new(&self.store).observation(slot)), hop, upstream }
    }
}

struct Walk<'a> {
    engine: &'a Engine,
    heap: BinaryHeap<Frontier>,
    /// What was left out, with how often.
    left_out: BTreeMap<&'static str, usize>,
}

impl Walk<'_> {
    fn expand(&mut self, from: Slot, weakest: f64, path_bits: f64, depth: u32, seen: &FxHashSet<Slot>) {
        let (candidates, hot_keys) = self.engine.upstream_of(from);
        if hot_keys > 0 {
            *self.left_out.entry("keys too common to follow").or_default() += hot_keys;
        }
        for Candidate { to, hop } in candidates.into_iter().filter(|candidate| !seen.contains(&candidate.to)) {
            let bits = hop.bits;
            let next = Frontier { weakest: weakest.min(bits), bits, path_bits: path_bits + bits, depth, from, to, hop };
            self.heap.push(next);
        }
    }

    fn has_more(&self, from: Slot, seen: &FxHashSet<Slot>) -> bool {
        self.engine.upstream_of(from).0.iter().any(|candidate| !seen.contains(&candidate.to))
    }

    fn leave_out(&mut self, what: &'static str) {
        *self.left_out.entry(what).or_default() += 1;
    }
}

impl Ord for Frontier {
    fn cmp(&self, other: &Self) -> Ordering {
        self.weakest
            .total_cmp(&other.weakest)
            .then(self.bits.total_cmp(&other.bits))
            .then(other.depth.cmp(&self.depth))
            .then(other.to.cmp(&self.to))
            .then(other.from.cmp(&self.from))
    }
}

impl PartialOrd for Frontier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Frontier {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Frontier {}
