//! `unodc-ids`: individual drug seizures as UNODC publishes them, one a row, separated by semicolons.
//!
//! The file is vague: unknown countries, odd units, blank cells. Vagueness refuses nothing. What has a field of its
//! own goes there as written, everything else into the narrative.

use std::io::BufRead;

use backtrail_bus::incident::{Draft, LegRole, OccurredAt};
use backtrail_bus::unit;
use serde_json::{Map, Value, json};

use super::table::{self, Cells, Columns};
use super::{Coded, Refusal, Rows, unodc_codes};

/// The file's columns, in the order in which [`Column`] numbers them.
const COLUMNS: &[&str] = &[
    "REGION",
    "SUBREGION",
    "COUNTRY",
    "ADMINISTRATIVE_DIVISION",
    "PLACE",
    "SEIZURE_DATE",
    "DRUG_NAME",
    "AMOUNT",
    "DRUG_UNIT",
    "HIDING_PLACE",
    "INSTALLATION",
    "TRANSPORT",
    "PRODUCING_COUNTRY",
    "DEPARTURE_COUNTRY",
    "DESTINATION_COUNTRY",
    "ROUTING",
];

#[derive(Clone, Copy)]
enum Column {
    Region,
    Subregion,
    Country,
    Division,
    Place,
    Date,
    Drug,
    Amount,
    Unit,
    HidingPlace,
    Installation,
    Transport,
    Producing,
    Departure,
    Destination,
    Routing,
}

/// What the file writes where nothing is known.
const UNKNOWN: &str = "Unknown";

pub(super) fn open(reader: Box<dyn BufRead>) -> anyhow::Result<Rows> {
    let columns = Columns { names: COLUMNS, required: COLUMNS, to_draft, to_codes };
    table::open(reader, columns, Some(b';'))
}

fn to_codes(cells: &Cells<'_>) -> Vec<Coded> {
    let coded = |column, cell: Column, code: fn(&str) -> &'static str| {
        let text = cells.raw(cell as usize)?.trim();
        Some(Coded { column, text: text.to_owned(), code: code(text) })
    };
    let columns = [
        coded("hiding_places", Column::HidingPlace, unodc_codes::hiding_place),
        coded("installations", Column::Installation, unodc_codes::installation),
        coded("transports", Column::Transport, unodc_codes::transport),
        coded("routings", Column::Routing, unodc_codes::routing),
    ];
    columns.into_iter().flatten().collect()
}

fn to_draft(cells: &Cells<'_>) -> Result<Draft, Refusal> {
    let cell = |column: Column| cells.raw(column as usize);
    let date = cell(Column::Date).map(str::trim).unwrap_or_default();
    date.parse::<OccurredAt>()
        .map_err(|_| Refusal::new("SEIZURE_DATE", format!("{date:?}"), "a date such as 2012-03-01"))?;
    let mut remarks = Vec::new();
    let mut fields = Map::from_iter([
        ("kind".to_owned(), json!("seizure")),
        ("occurred_at".to_owned(), json!(date)),
        ("place".to_owned(), place(&cell, &mut remarks)),
        ("substances".to_owned(), json!([substance(&cell, &mut remarks)])),
        ("route".to_owned(), route(&cell, &mut remarks).into()),
    ]);
    if let Some(hiding_place) = cell(Column::HidingPlace) {
        fields.insert(
            "concealment".into(),
            json!({ "place": hiding_place, "code": unodc_codes::hiding_place(hiding_place) }),
        );
    }
    if let Some(routing) = cell(Column::Routing) {
        remarks.push(format!("Routing: {routing}"));
    }
    if !remarks.is_empty() {
        fields.insert("narrative".into(), json!(remarks.join("\n")));
    }
    Draft::from_value(fields.into()).map_err(Refusal::from)
}

fn place<'a>(cell: &impl Fn(Column) -> Option<&'a str>, remarks: &mut Vec<String>) -> Value {
    let mut place = match cell(Column::Country) {
        Some(text) => country(text),
        // A row without a country still has its region.
        None => {
            let region = cell(Column::Subregion).or(cell(Column::Region)).unwrap_or(UNKNOWN);
            Map::from_iter([("country_reported".to_owned(), json!(region))])
        }
    };
    for (column, field) in [(Column::Place, "name"), (Column::Division, "division")] {
        if let Some(text) = cell(column) {
            place.insert(field.to_owned(), json!(text));
        }
    }
    if let Some(installation) = cell(Column::Installation) {
        place.insert("kind".to_owned(), json!(unodc_codes::installation(installation)));
        // A kind of place says less than "Archaeological Site", and nothing of "Village".
        remarks.push(format!("Installation: {installation}"));
    }
    place.into()
}

