//! `same-material`: one lot number, logo or laboratory profile on several seizures.

use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, rounded};
use crate::engine::key::{Key, Mark};
use crate::engine::observation::Observation;

/// Bits below which a shared mark is not worth an analyst's look.
const THRESHOLD_BITS: f64 = 8.0;

/// How much a shared mark says. A laboratory profile is measured, a lot number is printed once, a logo is copied.
pub(crate) fn bits(mark: Mark) -> f64 {
    match mark {
        Mark::LabProfile => 16.0,
        Mark::Lot => 11.0,
        Mark::Logo => 8.0,
    }
}

pub(super) fn views(meeting: Meeting<'_>, mark: Mark) -> Vec<View> {
    let events = meeting.events();
    if events < 2 {
        return Vec::new();
    }
    let bits = rounded(bits(mark) + ((events - 1) as f64).log2());
    if bits < THRESHOLD_BITS { Vec::new() } else { meeting.view_of_all(LeadKind::SameMaterial, bits) }
}

pub(super) fn evidence(key: &Key, mark: Mark, member: &Observation) -> Vec<Evidence> {
    let found = member.written(key).to_owned();
    let words = format!("{} {found:?} is on the other seizures too", mark.words());
    vec![Evidence { comparison: mark.words().to_owned(), found, bits: bits(mark), words }]
}
