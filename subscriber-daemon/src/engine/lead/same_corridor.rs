//! `same-corridor`: one substance on one route more often, for a while, than that route's own history explains.

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};
use smallvec::SmallVec;

use super::{Meeting, View, in_leads, joined, rounded};
use crate::engine::day::Day;
use crate::engine::index::{Posting, Slot};
use crate::engine::key::Key;
use crate::engine::model::{CorridorModel, Model};
use crate::engine::poisson::surprise_bits;

pub(super) fn views(meeting: Meeting<'_>) -> Vec<View> {
    let postings = meeting.postings();
    let Some((history, _)) = period(postings) else { return Vec::new() };
    let history_days = f64::from(history.max(model().least_history_days));
    let (runs, all_spells) = runs(postings);
    // Counting events is what costs, and most corridors have no run that stands out against the spells alone.
    let stands_out = |run: &Run<'_>| {
        let outside = all_spells - run.spells;
        rounded(episode_bits(run.postings, run.postings.len(), outside, history_days)) >= model().threshold_bits
    };
    let runs = runs.into_iter().filter(stands_out).map(|run| (run.postings, events(meeting, run.postings)));
    let episodes: SmallVec<[(&[Posting], usize); 2]> =
        runs.filter(|(_, events)| *events >= model().least_events).collect();
    if episodes.is_empty() {
        return Vec::new();
    }
    let all_events = match &*episodes {
        [(run, events)] if run.len() == postings.len() => *events,
        _ => events(meeting, postings),
    };
    let kind = LeadKind::SameCorridor;
    let view = |(run, events): (&[Posting], usize)| {
        let bits = rounded(episode_bits(run, events, all_events - events, history_days));
        if bits < model().threshold_bits {
            return None;
        }
        let (_, first) = period(run)?;
        let mut members: Vec<Slot> = run.iter().map(|posting| posting.slot).collect();
        members.sort_unstable();
        Some(View { lead_id: meeting.lead_id(kind, format_args!(" from {first}")), kind, members, bits })
    };
    episodes.into_iter().filter_map(view).collect()
}

/// Incidents that follow one another closely.
struct Run<'a> {
    postings: &'a [Posting],
    /// Days on which something was found, those in a row taken as one. There are at least as many events, because reports
    /// of one event are a day apart at most, and it takes the days alone to count them: what cannot stand out against so
    /// few is not looked at.
    spells: usize,
}

/// The runs of enough incidents to be an episode, and the spells of all postings, which lie by day.
fn runs(postings: &[Posting]) -> (SmallVec<[Run<'_>; 4]>, usize) {
    let mut runs = SmallVec::new();
    let (mut start, mut spells, mut spells_before) = (0, 0, 0);
    for (end, posting) in (1..).zip(postings) {
        let gap = postings.get(end).map_or(i32::MAX, |next| next.day.0 - posting.day.0);
        spells += usize::from(gap > 1);
        if gap > model().most_gap_days {
            if end - start >= model().least_events {
                runs.push(Run { postings: &postings[start..end], spells: spells - spells_before });
            }
            (start, spells_before) = (end, spells);
        }
    }
    (runs, spells)
}

/// How much an episode of so many events stands out against those outside it, in bits.
fn episode_bits(run: &[Posting], events: usize, outside: usize, history_days: f64) -> f64 {
    let days = f64::from(period(run).map_or(0, |(days, _)| days).max(model().least_episode_days));
    // What was to be expected is what the rest of the history shows, and one event more, so that an unseen corridor has a
    // rate too. A run that is nearly all of the history is the corridor's own pace: nothing is left to set it against.
    let rate = (outside + 1) as f64 / (history_days - days).max(1.0);
    let surprise = surprise_bits(events, rate * days);
    if surprise == 0.0 {
        return 0.0;
    }
    // As many episodes of this length could have stood out as fit into the history, beginning at any event.
    let chances = (history_days / days).log2() + ((outside + events) as f64).log2();
    surprise - chances
}

/// What all members of a lead are a part of.
pub(super) struct Episode {
    events: usize,
    /// How many days there are from the first of them to the last.
    days: i32,
    first: Day,
    last: Day,
}

impl Episode {
    pub(super) fn of(meeting: Meeting<'_>, view: &View) -> Option<Self> {
        // The members are a run.
        let postings = meeting.postings();
        let start = postings.iter().position(|posting| view.members.binary_search(&posting.slot).is_ok())?;
        let members = postings.get(start..start + view.members.len())?;
        let (days, first) = period(members)?;
        let last = members.last()?.day;
        Some(Self { events: events(meeting, members), days, first, last })
    }
}

pub(super) fn evidence(episode: &Episode, key: &Key, view: &View, member: &Incident) -> Vec<Evidence> {
    let Key::Corridor { substance, from, to } = key else { return Vec::new() };
    let Episode { events, days, first, last } = episode;
    vec![Evidence {
        comparison: "corridor".to_owned(),
        found: format!("{substance} {from} > {to}, {}", member.occurred_at),
        bits: view.bits,
        words: format!("one of {events} events on this corridor in {days} days, {first} to {last}"),
    }]
}

/// The number of days that postings reach over, and the first of them.
fn period(postings: &[Posting]) -> Option<(i32, Day)> {
    let (first, last) = postings.first().zip(postings.last())?;
    Some((last.day.0 - first.day.0 + 1, first.day))
}

/// What was found on one day at one place is one event, in however many rows it was reported; so is a seizure that
/// two agencies reported.
fn events(meeting: Meeting<'_>, postings: &[Posting]) -> usize {
    let (mut count, mut duplicates) = (0, Vec::new());
    // They lie by day and mark, which is the place.
    for reports in postings.chunk_by(|a, b| (a.day, a.mark) == (b.day, b.mark)) {
        duplicates.extend(reports.iter().flat_map(|posting| in_leads(posting.slot, count, meeting.store)));
        count += 1;
    }
    count - joined(count, duplicates)
}

fn model() -> &'static CorridorModel {
    &Model::shipped().lead.same_corridor
}
