//! An incident in one line, as leads and traces show it.

use std::fmt::Write as _;

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::{Incident, Locode};
use backtrail_bus::lead::IncidentSummary;

/// An incident in one line, as leads and traces show it.
pub fn summary(incident: &Incident) -> IncidentSummary {
    IncidentSummary {
        incident_id: incident.incident_id,
        revision: incident.revision,
        originator: incident.originator.clone(),
        own_reference: incident.own_reference.clone(),
        kind: incident.kind,
        occurred_at: incident.occurred_at.clone(),
        country: incident.place.country,
        headline: headline(incident),
    }
}

/// What was found and where.
fn headline(incident: &Incident) -> String {
    let line = &incident.substances[0];
    let mut words = String::with_capacity(64);
    // Writing to a string does not fail.
    if let Some(quantity) = &line.quantity {
        _ = write!(words, "{quantity} ");
    }
    words.push_str(&line.name);
    if incident.substances.len() > 1 {
        _ = write!(words, " and {} more", incident.substances.len() - 1);
    }
    let place = &incident.place;
    let name = place.name.as_deref().or_else(|| place.locode.as_ref().map(Locode::as_str));
    let country = place.country.as_ref().map(CountryCode::as_str).or(place.country_reported.as_deref());
    let (preposition, name, comma, country) = match (name, country) {
        (Some(name), Some(country)) => (" at ", name.trim(), ", ", country),
        (Some(place), None) | (None, Some(place)) => (" in ", place.trim(), "", ""),
        (None, None) => return words,
    };
    [preposition, name, comma, country].into_iter().for_each(|part| words.push_str(part));
    words
}
