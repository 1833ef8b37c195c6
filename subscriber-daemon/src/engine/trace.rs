//! Backtracking: from one incident to those before it that it may have come from, or to those after it.
//!
//! The tree is walked best first over hops that each stand on their own evidence: of all hops not yet taken, the one with
//! the strongest path is taken next (Dijkstra's order, with bits to be maximised hop by hop), so every incident appears
//! once, where the evidence for it is best. Origins are ranked by `origin`, over the same hops. Depth, breadth and size
//! are bounded, and the trace says what that left out.

mod budget;
mod contradiction;
mod diversion;
mod hop;
mod link;
mod origin;
mod siblings;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::Handling;
use backtrail_bus::trace::{Contradiction, Direction, Hop, Trace, TraceNode};
use jiff::civil::Date;
use rustc_hash::FxHashSet;

use self::budget::Budget;
use self::hop::{Candidate, Hops, Way};
use self::origin::{Search, origins};
use super::index::Slot;
use super::observation::edge;
use super::store::Reader;
use super::{Engine, summary};

/// The deepest trace that is ever walked, in hops.
const MAX_DEPTH: u32 = 8;
const DEFAULT_DEPTH: u32 = 5;
/// Hops shown from one incident.
const MAX_BREADTH: usize = 6;
/// Incidents in one trace, in each direction.
const MAX_NODES: usize = 60;
/// Contradictions that are told.
const MAX_CONTRADICTIONS: usize = 20;

/// What is asked of a trace.
pub struct Inquiry<'a> {
    /// Where it begins.
    pub root: Slot,
    /// How many hops deep, within limits.
    pub depth: Option<u32>,
    pub direction: Direction,
    /// The day for which siblings that may still be on their way are looked for; none are without it.
    pub as_of: Option<Date>,
    /// False once the time is up: what is not found by then is left out, and said.
    pub may_go_on: &'a dyn Fn() -> bool,
}

impl Inquiry<'_> {
    /// A trace of the usual depth, without siblings and without a limit of time.
    pub fn new(root: Slot, direction: Direction) -> Self {
        Self { root, depth: None, direction, as_of: None, may_go_on: &|| true }
    }
}

/// A hop that could be taken next, ordered by the weakest link on its path and then by its own bits.
struct Frontier {
    weakest: f64,
    bits: f64,
    path_bits: f64,
    depth: u32,
    from: Slot,
    to: Slot,
    hop: Hop,
    way: Way,
}

impl Engine {
    /// Traces from an incident: the hops in one direction or both, and upstream what follows from them.
    pub fn trace(&self, inquiry: &Inquiry<'_>) -> Trace {
        let Inquiry { root, depth, direction, as_of, may_go_on } = *inquiry;
        let depth_limit = depth.unwrap_or(DEFAULT_DEPTH).clamp(1, MAX_DEPTH);
        let budget = Budget::new(may_go_on);
        let mut trace = Trace {
            direction,
            handling: Handling::default(),
            as_of,
            root: self.node(root, None),
            hops: 0,
            likely_origin: None,
            alternatives: Vec::new(),
            diversion: None,
            gaps: Vec::new(),
            contradictions: Vec::new(),
            siblings: Vec::new(),
            pointers: Vec::new(),
            left_out: Vec::new(),
        };
        let mut seen = FxHashSet::from_iter([root]);
        let mut left_out = BTreeMap::new();
        let mut path = vec![root];
        let mut arrived = FxHashSet::from_iter([root]);
        if direction != Direction::Downstream {
            let mut search = Search::new(self, depth_limit as usize, Direction::Upstream, &budget);
            let mut taken = walk(root, depth_limit, &mut search, &mut seen, &mut left_out);
            trace.hops += u32::try_from(taken.len()).expect("bounded by MAX_NODES");
            trace.root.upstream = self.branches(root, Direction::Upstream, &mut taken);
            path = self.find_origin(root, &mut search, &mut trace);
            trace.contradictions = self.contradictions(&path, &mut search);
            arrived.extend(passed_on(&path, &mut search));
        }
        if direction != Direction::Upstream {
            let mut search = Search::new(self, depth_limit as usize, Direction::Downstream, &budget);
            let mut taken = walk(root, depth_limit, &mut search, &mut seen, &mut left_out);
            trace.hops += u32::try_from(taken.len()).expect("bounded by MAX_NODES");
            let against = taken.iter().flat_map(|next| self.against_hop(next.from, next.to, &next.hop, next.way));
            trace.contradictions.extend(against);
            trace.root.downstream = self.branches(root, Direction::Downstream, &mut taken);
        }
        if let Some(as_of) = as_of {
            let (siblings, more) = self.siblings(&path, &arrived, as_of, &budget);
            trace.siblings = siblings;
            if more > 0 {
                left_out.insert("siblings that arrive later than those named", more);
            }
        }
        let more = trace.contradictions.len().saturating_sub(MAX_CONTRADICTIONS);
        if more > 0 {
            trace.contradictions.truncate(MAX_CONTRADICTIONS);
            left_out.insert("contradictions", more);
        }
        trace.left_out.extend(budget.left_out());
        trace.left_out.extend(left_out.into_iter().map(|(what, count)| format!("{what} ({count})")));
        trace.handling = self.handling(&trace);
        trace
    }

