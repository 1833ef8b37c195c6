//! Stop values: which keys are silenced, by whom and how long.

use backtrail_bus::fold;
use backtrail_bus::id::StopId;
use backtrail_bus::incident::{Identifier, IdentifierKind};
use backtrail_bus::stop_value::{Stop, StopChange, StopEvent, StopLine, StopRefused, StopState, StopStep, StopValue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use super::Engine;
use super::book::Record;
use super::index::Slot;
use super::key::{Key, KeyClass, KeyId, Mark};
use super::lead::Meeting;
use super::observation::address_text;
use super::party_name::PartyName;
use super::strikes::of_address;

/// All stop values, in the order of their proposals, and what those in force silence.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    all: Vec<Stop>,
    /// The day that it is, as the daemon last said.
    today: Date,
    /// Keys of the values that are in force today, with the place of their stop value.
    silenced: FxHashMap<KeyId, usize>,
}

/// The most stop values that are kept, those that are over among them.
const MAX_STOPS: usize = 10_000;

/// Why a stop value is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStopped {
    #[error("no stop value {0} was ever proposed here")]
    Unknown(StopId),
    #[error("nothing is looked up by {0}: it says too little to be stopped")]
    NoKey(StopValue),
    #[error("{value} is {state} already, as {stop_id}")]
    Already { value: StopValue, state: StopState, stop_id: StopId },
    #[error("found the last day {found}, expected one from {today} on")]
    Over { found: Date, today: Date },
    #[error(transparent)]
    Refused(#[from] StopRefused),
    #[error("found {MAX_STOPS} stop values, expected fewer before another one")]
    TooMany,
}

impl Stops {
    /// True if nothing is silenced today.
    pub(crate) fn is_empty(&self) -> bool {
        self.silenced.is_empty()
    }

    /// The stop value that silences a key today.
    pub(crate) fn at(&self, key: KeyId) -> Option<&Stop> {
        // Nearly always nothing is stopped.
        if self.silenced.is_empty() {
            return None;
        }
        self.silenced.get(&key).map(|place| &self.all[*place])
    }

    /// Everything that was ever proposed.
    pub(crate) fn all(&self) -> &[Stop] {
        &self.all
    }

    /// Puts back what was written down.
    pub(crate) fn restore(&mut self, all: Vec<Stop>) {
        self.all = all;
        self.silence();
    }

    fn silence(&mut self) {
        let in_force = |(_, stop): &(usize, &Stop)| stop.state(self.today) == StopState::InForce;
        let keys = |(place, stop): (usize, &Stop)| {
            let keys = keys_of(&stop.value).into_iter().map(move |key| (key.id(), place));
            keys.collect::<Vec<_>>()
        };
        self.silenced = self.all.iter().enumerate().filter(in_force).flat_map(keys).collect();
    }

    fn line(&self, stop: &Stop) -> StopLine {
        StopLine { stop: stop.clone(), state: stop.state(self.today) }
    }
}

impl Engine {
    /// Says what time it is, from which follows what is still in force. Nothing else depends on it.
    pub fn set_clock(&mut self, now: Timestamp) {
        let today = day_of(now);
        if today != self.stops.today {
            self.stops.today = today;
            self.stops.silence();
        }
    }

    /// The proposal of a stop value, not taken in yet.
    pub fn propose_stop(
        &self,
        value: StopValue,
        until: Date,
        by: String,
        reason: String,
        at: Timestamp,
    ) -> Result<StopEvent, NotStopped> {
        let today = day_of(at);
        if keys_of(&value).is_empty() {
            return Err(NotStopped::NoKey(value));
        }
        if until < today {
            return Err(NotStopped::Over { found: until, today });
        }
        if self.stops.all.len() >= MAX_STOPS {
            return Err(NotStopped::TooMany);
        }
        let folded = value.folded();
        let earlier: Vec<&Stop> = self.stops.all.iter().filter(|stop| stop.value.folded() == folded).collect();
        let is_alive = |stop: &&&Stop| matches!(stop.state(today), StopState::Proposed | StopState::InForce);
        if let Some(stop) = earlier.iter().find(is_alive) {
            return Err(NotStopped::Already { value, state: stop.state(today), stop_id: stop.stop_id });
        }
        let stop_id = StopId::derive(&folded, earlier.len() + 1);
        let step = StopStep { number: 1, change: StopChange::Proposed, at, by, reason: Some(reason) };
        Ok(StopEvent { stop_id, value, until, step })
    }

