//! Shipments that may still be on their way: of the same consignment, sender or route as those of a trace, reported and
//! not stopped, by their dates.

use std::collections::BTreeMap;

use backtrail_bus::incident::{Incident, IncidentKind, OccurredAt, TransportMode};
use backtrail_bus::trace::Sibling;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rustc_hash::FxHashSet;

use super::budget::Budget;
use crate::engine::day::Day;
use crate::engine::feasible::LONGEST_STAY;
use crate::engine::hub::Posting;
use crate::engine::index::Slot;
use crate::engine::key::{Key, KeyClass};
use crate::engine::lead;
use crate::engine::observation::Observation;
use crate::engine::store::Reader;
use crate::engine::{Engine, summary};

/// Siblings that are named at most.
pub(super) const MAX_SIBLINGS: usize = 10;

/// Days after which a shipment has nearly always arrived, loading and waiting included. Judgements, on the side of the
/// longer: who looks in vain loses a call, who does not look loses the shipment.
fn longest_journey_days(mode: Option<TransportMode>) -> i32 {
    match mode {
        Some(TransportMode::Air | TransportMode::Pedestrian) => 14,
        Some(TransportMode::Courier) => 21,
        Some(TransportMode::Road | TransportMode::InlandWater) => 30,
        Some(TransportMode::Rail | TransportMode::Mail) => 45,
        Some(TransportMode::Sea | TransportMode::Multimodal | TransportMode::Other | TransportMode::Unknown) | None => {
            75
        }
    }
}

/// True where nobody holds the goods.
fn may_move(kind: IncidentKind) -> bool {
    matches!(
        kind,
        IncidentKind::SuspiciousShipment
            | IncidentKind::Diversion
            | IncidentKind::TheftOrLoss
            | IncidentKind::SuspiciousOrder
    )
}

/// A sibling with what it shares.
struct Shared {
    with: Slot,
    words: String,
}

impl Engine {
    /// Shipments that share something with those of `known` and may still be on their way on this day, and how many more
    /// there are. The goods of those in `arrived` are known to have gone on.
    pub(super) fn siblings(
        &self,
        known: &[Slot],
        arrived: &FxHashSet<Slot>,
        as_of: Date,
        budget: &Budget<'_>,
    ) -> (Vec<Sibling>, usize) {
        let mut found: BTreeMap<Slot, Shared> = BTreeMap::new();
        for slot in known {
            if !budget.allows_another() {
                break;
            }
            let incident = Reader::new(&self.store).incident(*slot);
            let observation = Observation::of(&incident);
            for (key, words) in shared_keys(&observation) {
                let Some(number) = self.index.find(key.id()) else { continue };
                let hub = self.index.hub(number);
                if hub.is_hot() || self.is_dismissed(hub.id) {
                    continue;
                }
                budget.spend(hub.len());
                // A party is met at both ends, and asked for as a sender.
                let is_party = matches!(hub.class, KeyClass::Party { .. });
                let is_it = |posting: &&Posting| !is_party || posting.mark.is_sender();
                for posting in hub.postings().iter().filter(is_it).filter(|posting| !arrived.contains(&posting.slot)) {
                    let words = || Shared { with: *slot, words: words.clone() };
                    found.entry(posting.slot).or_insert_with(words);
                }
            }
        }
        let today = Day::from(as_of);
        found.retain(|slot, _| self.store.facts(*slot).first_day <= today);
        let mut siblings: Vec<Sibling> =
            found.into_iter().filter_map(|(slot, shared)| self.sibling(slot, shared, as_of)).collect();
        // Who arrives first must be asked for first.
        siblings.sort_by(|a, b| a.until.cmp(&b.until).then(a.incident.incident_id.cmp(&b.incident.incident_id)));
        let more = siblings.len().saturating_sub(MAX_SIBLINGS);
        siblings.truncate(MAX_SIBLINGS);
        (siblings, more)
    }

    fn sibling(&self, slot: Slot, Shared { with, words }: Shared, as_of: Date) -> Option<Sibling> {
        let incident = Reader::new(&self.store).incident(slot);
        if !may_move(incident.kind) {
            return None;
        }
        let (until, until_words) = until(&incident);
        let observation = Observation::of(&incident);
        if until < as_of || self.was_stopped(slot, &observation) {
            return None;
        }
        Some(Sibling {
            incident: summary(&incident),
            handling: incident.handling.as_slice().into(),
            with: self.store.facts(with).incident_id,
            shares: words,
            until,
            until_words,
            ask: incident.originator.clone(),
        })
    }

    /// True if a number of the shipment is on a later incident in which somebody holds the goods.
    fn was_stopped(&self, slot: Slot, observation: &Observation<'_>) -> bool {
        let reader = Reader::new(&self.store);
        let holds = |other: Slot| {
            self.store.facts(other).last_day >= observation.first_day && !may_move(reader.incident(other).kind)
        };
        let hubs = observation.identifiers.iter().filter_map(|(key, _)| self.index.find(key.id()));
        let mut hubs = hubs.map(|number| self.index.hub(number)).filter(|hub| !hub.is_hot());
        hubs.any(|hub| hub.postings().iter().any(|posting| posting.slot != slot && holds(posting.slot)))
    }
}

/// The keys that a sibling shares with an incident, and what they say of it.
fn shared_keys(observation: &Observation<'_>) -> Vec<(Key, String)> {
    let numbers = observation.identifiers.iter().filter_map(|(key, written)| {
        let Key::Identifier { kind, .. } = key else { return None };
        Some((key.clone(), format!("{} {written:?}", lead::identifier_words(*kind))))
    });
    let senders = observation.parties.iter().filter(|party| party.role.is_sender());
    let senders = senders.map(|party| {
        let role = party.role.code().replace('-', " ");
        (party.name_key(), format!("{role} {:?}", party.written))
    });
    let routes = observation.corridors.iter().filter_map(|key| {
        let Key::Corridor { substance, from, to } = key else { return None };
        Some((key.clone(), format!("the route of {substance} from {} to {}", from.name(), to.name())))
    });
    numbers.chain(senders).chain(routes).collect()
}

/// The last day on which a shipment is likely to be on its way, and how that is known.
fn until(incident: &Incident) -> (Date, String) {
    let last_day = incident.occurred_at.last_day();
    let ends = incident.route.iter().filter(|leg| leg.role.is_end());
    let due = ends.filter_map(|leg| leg.date.as_ref()).map(OccurredAt::last_day).max();
    if let Some(due) = due.filter(|due| *due >= last_day) {
        return (due, format!("due at its destination by {due}"));
    }
    let mode = incident.route.iter().rev().find_map(|leg| leg.mode);
    let journey = longest_journey_days(mode);
    let by = mode.map_or_else(|| "the way is not stated".to_owned(), |mode| format!("by {mode}"));
    let passes_free_zone = incident.place.is_free_zone() || incident.route.iter().any(|leg| leg.is_free_zone());
    let (days, words) = if passes_free_zone {
        (journey + LONGEST_STAY, format!("{by}: {journey} days at most, and {LONGEST_STAY} in a free zone"))
    } else {
        (journey, format!("{by}: {journey} days at most"))
    };
    // The years are those of incidents, far from the end of time.
    (last_day.saturating_add(days.days()), words)
}
