//! `csv`: one incident a row, with named columns, as customs keep them in spreadsheets.

use std::io::BufRead;

use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::{Draft, IdentifierKind, LegRole};
use backtrail_bus::unit;
use serde_json::{Map, Value, json};

use super::table::{self, Cells, Columns};
use super::{Refusal, Rows};

/// Every column that is read, in any order; only `occurred_at` and `substance` are needed.
pub(crate) const COLUMNS: &[&str] = &[
    "kind",
    "occurred_at",
    "country",
    "locode",
    "place",
    "division",
    "substance",
    "amount",
    "unit",
    "form",
    "purity_percent",
    "circles",
    "own_reference",
    "consignor_name",
    "consignor_address",
    "consignor_country",
    "consignee_name",
    "consignee_address",
    "consignee_country",
    "container",
    "air_waybill",
    "bill_of_lading",
    "postal_item",
    "courier_tracking",
    "invoice",
    "seal",
    "phone",
    "email",
    "origin_country",
    "departure_country",
    "departure_locode",
    "transit_country",
    "transit_locode",
    "destination_country",
    "destination_locode",
    "mode",
    "goods_description",
    "concealment",
    "detection",
    "narrative",
    "handling",
];

const IDENTIFIERS: [IdentifierKind; 9] = [
    IdentifierKind::Container,
    IdentifierKind::AirWaybill,
    IdentifierKind::BillOfLading,
    IdentifierKind::PostalItem,
    IdentifierKind::CourierTracking,
    IdentifierKind::Invoice,
    IdentifierKind::Seal,
    IdentifierKind::Phone,
    IdentifierKind::Email,
];

pub(super) fn open(reader: Box<dyn BufRead>) -> anyhow::Result<Rows> {
    let columns =
        Columns { names: COLUMNS, required: &["occurred_at", "substance"], to_draft, to_codes: |_| Vec::new() };
    table::open(reader, columns, None)
}

fn to_draft(cells: &Cells<'_>) -> Result<Draft, Refusal> {
    let cell = |name: &str| {
        let column = COLUMNS.iter().position(|known| *known == name).expect("a column of the list");
        cells.raw(column).map(str::trim)
    };
    let required = |name: &str| cell(name).ok_or_else(|| Refusal::new(name, "a blank cell", "a value"));
    let mut fields = Map::new();
    fields.insert("kind".into(), json!(cell("kind").unwrap_or("seizure").to_lowercase()));
    fields.insert("occurred_at".into(), json!(required("occurred_at")?));
    let place = place(cell("country"), cell("locode"), cell("place"), cell("division"));
    fields.insert(
        "place".into(),
        place.ok_or_else(|| Refusal::new("country", "no place", "a country, a locode or a place"))?,
    );
    let mut line = Map::from_iter([("name".to_owned(), json!(required("substance")?))]);
    insert(&mut line, "form", cell("form"));
    if let Some(purity) = cell("purity_percent") {
        line.insert("purity_percent".into(), json!(number("purity_percent", purity)?));
    }
    if let Some(amount) = cell("amount") {
        if unit::read_amount(amount).is_none() {
            return Err(Refusal::new("amount", format!("{amount:?}"), unit::why_unreadable(amount)));
        }
        let mut quantity = Map::from_iter([("amount".to_owned(), json!(amount))]);
        insert(&mut quantity, "unit", cell("unit"));
        line.insert("quantity".into(), quantity.into());
    }
    fields.insert("substances".into(), json!([line]));
    fields.insert("parties".into(), parties(&cell).into());
    let identifiers = IDENTIFIERS.iter().filter_map(|kind| {
        let value = cell(&kind.code().replace('-', "_"))?;
        Some(json!({ "kind": kind, "value": value }))
    });
    fields.insert("identifiers".into(), identifiers.collect());
    fields.insert("route".into(), route(&cell).into());
    insert(&mut fields, "own_reference", cell("own_reference"));
    insert(&mut fields, "narrative", cell("narrative"));
    nested(&mut fields, "goods", "description", cell("goods_description"));
    nested(&mut fields, "concealment", "place", cell("concealment"));
    nested(&mut fields, "detection", "technique", cell("detection"));
    let words = |text: &str| {
        text.split([';', ' ', ',']).filter(|word| !word.is_empty()).map(|word| json!(word)).collect::<Value>()
    };
    if let Some(handling) = cell("handling") {
        fields.insert("handling".into(), words(handling));
    }
    if let Some(circles) = cell("circles") {
        fields.insert("circles".into(), words(circles));
    }
    Draft::from_value(fields.into()).map_err(Refusal::from)
}