    /// The approval or the withdrawal of a stop value, not taken in yet.
    pub fn decide_stop(
        &self,
        stop_id: StopId,
        change: StopChange,
        by: String,
        reason: Option<String>,
        at: Timestamp,
    ) -> Result<StopEvent, NotStopped> {
        let stop = self.stops.all.iter().find(|stop| stop.stop_id == stop_id).ok_or(NotStopped::Unknown(stop_id))?;
        let number = stop.next_step(change, &by, day_of(at))?;
        let step = StopStep { number, change, at, by, reason };
        Ok(StopEvent { stop_id, value: stop.value.clone(), until: stop.until, step })
    }

    /// Takes in what somebody did with a stop value. What came before changes nothing.
    pub fn take_stop(&mut self, event: StopEvent) {
        let StopEvent { stop_id, value, until, step } = event;
        let stops = &mut self.stops;
        match stops.all.iter_mut().find(|stop| stop.stop_id == stop_id) {
            Some(stop) if step.number as usize == stop.history.len() + 1 => stop.history.push(step),
            None if step.number == 1 => stops.all.push(Stop { stop_id, value, until, history: vec![step] }),
            Some(_) | None => return,
        }
        stops.silence();
        self.changes.note_stop();
    }

    /// How one stop value stands.
    pub fn stop(&self, stop_id: StopId) -> Option<StopLine> {
        let stop = self.stops.all.iter().find(|stop| stop.stop_id == stop_id)?;
        Some(self.stops.line(stop))
    }

    /// Stop values, the latest first; with `all`, those that are over too.
    pub fn stop_values(&self, all: bool) -> Vec<StopLine> {
        let lines = self.stops.all.iter().rev().map(|stop| self.stops.line(stop));
        lines.filter(|line| all || matches!(line.state, StopState::Proposed | StopState::InForce)).collect()
    }

    /// The stop value that silences a lead today: at its own key, or, where spellings of names meet, at one of the names.
    pub(crate) fn stop_of(&self, record: &Record) -> Option<&Stop> {
        if self.stops.is_empty() {
            return None;
        }
        let at_hub = self.stops.at(record.hub);
        let number = self.index.find(record.hub).filter(|_| at_hub.is_none());
        let Some(number) = number.filter(|number| self.index.hub(*number).class == KeyClass::NearName) else {
            return at_hub;
        };
        let meeting = Meeting::new(number, &self.index, &self.store);
        let of_member = |slot: Slot| {
            let keys = &self.store.held(slot).keys;
            meeting.parties(slot).find_map(|party| {
                let name = self.index.hub(keys[usize::from(party.name_key)]);
                self.stops.at(name.id)
            })
        };
        record.members.iter().find_map(|(slot, _)| of_member(*slot))
    }

    /// The stop value that silences a key today, in words.
    pub(crate) fn stop_words(&self, key: KeyId) -> Option<String> {
        self.stops.at(key).map(ToString::to_string)
    }
}

