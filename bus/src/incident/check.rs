//! What the types cannot say: limits and rules of an incident's content.

use std::fmt;

use super::{Incident, OccurredAt, Validity};
use crate::code_table;
use crate::gazetteer::boundary;
use crate::unit;

/// The longest short text, in characters.
pub(crate) const MAX_TEXT: usize = 300;
/// The longest narrative, in characters.
pub(crate) const MAX_NARRATIVE: usize = 20_000;

/// One thing that is wrong or odd: where, what was found, what was expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// JSON Pointer into the incident, such as `/substances/0/name`.
    pub field: String,
    pub found: String,
    pub expected: String,
}

/// An incident that may be posted, with what deserves a second look.
pub type Checked = Vec<Finding>;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.field, self.found, self.expected)
    }
}

/// Checks an incident. The error is the first breach; the warnings never block, because labels are forged and
/// reports are early.
pub fn check(incident: &Incident) -> Result<Checked, Finding> {
    check_limits(incident)?;
    Ok(warnings(incident))
}

/// Checks what would refuse an incident, and looks for no warnings.
pub(crate) fn check_limits(incident: &Incident) -> Result<(), Finding> {
    counts(incident)?;
    texts(incident)?;
    numbers(incident)?;
    if incident.revision == 0 {
        return Err(finding("/revision", "0", "a number from 1 on"));
    }
    match places(incident).find(|(_, place)| place.is_empty()) {
        Some((path, _)) => Err(finding(path, "no place", "a country, a UN/LOCODE or a name")),
        None => Ok(()),
    }
}

/// The JSON Pointer of a field of one item of a list, put into words only where it is needed.
struct Pointer(&'static str, usize, &'static str);

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}/{}", self.0, self.1, self.2)
    }
}

/// The JSON Pointer of a place: that of the event, or of a leg of the route.
#[derive(Clone, Copy)]
struct PlacePointer {
    leg: Option<usize>,
}

impl fmt::Display for PlacePointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.leg {
            None => f.write_str("/place"),
            Some(leg) => write!(f, "/route/{leg}/place"),
        }
    }
}

fn counts(incident: &Incident) -> Result<(), Finding> {
    if incident.substances.is_empty() {
        return Err(finding("/substances", "none", "at least one substance line"));
    }
    let lists = [
        ("/substances", incident.substances.len(), 50),
        ("/parties", incident.parties.len(), 50),
        ("/route", incident.route.len(), 50),
        ("/identifiers", incident.identifiers.len(), 200),
        ("/handling", incident.handling.len(), 4),
    ];
    match lists.into_iter().find(|(_, found, most)| found > most) {
        Some((path, found, most)) => Err(finding(path, format!("{found} items"), format!("at most {most}"))),
        None => Ok(()),
    }
}

