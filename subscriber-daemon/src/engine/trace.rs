//! Backtracking: from one incident to those before it that it may have come from, or to those after it.
//!
//! The tree is walked best first over hops that each stand on their own evidence: of all hops not yet taken, the one with
//! the strongest path is taken next (Dijkstra's order, with bits to be maximised hop by hop), so every incident appears
//! once, where the evidence for it is best. Origins are ranked by `origin`, over the same hops. Depth, breadth and size
//! are bounded, and the trace says what that left out.

mod diversion;
mod hop;
mod origin;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use backtrail_bus::trace::{Direction, Hop, Trace, TraceNode};
use rustc_hash::FxHashSet;

use self::hop::{Candidate, Hops};
use self::origin::{Search, origins};
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
    /// Traces from an incident, as many hops deep as asked for, within limits.
    pub fn trace(&self, root: Slot, depth: Option<u32>, direction: Direction) -> Trace {
        let depth_limit = depth.unwrap_or(DEFAULT_DEPTH).clamp(1, MAX_DEPTH);
        let mut search = Search::new(self, depth_limit as usize, direction);
        let mut walk = Walk { search: &mut search, heap: BinaryHeap::new(), left_out: BTreeMap::new() };
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
        let left_out = walk.left_out;
        let mut trace = Trace {
            direction,
            hops: u32::try_from(taken.len()).expect("bounded by MAX_NODES"),
            root: self.tree(root, None, direction, &mut taken),
            likely_origin: None,
            alternatives: Vec::new(),
            diversion: None,
            gaps: Vec::new(),
            left_out: left_out.into_iter().map(|(what, count)| format!("{what} ({count})")).collect(),
        };
        if direction == Direction::Upstream {
            self.find_origin(root, &mut search, &mut trace);
        }
        trace
    }

    fn find_origin(&self, root: Slot, search: &mut Search<'_>, trace: &mut Trace) {
        let (paths, missing) = search.paths(root);
        let mut origins = origins(self, &paths).into_iter();
        trace.likely_origin = origins.next();
        trace.alternatives = origins.collect();
        if missing > 0.05 {
            trace.left_out.push(format!("paths that are {:.0} % probable together", missing * 100.0));
        }
        let Some(best) = &trace.likely_origin else { return };
        let path: Vec<Slot> = best.path.iter().filter_map(|id| self.store.slot(*id)).collect();
        trace.diversion = diversion::diversion(self, &path);
        trace.gaps = path.windows(2).filter_map(|pair| self.gap(pair[1], pair[0])).collect();
    }

    /// What nobody has reported between two steps, where the later one did not begin at a place that the earlier one
    /// reached.
    fn gap(&self, earlier: Slot, later: Slot) -> Option<String> {
        let (before, after) = (self.store.held(earlier), self.store.held(later));
        let touches = after.facts.starts.iter().any(|start| {
            let place = after.keys[usize::from(*start)];
            before.has_key_at(&before.facts.ends, place)
        });
        if touches {
            return None;
        }
        let reader = Reader::new(&self.store);
        let (before, after) = (reader.observation(earlier), reader.observation(later));
        let from = before.country.map_or("an unknown place", |country| country.name());
        let to =
            after.edge.map(|(from, _)| from).or(after.country).map_or("an unknown place", |country| country.name());
        let days = after.first_day.0 - before.last_day.0;
        Some(format!(
            "how it went from {from} ({}) to {to}, {} days before the next report ({})",
            before.occurred_at,
            days.max(0),
            after.occurred_at
        ))
    }

    fn tree(&self, slot: Slot, hop: Option<Hop>, direction: Direction, taken: &mut Vec<Frontier>) -> TraceNode {
        let (own, rest): (Vec<_>, Vec<_>) = std::mem::take(taken).into_iter().partition(|next| next.from == slot);
        *taken = rest;
        let mut own = own;
        own.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.to.cmp(&b.to)));
        let next = own.into_iter().map(|next| self.tree(next.to, Some(next.hop), direction, taken)).collect();
        let (upstream, downstream) = match direction {
            Direction::Upstream => (next, Vec::new()),
            Direction::Downstream => (Vec::new(), next),
        };
        let coordinates = self.store.facts(slot).coordinates;
        let incident = summary(&Reader::new(&self.store).observation(slot));
        TraceNode { incident, coordinates, hop, upstream, downstream }
    }
}

struct Walk<'s, 'a> {
    search: &'s mut Search<'a>,
    heap: BinaryHeap<Frontier>,
    /// What was left out, with how often.
    left_out: BTreeMap<&'static str, usize>,
}

impl Walk<'_, '_> {
    fn expand(&mut self, from: Slot, weakest: f64, path_bits: f64, depth: u32, seen: &FxHashSet<Slot>) {
        let Hops { candidates, hot_keys, dismissed } = self.search.hops(from).clone();
        if hot_keys > 0 {
            *self.left_out.entry("keys too common to follow").or_default() += hot_keys;
        }
        if dismissed > 0 {
            *self.left_out.entry("evidence of leads that were dismissed").or_default() += dismissed;
        }
        for Candidate { to, hop, .. } in candidates.into_iter().filter(|candidate| !seen.contains(&candidate.to)) {
            let bits = hop.bits;
            let next = Frontier { weakest: weakest.min(bits), bits, path_bits: path_bits + bits, depth, from, to, hop };
            self.heap.push(next);
        }
    }

    fn has_more(&mut self, from: Slot, seen: &FxHashSet<Slot>) -> bool {
        self.search.hops(from).candidates.iter().any(|candidate| !seen.contains(&candidate.to))
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
