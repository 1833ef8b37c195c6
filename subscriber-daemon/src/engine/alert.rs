//! What alerts wait for, compared with incidents and leads.
//!
//! Comparisons go from the cheap to the dear, and what an incident must be read for is read once for all alerts.

use std::cell::OnceCell;
use std::sync::Arc;

use backtrail_bus::alert::{AlertCondition, Near, RoutePattern};
use backtrail_bus::country::CountryCode;
use backtrail_bus::gazetteer::distance::great_circle_km;
use backtrail_bus::id::{IncidentId, LeadId};
use backtrail_bus::incident::{Coordinates, Identifier, IdentifierKind, Incident, Place};
use backtrail_bus::lead::LeadEvent;
use compact_str::CompactString;
use rustc_hash::FxHashSet;

use super::Engine;
use super::name::{Name, compare};
use super::party_name::PartyName;
use super::store::Reader;

/// Names of fewer bits in common are two names, as where they are looked for.
const SAME_NAME_BITS: f64 = 8.0;

/// A condition, made ready to be compared.
#[derive(Debug)]
pub struct Watched {
    condition: AlertCondition,
    is_of_incidents: bool,
    /// The party's name, with the words of which another spelling must have one.
    party: Option<(Name, Vec<CompactString>)>,
    /// The identifier in its normal form.
    identifier: Option<(IdentifierKind, String)>,
}

/// An incident as alerts see it.
#[derive(Debug)]
pub struct Seen<'a> {
    incident: &'a Incident,
    parties: OnceCell<SeenParties>,
    identifiers: OnceCell<Vec<(IdentifierKind, String)>>,
}

#[derive(Debug)]
struct SeenParties {
    names: Vec<Name>,
    words: FxHashSet<CompactString>,
}

impl Watched {
    /// `None` if the party's name has no word that is its own, so that nothing is found by it.
    pub fn of(condition: AlertCondition) -> Option<Self> {
        let party = match condition.party.as_deref() {
            None => None,
            Some(written) => Some((Name::parse(written)?, PartyName::parse(written)?.proper_words().to_vec())),
        };
        if party.as_ref().is_some_and(|(_, words)| words.is_empty()) {
            return None;
        }
        let identifier = condition.identifier.as_ref().map(|(kind, value)| {
            let normal = kind.normal_form(value);
            (*kind, normal)
        });
        Some(Self { is_of_incidents: condition.is_of_incidents(), condition, party, identifier })
    }

    /// True if the incident itself is what is waited for.
    pub fn finds_incident(&self, seen: &Seen<'_>) -> bool {
        self.is_of_incidents && self.fits(seen)
    }

    /// Bits from which leads are waited for.
    pub fn min_bits(&self) -> Option<f64> {
        self.condition.min_bits
    }

    /// True if everything fits that is said of the incident.
    pub fn fits(&self, seen: &Seen<'_>) -> bool {
        let AlertCondition { substance, family, route, near, country, kind, .. } = &self.condition;
        let incident = seen.incident;
        let lines = &incident.substances;
        kind.is_none_or(|kind| kind == incident.kind)
            && (country.is_none() || incident.place.country == *country)
            && (family.is_none() || lines.iter().any(|line| line.family == *family))
            && (substance.is_none() || lines.iter().any(|line| line.entry == *substance))
            && route.is_none_or(|route| is_on(route, incident))
            && self.identifier.as_ref().is_none_or(|identifier| seen.identifiers().contains(identifier))
            && near.is_none_or(|near| is_near(near, incident))
            && self.party.as_ref().is_none_or(|(name, words)| seen.parties().has(name, words))
    }
}

impl<'a> Seen<'a> {
    pub fn of(incident: &'a Incident) -> Self {
        Self { incident, parties: OnceCell::new(), identifiers: OnceCell::new() }
    }

    fn parties(&self) -> &SeenParties {
        self.parties.get_or_init(|| {
            let written = || self.incident.parties.iter().map(|party| party.name.as_str());
            let keys = written().filter_map(PartyName::parse);
            SeenParties {
                names: written().filter_map(Name::parse).collect(),
                words: keys.flat_map(|key| key.proper_words().to_vec()).collect(),
            }
        })
    }

