//! Pointers as this agency makes and reads them: which numbers its own incidents bear, as fingerprints, and who else has
//! which fingerprint.
//!
//! What was said follows from the exchange, and what must be said from the incidents, so that neither is in the snapshot
//! and a failure in between says nothing twice.

use std::time::Duration;

use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::channel::Channel;
use backtrail_bus::dead_letter::Rejection;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Incident;
use backtrail_bus::pointer::{
    MAX_FINGERPRINTS, Number, Pointer, PointerFingerprint, PointerKey, PointerList, may_be_pointed_to, numbers,
};
use backtrail_bus::trace::Trace;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::time::Instant;

use crate::config::PointerConfig;
use crate::engine::{Engine, Slot};

/// The most fingerprints of one agency that are held, 16 bytes and its name each.
const MAX_OF_AGENCY: usize = 2_000_000;
/// The most pointers in one answer.
const MAX_TOLD: usize = 50;

/// What this agency knows of pointers.
pub(crate) struct Pointers {
    own: AgencyId,
    key: PointerKey,
    circle: CircleId,
    every: Duration,
    /// Who points to what, this agency among them.
    heard: FxHashMap<PointerFingerprint, Vec<AgencyId>>,
    count_of: FxHashMap<AgencyId, usize>,
    /// The numbers of this agency's own incidents.
    of_incident: FxHashMap<IncidentId, Box<[PointerFingerprint]>>,
    /// Every incident below this was looked at.
    scanned_to: Slot,
    /// When there may be something to say again.
    pub due: Instant,
    /// The hub's sequence of what was said last: it must come back before more is said.
    pub said_up_to: u64,
}

impl Pointers {
    pub(crate) fn new(own: AgencyId, config: &PointerConfig) -> Self {
        Self {
            own,
            key: config.key.clone(),
            circle: config.circle.clone(),
            every: config.every,
            heard: FxHashMap::default(),
            count_of: FxHashMap::default(),
            of_incident: FxHashMap::default(),
            scanned_to: 0,
            due: Instant::now(),
            said_up_to: 0,
        }
    }

    /// To whom it is said.
    pub(crate) fn channel(&self) -> Channel {
        Channel::Notices(self.circle.clone())
    }

    /// Takes in what an agency said on a channel.
    pub(crate) fn take(&mut self, from: &AgencyId, channel: &Channel, list: &PointerList) -> Result<(), Rejection> {
        if *channel != self.channel() {
            return Ok(());
        }
        let count = self.count_of.entry(from.clone()).or_default();
        if *count + list.added.len() > MAX_OF_AGENCY {
            return Err(Rejection::TooMuch { agency: from.clone(), found: *count, most: MAX_OF_AGENCY });
        }
        for fingerprint in &list.added {
            let agencies = self.heard.entry(*fingerprint).or_default();
            if !agencies.contains(from) {
                agencies.push(from.clone());
                *count += 1;
            }
        }
        for fingerprint in &list.withdrawn {
            let Some(agencies) = self.heard.get_mut(fingerprint) else { continue };
            let before = agencies.len();
            agencies.retain(|agency| agency != from);
            *count -= before - agencies.len();
            if agencies.is_empty() {
                self.heard.remove(fingerprint);
            }
        }
        Ok(())
    }

    /// Notes the numbers of an incident that was taken in.
    pub(crate) fn note(&mut self, incident: &Incident) {
        if incident.originator != self.own {
            return;
        }
        let numbers = if may_be_pointed_to(incident) { numbers(incident) } else { Vec::new() };
        let all: Box<[_]> = numbers.iter().map(|number| self.fingerprint(number)).collect();
        match all.is_empty() {
            true => self.of_incident.remove(&incident.incident_id),
            false => self.of_incident.insert(incident.incident_id, all),
        };
    }

    /// How many incidents have to be looked at before anything can be said.
    pub(crate) fn unread(&self, engine: &Engine) -> usize {
        engine.held_count() - self.scanned_to as usize
    }

    /// Looks at so many incidents at most.
    pub(crate) fn read(&mut self, engine: &Engine, at_most: usize) {
        let (next, own) = engine.incidents_of(&self.own, self.scanned_to, at_most);
        own.iter().for_each(|incident| self.note(incident));
        self.scanned_to = next;
    }

    /// Forgets the incidents: they are read again from the hub.
    pub(crate) fn forget_incidents(&mut self) {
        self.of_incident.clear();
        self.scanned_to = 0;
    }

    /// What must be said so that exactly the numbers of the own incidents are pointed to.
    pub(crate) fn to_say(&self) -> Vec<PointerList> {
        let wanted: FxHashSet<PointerFingerprint> = self.of_incident.values().flatten().copied().collect();
        let is_said = |fingerprint: &PointerFingerprint| {
            self.heard.get(fingerprint).is_some_and(|agencies| agencies.contains(&self.own))
        };
        let mut added: Vec<_> = wanted.iter().copied().filter(|fingerprint| !is_said(fingerprint)).collect();
        let said = self.heard.keys().copied().filter(is_said);
        let mut withdrawn: Vec<_> = said.filter(|fingerprint| !wanted.contains(fingerprint)).collect();
        added.sort_unstable();
        withdrawn.sort_unstable();
        let added = added.chunks(MAX_FINGERPRINTS).map(|part| PointerList { added: part.into(), ..Default::default() });
        let withdrawn = withdrawn.chunks(MAX_FINGERPRINTS);
        added.chain(withdrawn.map(|part| PointerList { withdrawn: part.into(), ..Default::default() })).collect()
    }

