//! Filling a request from what the asker knows, without telling the addressee what it may not know.
//!
//! A daemon does not know which incidents another agency has received: circles change, and whoever joins one has no
//! older posts. So only incidents of the two agencies themselves are told. What incidents of others say stays away in
//! every form: their values, their number, and what a lead says only because of them.

use std::collections::BTreeSet;

use super::request::{CitedIncident, Contribution, MAX_INCIDENTS};
use crate::agency::AgencyId;
use crate::incident::{HandlingCode, Identifier, Incident, Party, SubstanceLine};

/// The most persons, and identifiers, that are taken over.
const MAX_LISTED: usize = 50;
/// The most incidents that are put into words.
const MAX_TOLD: usize = 25;

/// Parts of a request that follow from incidents.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    pub object: String,
    pub reason: String,
    pub facts: String,
    pub persons: Vec<Party>,
    pub identifiers: Vec<Identifier>,
    /// The incidents that the request cites.
    pub incidents: Vec<CitedIncident>,
    /// The strictest handling of the incidents that are told.
    pub handling: Vec<HandlingCode>,
    /// All that it rests on, told or not.
    pub basis: Vec<Contribution>,
    /// How many incidents are not told, because they belong to others.
    pub left_out: usize,
}

/// Fills what can be told to `to` by `own` of `incidents`.
pub fn fill(own: &AgencyId, to: &AgencyId, incidents: &[Incident]) -> Filled {
    let basis = incidents.iter().take(MAX_INCIDENTS);
    let basis = basis.map(|one| Contribution { incident_id: one.incident_id, originator: one.originator.clone() });
    let may_be_told = |one: &&Incident| one.retracted.is_none() && (one.originator == *own || one.originator == *to);
    let told: Vec<&Incident> = incidents.iter().filter(may_be_told).take(MAX_TOLD).collect();
    let cited = told.iter().map(|one| CitedIncident {
        incident_id: one.incident_id,
        originator: one.originator.clone(),
        own_reference: one.own_reference.clone(),
    });
    // What kind of lead it is may rest on somebody else's incident, so a request does not say.
    let first = told.first().map(|one| headline(one)).unwrap_or_default();
    let (object, reason) = match told.len() {
        0 | 1 => (first, "To find where the goods came from."),
        count => (format!("{first}, and {} more", count - 1), "Incidents of our two agencies may belong together."),
    };
    Filled {
        object: crate::fold::cut(&object, crate::incident::MAX_TEXT).to_owned(),
        reason: reason.to_owned(),
        facts: told.iter().map(|one| facts(one)).collect::<Vec<_>>().join("\n"),
        persons: persons(&told),
        identifiers: identifiers(&told),
        incidents: cited.collect(),
        handling: handling(&told),
        basis: basis.collect(),
        left_out: incidents.len() - told.len(),
    }
}

impl Filled {
    /// Asks about a number: whoever has an incident with it too knows which one is meant.
    pub fn ask_about(&mut self, number: Identifier) {
        let words = format!("{} {}", number.kind.code().replace('-', " "), number.value);
        let sentence =
            format!("We have {words}, and take it that you have reported or hold something with it as well.");
        if self.object.is_empty() {
            self.object = crate::fold::cut(&words, crate::incident::MAX_TEXT).to_owned();
        }
        self.facts = if self.facts.is_empty() { sentence } else { format!("{}\n{sentence}", self.facts) };
        let is_it = |one: &Identifier| (one.kind, one.normal_form()) == (number.kind, number.normal_form());
        if !self.identifiers.iter().any(is_it) {
            self.identifiers.insert(0, number);
            self.identifiers.truncate(MAX_LISTED);
        }
    }
}

fn headline(incident: &Incident) -> String {
    let what = incident.substances.iter().map(substance).collect::<Vec<_>>().join(", ");
    format!("{what}, {} on {}", incident.kind.code().replace('-', " "), incident.occurred_at)
}