fn texts(incident: &Incident) -> Result<(), Finding> {
    text("/own_reference", incident.own_reference.as_deref())?;
    text("/operation", incident.operation.as_deref())?;
    text("/language", incident.language.as_deref())?;
    text_up_to("/narrative", incident.narrative.as_deref(), MAX_NARRATIVE)?;
    text_up_to("/retracted/reason", incident.retracted.as_ref().map(|r| r.reason.as_str()), MAX_NARRATIVE)?;
    for (path, place) in places(incident) {
        text(format_args!("{path}/country_reported"), place.country_reported.as_deref())?;
        text(format_args!("{path}/name"), place.name.as_deref())?;
        text(format_args!("{path}/division"), place.division.as_deref())?;
        text(format_args!("{path}/resolved/name"), place.resolved.as_ref().map(|resolved| resolved.name.as_str()))?;
    }
    for (index, line) in incident.substances.iter().enumerate() {
        let path = |field| Pointer("substances", index, field);
        text(path("name"), Some(&line.name))?;
        text(path("form"), line.form.as_deref())?;
        text(path("register"), line.register.as_deref())?;
        text(path("lab_profile"), line.lab_profile.as_deref())?;
        text(path("logo"), line.logo.as_deref())?;
        if let Some(quantity) = &line.quantity {
            text(path("quantity/amount"), Some(&quantity.amount))?;
            text(path("quantity/unit"), quantity.unit.as_deref())?;
            text(path("quantity/derived/rule"), quantity.derived.as_ref().map(|d| d.rule.as_str()))?;
        }
    }
    for (index, party) in incident.parties.iter().enumerate() {
        let path = |field| Pointer("parties", index, field);
        text(path("name"), Some(&party.name))?;
        text(path("address"), party.address.as_deref())?;
        text(path("phone"), party.phone.as_deref())?;
        text(path("email"), party.email.as_deref())?;
        text(path("id_number"), party.id_number.as_deref())?;
    }
    for (index, leg) in incident.route.iter().enumerate() {
        text(Pointer("route", index, "carrier"), leg.carrier.as_deref())?;
    }
    for (index, identifier) in incident.identifiers.iter().enumerate() {
        text(Pointer("identifiers", index, "value"), Some(&identifier.value))?;
        text(Pointer("identifiers", index, "normal"), identifier.normal.as_deref())?;
        text(Pointer("identifiers", index, "reason"), identifier.reason.as_deref())?;
    }
    if let Some(goods) = &incident.goods {
        text("/goods/description", goods.description.as_deref())?;
        text("/goods/hs_code", goods.hs_code.as_deref())?;
        text("/goods/currency", goods.currency.as_deref())?;
    }
    if let Some(packaging) = &incident.packaging {
        text("/packaging/kind", packaging.kind.as_deref())?;
        text("/packaging/marks", packaging.marks.as_deref())?;
        text("/packaging/logo", packaging.logo.as_deref())?;
    }
    if let Some(concealment) = &incident.concealment {
        text("/concealment/place", concealment.place.as_deref())?;
        text("/concealment/code", concealment.code.as_deref())?;
        text("/concealment/description", concealment.description.as_deref())?;
    }
    if let Some(detection) = &incident.detection {
        text("/detection/reason", detection.reason.as_deref())?;
        text("/detection/technique", detection.technique.as_deref())?;
    }
    Ok(())
}

fn text(path: impl fmt::Display, text: Option<&str>) -> Result<(), Finding> {
    text_up_to(path, text, MAX_TEXT)
}

/// `path` is put into words only where something is wrong.
pub(crate) fn text_up_to(path: impl fmt::Display, text: Option<&str>, most: usize) -> Result<(), Finding> {
    let Some(text) = text else { return Ok(()) };
    if text.trim_start().is_empty() {
        return Err(finding(path, "a blank text", "a text, or the field left out"));
    }
    // Bytes bound characters, so the count is needed only for long texts.
    if text.len() > most && text.chars().count() > most {
        return Err(finding(path, format!("{} characters", text.chars().count()), format!("at most {most}")));
    }
    Ok(())
}

fn numbers(incident: &Incident) -> Result<(), Finding> {
    let within = |path: &dyn fmt::Display, value: Option<f64>, low: f64, high: f64| match value {
        Some(value) if !(low..=high).contains(&value) => {
            Err(finding(path, value.to_string(), format!("a number from {low} to {high}")))
        }
        _ => Ok(()),
    };
    for (path, place) in places(incident) {
        within(&format_args!("{path}/coordinates/latitude"), place.coordinates.map(|c| c.latitude), -90.0, 90.0)?;
        within(&format_args!("{path}/coordinates/longitude"), place.coordinates.map(|c| c.longitude), -180.0, 180.0)?;
    }
    for (index, line) in incident.substances.iter().enumerate() {
        within(&Pointer("substances", index, "purity_percent"), line.purity_percent, 0.0, 100.0)?;
        let derived = line.quantity.as_ref().and_then(|q| q.derived.as_ref()).map(|d| d.value);
        within(&Pointer("substances", index, "quantity/derived/value"), derived, 0.0, 1e15)?;
    }
    if let Some(goods) = &incident.goods {
        within(&"/goods/declared_value", goods.declared_value, 0.0, 1e15)?;
        within(&"/goods/declared_weight_kg", goods.declared_weight_kg, 0.0, 1e12)?;
    }
    within(&"/evaluation/information", incident.evaluation.map(|e| f64::from(e.information)), 1.0, 4.0)
}