    /// Notes that all was said, or tried.
    pub(crate) fn wait(&mut self) {
        self.due = Instant::now() + self.every;
    }

    /// Who has incidents with one number that may not be read here.
    pub(crate) fn of_number(&self, engine: &Engine, number: &Number) -> Vec<Pointer> {
        let others = self.heard.get(&self.fingerprint(number)).into_iter().flatten();
        // Who has one that can be read has said what it has to say.
        let readable = engine.originators_with(number.kind, &number.normal);
        let unread = others.filter(|agency| **agency != self.own && !readable.contains(agency));
        let pointer = |agency: &AgencyId| Pointer {
            agency: agency.clone(),
            incident_id: None,
            kind: number.kind,
            value: number.value.clone(),
        };
        let mut pointers: Vec<Pointer> = unread.map(pointer).collect();
        pointers.sort_by(|a, b| a.agency.cmp(&b.agency));
        pointers
    }

    /// Adds to a trace who has incidents with its numbers that may not be read here.
    pub(crate) fn complete(&self, engine: &Engine, trace: &mut Trace) {
        let mut ids = Vec::new();
        trace.root.each(&mut |node| ids.push(node.incident.incident_id));
        let mut told = FxHashSet::default();
        let mut pointers = Vec::new();
        for incident in ids.into_iter().filter_map(|id| engine.held_incident(id)) {
            for number in numbers(&incident).into_iter().filter(|one| told.insert((one.kind, one.normal.clone()))) {
                let about = |pointer| Pointer { incident_id: Some(incident.incident_id), ..pointer };
                pointers.extend(self.of_number(engine, &number).into_iter().map(about));
            }
        }
        let more = pointers.len().saturating_sub(MAX_TOLD);
        if more > 0 {
            pointers.truncate(MAX_TOLD);
            trace.left_out.push(format!("pointers to incidents of others ({more})"));
        }
        trace.pointers = pointers;
    }

    fn fingerprint(&self, number: &Number) -> PointerFingerprint {
        self.key.fingerprint(number.kind, &number.normal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(name: &str) -> AgencyId {
        AgencyId::new(name).unwrap()
    }

    fn pointers() -> Pointers {
        let (circle, every) = (CircleId::new("partners").unwrap(), Duration::from_secs(1));
        Pointers::new(agency("nl-customs"), &PointerConfig { key: PointerKey::generate(), circle, every })
    }

    fn number(value: &str) -> Number {
        Number::new(backtrail_bus::incident::IdentifierKind::Container, value).unwrap()
    }

    #[test]
    fn what_is_said_follows_from_what_is_there() {
        let mut pointers = pointers();
        let fingerprint = pointers.fingerprint(&number("MSKU6011672"));
        let id = IncidentId::generate();
        pointers.of_incident.insert(id, [fingerprint].into());
        let said = pointers.to_say();
        assert_eq!(said, [PointerList { added: vec![fingerprint], withdrawn: vec![] }]);
        let (own, channel) = (agency("nl-customs"), pointers.channel());
        pointers.take(&own, &channel, &said[0]).unwrap();
        assert!(pointers.to_say().is_empty());
        pointers.of_incident.clear();
        let said = pointers.to_say();
        assert_eq!(said, [PointerList { added: vec![], withdrawn: vec![fingerprint] }]);
        pointers.take(&own, &channel, &said[0]).unwrap();
        assert!(pointers.to_say().is_empty() && pointers.heard.is_empty() && pointers.count_of[&own] == 0);
    }

    #[test]
    fn others_are_told_and_oneself_is_not() {
        let mut pointers = pointers();
        let (engine, number) = (Engine::default(), number("MSKU6011672"));
        let list = PointerList { added: vec![pointers.fingerprint(&number)], withdrawn: vec![] };
        for from in ["nl-customs", "de-post", "be-police"] {
            pointers.take(&agency(from), &pointers.channel(), &list).unwrap();
        }
        let elsewhere = Channel::Notices(CircleId::new("all").unwrap());
        pointers.take(&agency("fr-douane"), &elsewhere, &list).unwrap();
        let told: Vec<AgencyId> = pointers.of_number(&engine, &number).into_iter().map(|one| one.agency).collect();
        assert_eq!(told, [agency("be-police"), agency("de-post")]);
    }

    #[test]
    fn what_must_not_be_passed_on_is_not_pointed_to() {
        let mut pointers = pointers();
        let mut incident = |handling: &[&str], originator: &str| {
            let incident = serde_json::json!({
                "schema": "1.1", "incident_id": IncidentId::generate(), "revision": 1, "originator": originator,
                "reported_at": "2026-03-04T10:15:00Z", "kind": "seizure", "occurred_at": "2026-03-04",
                "place": {"country": "NL"}, "substances": [{"name": "fentanyl"}], "handling": handling,
                "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
            });
            pointers.note(&Incident::from_value(&incident).unwrap());
            pointers.of_incident.len()
        };
        assert_eq!(incident(&["H2"], "nl-customs"), 0);
        assert_eq!(incident(&[], "be-police"), 0);
        assert_eq!(incident(&["H1"], "nl-customs"), 1);
    }
}
