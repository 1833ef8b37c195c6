use serde_json::json;

use super::*;
use crate::engine::tests_support::incident;

fn engine() -> Engine {
    let report = |day: &str, parties: serde_json::Value, kg: &str| {
        json!({
            "kind": "seizure", "occurred_at": day, "place": {"country": "NL"}, "parties": parties,
            "substances": [{"name": "ketamine", "quantity": {"amount": kg, "unit": "kg"}}],
        })
    };
    let reports = [
        report(
            "2026-01-10",
            json!([
                {"role": "consignor", "name": "Sunrise Trading Co., Ltd.", "country": "HK",
                 "address": "14 Wing Lok Street, Sheung Wan", "phone": "+852 2345 6789"},
                {"role": "consignee", "name": "Kestrel Works B.V.", "country": "NL"},
            ]),
            "2",
        ),
        report(
            "2026-02-10",
            json!([
                {"role": "consignor", "name": "SUNRISE TRDG LTD", "country": "HK",
                 "address": "14 Wing Lok St., Sheung Wan", "standing": "suspect"},
                {"role": "consignee", "name": "KESTREL WORKS BV", "country": "NL", "standing": "misused-identity"},
            ]),
            "3.5",
        ),
        report(
            "2026-03-01",
            json!([
                {"role": "consignee", "name": "Sunrise Trading Co., Ltd.", "country": "HK",
                 "address": "14 Wing Lok Street, Sheung Wan", "standing": "suspect"},
                {"role": "carrier", "name": "Osprey Lines"},
            ]),
            "1",
        ),
        report("2026-03-02", json!([{"role": "consignor", "name": "Sunrise Trading", "country": "BR"}]), "9"),
    ];
    let mut engine = Engine::default();
    for (number, report) in (1..).zip(reports) {
        let report = incident(number, 1, "nl-customs", report);
        engine.apply(report.clone(), &report.to_bytes()).unwrap();
    }
    engine
}

fn ask(engine: &mut Engine, name: &str) -> Result<Entity, QuestionError> {
    engine.entity(&EntityQuery { name: name.to_owned(), country: None, limit: 20 })
}

#[test]
fn one_party_under_all_its_spellings() {
    let entity = ask(&mut engine(), "Sunrise Trading").unwrap();
    assert_eq!((entity.incident_count, entity.misused_count), (3, 0));
    assert_eq!((entity.first_day.as_str(), entity.last_day.as_str()), ("2026-01-10", "2026-03-01"));
    let written: Vec<(&str, usize)> =
        entity.spellings.iter().map(|spelling| (spelling.written.as_str(), spelling.count)).collect();
    assert_eq!(written, [("Sunrise Trading Co., Ltd.", 2), ("SUNRISE TRDG LTD", 1)]);
    assert!(entity.one_party > 0.99, "{:?}", entity.spellings);
    // One name in another country is somebody else, until more speaks for it.
    let [other] = &entity.others[..] else { panic!("{:?}", entity.others) };
    assert_eq!((other.written.as_str(), other.count), ("Sunrise Trading", 1));
    assert!(other.probability < 0.5, "{other:?}");
    let standings: Vec<(Standing, usize)> =
        entity.standings.iter().map(|standing| (standing.standing, standing.count)).collect();
    assert_eq!(standings, [(Standing::NamedOnDocument, 1), (Standing::Suspect, 2)]);
    let roles: Vec<(PartyRole, usize)> = entity.roles.iter().map(|role| (role.role, role.count)).collect();
    assert_eq!(roles, [(PartyRole::Consignor, 2), (PartyRole::Consignee, 1)]);
    assert_eq!((entity.contacts.len(), entity.countries.len()), (1, 1));
    let [substance] = &entity.substances[..] else { panic!("{:?}", entity.substances) };
    assert_eq!((substance.name.as_str(), substance.count, substance.kilograms), ("Ketamine", 3, Some(6.5)));
    let others: Vec<(&str, bool)> =
        entity.counterparties.iter().map(|party| (party.name.as_str(), party.is_misused)).collect();
    assert!(others.contains(&("Osprey Lines", false)) && others.contains(&("KESTREL WORKS BV", true)), "{others:?}");
    assert_eq!(entity.incidents.len(), 3);
}

#[test]
fn a_misused_name_is_marked() {
    let entity = ask(&mut engine(), "Kestrel Works").unwrap();
    assert_eq!((entity.incident_count, entity.misused_count), (2, 1));
    assert_eq!(entity.standings.last().unwrap().standing, Standing::MisusedIdentity);
}

#[test]
fn a_country_tells_namesakes_apart() {
    let mut engine = engine();
    let country = CountryCode::from_alpha2("BR");
    let query = EntityQuery { name: "Sunrise Trading".to_owned(), country, limit: 20 };
    let entity = engine.entity(&query).unwrap();
    assert_eq!((entity.incident_count, entity.name.as_str()), (1, "Sunrise Trading"));
    assert_eq!(entity.spellings[0].words, "named once");
}

#[test]
fn nobody_is_not_found() {
    let mut engine = engine();
    assert!(matches!(ask(&mut engine, "Zebra Foods"), Err(QuestionError::NotFound(_))));
    assert!(matches!(ask(&mut engine, "N/A"), Err(QuestionError::Refused(_))));
}