    /// Those of the shipment and of its parties, in their normal forms.
    fn identifiers(&self) -> &[(IdentifierKind, String)] {
        self.identifiers.get_or_init(|| {
            let contact = |kind, value: &Option<String>| value.clone().map(|value| Identifier::new(kind, value));
            let of_parties = self.incident.parties.iter().flat_map(|party| {
                let phone = contact(IdentifierKind::Phone, &party.phone);
                phone.into_iter().chain(contact(IdentifierKind::Email, &party.email))
            });
            let all = self.incident.identifiers.iter().cloned().chain(of_parties);
            all.map(|identifier| (identifier.kind, identifier.normal_form())).collect()
        })
    }
}

impl SeenParties {
    /// One word must be spelt alike before whole names are compared.
    fn has(&self, name: &Name, words: &[CompactString]) -> bool {
        words.iter().any(|word| self.words.contains(word))
            && self.names.iter().any(|own| compare(name, own).bits >= SAME_NAME_BITS)
    }
}

impl Engine {
    /// The incident as it is held, before a revision of it is taken in.
    pub fn held_incident(&self, incident_id: IncidentId) -> Option<Arc<Incident>> {
        let slot = self.store.slot(incident_id).filter(|slot| !self.store.held(*slot).is_retracted)?;
        Some(Reader::new(&self.store).incident(slot))
    }

    /// What a lead weighs without marked evidence; `None` if people do not want to see it.
    pub fn visible_bits(&self, event: &LeadEvent) -> Option<f64> {
        let record = self.book.get(event.lead_id).filter(|record| record.is_open())?;
        let is_hidden = self.state(event.lead_id, record).is_hidden();
        (!is_hidden).then(|| self.bits_left(event.lead_id, record))
    }

    /// The latest members of a lead, as many as asked for.
    pub fn latest_members(&self, lead_id: LeadId, count: usize) -> Vec<Arc<Incident>> {
        let Some(record) = self.book.get(lead_id) else { return Vec::new() };
        let reader = Reader::new(&self.store);
        record.members.iter().rev().take(count).map(|(slot, _)| reader.incident(*slot)).collect()
    }
}

/// The goods left or passed the one country, and came or were to come to the other.
fn is_on(route: RoutePattern, incident: &Incident) -> bool {
    let legs = |is_wanted: fn(&backtrail_bus::incident::RouteLeg) -> bool, country: CountryCode| {
        incident.route.iter().any(|leg| is_wanted(leg) && leg.place.country == Some(country))
    };
    route.from.is_none_or(|from| legs(|leg| !leg.role.is_end(), from))
        && route.to.is_none_or(|to| legs(|leg| !leg.role.is_start(), to) || incident.place.country == Some(to))
}

fn is_near(near: Near, incident: &Incident) -> bool {
    let places = std::iter::once(&incident.place).chain(incident.route.iter().map(|leg| &leg.place));
    let is_near = |at: Coordinates| great_circle_km(near.coordinates, at) <= near.within_km;
    places.filter_map(coordinates).any(is_near)
}

/// The reported position, else that of the place in the gazetteer.
fn coordinates(place: &Place) -> Option<Coordinates> {
    place.coordinates.or_else(|| place.resolved.as_ref()?.coordinates)
}

#[cfg(test)]
mod tests {
    use backtrail_bus::incident::{Draft, Origin};
    use backtrail_bus::realm::Realm;
    use backtrail_bus::registers::Registers;
    use serde_json::{Value, json};

    use super::*;

    fn incident(draft: Value) -> Incident {
        let origin = Origin {
            incident_id: IncidentId::generate(),
            revision: 1,
            originator: backtrail_bus::agency::AgencyId::new("a").unwrap(),
            realm: Realm::Real,
            reported_at: "2026-11-25T00:00:00Z".parse().unwrap(),
        };
        Draft::from_value(draft).unwrap().complete(origin, Registers::shipped()).unwrap().0
    }

