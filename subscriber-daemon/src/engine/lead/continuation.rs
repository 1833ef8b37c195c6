//! `continuation` and `precursor-to-product`: goods came to a place, and soon after goods of the same family, or what is
//! made from them, left it.
//! The measure is how surprising that is at this place, [`ArrivalRate`].

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, rounded};
use crate::engine::arrival::{ArrivalRate, distinct_days};
use crate::engine::families::Families;
use crate::engine::feasible::is_feasible;
use crate::engine::fingerprint::Fingerprint;
use crate::engine::hub::Posting;
use crate::engine::index::Slot;
use crate::engine::model::{ContinuationModel, Model};

pub(super) fn views(meeting: Meeting<'_>) -> Vec<View> {
    let postings = meeting.postings();
    let Some((first, last)) = postings.first().zip(postings.last()) else { return Vec::new() };
    if postings.len() > model().most_incidents {
        return Vec::new();
    }
    let arrivals: Vec<Posting> = postings.iter().filter(|posting| posting.mark.ends_here()).copied().collect();
    let arrived = arrivals.iter().fold(0, |families, posting| families | posting.mark.families());
    let mut place = Place {
        meeting,
        history_days: f64::from((last.day.0 - first.day.0 + 1).max(model().least_history_days)),
        arrival_days: distinct_days(arrivals.iter()),
        arrivals,
        related: Vec::new(),
    };
    let mut views = Vec::new();
    for departure in postings.iter().filter(|posting| posting.mark.begins_here()) {
        let own = departure.mark.families();
        for (kind, as_precursor) in [(LeadKind::Continuation, false), (LeadKind::PrecursorToProduct, true)] {
            // Most departures have nothing before them that could be related, whatever its day.
            let wanted = if as_precursor { Families::shipped().may_precede(own) } else { own };
            if arrived & wanted != 0 {
                views.extend(place.view(*departure, kind, as_precursor, wanted));
            }
        }
    }
    views
}

struct Place<'a> {
    meeting: Meeting<'a>,
    history_days: f64,
    /// By day.
    arrivals: Vec<Posting>,
    /// Days on which something came.
    arrival_days: usize,
    /// For what left so far: most of it is of the same few families.
    related: Vec<Related<'a>>,
}

/// What came of a family that goods which left are of, or are made from.
struct Related<'a> {
    families: &'a [Fingerprint],
    as_precursor: bool,
    /// By day.
    arrivals: Vec<Posting>,
    /// Days on which it came.
    days: usize,
}

impl<'a> Place<'a> {
    /// What came before one departure: the run of arrivals up to it that is the most surprising.
    fn view(&mut self, departure: Posting, kind: LeadKind, as_precursor: bool, wanted: u64) -> Option<View> {
        let meeting = self.meeting;
        let own = meeting.facts(departure.slot);
        let place = self.place_of_related(&own.families, as_precursor, wanted);
        let related = &self.related[place];
        let latest_days = if as_precursor { model().latest_days_as_precursor } else { model().latest_days };
        let duplicates = meeting.store.duplicate_leads(departure.slot);
        let is_before = |arrival: &&Posting| {
            let is_other = || !meeting.store.duplicate_leads(arrival.slot).iter().any(|lead| duplicates.contains(lead));
            arrival.slot != departure.slot && is_other() && is_feasible(meeting.facts(arrival.slot), own)
        };
        let until = |day: i32| related.arrivals.partition_point(|arrival| arrival.day.0 <= day);
        let lately = &related.arrivals[until(own.last_day.0 - latest_days - 1)..until(own.last_day.0)];
        let before: Vec<Posting> = lately.iter().rev().filter(is_before).copied().collect();
        if before.is_empty() {
            return None;
        }
        let rate = ArrivalRate {
            history_days: self.history_days,
            all: self.arrival_days,
            related: related.days,
            related_share: Families::shipped().related_share(&own.families, as_precursor),
        };
        // The choice among several runs is paid for.
        let chances = (before.len() as f64).log2();
        // What came on one day comes into a run together, for it counts once.
        let by_day = before.chunk_by(|a, b| a.day == b.day);
        let runs = (1..).zip(by_day).scan(0, |length, (count, of_day)| {
            *length += of_day.len();
            let days = f64::from(own.last_day.0 - of_day[0].day.0 + 1);
            Some((rate.surprise_bits(count, days) - chances, *length))
        });
        let (bits, length) = runs.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        let bits = rounded(bits);
        if bits < model().threshold_bits {
            return None;
        }
        let mut members: Vec<Slot> = before[..length].iter().map(|posting| posting.slot).collect();
        members.push(departure.slot);
        members.sort_unstable();
        let lead_id = meeting.lead_id(kind, format_args!(" before {}", own.incident_id));
        Some(View { lead_id, kind, members, bits })
    }

    /// Where in `related` stands what came that is related to goods of these families: its marks have one of `wanted`.
    fn place_of_related(&mut self, families: &'a [Fingerprint], as_precursor: bool, wanted: u64) -> usize {
        let is_it = |known: &Related<'_>| known.families == families && known.as_precursor == as_precursor;
        self.related.iter().position(is_it).unwrap_or_else(|| {
            let is_related = |arrival: &&Posting| {
                let earlier = || &self.meeting.facts(arrival.slot).families;
                arrival.mark.may_have(wanted) && Families::shipped().are_related(earlier(), families, as_precursor)
            };
            let arrivals: Vec<Posting> = self.arrivals.iter().filter(is_related).copied().collect();
            let days = distinct_days(arrivals.iter());
            self.related.push(Related { families, as_precursor, arrivals, days });
            self.related.len() - 1
        })
    }
}

pub(super) fn evidence(
    meeting: Meeting<'_>,
    departure: Slot,
    place: &str,
    view: &View,
    slot: Slot,
    member: &Incident,
) -> Vec<Evidence> {
    let days = meeting.facts(departure).last_day.0 - meeting.facts(slot).first_day.0;
    let family = member.substances.iter().find_map(|line| line.family.as_ref());
    let what = family.map_or("goods", |family| family.as_str());
    let words = match (slot == departure, view.kind) {
        (true, _) => format!("{what} left {place}"),
        (false, LeadKind::PrecursorToProduct) => {
            format!("{what}, from which the other is made, came to {place} {days} days before")
        }
        (false, _) => format!("{what} came to {place} {days} days before"),
    };
    let comparison = if view.kind == LeadKind::Continuation { "continuation" } else { "precursor to product" };
    vec![Evidence { comparison: comparison.to_owned(), found: place.to_owned(), bits: view.bits, words }]
}

/// The member that left the place.
pub(super) fn departure(meeting: Meeting<'_>, view: &View) -> Option<Slot> {
    let is_departure = |slot: &Slot| {
        let id = meeting.facts(*slot).incident_id;
        meeting.lead_id(view.kind, format_args!(" before {id}")) == view.lead_id
    };
    view.members.iter().copied().find(is_departure)
}

pub(super) fn shared(kind: LeadKind, place: &str) -> String {
    match kind {
        LeadKind::PrecursorToProduct => format!("a precursor came to {place}, its product left"),
        _ => format!("the same family came to {place} and left"),
    }
}

fn model() -> &'static ContinuationModel {
    &Model::shipped().lead.continuation
}