fn day_of(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

/// The keys of a value: where incidents meet that carry it.
fn keys_of(value: &StopValue) -> Vec<Key> {
    match value {
        StopValue::Identifier { kind: IdentifierKind::Lot, value } => {
            let text = fold::squash(value).into();
            let key = Key::Material { mark: Mark::Lot, family: None, text };
            if value.is_empty() { Vec::new() } else { vec![key] }
        }
        StopValue::Identifier { kind, value } => {
            let normal = Identifier::new(*kind, value.clone()).normal_form();
            if normal.is_empty() { Vec::new() } else { vec![Key::Identifier { kind: *kind, normal: normal.into() }] }
        }
        StopValue::Party(name) => PartyName::parse(name).map(Key::Party).into_iter().collect(),
        StopValue::Address(address) => {
            address_text(&fold::words(address)).iter().flat_map(|text| of_address(text)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use backtrail_bus::agency::AgencyId;
    use backtrail_bus::id::IncidentId;
    use backtrail_bus::incident::{Draft, Incident, Origin};
    use backtrail_bus::judgement::LeadState;
    use backtrail_bus::query::{IncidentRef, LeadsQuery};
    use backtrail_bus::realm::Realm;
    use backtrail_bus::registers::Registers;
    use backtrail_bus::trace::Direction;
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::Inquiry;

    fn at(day: &str) -> Timestamp {
        format!("{day}T12:00:00Z").parse().unwrap()
    }

    fn incident(reference: &str, day: &str, parties: Value) -> Incident {
        let draft = json!({
            "own_reference": reference, "kind": "seizure", "occurred_at": day, "place": {"country": "NL"},
            "substances": [{"name": "ketamine"}], "parties": parties,
        });
        let origin = Origin {
            incident_id: IncidentId::generate(),
            revision: 1,
            originator: AgencyId::new("a").unwrap(),
            realm: Realm::Real,
            reported_at: at("2026-11-25"),
        };
        Draft::from_value(draft).unwrap().complete(origin, Registers::shipped()).unwrap().0
    }

    fn apply(engine: &mut Engine, incidents: &[Incident]) {
        for incident in incidents {
            engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
        }
    }

    fn stop(engine: &mut Engine, value: StopValue, until: Date) {
        let now = at("2026-11-25");
        let proposed = engine.propose_stop(value, until, "A".to_owned(), "a hub".to_owned(), now).unwrap();
        let stop_id = proposed.stop_id;
        engine.take_stop(proposed.clone());
        engine.take_stop(proposed);
        let approved = engine.decide_stop(stop_id, StopChange::Approved, "B".to_owned(), None, now).unwrap();
        engine.take_stop(approved);
        engine.set_clock(now);
    }

    fn listed(engine: &Engine) -> usize {
        engine.leads(&LeadsQuery { limit: 10, ..LeadsQuery::default() }).total
    }

    fn hops(engine: &Engine, reference: &str) -> u32 {
        let slot = engine.find(&IncidentRef::OwnReference(reference.to_owned()))[0];
        engine.trace(&Inquiry::new(slot, Direction::Upstream)).hops
    }

    #[test]
    fn it_ends_on_its_last_day() {
        let mut engine = Engine::default();
        let party = json!([{"role": "consignor", "name": "Lotus Harbour Co., Ltd."}]);
        apply(&mut engine, &[incident("1", "2026-01-01", party.clone()), incident("2", "2026-02-01", party)]);
        assert_eq!((listed(&engine), hops(&engine, "2")), (1, 1));
        stop(&mut engine, StopValue::Party("LOTUS HARBOUR LIMITED".to_owned()), jiff::civil::date(2027, 3, 1));
        assert_eq!((listed(&engine), hops(&engine, "2")), (0, 0));
        let query = LeadsQuery { limit: 10, dismissed: true, ..LeadsQuery::default() };
        assert_eq!(engine.leads(&query).leads[0].state, LeadState::Stopped);
        engine.set_clock(at("2027-03-01"));
        assert_eq!(listed(&engine), 0);
        engine.set_clock(at("2027-03-02"));
        assert_eq!((listed(&engine), hops(&engine, "2")), (1, 1));
    }

    #[test]
    fn no_trace_goes_through_it_by_another_role_or_spelling() {
        let party = |role: &str, name: &str| json!([{"role": role, "name": name}]);
        let incidents = [
            incident("1", "2026-01-01", party("consignee", "Lotus Harbour Co., Ltd.")),
            incident("2", "2026-02-01", party("consignor", "Lotus Harbour Ltd")),
            incident("3", "2026-03-01", party("consignor", "LOTSU HARBOUR LIMITED")),
        ];
        let mut engine = Engine::default();
        apply(&mut engine, &incidents);
        assert!(hops(&engine, "2") > 0 && hops(&engine, "3") > 0);
        stop(&mut engine, StopValue::Party("Lotus Harbour".to_owned()), jiff::civil::date(2027, 3, 1));
        assert_eq!((hops(&engine, "2"), hops(&engine, "3")), (0, 0));
    }

    #[test]
    fn an_address_is_stopped_at_either_end() {
        let at_hub = |role: &str, name: &str| json!([{"role": role, "name": name, "address": "Hubweg 128, 04435 Schkeuditz", "country": "DE"}]);
        let incidents = [
            incident("1", "2026-01-01", at_hub("consignee", "Kestrel Works GmbH")),
            incident("2", "2026-02-01", at_hub("consignor", "Kestral Works GmbH")),
        ];
        let mut engine = Engine::default();
        apply(&mut engine, &incidents);
        let hub = |text: &str| StopValue::Address(text.to_owned());
        let refused = engine.propose_stop(
            hub("High Street"),
            jiff::civil::date(2027, 3, 1),
            "A".to_owned(),
            "everywhere".to_owned(),
            at("2026-11-25"),
        );
        assert_eq!(refused, Err(NotStopped::NoKey(hub("High Street"))));
        stop(&mut engine, hub("HUBWEG 128, 04435 Schkeuditz"), jiff::civil::date(2027, 3, 1));
        let silenced = [
            Key::SenderAddress(address_text("hubweg 128 04435 schkeuditz").unwrap()),
            Key::ReceiverAddress(address_text("hubweg 128 04435 schkeuditz").unwrap()),
        ];
        assert!(silenced.iter().all(|key| engine.stop_words(key.id()).is_some()));
    }
}