fn facts(incident: &Incident) -> String {
    let id = incident.incident_id.to_string();
    let name = incident.own_reference.as_deref().unwrap_or(&id);
    let place = &incident.place;
    let country = place.country.map(|country| country.as_str().to_owned());
    let words = [place.name.clone(), place.locode.map(|code| code.to_string()), country];
    let place = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut text = format!("{} {name}: {}; {place}", incident.originator, headline(incident));
    if let Some(goods) = incident.goods.as_ref().and_then(|goods| goods.description.as_deref()) {
        text.push_str(&format!("; declared as {goods:?}"));
    }
    text.push('.');
    text
}

fn substance(line: &SubstanceLine) -> String {
    match &line.quantity {
        Some(quantity) => format!("{quantity} {}", line.name),
        None => line.name.clone(),
    }
}

fn persons(told: &[&Incident]) -> Vec<Party> {
    let mut persons: Vec<Party> = Vec::new();
    for party in told.iter().flat_map(|one| &one.parties) {
        if persons.len() < MAX_LISTED && !persons.contains(party) {
            persons.push(party.clone());
        }
    }
    persons
}

fn identifiers(told: &[&Incident]) -> Vec<Identifier> {
    let mut seen = BTreeSet::new();
    let all = told.iter().flat_map(|one| &one.identifiers);
    all.filter(|one| seen.insert((one.kind, one.value.clone()))).take(MAX_LISTED).cloned().collect()
}

/// All codes that any source carries: of restrictions, each more is stricter.
fn handling(told: &[&Incident]) -> Vec<HandlingCode> {
    let has = |code: &HandlingCode| told.iter().any(|one| one.handling.contains(code));
    [HandlingCode::H0, HandlingCode::H1, HandlingCode::H2, HandlingCode::H3].into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn incident(originator: &str, reference: &str, consignor: &str) -> Incident {
        Incident::from_value(&json!({
            "schema": "1.0", "incident_id": crate::id::IncidentId::generate(), "revision": 1,
            "originator": originator, "reported_at": "2026-03-04T10:15:00Z", "kind": "seizure",
            "own_reference": reference, "occurred_at": "2026-03-04", "place": {"country": "NL", "name": reference},
            "substances": [{"name": "ketamine", "lab_profile": reference}],
            "parties": [{"role": "consignor", "name": consignor}],
            "identifiers": [{"kind": "invoice", "value": format!("INV {reference}")}],
            "goods": {"description": format!("goods of {reference}")}, "handling": ["H2"],
            "narrative": format!("narrative of {reference}"),
        }))
        .unwrap()
    }

    #[test]
    fn nothing_of_others_is_told() {
        let (own, to) = (AgencyId::new("nl-customs").unwrap(), AgencyId::new("be-police").unwrap());
        let told = [incident("nl-customs", "NLC-1", "Acme"), incident("be-police", "BEP-1", "Acme")];
        let others = [incident("de-post", "SECRET-1", "SECRET Ltd"), incident("fr-douane", "SECRET-2", "Acme SECRET")];
        let alone = fill(&own, &to, &told);
        let with_others = fill(&own, &to, &[&told[..], &others[..]].concat());
        // What others reported changes nothing that is told: not a value, not a count, not an order.
        let public = |filled: &Filled| Filled { basis: Vec::new(), left_out: 0, ..filled.clone() };
        assert_eq!(public(&alone), public(&with_others));
        assert!(!format!("{:?}", public(&with_others)).contains("SECRET"));
        assert_eq!((with_others.left_out, with_others.basis.len()), (2, 4));
        assert_eq!(with_others.object, "ketamine, seizure on 2026-03-04, and 1 more");
        assert_eq!((with_others.persons.len(), with_others.identifiers.len()), (1, 2));
        assert_eq!(with_others.handling, [HandlingCode::H2]);
    }
}
