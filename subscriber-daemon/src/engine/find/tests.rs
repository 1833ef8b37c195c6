use backtrail_bus::agency::{AgencyId, CircleId};
use backtrail_bus::country::CountryCode;
use backtrail_bus::exercise::{Settings, generate};
use backtrail_bus::incident::{Coordinates, HandlingCode, IncidentKind, PartyRole, TransportMode};
use backtrail_bus::query::{Near, RouteWanted};
use backtrail_bus::token::Token;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::engine::tests_support::incident;

/// Four reports of different sorts.
fn reports() -> [(&'static str, Value); 5] {
    [
        (
            "nl-customs",
            json!({
                "own_reference": "A-1", "kind": "seizure", "occurred_at": "2026-01-10",
                "place": {"locode": "NLRTM", "country": "NL"},
                "substances": [
                    {"name": "ketamine", "quantity": {"amount": "2.4", "unit": "kg"}},
                    {"name": "cocaine", "quantity": {"amount": "300", "unit": "kg"}},
                ],
                "parties": [
                    {"role": "consignor", "name": "Lotus Harbour Co., Ltd.", "country": "HK"},
                    {"role": "consignee", "name": "Kestrel Works B.V.", "country": "NL", "standing": "misused-identity"},
                ],
                "route": [
                    {"role": "departure", "place": {"country": "CN"}, "mode": "sea"},
                    {"role": "transit", "place": {"country": "AE"}},
                    {"role": "destination", "place": {"country": "NL"}},
                ],
                "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
                "handling": ["H1"],
                "narrative": "Hidden behind a false wall in the reefer unit; the seal was replaced.",
            }),
        ),
        (
            "be-police",
            json!({
                "own_reference": "A-2", "kind": "suspicious-shipment", "occurred_at": "2026-02-01",
                "place": {"locode": "BEANR", "country": "BE"},
                "substances": [{"name": "BMK methyl glycidate", "quantity": {"amount": "1150", "unit": "kg"}}],
                "parties": [{"role": "notify-party", "name": "LOTUS HARBOR CO LTD"}],
                "route": [{"role": "origin", "place": {"country": "CN"}}, {"role": "destination", "place": {"country": "US"}}],
                "goods": {"description": "paint filler"},
            }),
        ),
        (
            "nl-customs",
            json!({
                "own_reference": "A-3", "kind": "seizure", "occurred_at": "2026-02",
                "place": {"country": "NL"},
                "substances": [{"name": "amphetamine", "quantity": {"amount": "40", "unit": "l"}}],
                "parties": [{"role": "carrier", "name": "Osprey Lines", "country": "DK", "standing": "verified"}],
            }),
        ),
        (
            "us-cbp",
            json!({
                "own_reference": "A-4", "kind": "seizure", "occurred_at": "2026-03-05",
                "place": {"country": "US", "coordinates": {"latitude": 40.7, "longitude": -74.0}},
                "substances": [{"name": "fentanyl", "quantity": {"amount": "120", "unit": "g"}}],
                "route": [{"role": "destination", "place": {"country": "US"}, "mode": "mail"}],
                "narrative": "Parcel with a false wall.",
            }),
        ),
        (
            "us-cbp",
            json!({
                "own_reference": "A-5", "kind": "seizure", "occurred_at": "2026-03-06",
                "place": {"country": "US"}, "substances": [{"name": "fentanyl"}],
                "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
            }),
        ),
    ]
}

fn engine() -> Engine {
    let mut engine = Engine::default();
    for (number, (agency, report)) in (1..).zip(reports()) {
        let mut report = incident(number, 1, agency, report);
        engine.apply(report.clone(), &report.to_bytes()).unwrap();
        let circle = CircleId::new(if number == 4 { "opioids" } else { "all" }).unwrap();
        engine.posted_to(report.incident_id, &circle);
        // The last one is taken back.
        if number == 5 {
            report.revision = 2;
            report.retracted = Some(backtrail_bus::incident::Retraction { reason: "a mistake".to_owned() });
            engine.apply(report.clone(), &report.to_bytes()).unwrap();
        }
    }
    engine
}

fn references(answer: &FindAnswer) -> Vec<&str> {
    answer.incidents.iter().filter_map(|found| found.incident.own_reference.as_deref()).collect()
}

fn country(code: &str) -> Option<CountryCode> {
    CountryCode::from_alpha2(code)
}

#[test]
fn every_condition_must_hold() {
    let mut engine = engine();
    let mut check = |query: FindQuery, expected: &[&str]| {
        let answer = engine.find_all(&FindQuery { limit: 10, ..query.clone() }).unwrap();
        assert_eq!((references(&answer).as_slice(), answer.total), (expected, expected.len()), "{query:?}");
    };
    let any = FindQuery::default;
    check(any(), &["A-4", "A-3", "A-2", "A-1"]);
    check(FindQuery { retracted: true, ..any() }, &["A-5", "A-4", "A-3", "A-2", "A-1"]);
    let container = || FindQuery { identifier: Some((IdentifierKind::Container, "msku 601167-2".to_owned())), ..any() };
    check(container(), &["A-1"]);
    check(FindQuery { retracted: true, ..container() }, &["A-5", "A-1"]);
    check(FindQuery { country: country("NL"), ..any() }, &["A-3", "A-1"]);
    check(FindQuery { kind: Some(IncidentKind::SuspiciousShipment), ..any() }, &["A-2"]);
    check(FindQuery { originator: Some(AgencyId::new("nl-customs").unwrap()), ..any() }, &["A-3", "A-1"]);
    check(FindQuery { originator: Some(AgencyId::new("fr-douane").unwrap()), ..any() }, &[]);
    check(FindQuery { mode: Some(TransportMode::Mail), ..any() }, &["A-4"]);
    check(FindQuery { handling: Some(HandlingCode::H1), ..any() }, &["A-1"]);
    check(FindQuery { handling: Some(HandlingCode::H0), ..any() }, &[]);
    check(FindQuery { circle: Some(CircleId::new("opioids").unwrap()), ..any() }, &["A-4"]);
    check(FindQuery { circle: Some(CircleId::new("other").unwrap()), ..any() }, &[]);
    check(FindQuery { since: "2026-02-20".parse().ok(), ..any() }, &["A-4", "A-3"]);
    check(FindQuery { until: "2026-02-01".parse().ok(), ..any() }, &["A-3", "A-2", "A-1"]);
    check(FindQuery { place: "NLRTM".parse().ok(), ..any() }, &["A-1"]);
}

#[test]
fn substances_are_asked_for_line_by_line() {
    let mut engine = engine();
    let mut check = |query: FindQuery, expected: &[&str]| {
        let answer = engine.find_all(&FindQuery { limit: 10, ..query.clone() }).unwrap();
        assert_eq!(references(&answer), expected, "{query:?}");
    };
    let any = FindQuery::default;
    let token = |text: &str| Some(Token::new(text).unwrap());
    check(FindQuery { substance: token("ketamine"), ..any() }, &["A-1"]);
    check(FindQuery { substance: token("ketamine"), min_kg: Some(2.4), max_kg: Some(2.4), ..any() }, &["A-1"]);
    // Three hundred kilograms are there, but not of this.
    check(FindQuery { substance: token("ketamine"), min_kg: Some(100.0), ..any() }, &[]);
    check(FindQuery { min_kg: Some(100.0), ..any() }, &["A-2", "A-1"]);
    check(FindQuery { max_kg: Some(1.0), ..any() }, &["A-4"]);
    check(FindQuery { substance: token("no-such-entry"), ..any() }, &[]);
    let register = backtrail_bus::substance_register::SubstanceRegister::shipped();
    let amphetamine = register.resolve("amphetamine").family().cloned();
    check(FindQuery { family: amphetamine.clone(), ..any() }, &["A-3"]);
    check(FindQuery { family: amphetamine, with_precursors: true, ..any() }, &["A-3", "A-2"]);
    check(FindQuery { sort: Sort::Quantity, ..any() }, &["A-2", "A-1", "A-4", "A-3"]);
    let sorted = FindQuery { sort: Sort::Quantity, substance: token("fentanyl"), ..any() };
    check(sorted, &["A-4"]);
}

#[test]
fn routes_have_an_order() {
    let mut engine = engine();
    let mut check = |route: &str, expected: &[&str]| {
        let route: RouteWanted = route.parse().unwrap();
        let answer = engine.find_all(&FindQuery { route: Some(route), limit: 10, ..FindQuery::default() }).unwrap();
        assert_eq!(references(&answer), expected, "{route:?}");
    };
    check("CN>NL", &["A-1"]);
    check("NL>CN", &[]);
    check("AE>NL", &["A-1"]);
    check("CN>*", &["A-2", "A-1"]);
    check("*>US", &["A-4", "A-2"]);
    // Where it was found lies before where it was meant to end.
    check("CN>BE", &["A-2"]);
    check("BE>US", &["A-2"]);
    check("US>*", &[]);
    check("*>CN", &[]);
}

#[test]
fn one_party_must_be_all_that_is_asked_of_it() {
    let mut engine = engine();
    let mut check = |query: FindQuery, expected: &[(&str, &str)]| {
        let answer = engine.find_all(&FindQuery { limit: 10, ..query.clone() }).unwrap();
        let found: Vec<(&str, &str)> = references(&answer)
            .into_iter()
            .zip(answer.incidents.iter().filter_map(|found| found.party.as_deref()))
            .collect();
        assert_eq!(found, expected, "{query:?}");
    };
    let lotus = || FindQuery { party: Some("Lotus Harbour Company".to_owned()), ..FindQuery::default() };
    let (one, two) =
        (("A-1", "consignor \"Lotus Harbour Co., Ltd.\""), ("A-2", "notify party \"LOTUS HARBOR CO LTD\""));
    check(lotus(), &[two, one]);
    check(FindQuery { party: Some("Lottus Harbuor".to_owned()), ..lotus() }, &[two, one]);
    check(FindQuery { party_role: Some(PartyRole::Consignor), ..lotus() }, &[one]);
    check(FindQuery { party_role: Some(PartyRole::Consignee), ..lotus() }, &[]);
    check(FindQuery { party_country: country("HK"), ..lotus() }, &[two, one]);
    check(FindQuery { party_country: country("DE"), ..lotus() }, &[two]);
    // Misused is the other party.
    check(FindQuery { party_standing: Some(Standing::MisusedIdentity), ..lotus() }, &[]);
    let misused = FindQuery { party_standing: Some(Standing::MisusedIdentity), ..FindQuery::default() };
    check(misused, &[("A-1", "consignee \"Kestrel Works B.V.\" (misused identity)")]);
    let carrier =
        FindQuery { party_role: Some(PartyRole::Carrier), party_country: country("DK"), ..FindQuery::default() };
    check(carrier, &[("A-3", "carrier \"Osprey Lines\" (verified)")]);
}

#[test]
fn words_are_found_with_slips_and_shown() {
    let mut engine = engine();
    let mut check = |text: &str, expected: &[&str]| {
        let query = FindQuery { text: Some(text.to_owned()), sort: Sort::Relevance, limit: 10, ..FindQuery::default() };
        let answer = engine.find_all(&query).unwrap();
        assert_eq!(references(&answer), expected, "{text:?}");
        answer.incidents.into_iter().filter_map(|found| found.excerpt).collect::<Vec<String>>()
    };
    check("false wall", &["A-4", "A-1"]);
    check("flase walls", &["A-4", "A-1"]);
    let shown = check("replased seal", &["A-1"]);
    assert_eq!(shown, ["... the reefer unit; the seal was replaced."]);
    check("harbour", &["A-1", "A-2"]);
    check("harbor", &["A-2", "A-1"]);
    check("refrig*", &[]);
    check("ree*", &["A-1"]);
    check("paint", &["A-2"]);
    check("false zebra", &[]);
    // Identifiers and references are words too.
    check("msku6011672", &["A-1"]);
    check("MSKU-601167-2 reefer", &["A-1"]);
    check("MSKU6011672 parcel", &[]);
}

#[test]
fn near_is_by_distance() {
    let mut engine = engine();
    let rotterdam = Coordinates { latitude: 51.92, longitude: 4.48 };
    let mut check = |within_km: f64, expected: &[&str]| {
        let near = Some(Near { at: rotterdam, within_km });
        let query = FindQuery { near, sort: Sort::Distance, limit: 10, ..FindQuery::default() };
        let answer = engine.find_all(&query).unwrap();
        assert_eq!(references(&answer), expected, "{within_km}");
        assert!(answer.incidents.iter().all(|found| found.distance_km.unwrap() <= within_km));
    };
    check(20.0, &["A-1"]);
    check(120.0, &["A-1", "A-2"]);
    check(7_000.0, &["A-1", "A-2", "A-4"]);
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let mut engine = engine();
    let mut check = |query: FindQuery, expected: &str| {
        let error = engine.find_all(&query).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should contain {expected:?}");
    };
    let any = FindQuery::default;
    check(FindQuery { sort: Sort::Distance, ..any() }, "no position");
    check(FindQuery { sort: Sort::Relevance, ..any() }, "no text");
    check(FindQuery { min_kg: Some(5.0), max_kg: Some(1.0), ..any() }, "5 to 1 kg");
    check(FindQuery { min_kg: Some(f64::NAN), ..any() }, "NaN kg");
    check(FindQuery { text: Some("- !".to_owned()), ..any() }, "a word of two letters");
    check(FindQuery { text: Some("ab*".to_owned()), ..any() }, "\"ab*\"");
    check(FindQuery { text: Some("one two three four five six seven eight nine".to_owned()), ..any() }, "9 words");
    check(FindQuery { party: Some("Unknown".to_owned()), ..any() }, "a name of somebody");
    check(FindQuery { identifier: Some((IdentifierKind::Invoice, "1".to_owned())), ..any() }, "four signs");
    check(FindQuery { cursor: Some("xyz".to_owned()), ..any() }, "the cursor \"xyz\"");
    check(FindQuery { with_precursors: true, ..any() }, "no family");
    // An error is never as long as what was asked.
    let long = FindQuery { cursor: Some("x".repeat(100_000)), ..any() };
    assert!(engine.find_all(&long).unwrap_err().to_string().len() < 500);
    let mut check = |query: FindQuery, expected: &str| {
        let error = engine.find_all(&query).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should contain {expected:?}");
    };
    let far = Near { at: Coordinates { latitude: 91.0, longitude: 0.0 }, within_km: 1.0 };
    check(FindQuery { near: Some(far), ..any() }, "the position 91, 0");
    let page = engine.find_all(&FindQuery { limit: 1, ..any() }).unwrap();
    let error = engine.find_all(&FindQuery { cursor: page.next, country: country("NL"), ..any() }).unwrap_err();
    assert!(error.to_string().contains("another question"), "{error}");
}

#[test]
fn a_revision_is_found_as_it_is_now() {
    let mut engine = engine();
    let count = |engine: &mut Engine, text: &str| {
        engine.find_all(&FindQuery { text: Some(text.to_owned()), limit: 10, ..FindQuery::default() }).unwrap().total
    };
    assert_eq!((count(&mut engine, "reefer"), count(&mut engine, "lorry")), (1, 0));
    let [(agency, mut report), ..] = reports();
    report["narrative"] = "Found in a lorry.".into();
    let revised = incident(1, 2, agency, report);
    engine.apply(revised.clone(), &revised.to_bytes()).unwrap();
    assert_eq!((count(&mut engine, "reefer"), count(&mut engine, "lorry")), (0, 1));
    assert_eq!(engine.unread(), 0);
}

#[test]
fn a_large_catalogue_is_read_before_it_answers() {
    let mut engine = Engine::default();
    let exercise = generate(&Settings { incidents: 300, ..Settings::default() });
    for report in &exercise.incidents {
        engine.apply(report.clone(), &report.to_bytes()).unwrap();
    }
    assert!(engine.unread() >= 300);
    engine.read_for_questions(100);
    engine.read_for_questions(usize::MAX);
    assert_eq!(engine.unread(), 0);
    let all = engine.find_all(&FindQuery { limit: 1_000, ..FindQuery::default() }).unwrap();
    assert_eq!((all.incidents.len(), all.next), (engine.incident_count(), None));
}

#[test]
fn what_is_not_read_yet_is_said() {
    let [(agency, report), ..] = reports();
    let carrying = incident(1, 1, agency, report);
    let plain = incident(
        2,
        1,
        agency,
        json!({"kind": "seizure", "occurred_at": "2026-01-10", "place": {"country": "NL"}, "substances": [{"name": "x"}]}),
    );
    let mut engine = Engine::default();
    engine.apply(carrying.clone(), &carrying.to_bytes()).unwrap();
    for number in 0..MAX_READ_AT_ONCE {
        let mut plain = plain.clone();
        plain.incident_id = format!("01900000-0000-7000-9000-{number:012}").parse().unwrap();
        engine.apply(plain.clone(), &plain.to_bytes()).unwrap();
    }
    let all = FindQuery::default();
    let held = MAX_READ_AT_ONCE + 1;
    assert_eq!(engine.find_all(&all).unwrap_err(), QuestionError::NotYet { read: 0, held });
    // What an identifier leads to is read at once.
    let identifier = Some((IdentifierKind::Container, "MSKU6011672".to_owned()));
    let text = Some("reefer".to_owned());
    assert_eq!(engine.find_all(&FindQuery { identifier, text, ..all.clone() }).unwrap().total, 1);
    engine.read_for_questions(1);
    assert_eq!(engine.find_all(&all).unwrap().total, held);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Pages give every incident once that was there at the first page, in the order of one large page, whatever comes
    /// between them.
    #[test]
    fn pages_are_one_list(seed in 0_u64..50, sort in 0..Sort::ALL.len(), limit in 1_usize..40, each in 0_usize..30) {
        let exercise = generate(&Settings { incidents: 260, seed, ..Settings::default() });
        let mut reports = exercise.incidents.iter().filter(|report| report.revision == 1 && report.retracted.is_none());
        let mut engine = Engine::default();
        for report in reports.by_ref().take(120) {
            engine.apply(report.clone(), &report.to_bytes()).unwrap();
        }
        let sort = Sort::ALL[sort];
        let at = Coordinates { latitude: 51.92, longitude: 4.48 };
        let query = FindQuery {
            sort,
            near: (sort == Sort::Distance).then_some(Near { at, within_km: FindQuery::MAX_KM }),
            text: (sort == Sort::Relevance).then(|| "tradin*".to_owned()),
            ..FindQuery::default()
        };
        let ids = |answer: &FindAnswer| answer.incidents.iter().map(|found| found.incident.incident_id).collect::<Vec<_>>();
        let whole = engine.find_all(&FindQuery { limit: 1_000, ..query.clone() }).unwrap();
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = engine.find_all(&FindQuery { limit, cursor, ..query.clone() }).unwrap();
            prop_assert!(page.incidents.len() <= limit);
            prop_assert_eq!(page.total, whole.total);
            found.extend(ids(&page));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            for report in reports.by_ref().take(each) {
                engine.apply(report.clone(), &report.to_bytes()).unwrap();
            }
        }
        prop_assert_eq!(found, ids(&whole));
    }
}
