//! `same-corridor`: one substance on one route more often, for a while, than that route's own history explains.

use backtrail_bus::country::CountryCode;
use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{View, distinct, rounded};
use crate::engine::day::Day;
use crate::engine::index::{Hub, Slot};
use crate::engine::key::Key;
use crate::engine::observation::Observation;
use crate::engine::poisson::surprise_bits;
use crate::engine::store::Store;

/// An episode goes on as long as no gap is longer, in days.
const MAX_GAP_DAYS: i32 = 7;
/// Fewer events than this are no episode.
const MIN_EVENTS: usize = 3;
/// A rate is never measured over fewer days.
const MIN_EPISODE_DAYS: i32 = 7;
/// A corridor's history is never taken as shorter, in days: a new corridor is not a surprise in itself.
const MIN_HISTORY_DAYS: i32 = 365;
const THRESHOLD_BITS: f64 = 10.0;

/// Members by day: incidents on one corridor that follow one another closely.
struct Episode {
    first: Day,
    last: Day,
    members: Vec<Slot>,
    events: usize,
}

pub(super) fn views(hub: &Hub, store: &Store) -> Vec<View> {
    let episodes = episodes(hub, store);
    // Most corridors have no burst at all, and counting events is what costs.
    if episodes.iter().all(|episode| episode.events < MIN_EVENTS) {
        return Vec::new();
    }
    let all_events = events(&hub.slots, store);
    let (Some(first), Some(last)) = (episodes.first(), episodes.last()) else { return Vec::new() };
    let history_days = f64::from((last.last.0 - first.first.0 + 1).max(MIN_HISTORY_DAYS));
    let kind = LeadKind::SameCorridor;
    episodes
        .iter()
        .filter(|episode| episode.events >= MIN_EVENTS)
        .filter_map(|episode| {
            let days = f64::from((episode.last.0 - episode.first.0 + 1).max(MIN_EPISODE_DAYS));
            // One event more than the rest of the history shows, so that an unseen corridor has a rate too.
            let rate = (all_events - episode.events + 1) as f64 / history_days;
            // As many episodes of this length could have stood out in the history as fit into it.
            let chances = (history_days / days).log2();
            let bits = rounded(surprise_bits(episode.events, rate * days) - chances);
            let mut members = episode.members.clone();
            members.sort_unstable();
            let lead_id = LeadId::derive(kind.code(), &format!("{} from {}", hub.key.text(), episode.first));
            (bits >= THRESHOLD_BITS).then_some(View { lead_id, kind, members, bits })
        })
        .collect()
}

pub(super) fn evidence(key: &Key, view: &View, member: &Observation, store: &Store) -> Vec<Evidence> {
    let Key::Corridor { substance, from, to } = key else { return Vec::new() };
    let days = || view.members.iter().map(|slot| store.observation(*slot).first_day);
    let (first, last) = (days().min().unwrap_or(member.first_day), days().max().unwrap_or(member.first_day));
    let span = last.0 - first.0 + 1;
    let events = events(&view.members, store);
    vec![Evidence {
        comparison: "corridor".to_owned(),
        found: format!("{substance} {from} > {to}, {}", member.occurred_at),
        bits: view.bits,
        words: format!("one of {events} events on this corridor in {span} days, {first} to {last}"),
    }]
}

fn episodes(hub: &Hub, store: &Store) -> Vec<Episode> {
    let mut by_day: Vec<(Day, Slot)> =
        hub.slots.iter().map(|slot| (store.observation(*slot).first_day, *slot)).collect();
    by_day.sort_unstable();
    let mut episodes: Vec<Episode> = Vec::new();
    for (day, slot) in by_day {
        match episodes.last_mut() {
            Some(episode) if day.0 - episode.last.0 <= MAX_GAP_DAYS => {
                episode.last = day;
                episode.members.push(slot);
            }
            _ => episodes.push(Episode { first: day, last: day, members: vec![slot], events: 0 }),
        }
    }
    for episode in episodes.iter_mut().filter(|episode| episode.members.len() >= MIN_EVENTS) {
        episode.events = events(&episode.members, store);
    }
    episodes
}

/// What was found on one day at one place is one event, in however many rows it was reported; so is a seizure that
/// two agencies reported.
fn events(members: &[Slot], store: &Store) -> usize {
    distinct(members, |slot| {
        let observation = store.observation(slot);
        let seen = (observation.first_day, observation.country, observation.place.as_str());
        let duplicates = store.duplicate_leads(slot).iter().map(|lead| Tag::Duplicate(*lead));
        std::iter::once(Tag::Seen(seen)).chain(duplicates).collect()
    })
}

/// What makes two reports one event.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Tag<'a> {
    Seen((Day, Option<CountryCode>, &'a str)),
    Duplicate(LeadId),
}
