//! `same-corridor`: one substance on one route more often, for a while, than that route's own history explains.

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};
use smallvec::SmallVec;

use super::{Meeting, View, in_leads, joined, rounded};
use crate::engine::day::Day;
use crate::engine::hub::Posting;
use crate::engine::index::Slot;
use crate::engine::key::Key;
use crate::engine::model::{CorridorModel, Model};
use crate::engine::poisson::surprise_bits;

pub(super) fn views(meeting: Meeting<'_>) -> Vec<View> {
    let postings = meeting.postings();
    let Some((history, _)) = period(postings) else { return Vec::new() };
    let history_days = f64::from(history.max(model().least_history_days));
    let (runs, all_spells) = runs(postings);
    // Finding who reported what others did is what costs, and most corridors have no run that stands out against the
    // spells alone.
    let stands_out = |run: &Run<'_>| {
        let outside = all_spells - run.spells;
        rounded(episode_bits(run.postings, run.finds, outside, history_days)) >= model().threshold_bits
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
    /// What was found on one day at one place is one find. There are at most as many events.
    finds: usize,
    /// Days on which something was found, those in a row taken as one. There are at least as many events, because reports
    /// of one event are a day apart at most, and it takes the days alone to count them: what cannot stand out against so
    /// few is not looked at.
    spells: usize,
}

/// The runs of enough incidents to be an episode, and the spells of all postings, which lie by day and mark.
fn runs(postings: &[Posting]) -> (SmallVec<[Run<'_>; 4]>, usize) {
    let mut runs = SmallVec::new();
    let mut start = 0;
    let (mut finds, mut spells, mut all_spells) = (0, 0, 0);
    for (end, posting) in (1..).zip(postings) {
        let next = postings.get(end);
        let gap = next.map_or(i32::MAX, |next| next.day.0 - posting.day.0);
        finds += usize::from(gap > 0 || next.is_some_and(|next| next.mark != posting.mark));
        spells += usize::from(gap > 1);
        if next.is_none_or(|next| !is_close(posting, next)) {
            if end - start >= model().least_events {
                runs.push(Run { postings: &postings[start..end], finds, spells });
            }
            all_spells += spells;
            (start, finds, spells) = (end, 0, 0);
        }
    }
    (runs, all_spells)
}

/// True if what came next to a corridor is a part of the same run.
fn is_close(one: &Posting, next: &Posting) -> bool {
    next.day.0 - one.day.0 <= model().most_gap_days
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
        // The members are a run, and each of them tells which.
        let day = meeting.facts(*view.members.last()?).first_day;
        let mut runs = meeting.postings().chunk_by(is_close);
        let members = runs.find(|run| run.last().is_some_and(|last| last.day >= day))?;
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
    let mut before = None;
    // They lie by day and mark, which is the place.
    for Posting { day, mark, slot } in postings.iter().copied() {
        if before != Some((day, mark)) {
            count += 1;
            before = Some((day, mark));
        }
        // Few were reported by two, and this is asked of every one.
        if meeting.store.is_duplicate(slot) {
            duplicates.extend(in_leads(slot, count - 1, meeting.store));
        }
    }
    count - joined(count, duplicates)
}

fn model() -> &'static CorridorModel {
    &Model::shipped().lead.same_corridor
}
