//! `possible-duplicate`: one seizure reported twice. Both originators keep the credit; elsewhere the reports count as
//! one event.

use backtrail_bus::id::LeadId;
use backtrail_bus::incident::Precision;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{View, rounded};
use crate::engine::day::Day;
use crate::engine::index::{Hub, Slot};
use crate::engine::key::Key;
use crate::engine::observation::Observation;
use crate::engine::store::Store;

/// Two telling digits on one day at one place by one agency happen by chance; three do not.
const THRESHOLD_BITS: f64 = 20.0;
/// log2(10): what one significant digit of a quantity says.
const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;
const MAX_QUANTITY_BITS: f64 = 12.0;
const SAME_DAY_BITS: f64 = 6.0;
const NEXT_DAY_BITS: f64 = 4.0;
const SAME_PLACE_BITS: f64 = 6.0;
const OTHER_PLACE_BITS: f64 = -4.0;
/// Two agencies at one seizure is how most duplicates come about.
const OTHER_ORIGINATOR_BITS: f64 = 4.0;
/// References are unique by rule.
const SAME_REFERENCE_BITS: f64 = 20.0;

/// What the reports of one cluster agree on, in bits.
struct Agreement {
    day: f64,
    place: f64,
    originator: f64,
}

pub(super) fn of_quantity(hub: &Hub, amount: &str, store: &Store) -> Vec<View> {
    let kind = LeadKind::PossibleDuplicate;
    let view = |members: Vec<Slot>| {
        let agreement = agreement(&members, store);
        let bits = rounded(quantity_bits(amount) + agreement.day + agreement.place + agreement.originator);
        let first = members.iter().map(|slot| store.observation(*slot).first_day).min()?;
        let lead_id = LeadId::derive(kind.code(), &format!("{} on {first}", hub.key.text()));
        (bits >= THRESHOLD_BITS).then_some(View { lead_id, kind, members, bits })
    };
    clusters(hub, store).into_iter().filter(|members| members.len() > 1).filter_map(view).collect()
}

pub(super) fn of_reference(hub: &Hub) -> Vec<View> {
    if hub.slots.len() < 2 {
        return Vec::new();
    }
    let kind = LeadKind::PossibleDuplicate;
    let lead_id = LeadId::derive(kind.code(), &hub.key.text());
    vec![View { lead_id, kind, members: hub.slots.clone(), bits: SAME_REFERENCE_BITS }]
}

pub(super) fn quantity_evidence(
    key: &Key,
    amount: &str,
    view: &View,
    member: &Observation,
    store: &Store,
) -> Vec<Evidence> {
    let written = member.quantities.iter().find(|(own, _)| own == key).map(|(_, written)| written.clone());
    let agreement = agreement(&view.members, store);
    let evidence = |comparison: &str, found: String, bits: f64, words: &str| Evidence {
        comparison: comparison.to_owned(),
        found,
        bits: rounded(bits),
        words: words.to_owned(),
    };
    let mut all = vec![
        evidence("quantity", written.unwrap_or_default(), quantity_bits(amount), "the very same quantity"),
        evidence(
            "day",
            member.occurred_at.to_string(),
            agreement.day,
            if agreement.day == SAME_DAY_BITS { "on the same day" } else { "within a day" },
        ),
    ];
    if agreement.place != 0.0 {
        let words = if agreement.place > 0.0 { "at the same place" } else { "but at different places" };
        all.push(evidence("place", member.place.clone(), agreement.place, words));
    }
    if agreement.originator != 0.0 {
        all.push(evidence("originator", member.originator.to_string(), agreement.originator, "by another agency"));
    }
    all
}

pub(super) fn reference_evidence(reference: &str, member: &Observation) -> Vec<Evidence> {
    vec![Evidence {
        comparison: "own reference".to_owned(),
        found: reference.to_owned(),
        bits: SAME_REFERENCE_BITS,
        words: format!("{} used its reference {reference:?} for another incident too", member.originator),
    }]
}

pub(super) fn day(view: &View, store: &Store) -> Day {
    view.members.iter().map(|slot| store.observation(*slot).first_day).min().unwrap_or(Day(0))
}

/// Reports of one day; those of two agencies also when one wrote the day after.
fn clusters(hub: &Hub, store: &Store) -> Vec<Vec<Slot>> {
    let mut dated: Vec<(Day, &str, Slot)> = hub
        .slots
        .iter()
        .map(|slot| (store.observation(*slot), *slot))
        .filter(|(observation, _)| observation.occurred_at.precision() <= Precision::Day)
        .map(|(observation, slot)| (observation.first_day, observation.originator.as_str(), slot))
        .collect();
    dated.sort_unstable();
    let mut clusters: Vec<Vec<(Day, &str, Slot)>> = Vec::new();
    for report in dated {
        let (day, originator, _) = report;
        let joins = |cluster: &Vec<(Day, &str, Slot)>| {
            cluster.iter().any(|other| other.0 == day || (day.0 - other.0.0 == 1 && other.1 != originator))
        };
        match clusters.last_mut().filter(|cluster| joins(cluster)) {
            Some(cluster) => cluster.push(report),
            None => clusters.push(vec![report]),
        }
    }
    let sorted = |cluster: Vec<(Day, &str, Slot)>| {
        let mut slots: Vec<Slot> = cluster.into_iter().map(|(_, _, slot)| slot).collect();
        slots.sort_unstable();
        slots
    };
    clusters.into_iter().map(sorted).collect()
}

fn agreement(members: &[Slot], store: &Store) -> Agreement {
    let observations = || members.iter().map(|slot| store.observation(*slot));
    let Some(first) = observations().next() else { return Agreement { day: 0.0, place: 0.0, originator: 0.0 } };
    let same_day = observations().all(|o| o.first_day == first.first_day);
    let same_place = observations().all(|o| o.place == first.place);
    let same_originator = observations().all(|o| o.originator == first.originator);
    let any_unknown = observations().any(|o| o.place.is_empty());
    Agreement {
        day: if same_day { SAME_DAY_BITS } else { NEXT_DAY_BITS },
        place: match (any_unknown, same_place) {
            (true, _) => 0.0,
            (false, true) => SAME_PLACE_BITS,
            (false, false) => OTHER_PLACE_BITS,
        },
        originator: if same_originator { 0.0 } else { OTHER_ORIGINATOR_BITS },
    }
}

/// Significant digits of the derived quantity: nobody seizes 17.283 kg twice on one day, everybody seizes 1 kg.
fn quantity_bits(amount: &str) -> f64 {
    let mantissa = amount.split('e').next().unwrap_or_default();
    let digits = mantissa.replace('.', "").trim_end_matches('0').len();
    (digits as f64 * BITS_PER_DIGIT).min(MAX_QUANTITY_BITS)
}
