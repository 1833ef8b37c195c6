//! `same-material`: one lot number, logo or laboratory profile on several seizures.

use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{View, distinct_events, rounded};
use crate::engine::index::Hub;
use crate::engine::key::{Key, Mark};
use crate::engine::observation::Observation;
use crate::engine::store::Store;

/// Bits below which a shared mark is not worth an analyst's look.
const THRESHOLD_BITS: f64 = 8.0;

/// How much a shared mark says. A laboratory profile is measured, a lot number is printed once, a logo is copied.
fn bits(mark: Mark) -> f64 {
    match mark {
        Mark::LabProfile => 16.0,
        Mark::Lot => 11.0,
        Mark::Logo => 8.0,
    }
}

pub(super) fn views(hub: &Hub, mark: Mark, store: &Store) -> Vec<View> {
    let events = distinct_events(&hub.slots, store);
    if events < 2 {
        return Vec::new();
    }
    let bits = rounded(bits(mark) + ((events - 1) as f64).log2());
    if bits < THRESHOLD_BITS {
        return Vec::new();
    }
    let kind = LeadKind::SameMaterial;
    let lead_id = LeadId::derive(kind.code(), &hub.key.text());
    vec![View { lead_id, kind, members: hub.slots.clone(), bits }]
}

pub(super) fn evidence(key: &Key, mark: Mark, member: &Observation) -> Vec<Evidence> {
    let written = member.materials.iter().find(|(own, _)| own == key).map(|(_, written)| written.clone());
    let found = written.unwrap_or_default();
    let words = format!("{} {found:?} is on the other seizures too", mark.words());
    vec![Evidence { comparison: mark.words().to_owned(), found, bits: bits(mark), words }]
}
