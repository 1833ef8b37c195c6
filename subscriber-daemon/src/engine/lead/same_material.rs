//! `same-material`: one lot number, logo or laboratory profile on several seizures.

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, rounded};
use crate::engine::key::{Key, Mark};
use crate::engine::model::{MaterialModel, Model};
use crate::engine::observation::written;

/// How much a shared mark says. A laboratory profile is measured, a lot number is printed once, a logo is copied.
pub(crate) fn bits(mark: Mark) -> f64 {
    match mark {
        Mark::LabProfile => model().lab_profile_bits,
        Mark::Lot => model().lot_bits,
        Mark::Logo => model().logo_bits,
    }
}

pub(super) fn views(meeting: Meeting<'_>, mark: Mark) -> Vec<View> {
    let events = meeting.events();
    if events < 2 {
        return Vec::new();
    }
    let bits = rounded(bits(mark) + ((events - 1) as f64).log2());
    if bits < model().threshold_bits { Vec::new() } else { meeting.view_of_all(LeadKind::SameMaterial, bits) }
}

pub(super) fn evidence(key: &Key, mark: Mark, member: &Incident) -> Vec<Evidence> {
    let found = written(member, key);
    let words = format!("{} {found:?} is on the other seizures too", mark.words());
    vec![Evidence { comparison: mark.words().to_owned(), found, bits: bits(mark), words }]
}

fn model() -> &'static MaterialModel {
    &Model::shipped().lead.material
}
