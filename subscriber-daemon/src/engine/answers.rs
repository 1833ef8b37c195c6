//! Answers to the questions of `backtrail_bus::query`, from the state of the fold.

use backtrail_bus::agency::AgencyId;
use backtrail_bus::comparison::{ComparedField, Comparison, SharedKey};
use backtrail_bus::id::{IncidentId, LeadId};
use backtrail_bus::judgement::LeadState;
use backtrail_bus::lead::{IncidentSummary, Lead};
use backtrail_bus::query::{IncidentAnswer, IncidentRef, LeadLine, LeadsAnswer, LeadsQuery};
use serde_json::value::RawValue;

use super::book::Record;
use super::day::Day;
use super::index::{KeyNumber, Slot};
use super::key::Key;
use super::lead::{self, Meeting};
use super::model::Model;
use super::observation::Observation;
use super::pair::Features;
use super::store::Reader;
use super::{Engine, key_of_any, members, summary};

impl Engine {
    /// The incidents that a reference means: one for an id, perhaps several for a reference of an originator's own.
    pub fn find(&self, incident: &IncidentRef) -> Vec<Slot> {
        match incident {
            IncidentRef::Id(id) => self.store.slot(*id).into_iter().collect(),
            IncidentRef::OwnReference(reference) => {
                let key = |originator: &AgencyId| Key::OwnReference {
                    originator: originator.as_str().into(),
                    reference: reference.as_str().into(),
                };
                let numbers = self.store.originators().filter_map(|originator| self.index.find(key(originator).id()));
                let mut slots: Vec<Slot> = numbers.flat_map(|number| self.index.hub(number).slots()).collect();
                slots.sort_unstable();
                slots
            }
        }
    }

    /// An incident in one line.
    pub fn summary(&self, incident_id: IncidentId) -> Option<IncidentSummary> {
        let slot = self.store.slot(incident_id)?;
        Some(summary(&Reader::new(&self.store).incident(slot)))
    }

    /// One incident with the leads that it is in, strongest first.
    pub fn incident(&self, slot: Slot) -> IncidentAnswer {
        let held = self.store.held(slot);
        let payload = String::from_utf8(held.payload.to_vec()).expect("it was read as JSON, which is UTF-8");
        let hubs = held.keys.iter().flat_map(|key| self.leads_at(*key));
        let of_member = hubs.filter(|(_, record)| record.members.iter().any(|(member, _)| *member == slot));
        let mut leads: Vec<LeadLine> = of_member.map(|(lead_id, record)| self.line(lead_id, record)).collect();
        strongest_first(&mut leads);
        IncidentAnswer {
            summary: summary(&Reader::new(&self.store).incident(slot)),
            incident: RawValue::from_string(payload).expect("it was read as JSON"),
            leads,
        }
    }

    /// Leads, strongest first.
    pub fn leads(&self, query: &LeadsQuery) -> LeadsAnswer {
        let wanted = |lead_id: LeadId, record: &Record| {
            (query.closed || record.is_open())
                && (query.dismissed || !self.state(lead_id, record).is_hidden())
                && query.kind.is_none_or(|kind| kind == record.kind)
                && query.min_bits.is_none_or(|bits| self.bits_left(lead_id, record) >= bits)
        };
        let all = self.book.all().filter(|(lead_id, record)| wanted(*lead_id, record));
        let mut leads: Vec<LeadLine> = all.map(|(lead_id, record)| self.line(lead_id, record)).collect();
        strongest_first(&mut leads);
        let total = leads.len();
        let limit = query.limit.min(LeadsQuery::MAX_LIMIT);
        LeadsAnswer { leads: leads.into_iter().skip(query.offset).take(limit).collect(), total }
    }

