//! How good the leads are, where the truth is known.

mod calibrate;
mod trace;

use std::collections::{BTreeMap, BTreeSet};

use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::exercise::{Exercise, Planted};
use backtrail_bus::id::IncidentId;
use backtrail_bus::lead::LeadKind;
use backtrail_bus::query::LeadsQuery;
use serde::Serialize;

pub use self::calibrate::{Recount, calibrate};
pub use self::trace::{TraceEvaluation, TraceQuality, evaluate_traces};
use crate::engine::{Engine, probability};

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub incidents: usize,
    pub leads: usize,
    pub planted: usize,
    /// Pairs of incidents in one lead, against pairs in one planted pattern.
    pub pairs: Quality,
    /// Open leads without a single true pair, per 1,000 incidents.
    pub false_leads_per_1000: f64,
    /// Leads by kind; a lead is right if it shares half of its members and of a pattern's with that pattern.
    pub kinds: BTreeMap<&'static str, Quality>,
    /// Leads by the probability that their bits state, with the share that hold a true pair.
    pub reliability: Vec<Reliability>,
}

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    pub found: usize,
    pub right: usize,
    pub wanted: usize,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// One row of the reliability table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// The probabilities from `stated_from` up to `stated_to`.
    pub stated_from: f64,
    pub stated_to: f64,
    pub leads: usize,
    /// Mean of the stated probabilities.
    pub stated: f64,
    /// Share of the leads that hold a true pair.
    pub observed: f64,
}

/// A lead, as far as it is judged.
struct Judged {
    kind: LeadKind,
    members: BTreeSet<IncidentId>,
    probability: f64,
}

/// Bounds of the rows of the reliability table.
const ROWS: [f64; 7] = [0.0, 0.5, 0.8, 0.9, 0.99, 0.999, 1.0];

/// Replays an exercise and compares the open leads with what was planted. An incident that the engine does not take is an
/// error: a file may have been edited.
pub fn evaluate(exercise: &Exercise) -> Result<Evaluation, Rejection> {
    let mut engine = Engine::default();
    for incident in &exercise.incidents {
        engine.apply(incident.clone(), &incident.to_bytes())?;
    }
    let leads = open_leads(&engine);
    let true_pairs: BTreeSet<Pair> = exercise.planted.iter().flat_map(|planted| pairs(&planted.members)).collect();
    let members = |lead: &Judged| lead.members.iter().copied().collect::<Vec<_>>();
    let found: BTreeSet<Pair> = leads.iter().flat_map(|lead| pairs(&members(lead))).collect();
    let right = found.intersection(&true_pairs).count();
    let has_true_pair = |lead: &&Judged| pairs(&members(lead)).iter().any(|pair| true_pairs.contains(pair));
    let false_leads = leads.iter().filter(|lead| !has_true_pair(lead)).count();
    let incidents = engine.incident_count();
    Ok(Evaluation {
        incidents,
        leads: leads.len(),
        planted: exercise.planted.len(),
        pairs: Quality::new(found.len(), right, true_pairs.len()),
        false_leads_per_1000: false_leads as f64 * 1_000.0 / incidents.max(1) as f64,
        kinds: by_kind(&leads, &exercise.planted),
        reliability: reliability(&leads, &has_true_pair),
    })
}

type Pair = (IncidentId, IncidentId);

fn pairs(members: &[IncidentId]) -> Vec<Pair> {
    let each = members.iter().enumerate();
    each.flat_map(|(index, a)| members[index + 1..].iter().map(move |b| (*a.min(b), *a.max(b)))).collect()
}

fn open_leads(engine: &Engine) -> Vec<Judged> {
    let mut leads = Vec::new();
    loop {
        let query = LeadsQuery { offset: leads.len(), limit: LeadsQuery::MAX_LIMIT, ..LeadsQuery::default() };
        let answer = engine.leads(&query);
        let lines = answer.leads.iter().filter_map(|line| engine.lead(line.lead_id));
        leads.extend(lines.map(|lead| Judged {
            kind: lead.kind,
            members: lead.members.iter().map(|member| member.incident.incident_id).collect(),
            probability: probability(lead.bits),
        }));
        if leads.len() >= answer.total || answer.leads.is_empty() {
            return leads;
        }
    }
}

fn by_kind(leads: &[Judged], planted: &[Planted]) -> BTreeMap<&'static str, Quality> {
    let planted: Vec<(LeadKind, BTreeSet<IncidentId>)> =
        planted.iter().map(|planted| (planted.kind, planted.members.iter().copied().collect())).collect();
    let fits = |lead: &Judged, kind: LeadKind, members: &BTreeSet<IncidentId>| {
        let shared = lead.members.intersection(members).count();
        lead.kind == kind && shared > 1 && shared * 2 >= members.len() && shared * 2 >= lead.members.len()
    };
    let quality = |kind: LeadKind| {
        let own = || leads.iter().filter(move |lead| lead.kind == kind);
        let wanted = || planted.iter().filter(move |(planted, _)| *planted == kind);
        let right = own().filter(|lead| wanted().any(|(kind, members)| fits(lead, *kind, members))).count();
        let met = wanted().filter(|(kind, members)| own().any(|lead| fits(lead, *kind, members))).count();
        let mut quality = Quality::new(own().count(), right, wanted().count());
        quality.recall = share(met, quality.wanted);
        quality.f1 = harmonic(quality.precision, quality.recall);
        (kind.code(), quality)
    };
    LeadKind::ALL.iter().map(|kind| quality(*kind)).filter(|(_, quality)| quality.found + quality.wanted > 0).collect()
}

fn reliability(leads: &[Judged], is_true: &dyn Fn(&&Judged) -> bool) -> Vec<Reliability> {
    let row = |bounds: &[f64]| {
        let (from, to) = (bounds[0], bounds[1]);
        let own: Vec<&Judged> =
            leads.iter().filter(|lead| lead.probability >= from && (lead.probability < to || to >= 1.0)).collect();
        let stated = own.iter().map(|lead| lead.probability).sum::<f64>() / own.len().max(1) as f64;
        let observed = share(own.iter().filter(|lead| is_true(lead)).count(), own.len());
        Reliability { stated_from: from, stated_to: to, leads: own.len(), stated, observed }
    };
    ROWS.windows(2).map(row).filter(|row| row.leads > 0).collect()
}

impl Quality {
    fn new(found: usize, right: usize, wanted: usize) -> Self {
        let (precision, recall) = (share(right, found), share(right, wanted));
        Self { found, right, wanted, precision, recall, f1: harmonic(precision, recall) }
    }
}

/// 1 where there is nothing: nothing was found wrong, nothing was missed.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn harmonic(precision: f64, recall: f64) -> f64 {
    if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}
