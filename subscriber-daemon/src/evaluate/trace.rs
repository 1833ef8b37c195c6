//! How good traces are, where the paths are known.

use std::collections::BTreeMap;
use std::time::Instant;

use backtrail_bus::exercise::{PathExercise, PlantedPath};
use backtrail_bus::gazetteer::distance::great_circle_km;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Coordinates, Incident};
use backtrail_bus::query::IncidentRef;
use backtrail_bus::trace::{Direction, Trace, TraceNode};
use jiff::civil::Date;
use serde::Serialize;

use crate::engine::{Engine, Inquiry};

/// What an evaluation of traces found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceEvaluation {
    pub incidents: usize,
    #[serde(flatten)]
    pub all: TraceQuality,
    /// Hops offered that no goods can have gone: later than what they led to, or farther than an aircraft flies.
    pub infeasible_hops: usize,
    /// Hops offered in all.
    pub hops: usize,
    /// By the number of hops from the origin to the seizure.
    pub by_hops: BTreeMap<usize, TraceQuality>,
    /// Milliseconds that half of the traces took at most, and 99 %.
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Shares, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct TraceQuality {
    pub paths: usize,
    /// The true origin is named first.
    pub origin_top1: f64,
    /// It is among the first three.
    pub origin_top3: f64,
    /// The point of diversion is between the right two shipments.
    pub diversion_exact: f64,
}

/// Whether a trace found what was planted.
#[derive(Debug, Clone, Copy)]
struct Judged {
    hops: usize,
    /// The place of the true origin among those named, from 0.
    rank: Option<usize>,
    has_diversion: bool,
}

/// The fastest that goods move, in kilometres a day: aircraft, 900 km/h without a stop.
const FASTEST_KM_PER_DAY: f64 = 900.0 * 24.0;

/// What of an incident decides whether a hop is possible.
struct Whereabouts {
    first_day: Date,
    last_day: Date,
    coordinates: Option<Coordinates>,
}

/// Replays an exercise and traces every seizure at the end of a planted path.
pub fn evaluate_traces(exercise: &PathExercise) -> TraceEvaluation {
    let mut engine = Engine::default();
    let mut whereabouts = BTreeMap::new();
    for incident in &exercise.incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).expect("an exercise is well formed");
        whereabouts.insert(incident.incident_id, Whereabouts::of(incident));
    }
    let mut judged = Vec::new();
    let mut took = Vec::new();
    let (mut hops, mut infeasible_hops) = (0, 0);
    for path in &exercise.paths {
        let Some(last) = path.members.last() else { continue };
        let Some(root) = engine.find(&IncidentRef::Id(*last)).first().copied() else { continue };
        let begin = Instant::now();
        let trace = engine.trace(&Inquiry { depth: Some(8), ..Inquiry::new(root, Direction::Upstream) });
        took.push(begin.elapsed().as_secs_f64() * 1_000.0);
        hops += trace.hops as usize;
        infeasible_hops += infeasible(&trace.root, &whereabouts);
        judged.push(judge(path, &trace));
    }
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    let mut by_hops: BTreeMap<usize, Vec<Judged>> = BTreeMap::new();
    for one in &judged {
        by_hops.entry(one.hops).or_default().push(*one);
    }
    TraceEvaluation {
        incidents: engine.incident_count(),
        all: TraceQuality::of(&judged),
        infeasible_hops,
        hops,
        by_hops: by_hops.into_iter().map(|(hops, judged)| (hops, TraceQuality::of(&judged))).collect(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
    }
}

fn judge(path: &PlantedPath, trace: &Trace) -> Judged {
    let is_origin = |incident: &IncidentId| path.members.first() == Some(incident) || path.twins.contains(incident);
    let diversion = trace.diversion.as_ref().map(|diversion| (diversion.after, diversion.before));
    Judged {
        hops: path.members.len() - 1,
        rank: trace.origins().position(|origin| is_origin(&origin.incident_id)),
        has_diversion: diversion == Some(path.diversion),
    }
}

fn infeasible(node: &TraceNode, whereabouts: &BTreeMap<IncidentId, Whereabouts>) -> usize {
    let of = |node: &TraceNode| &whereabouts[&node.incident.incident_id];
    let own = node.upstream.iter().filter(|next| !of(next).may_lead_to(of(node))).count();
    own + node.upstream.iter().map(|next| infeasible(next, whereabouts)).sum::<usize>()
}

impl Whereabouts {
    fn of(incident: &Incident) -> Self {
        let place = &incident.place;
        Self {
            first_day: incident.occurred_at.first_day(),
            last_day: incident.occurred_at.last_day(),
            coordinates: place.coordinates.or_else(|| place.resolved.as_ref()?.coordinates),
        }
    }

    fn may_lead_to(&self, later: &Self) -> bool {
        let days = (later.last_day - self.first_day).get_days();
        let farthest = f64::from(days + 1) * FASTEST_KM_PER_DAY;
        let is_near = |from, to| great_circle_km(from, to) <= farthest;
        days >= 0 && self.coordinates.zip(later.coordinates).is_none_or(|(from, to)| is_near(from, to))
    }
}

impl TraceQuality {
    fn of(judged: &[Judged]) -> Self {
        let share =
            |is: fn(&Judged) -> bool| judged.iter().filter(|one| is(one)).count() as f64 / judged.len().max(1) as f64;
        Self {
            paths: judged.len(),
            origin_top1: share(|one| one.rank == Some(0)),
            origin_top3: share(|one| one.rank.is_some_and(|rank| rank < 3)),
            diversion_exact: share(|one| one.has_diversion),
        }
    }
}