fn substance<'a>(cell: &impl Fn(Column) -> Option<&'a str>, remarks: &mut Vec<String>) -> Value {
    let mut line = json!({ "name": cell(Column::Drug).unwrap_or("not stated") });
    match (cell(Column::Amount), cell(Column::Unit)) {
        (Some(amount), unit) if unit::read_amount(amount).is_some() => {
            let mut quantity = json!({ "amount": amount });
            if let Some(unit) = unit {
                quantity["unit"] = json!(unit);
            }
            line["quantity"] = quantity;
        }
        (amount, unit) => {
            remarks.extend(amount.map(|amount| format!("Amount: {amount}")));
            remarks.extend(unit.map(|unit| format!("Unit: {unit}")));
        }
    }
    line
}

fn route<'a>(cell: &impl Fn(Column) -> Option<&'a str>, remarks: &mut Vec<String>) -> Vec<Value> {
    let columns = [
        (Column::Producing, LegRole::Origin),
        (Column::Departure, LegRole::Departure),
        (Column::Destination, LegRole::Destination),
    ];
    let known = columns.into_iter().filter_map(|(column, role)| Some((role, cell(column)?)));
    let known = known.filter(|(_, text)| text.trim() != UNKNOWN);
    let mut legs: Vec<Value> = known.map(|(role, text)| json!({ "role": role, "place": country(text) })).collect();
    if let Some(transport) = cell(Column::Transport) {
        if let Some(leg) = legs.iter_mut().find(|leg| leg["role"] != "origin") {
            leg["mode"] = json!(unodc_codes::transport(transport));
        }
        // Private and commercial are one mode, so the words are kept.
        remarks.push(format!("Transport: {transport}"));
    }
    legs
}

/// The country as written; what it means is derived beside it.
fn country(text: &str) -> Map<String, Value> {
    Map::from_iter([("country_reported".to_owned(), json!(text))])
}

#[cfg(test)]
mod tests {
    use super::super::Row;
    use super::*;

    const HEADER: &str = "REGION;SUBREGION;COUNTRY;ADMINISTRATIVE_DIVISION;PLACE;SEIZURE_DATE;DRUG_NAME;AMOUNT;\
        DRUG_UNIT;HIDING_PLACE;INSTALLATION;TRANSPORT;PRODUCING_COUNTRY;DEPARTURE_COUNTRY;DESTINATION_COUNTRY;ROUTING\n";

    fn row(line: &str) -> Row {
        let text = format!("{HEADER}{line}\n").into_bytes();
        open(Box::new(std::io::Cursor::new(text))).unwrap().rows.next().unwrap().unwrap()
    }

    #[test]
    fn nothing_reported_is_lost() {
        let line = "Africa;East Africa;Mauritius;;GRAND PORT;2011-03-30;Buprenorphine;9884.0;Tablet;Other;Airport;\
                    Commercial air;Other;France;Mauritius;Border - inbound";
        let draft = row(line).content.unwrap().to_value();
        let expected = json!({
            "kind": "seizure", "occurred_at": "2011-03-30",
            "place": {"country_reported": "Mauritius", "name": "GRAND PORT", "kind": "airport"},
            "substances": [{"name": "Buprenorphine", "quantity": {"amount": "9884.0", "unit": "Tablet"}}],
            "route": [
                {"role": "origin", "place": {"country_reported": "Other"}},
                {"role": "departure", "place": {"country_reported": "France"}, "mode": "air"},
                {"role": "destination", "place": {"country_reported": "Mauritius"}},
            ],
            "concealment": {"place": "Other", "code": "other"},
            "narrative": "Installation: Airport\nTransport: Commercial air\nRouting: Border - inbound",
        });
        assert_eq!(draft, expected);
    }

    #[test]
    fn a_row_of_blanks_is_still_a_seizure() {
        let draft = row(";;;;;2012-01-01;;;;;;None;Unknown;;;").content.unwrap().to_value();
        assert_eq!(draft["substances"], json!([{"name": "not stated"}]));
        assert_eq!(draft["place"], json!({"country_reported": "Unknown"}));
        assert_eq!(draft["narrative"], "Transport: None");
    }

    #[test]
    fn only_a_date_is_needed() {
        let refusal = row(";;Spain;;;soon;Cocaine;1;Kilogram;;;;;;;").content.unwrap_err();
        assert_eq!(refusal.to_string(), "SEIZURE_DATE: found \"soon\", expected a date such as 2012-03-01");
    }
}