    /// One lead with its members, earliest first, and its evidence.
    pub fn lead(&self, lead_id: LeadId) -> Option<Lead> {
        let record = self.book.get(lead_id)?;
        let view = record.view(lead_id);
        let number = self.index.find(record.hub)?;
        let meeting = Meeting::new(number, &self.index, &self.store);
        let reader = Reader::new(&self.store);
        let mut slots = view.members.clone();
        slots.sort_by_key(|slot| (self.store.facts(*slot).first_day, *slot));
        Some(Lead {
            lead_id,
            kind: record.kind,
            shared: record.shared.clone(),
            bits: record.bits,
            members: members(meeting, &view, &slots, key_of_any(meeting, &slots, reader).as_ref(), reader),
            confirm_by: lead::confirm_by(record.kind, self.index.hub(number).class).to_owned(),
            is_open: record.is_open(),
            closed_because: record.closed_because.clone(),
            state: self.state(lead_id, record),
            history: self.judgements.of(lead_id).to_vec(),
            bits_left: self.bits_left_if_marked(lead_id, record),
            stop_value: self.stop_of(record).map(ToString::to_string),
            news: self.news(lead_id, record).filter(|_| self.state(lead_id, record) == LeadState::Reopened),
        })
    }

    /// Why two incidents are in one lead, or in none: the keys that they share, and every comparison.
    pub fn why_not(&self, a: Slot, b: Slot) -> Comparison {
        let (own, other) = (self.store.held(a), self.store.held(b));
        let reader = Reader::new(&self.store);
        let (incident, other_incident) = (reader.incident(a), reader.incident(b));
        let observed = Observation::of(&incident);
        let shared = own.keys.iter().filter(|key| other.keys.contains(key)).map(|key| self.index.hub(*key));
        let keys = shared.map(|hub| SharedKey {
            key: observed.carried_key(hub.id, hub.class).map(|key| key.to_string()).unwrap_or_default(),
            incidents: hub.len() as u64,
            is_hot: hub.is_hot(),
            stop_value: self.stop_words(hub.id),
        });
        let of_both = own.keys.iter().flat_map(|key| self.leads_at(*key)).filter(|(_, record)| {
            let has = |slot| record.members.iter().any(|(member, _)| *member == slot);
            record.is_open() && has(a) && has(b)
        });
        let mut leads: Vec<LeadLine> = of_both.map(|(lead_id, record)| self.line(lead_id, record)).collect();
        strongest_first(&mut leads);
        let (a_features, b_features) = (Features::of(&incident), Features::of(&other_incident));
        let score = a_features.score(&b_features);
        let evidence = score.evidence.into_iter().map(|evidence| ComparedField {
            comparison: evidence.comparison.to_owned(),
            a: evidence.a.into_owned(),
            b: evidence.b.into_owned(),
            bits: evidence.bits,
            words: evidence.words.into_owned(),
        });
        Comparison {
            a: summary(&incident),
            b: summary(&other_incident),
            keys: keys.collect(),
            leads,
            bits: score.bits,
            threshold_bits: Model::shipped().prior_bits,
            probability: score.probability,
            evidence: evidence.collect(),
            missing: score.missing.into_iter().map(str::to_owned).collect(),
        }
    }

    fn leads_at(&self, key: KeyNumber) -> impl Iterator<Item = (LeadId, &Record)> {
        self.book.of_hub(self.index.hub(key).id)
    }

    fn line(&self, lead_id: LeadId, record: &Record) -> LeadLine {
        let facts = || record.members.iter().map(|(slot, _)| self.store.facts(*slot));
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        LeadLine {
            lead_id,
            kind: record.kind,
            shared: record.shared.clone(),
            bits: record.bits,
            member_count: u32::try_from(record.members.len()).expect("slots are 32 bits wide"),
            first_day: day(facts().map(|facts| facts.first_day).min()),
            last_day: day(facts().map(|facts| facts.last_day).max()),
            is_open: record.is_open(),
            state: self.state(lead_id, record),
            bits_left: self.bits_left_if_marked(lead_id, record),
        }
    }
}

fn strongest_first(leads: &mut [LeadLine]) {
    let bits = |lead: &LeadLine| lead.bits_left.unwrap_or(lead.bits);
    leads.sort_by(|a, b| bits(b).total_cmp(&bits(a)).then_with(|| a.lead_id.cmp(&b.lead_id)));
}
