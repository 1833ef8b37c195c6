//! `possible-duplicate`: one seizure reported twice. Both originators keep the credit; elsewhere the reports count as
//! one event.

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};
use smallvec::SmallVec;

use super::{Meeting, View, rounded};
use crate::engine::day::Day;
use crate::engine::hub::Posting;
use crate::engine::index::Slot;
use crate::engine::key::{Key, KeyClass};
use crate::engine::model::{DuplicateModel, Model};
use crate::engine::observation::{place_text, written};

/// log2(10): what one significant digit of a quantity says.
const BITS_PER_DIGIT: f64 = std::f64::consts::LOG2_10;

/// What the reports of one cluster agree on, in bits.
pub(super) struct Agreement {
    day: f64,
    place: f64,
    originator: f64,
}

pub(super) fn of_quantity(meeting: Meeting<'_>, digits: u8) -> Vec<View> {
    let kind = LeadKind::PossibleDuplicate;
    let view = |members: Vec<Slot>| {
        let agreement = agreement(meeting, &members);
        let bits = rounded(quantity_bits(digits) + agreement.day + agreement.place + agreement.originator);
        if bits < model().threshold_bits {
            return None;
        }
        let first = members.iter().map(|slot| meeting.facts(*slot).first_day).min()?;
        Some(View { lead_id: meeting.lead_id(kind, format_args!(" on {first}")), kind, members, bits })
    };
    clusters(meeting).into_iter().filter_map(view).collect()
}

pub(super) fn of_reference(meeting: Meeting<'_>) -> Vec<View> {
    meeting.view_of_all(LeadKind::PossibleDuplicate, model().same_reference_bits)
}

pub(super) fn quantity_evidence(agreement: &Agreement, key: &Key, member: &Incident) -> Vec<Evidence> {
    let KeyClass::Quantity { digits } = key.class() else { return Vec::new() };
    let evidence = |comparison: &str, found: String, bits: f64, words: &str| Evidence {
        comparison: comparison.to_owned(),
        found,
        bits: rounded(bits),
        words: words.to_owned(),
    };
    let day_words = if agreement.day == model().same_day_bits { "on the same day" } else { "within a day" };
    let mut all = vec![
        evidence("quantity", written(member, key), quantity_bits(digits), "the very same quantity"),
        evidence("day", member.occurred_at.to_string(), agreement.day, day_words),
    ];
    if agreement.place != 0.0 {
        let words = if agreement.place > 0.0 { "at the same place" } else { "but at different places" };
        let place = place_text(&member.place).unwrap_or_default();
        all.push(evidence("place", place.into(), agreement.place, words));
    }
    if agreement.originator != 0.0 {
        all.push(evidence("originator", member.originator.to_string(), agreement.originator, "by another agency"));
    }
    all
}

pub(super) fn reference_evidence(reference: &str, member: &Incident) -> Vec<Evidence> {
    vec![Evidence {
        comparison: "own reference".to_owned(),
        found: reference.to_owned(),
        bits: model().same_reference_bits,
        words: format!("{} used its reference {reference:?} for another incident too", member.originator),
    }]
}

pub(super) fn day(meeting: Meeting<'_>, view: &View) -> Day {
    view.members.iter().map(|slot| meeting.facts(*slot).first_day).min().unwrap_or(Day(0))
}

/// Several reports of one day; those of two agencies also when one wrote the day after.
fn clusters(meeting: Meeting<'_>) -> Vec<Vec<Slot>> {
    // They lie by day and agency.
    let dated: SmallVec<[Posting; 12]> =
        meeting.postings().iter().filter(|posting| posting.mark.is_dated()).copied().collect();
    let joins = |cluster: &[Posting], report: Posting| {
        cluster
            .iter()
            .any(|other| other.day == report.day || (report.day.0 - other.day.0 == 1 && other.mark != report.mark))
    };
    let mut clusters = Vec::new();
    let mut rest = &dated[..];
    while !rest.is_empty() {
        let joined = (1..rest.len()).take_while(|end| joins(&rest[..*end], rest[*end])).count();
        let (cluster, others) = rest.split_at(1 + joined);
        if joined > 0 {
            let mut slots: Vec<Slot> = cluster.iter().map(|posting| posting.slot).collect();
            slots.sort_unstable();
            clusters.push(slots);
        }
        rest = others;
    }
    clusters
}

pub(super) fn agreement(meeting: Meeting<'_>, members: &[Slot]) -> Agreement {
    let all = || members.iter().map(|slot| meeting.facts(*slot));
    let Some(first) = all().next() else { return Agreement { day: 0.0, place: 0.0, originator: 0.0 } };
    let same_day = all().all(|facts| facts.first_day == first.first_day);
    let same_place = all().all(|facts| facts.place == first.place);
    let same_originator = all().all(|facts| facts.originator == first.originator);
    let any_unknown = all().any(|facts| facts.place.is_none());
    Agreement {
        day: if same_day { model().same_day_bits } else { model().next_day_bits },
        place: match (any_unknown, same_place) {
            (true, _) => 0.0,
            (false, true) => model().same_place_bits,
            (false, false) => model().other_place_bits,
        },
        originator: if same_originator { 0.0 } else { model().other_originator_bits },
    }
}

/// What an equal quantity says, by its significant digits.
fn quantity_bits(digits: u8) -> f64 {
    (f64::from(digits) * BITS_PER_DIGIT).min(model().most_quantity_bits)
}

fn model() -> &'static DuplicateModel {
    &Model::shipped().lead.possible_duplicate
}