    /// Ranks the origins, and says what is known of the most probable path; returns that path, from the root.
    fn find_origin(&self, root: Slot, search: &mut Search<'_>, trace: &mut Trace) -> Vec<Slot> {
        let (paths, missing) = search.paths(root);
        let mut origins = origins(self, &paths).into_iter();
        trace.likely_origin = origins.next();
        trace.alternatives = origins.collect();
        if missing > 0.05 {
            trace.left_out.push(format!("paths that are {:.0} % probable together", missing * 100.0));
        }
        let Some(best) = &trace.likely_origin else { return vec![root] };
        let path: Vec<Slot> = best.path.iter().filter_map(|id| self.store.slot(*id)).collect();
        trace.diversion = diversion::diversion(self, &path);
        trace.gaps = path.windows(2).filter_map(|pair| self.gap(pair[1], pair[0])).collect();
        path
    }

    /// What does not fit together on a path upstream.
    fn contradictions(&self, path: &[Slot], search: &mut Search<'_>) -> Vec<Contradiction> {
        let mut contradictions = Vec::new();
        for (index, slot) in path.iter().enumerate() {
            let Some(Hops { candidates, impossible, .. }) = search.hops(*slot) else { continue };
            if let Some(next) = path.get(index + 1)
                && let Some(candidate) = candidates.iter().find(|candidate| candidate.to == *next)
            {
                contradictions.extend(self.against_hop(*next, *slot, &candidate.hop, candidate.way));
            }
            contradictions.extend(self.impossible_alternatives(*slot, impossible));
        }
        contradictions
    }

    /// What all incidents that the trace names ask of its reader.
    fn handling(&self, trace: &Trace) -> Handling {
        let mut handling = Handling::default();
        trace.root.each(&mut |node| handling.inherit(node.handling.codes()));
        trace.siblings.iter().for_each(|sibling| handling.inherit(sibling.handling.codes()));
        // Paths and contradictions name some that the tree has no room for.
        let named = trace.origins().flat_map(|origin| &origin.path);
        let named = named.chain(trace.contradictions.iter().flat_map(|contradiction| &contradiction.between));
        let slots: FxHashSet<Slot> = named.filter_map(|id| self.store.slot(*id)).collect();
        let reader = Reader::new(&self.store);
        slots.into_iter().for_each(|slot| handling.inherit(&reader.incident(slot).handling));
        handling
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
        let days = after.facts.first_day.0 - before.facts.last_day.0;
        let (before, after) = (reader.incident(earlier), reader.incident(later));
        let name = |country: Option<CountryCode>| country.map_or("an unknown place", |country| country.name());
        let from = name(before.place.country);
        let to = name(edge(&after).map(|(from, _)| from).or(after.place.country));
        Some(format!(
            "how it went from {from} ({}) to {to}, {} days before the next report ({})",
            before.occurred_at,
            days.max(0),
            after.occurred_at
        ))
    }