fn warnings(incident: &Incident) -> Checked {
    let mut warnings = Vec::new();
    for (index, identifier) in incident.identifiers.iter().enumerate() {
        let expected = match identifier.validity {
            Some(Validity::BadCheckDigit) => "a check digit that fits; posted as written",
            Some(Validity::UnknownFormat) => "the format of its kind; posted as written",
            _ => continue,
        };
        let found = format!("{} {:?}", identifier.kind, identifier.value);
        warnings.push(finding(format_args!("/identifiers/{index}"), found, expected));
    }
    for (path, place) in places(incident) {
        if place.country.is_none() {
            let found = place.country_reported.as_deref().map_or("no country".to_owned(), |text| format!("{text:?}"));
            warnings.push(finding(format_args!("{path}/country"), found, "a country; kept as written"));
        }
        if let (Some(country), Some(locode)) = (place.country, place.locode)
            && locode.country() != country
        {
            warnings.push(finding(format_args!("{path}/locode"), locode.to_string(), format!("a place in {country}")));
        }
        if let (Some(country), Some(at)) = (place.country, place.coordinates)
            && boundary::is_elsewhere(at, country)
        {
            let found = format!("{}, {}", at.latitude, at.longitude);
            warnings.push(finding(format_args!("{path}/coordinates"), found, format!("a position in {country}")));
        }
    }
    for (index, line) in incident.substances.iter().enumerate() {
        let path = |field| Pointer("substances", index, field);
        if line.family.is_none() {
            warnings.push(finding(path("name"), format!("{:?}", line.name), "a name in the substance register; kept"));
        }
        match &line.quantity {
            None => warnings.push(finding(path("quantity"), "none", "an amount and a unit")),
            Some(quantity) if quantity.derived.is_none() => {
                let found = format!("{:?}", quantity.to_string());
                let expected = match unit::read_amount(&quantity.amount) {
                    Some(_) => "a known unit",
                    None => unit::why_unreadable(&quantity.amount),
                };
                warnings.push(finding(path("quantity"), found, format!("{expected}; kept as written")));
            }
            Some(_) => {}
        }
    }
    if let Some(code) = incident.concealment.as_ref().and_then(|concealment| concealment.code.as_deref())
        && !code_table::table("concealment").is_some_and(|table| table.has(code))
    {
        warnings.push(finding("/concealment/code", format!("{code:?}"), "a code of schemas/codes/concealment.toml"));
    }
    let today = incident.reported_at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    // A day of grace: it is already tomorrow somewhere.
    if incident.occurred_at.first_day() > today.tomorrow().unwrap_or(today) {
        warnings.push(finding("/occurred_at", incident.occurred_at.to_string(), format!("a time up to {today}")));
    }
    warnings.extend(route_backwards(incident));
    warnings
}

/// A leg whose latest date lies before the earliest date of the leg before it.
fn route_backwards(incident: &Incident) -> Option<Finding> {
    let dated: Vec<(usize, &OccurredAt)> =
        incident.route.iter().enumerate().filter_map(|(index, leg)| Some((index, leg.date.as_ref()?))).collect();
    let backwards = dated.windows(2).find(|pair| pair[1].1.last_day() < pair[0].1.first_day())?;
    let expected = format!("a date from {} on, when the leg before it was", backwards[0].1);
    Some(finding(format_args!("/route/{}/date", backwards[1].0), backwards[1].1.to_string(), expected))
}

fn places(incident: &Incident) -> impl Iterator<Item = (PlacePointer, &super::Place)> {
    let leg = |leg| PlacePointer { leg };
    let legs = incident.route.iter().enumerate().map(move |(index, one)| (leg(Some(index)), &one.place));
    std::iter::once((leg(None), &incident.place)).chain(legs)
}

pub(crate) fn finding(field: impl fmt::Display, found: impl Into<String>, expected: impl Into<String>) -> Finding {
    Finding { field: field.to_string(), found: found.into(), expected: expected.into() }
}