    fn seizure() -> Incident {
        incident(json!({
            "kind": "seizure", "occurred_at": "2026-11-20", "place": {"locode": "BEANR"},
            "substances": [{"name": "ketamine"}, {"name": "cocaine"}],
            "route": [
                {"role": "departure", "place": {"country": "CN"}}, {"role": "transit", "place": {"country": "AE"}},
                {"role": "destination", "place": {"country": "US"}},
            ],
            "parties": [{"role": "consignor", "name": "LOTSU HARBOUR LIMITED", "phone": "+31201234567"}],
            "identifiers": [{"kind": "container", "value": "MSKU 601167-2"}],
        }))
    }

    #[test]
    fn everything_that_is_said_must_fit() {
        let incident = seizure();
        let check = |condition: Value, expected: bool| {
            let watched = Watched::of(serde_json::from_value(condition.clone()).unwrap()).unwrap();
            assert_eq!(watched.finds_incident(&Seen::of(&incident)), expected, "{condition}");
        };
        let antwerp = json!({"latitude": 51.23, "longitude": 4.40});
        let near = |within_km: f64| json!({"place": "BEANR", "coordinates": antwerp, "within_km": within_km});
        let shanghai = json!({"latitude": 31.2, "longitude": 121.5});
        check(json!({"substance": "cocaine"}), true);
        check(json!({"substance": "heroin"}), false);
        check(json!({"family": "cocaine", "kind": "seizure"}), true);
        check(json!({"family": "cocaine", "kind": "suspicious-order"}), false);
        check(json!({"country": "BE"}), true);
        check(json!({"country": "NL"}), false);
        for (route, expected) in
            [("CN>US", true), ("AE>US", true), ("*>US", true), ("CN>BE", true), ("*>AE", true), ("CN>*", true)]
        {
            check(json!({"route": route}), expected);
        }
        for route in ["US>CN", "BE>US", "*>CN", "US>*"] {
            check(json!({"route": route}), false);
        }
        check(json!({"near": near(30.0)}), true);
        check(json!({"near": {"place": "CNSHA", "coordinates": shanghai, "within_km": 500.0}}), false);
        check(json!({"party": "Lotus Harbour Co., Ltd."}), true);
        check(json!({"party": "Kestrel Works"}), false);
        check(json!({"identifier": ["container", "msku6011672"]}), true);
        check(json!({"identifier": ["phone", "+31 20 123 4567"]}), true);
        check(json!({"identifier": ["seal", "msku6011672"]}), false);
        // Leads only: no incident is what is waited for.
        check(json!({"min_bits": 12.0}), false);
        check(json!({"min_bits": 12.0, "country": "BE"}), true);
    }

    #[test]
    fn a_name_by_which_nothing_is_found_is_none() {
        let party = |name: &str| AlertCondition { party: Some(name.to_owned()), ..AlertCondition::default() };
        assert!(Watched::of(party("Lotus Harbour")).is_some());
        assert!(Watched::of(party("Trading Ltd")).is_none());
    }

    /// Measures: `cargo test --release -p subscriber-daemon -- --ignored --nocapture many_alerts`.
    #[test]
    #[ignore = "a measurement"]
    fn many_alerts_cost_little() {
        use backtrail_bus::exercise::{Settings, generate};

        let incidents = generate(&Settings { incidents: 4_000, ..Settings::default() }).incidents;
        let names = incidents.iter().flat_map(|incident| incident.parties.iter().map(|party| party.name.clone()));
        let countries = CountryCode::from_alpha2("CN").zip(CountryCode::from_alpha2("NL")).unwrap();
        let mut watched: Vec<Watched> = Vec::new();
        for (name, number) in names.zip(0..) {
            let party = (number % 2 == 0).then_some(name);
            let route = party.is_none().then_some(RoutePattern { from: Some(countries.0), to: Some(countries.1) });
            watched.extend(Watched::of(AlertCondition { party, route, ..AlertCondition::default() }));
            if watched.len() == 500 {
                break;
            }
        }
        let begin = std::time::Instant::now();
        let mut found = 0;
        for incident in &incidents {
            let seen = Seen::of(incident);
            found += watched.iter().filter(|watched| watched.finds_incident(&seen)).count();
        }
        let each = begin.elapsed() / u32::try_from(incidents.len()).unwrap();
        println!("{} alerts: {each:?} per incident, {found} findings", watched.len());
        assert!(found > 0);
    }
}