    /// The incidents next to one, with all behind them, strongest first.
    fn branches(&self, slot: Slot, direction: Direction, taken: &mut Vec<Frontier>) -> Vec<TraceNode> {
        let (mut own, rest): (Vec<_>, Vec<_>) = std::mem::take(taken).into_iter().partition(|next| next.from == slot);
        *taken = rest;
        own.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.to.cmp(&b.to)));
        let branch = |next: Frontier| {
            let mut node = self.node(next.to, Some(next.hop));
            let behind = self.branches(next.to, direction, taken);
            match direction {
                Direction::Downstream => node.downstream = behind,
                Direction::Upstream | Direction::Both => node.upstream = behind,
            }
            node
        };
        own.into_iter().map(branch).collect()
    }

    fn node(&self, slot: Slot, hop: Option<Hop>) -> TraceNode {
        let incident = Reader::new(&self.store).incident(slot);
        TraceNode {
            incident: summary(&incident),
            handling: incident.handling.as_slice().into(),
            coordinates: self.store.facts(slot).coordinates,
            hop,
            upstream: Vec::new(),
            downstream: Vec::new(),
        }
    }
}

/// The incidents of a path whose goods went on to the next one: they are on their way no more.
fn passed_on(path: &[Slot], search: &mut Search<'_>) -> Vec<Slot> {
    let mut passed = Vec::new();
    for pair in path.windows(2) {
        let candidates = search.hops(pair[0]).map(|hops| &hops.candidates);
        let is_passed = |candidate: &Candidate| candidate.to == pair[1] && candidate.way == Way::Passed;
        if candidates.is_some_and(|candidates| candidates.iter().any(is_passed)) {
            passed.push(pair[1]);
        }
    }
    passed
}

/// The hops of the tree, best first; what is left out is counted.
fn walk(
    root: Slot,
    depth_limit: u32,
    search: &mut Search<'_>,
    seen: &mut FxHashSet<Slot>,
    left_out: &mut BTreeMap<&'static str, usize>,
) -> Vec<Frontier> {
    let mut walk = Walk { search, heap: BinaryHeap::new(), left_out };
    let mut taken: Vec<Frontier> = Vec::new();
    walk.expand(root, f64::INFINITY, 0.0, 1, seen);
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
            walk.expand(next.to, next.weakest, next.path_bits, next.depth + 1, seen);
        } else if walk.has_more(next.to, seen) {
            walk.leave_out("hops beyond the depth asked for");
        }
        taken.push(next);
    }
    taken
}

struct Walk<'s, 'a> {
    search: &'s mut Search<'a>,
    heap: BinaryHeap<Frontier>,
    /// What was left out, with how often.
    left_out: &'s mut BTreeMap<&'static str, usize>,
}

impl Walk<'_, '_> {
    fn expand(&mut self, from: Slot, weakest: f64, path_bits: f64, depth: u32, seen: &FxHashSet<Slot>) {
        let Some(Hops { candidates, hot_keys, dismissed, .. }) = self.search.hops(from) else { return };
        for (count, what) in
            [(hot_keys, "keys too common to follow"), (dismissed, "evidence of leads that were dismissed")]
        {
            if *count > 0 {
                *self.left_out.entry(what).or_default() += count;
            }
        }
        for Candidate { to, hop, way } in candidates.iter().filter(|candidate| !seen.contains(&candidate.to)) {
            let bits = hop.bits;
            let (weakest, path_bits) = (weakest.min(bits), path_bits + bits);
            self.heap.push(Frontier { weakest, bits, path_bits, depth, from, to: *to, hop: hop.clone(), way: *way });
        }
    }

    fn has_more(&mut self, from: Slot, seen: &FxHashSet<Slot>) -> bool {
        let hops = self.search.hops(from);
        hops.is_some_and(|hops| hops.candidates.iter().any(|candidate| !seen.contains(&candidate.to)))
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