fn parties<'a>(cell: &impl Fn(&str) -> Option<&'a str>) -> Vec<Value> {
    let party = |role: &str| {
        let mut party = Map::from_iter([("role".to_owned(), json!(role))]);
        insert(&mut party, "name", Some(cell(&format!("{role}_name"))?));
        insert(&mut party, "address", cell(&format!("{role}_address")));
        let country = cell(&format!("{role}_country"));
        match country.map(CountryCode::named) {
            Some(Some(country)) => insert(&mut party, "country", Some(country.as_str())),
            // A party has no field for a country that is no country; it is part of the address as written.
            Some(None) => {
                let address = [cell(&format!("{role}_address")), country].into_iter().flatten().collect::<Vec<_>>();
                insert(&mut party, "address", Some(&address.join(", ")));
            }
            None => {}
        }
        Some(party.into())
    };
    ["consignor", "consignee"].into_iter().filter_map(party).collect()
}

fn route<'a>(cell: &impl Fn(&str) -> Option<&'a str>) -> Vec<Value> {
    let legs = [
        (LegRole::Origin, "origin"),
        (LegRole::Departure, "departure"),
        (LegRole::Transit, "transit"),
        (LegRole::Destination, "destination"),
    ];
    let mut legs: Vec<Value> = legs
        .into_iter()
        .filter_map(|(role, name)| {
            let locode = if role == LegRole::Origin { None } else { cell(&format!("{name}_locode")) };
            let place = place(cell(&format!("{name}_country")), locode, None, None)?;
            Some(json!({ "role": role, "place": place }))
        })
        .collect();
    if let Some(mode) = cell("mode") {
        match legs.iter_mut().find(|leg| leg["role"] != "origin") {
            Some(leg) => leg["mode"] = json!(mode.to_lowercase()),
            // Without a leg, the mode is that of the arrival at the place itself.
            None => legs.extend(
                place(cell("country"), cell("locode"), cell("place"), None)
                    .map(|place| json!({ "role": "destination", "place": place, "mode": mode.to_lowercase() })),
            ),
        }
    }
    legs
}

fn place(country: Option<&str>, locode: Option<&str>, name: Option<&str>, division: Option<&str>) -> Option<Value> {
    let mut place = Map::new();
    match country.map(|text| (CountryCode::named(text), text)) {
        Some((Some(code), _)) => insert(&mut place, "country", Some(code.as_str())),
        Some((None, text)) => insert(&mut place, "country_reported", Some(text)),
        None => {}
    }
    insert(&mut place, "locode", locode.map(|text| text.replace(' ', "").to_uppercase()).as_deref());
    insert(&mut place, "name", name);
    insert(&mut place, "division", division);
    (!place.is_empty()).then(|| place.into())
}

fn number(column: &str, text: &str) -> Result<f64, Refusal> {
    let expected = "a number that is not negative, such as 490 or 2.5";
    unit::parse_amount(text).ok_or_else(|| Refusal::new(column, format!("{text:?}"), expected))
}

fn insert(fields: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        fields.insert(name.to_owned(), text.into());
    }
}

fn nested(fields: &mut Map<String, Value>, name: &str, inner: &str, text: Option<&str>) {
    if let Some(text) = text {
        fields.insert(name.to_owned(), json!({ inner: text }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Row;
    use super::*;

    fn rows(text: &'static str) -> Vec<Row> {
        open(Box::new(text.as_bytes())).unwrap().rows.map(Result::unwrap).collect()
    }

    #[test]
    fn a_row_becomes_a_draft() {
        let text = "\u{feff}occurred_at;country;substance;amount;unit;consignor_name;container;departure_country;mode\n\
                    2026-03-04;netherlands;Ketamine HCl;2,5;kg;Lotus Ltd;MSKU6011672;China;sea\n";
        let draft = rows(text).remove(0).content.unwrap();
        let expected = json!({
            "kind": "seizure", "occurred_at": "2026-03-04", "place": {"country": "NL"},
            "substances": [{"name": "Ketamine HCl", "quantity": {"amount": "2,5", "unit": "kg"}}],
            "parties": [{"role": "consignor", "name": "Lotus Ltd"}],
            "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
            "route": [{"role": "departure", "place": {"country": "CN"}, "mode": "sea"}],
        });
        assert_eq!(draft.to_value(), expected);
    }

    #[test]
    fn refusals_name_the_column() {
        fn check(text: &'static str, expected: &str) {
            assert_eq!(rows(text).remove(0).content.unwrap_err().to_string(), expected);
        }
        check("occurred_at,substance,country\n2026,,NL\n", "substance: found a blank cell, expected a value");
        check(
            "occurred_at,substance,country,amount\n2026,x,NL,some\n",
            "amount: found \"some\", expected a number, a range such as 10-12, or either after \"approx.\"",
        );
        check("occurred_at,substance,country\n2026,x\n", "found 2 cells, expected 3, as in the header");
    }

    #[test]
    fn an_unknown_column_is_an_error_before_any_row() {
        let error = open(Box::new(&b"occurred_at,substance,weather\n"[..])).err().unwrap().to_string();
        assert!(error.starts_with("found a column called \"weather\", expected these: kind, occurred_at"), "{error}");
    }
}
