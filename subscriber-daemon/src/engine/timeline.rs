//! Events of several incidents in the order in which they happened.

use backtrail_bus::incident::{Incident, LegRole, OccurredAt, Place, Precision, RouteLeg};
use backtrail_bus::judgement::Judgement;
use backtrail_bus::query::{FindQuery, Timeline, TimelineEvent, TimelineKind, TimelineOf, TimelineQuery};
use jiff::Timestamp;

use super::day::Day;
use super::index::Slot;
use super::question::QuestionError;
use super::store::Reader;
use super::{Engine, summary};

/// The most events of one answer; the latest stay.
const MAX_EVENTS: usize = 3_000;

impl Engine {
    /// The events of a lead, or of what is found.
    pub fn timeline(&mut self, query: &TimelineQuery) -> Result<Timeline, QuestionError> {
        let limit = query.limit.clamp(1, TimelineQuery::MAX_LIMIT);
        let (title, slots, incident_count, mut left_out, judged) = match &query.of {
            TimelineOf::Lead(lead_id) => {
                let not_found = || QuestionError::not_found(format_args!("a lead {lead_id}"));
                let record = self.book.get(*lead_id).ok_or_else(not_found)?;
                let mut slots: Vec<Slot> = record.members.iter().map(|(slot, _)| *slot).collect();
                slots.sort_by_key(|slot| std::cmp::Reverse((self.store.facts(*slot).first_day, *slot)));
                let (count, title) = (slots.len(), format!("{}: {}", record.kind, record.shared));
                slots.truncate(limit);
                (title, slots, count, Vec::new(), self.judgements.of(*lead_id).to_vec())
            }
            TimelineOf::Found(find) => {
                let (slots, count, left_out) = self.find_latest(find, limit)?;
                (title(find), slots, count, left_out, Vec::new())
            }
        };
        if incident_count > slots.len() {
            left_out.push(format!("incidents before the latest {limit} ({})", incident_count - slots.len()));
        }
        let reader = Reader::new(&self.store);
        let incidents = slots.iter().flat_map(|slot| events_of(&reader.read(*slot)));
        let mut events: Vec<TimelineEvent> = incidents.chain(judged.iter().map(judgement)).collect();
        events.sort_by_cached_key(|event| (event.at.first_day(), instant(&event.at), event.kind, event.words.clone()));
        if events.len() > MAX_EVENTS {
            let early = events.len() - MAX_EVENTS;
            left_out.push(format!("events before the latest {MAX_EVENTS} ({early})"));
            events.drain(..early);
        }
        Ok(Timeline { title, events: with_gaps(events), incident_count, left_out })
    }
}

/// What was found, in words.
fn title(find: &FindQuery) -> String {
    match (&find.identifier, &find.party) {
        (Some((kind, value)), _) => format!("{kind} {value}"),
        (None, Some(party)) => format!("{party:?}"),
        (None, None) => "incidents that were found".to_owned(),
    }
}

/// The incident and the dated legs of its route.
fn events_of(incident: &Incident) -> Vec<TimelineEvent> {
    let own = summary(incident);
    let last_day = Day::from(incident.occurred_at.last_day());
    let reported = Day::from(incident.reported_at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
    let late_days = reported.0 - last_day.0;
    // A later revision says when it was amended, not when it was first reported.
    let is_late = incident.revision == 1 && late_days > TimelineQuery::LATE_AFTER_DAYS;
    let event = |kind, at: &OccurredAt, words: String| TimelineEvent {
        kind,
        at: at.clone(),
        words,
        incident_id: Some(own.incident_id),
        own_reference: own.own_reference.clone(),
        originator: Some(own.originator.clone()),
        reported_on: None,
        days: None,
    };
    let itself = TimelineEvent {
        reported_on: is_late.then(|| reported.to_string()),
        days: is_late.then_some(late_days),
        ..event(TimelineKind::Incident, &incident.occurred_at, format!("{}: {}", incident.kind, own.headline))
    };
    let legs = incident.route.iter().filter_map(|leg| {
        let at = leg.date.as_ref()?;
        let is_due = Day::from(at.first_day()) > last_day;
        Some(event(TimelineKind::Leg, at, leg_words(leg, is_due)))
    });
    std::iter::once(itself).chain(legs).collect()
}

fn leg_words(leg: &RouteLeg, is_due: bool) -> String {
    let did = match (leg.role, is_due) {
        (LegRole::Origin | LegRole::Departure, false) => "left",
        (LegRole::Origin | LegRole::Departure, true) => "was to leave",
        (LegRole::Transit, false) => "passed",
        (LegRole::Transhipment, false) => "was transhipped at",
        (LegRole::FreeZone, false) => "was in the free zone of",
        (LegRole::Destination | LegRole::UltimateDestination, false) => "came to",
        (_, true) => "was due at",
    };
    let mode = leg.mode.map(|mode| format!(" by {mode}")).unwrap_or_default();
    let carrier = leg.carrier.as_ref().map(|carrier| format!(", {carrier}")).unwrap_or_default();
    format!("{did} {}{mode}{carrier}", place_words(&leg.place))
}

fn place_words(place: &Place) -> String {
    let name = place.name.clone().or_else(|| place.locode.map(|locode| locode.to_string()));
    let country = place.country.map(|country| country.to_string()).or_else(|| place.country_reported.clone());
    match (name, country) {
        (Some(name), Some(country)) => format!("{}, {country}", name.trim()),
        (Some(place), None) | (None, Some(place)) => place.trim().to_owned(),
        (None, None) => "a place that is not known".to_owned(),
    }
}

fn judgement(judgement: &Judgement) -> TimelineEvent {
    let Judgement { verdict, at, by, reason, .. } = judgement;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    // A time of this clock has the form that is read.
    let at = at.round(jiff::Unit::Second).unwrap_or(*at).to_string().parse().expect("a time in RFC 3339");
    TimelineEvent {
        kind: TimelineKind::Judgement,
        at,
        words: format!("the lead was {verdict} by {by}{reason}"),
        incident_id: None,
        own_reference: None,
        originator: None,
        reported_on: None,
        days: None,
    }
}

/// The instant, where it is known; on one day what is only known by its day comes first.
fn instant(at: &OccurredAt) -> Option<Timestamp> {
    if at.precision() == Precision::Instant { at.as_str().parse().ok() } else { None }
}

/// Names the times of which nothing is known.
fn with_gaps(events: Vec<TimelineEvent>) -> Vec<TimelineEvent> {
    let mut all: Vec<TimelineEvent> = Vec::with_capacity(events.len());
    let mut known_to: Option<Day> = None;
    for event in events {
        let (first, last) = (Day::from(event.at.first_day()), Day::from(event.at.last_day()));
        // What people think of a lead is no event of the goods.
        let is_of_goods = event.kind != TimelineKind::Judgement;
        if let Some(known) = known_to.filter(|known| is_of_goods && first.0 - known.0 > TimelineQuery::GAP_DAYS) {
            let days = first.0 - known.0 - 1;
            all.push(TimelineEvent {
                kind: TimelineKind::Gap,
                at: Day(known.0 + 1).to_string().parse().expect("a day between two that were read"),
                words: format!("nothing is known of the next {days} days"),
                incident_id: None,
                own_reference: None,
                originator: None,
                reported_on: None,
                days: Some(days),
            });
        }
        if is_of_goods {
            known_to = Some(known_to.map_or(last, |known| known.max(last)));
        }
        all.push(event);
    }
    all
}

#[cfg(test)]
mod tests;
