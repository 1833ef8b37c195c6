//! What the incidents held here say of a notice. It is asked for at the time of the answer, so that it does not matter
//! which came first. What is not reported is said to be not reported, and nothing more.

use std::collections::BTreeMap;

use backtrail_bus::exchange::{Body, PreExport, Shipment, Thread, ThreadState};
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Incident, Measure, SubstanceLine};
use backtrail_bus::lead::IncidentSummary;
use backtrail_bus::query::{Correlation, FindQuery, IncidentRef};
use backtrail_bus::token::Token;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::{Engine, QuestionError};

/// The most incidents that are looked at for one identifier or party.
const MAX_FOUND: usize = 50;
/// The most incidents that are shown.
const MAX_SHOWN: usize = 50;
/// A quantity that is larger by less than this share is the same: scales and packaging differ.
const TOLERANCE: f64 = 0.05;

/// Incidents that a notice may be about, latest first.
pub(crate) fn correlations(engine: &mut Engine, thread: &Thread) -> Result<Vec<Correlation>, QuestionError> {
    let shipment = match thread.opening() {
        Body::Alert(alert) => &alert.shipment,
        Body::PreExport(notification) => &notification.shipment,
        _ => return Ok(Vec::new()),
    };
    let mut found: BTreeMap<IncidentId, Correlation> = BTreeMap::new();
    for identifier in &shipment.identifiers {
        let query = FindQuery { identifier: Some((identifier.kind, identifier.value.clone())), ..query() };
        let because = format!("{} {:?} is on both", identifier.kind.code().replace('-', " "), identifier.value);
        note(engine, &query, &because, &mut found)?;
    }
    let families = families(&shipment.substances);
    for party in &shipment.parties {
        for family in &families {
            let named = Some(party.name.clone());
            let query =
                FindQuery { party: named, party_country: party.country, family: Some(family.clone()), ..query() };
            let because = format!("the {} {:?} is named there, with the same family, {family}", party.role, party.name);
            note(engine, &query, &because, &mut found)?;
        }
    }
    let mut correlations: Vec<Correlation> = found.into_values().collect();
    for correlation in &mut correlations {
        correlation.because.extend(more_than_notified(engine, shipment, &correlation.incident));
    }
    correlations.sort_by_key(|one| std::cmp::Reverse((one.incident.occurred_at.first_day(), one.incident.incident_id)));
    correlations.truncate(MAX_SHOWN);
    Ok(correlations)
}

/// What the thread itself says, at `now`, of whether a notified shipment came.
pub(crate) fn known(thread: &Thread, now: Timestamp) -> Vec<String> {
    let Some(notification) = thread.pre_export() else { return Vec::new() };
    let mut known = Vec::new();
    if thread.is_overdue(now) {
        known.push(format!("nobody replied by {}", notification.reply_by));
    }
    let arrivals = thread.history.iter().filter_map(|entry| match &entry.event.body {
        Body::Arrived(arrival) if entry.without_effect.is_none() => Some((arrival, &entry.event.from)),
        _ => None,
    });
    for (arrival, from) in arrivals {
        known.push(format!("{from} reported that it arrived on {}", arrival.on));
        known
            .extend(growth(notification, &arrival.shipment.substances).map(|words| format!("{from} reported {words}")));
    }
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    if !matches!(thread.state, ThreadState::Arrived | ThreadState::Withdrawn) && today > notification.expected {
        let days = (today - notification.expected).get_days();
        known.push(format!(
            "it was expected on {}, and in the {days} days since nobody has reported here that it arrived; that does \
             not say that it did not",
            notification.expected
        ));
    }
    known
}

fn growth(notification: &PreExport, arrived: &[SubstanceLine]) -> Option<String> {
    let notified = &notification.shipment.substances;
    families(notified).iter().find_map(|family| more(notified, arrived, family))
}

fn query() -> FindQuery {
    FindQuery { limit: MAX_FOUND, ..FindQuery::default() }
}

fn note(
    engine: &mut Engine,
    query: &FindQuery,
    because: &str,
    found: &mut BTreeMap<IncidentId, Correlation>,
) -> Result<(), QuestionError> {
    for one in engine.find_all(query)?.incidents {
        let new = Correlation { incident: one.incident, because: Vec::new() };
        let correlation = found.entry(new.incident.incident_id).or_insert(new);
        if !correlation.because.iter().any(|known| known == because) {
            correlation.because.push(because.to_owned());
        }
    }
    Ok(())
}

fn more_than_notified(engine: &Engine, shipment: &Shipment, incident: &IncidentSummary) -> Option<String> {
    let slot = *engine.find(&IncidentRef::Id(incident.incident_id)).first()?;
    let incident = Incident::read_again(engine.incident(slot).incident.get().as_bytes()).ok()?;
    families(&shipment.substances).iter().find_map(|family| more(&shipment.substances, &incident.substances, family))
}

/// How much more of a family was found than was notified, if it is more than scales differ by.
fn more(notified: &[SubstanceLine], found: &[SubstanceLine], family: &Token) -> Option<String> {
    [Measure::Kilograms, Measure::Litres, Measure::Count].into_iter().find_map(|measure| {
        let (notified, found) = (total(notified, family, measure)?, total(found, family, measure)?);
        (found > notified * (1.0 + TOLERANCE)).then(|| {
            let more = found - notified;
            format!("{found} {measure} of {family}, where {notified} {measure} were notified: {more} {measure} more")
        })
    })
}

fn total(lines: &[SubstanceLine], family: &Token, measure: Measure) -> Option<f64> {
    let of_family = lines.iter().filter(|line| line.family.as_ref() == Some(family));
    let derived = of_family.filter_map(|line| line.quantity.as_ref()?.derived.as_ref());
    let values: Vec<f64> = derived.filter(|derived| derived.measure == measure).map(|derived| derived.value).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

fn families(lines: &[SubstanceLine]) -> Vec<Token> {
    let mut families: Vec<Token> = lines.iter().filter_map(|line| line.family.clone()).collect();
    families.sort();
    families.dedup();
    families.retain(|family| *family != backtrail_bus::substance_register::unknown_family());
    families
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quantity_grew_only_beyond_what_scales_differ_by() {
        let line = |kilograms: f64| -> Vec<SubstanceLine> {
            let derived = json!({"value": kilograms, "measure": "kg", "rule": "kg"});
            let quantity = json!({"amount": "1", "unit": "kg", "derived": derived});
            serde_json::from_value(json!([{"name": "x", "family": "ketamine", "quantity": quantity}])).unwrap()
        };
        let family = Token::new("ketamine").unwrap();
        assert_eq!(more(&line(1000.0), &line(1040.0), &family), None);
        let grown = more(&line(1000.0), &line(1150.0), &family);
        assert_eq!(grown.as_deref(), Some("1150 kg of ketamine, where 1000 kg were notified: 150 kg more"));
        assert_eq!(more(&line(1000.0), &line(2000.0), &Token::new("fentanyl").unwrap()), None);
    }
}
