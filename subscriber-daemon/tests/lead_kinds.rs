//! What opens each kind of lead, and what does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use backtrail_bus::agency::AgencyId;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, Incident, Origin};
use backtrail_bus::query::LeadsQuery;
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::Registers;
use jiff::Timestamp;
use serde_json::{Value, json};
use subscriber_daemon::engine::Engine;

/// A seizure of 2026 with the fields of `more`.
fn incident(number: usize, day: &str, more: Value) -> Incident {
    let mut draft = json!({
        "kind": "seizure", "occurred_at": format!("2026-{day}"), "place": {"country": "NL"},
        "substances": [{"name": "ketamine"}],
    });
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let incident_id: IncidentId = format!("00000000-0000-7000-8000-{number:012}").parse().unwrap();
    let originator = AgencyId::new("nl-customs").unwrap();
    let origin =
        Origin { incident_id, revision: 1, originator, realm: Realm::Real, reported_at: Timestamp::UNIX_EPOCH };
    Draft::from_value(draft).unwrap().complete(origin, Registers::shipped()).unwrap().0
}

/// Kind and number of members of every open lead, sorted.
fn leads(incidents: &[Incident]) -> Vec<(String, u32)> {
    let mut engine = Engine::default();
    for incident in incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let answer = engine.leads(&LeadsQuery { limit: 100, ..LeadsQuery::default() });
    let mut leads: Vec<_> = answer.leads.into_iter().map(|lead| (lead.kind.to_string(), lead.member_count)).collect();
    leads.sort();
    leads
}

fn expect(incidents: &[Incident], expected: &[(&str, u32)]) {
    let expected: Vec<_> = expected.iter().map(|(kind, members)| ((*kind).to_owned(), *members)).collect();
    assert_eq!(leads(incidents), expected);
}

fn party(role: &str, name: &str) -> Value {
    json!({"role": role, "name": name})
}

#[test]
fn one_consignor_however_it_is_written() {
    let with = |number, name: &str| {
        incident(number, &format!("03-{:02}", number + 1), json!({"parties": [party("consignor", name)]}))
    };
    let spellings = ["Lotus Kestrel Trading Co., Ltd.", "KESTREL LOTUS TRDG LIMITED", "Lotus Kestrell Trading"];
    let incidents: Vec<Incident> = spellings.iter().enumerate().map(|(number, name)| with(number, name)).collect();
    expect(&incidents, &[("same-consignor", 3)]);
    expect(&[with(0, "Lotus Kestrel Trading Lagos"), with(1, "Lotus Kestrel Trading Accra")], &[]);
}

#[test]
fn a_party_that_received_sends() {
    let received = incident(0, "03-01", json!({"parties": [party("consignee", "Osprey Falcon GmbH")]}));
    let sent = |day| incident(1, day, json!({"parties": [party("consignor", "OSPREY FALCON")]}));
    expect(&[received.clone(), sent("04-01")], &[("party-changes-role", 2)]);
    // Who sent before it received passed nothing on.
    expect(&[received, sent("02-01")], &[]);
}

#[test]
fn parcels_of_one_master() {
    let parcel = |number: usize, day: &str, house: &str| {
        let identifiers = json!([
            {"kind": "air-waybill", "value": "176-21394262"}, {"kind": "house-air-waybill", "value": house},
        ]);
        incident(number, day, json!({"identifiers": identifiers}))
    };
    let parcels = [parcel(0, "03-01", "SZX001"), parcel(1, "03-03", "SZX002"), parcel(2, "03-04", "SZX003")];
    expect(&parcels, &[("split-consignment", 3)]);
    // The number turns up again much later: it is shared, but these are no parcels of one consignment.
    let later = [parcel(0, "03-01", "SZX001"), parcel(1, "09-03", "SZX002")];
    expect(&later, &[("shared-identifier", 2)]);
}

#[test]
fn one_press_made_them() {
    let tablets = |number: usize, substance: &str, logo: &str| {
        incident(
            number,
            "03-01",
            json!({"place": {"country": country(number)}, "substances": [{"name": substance, "logo": logo}]}),
        )
    };
    expect(&[tablets(0, "MDMA", "Blue Punisher"), tablets(1, "ecstasy", "BLUE PUNISHER")], &[("same-material", 2)]);
    // The same word on other goods is another press.
    expect(&[tablets(0, "MDMA", "Blue Punisher"), tablets(1, "heroin", "Blue Punisher")], &[]);
    let lot = |number: usize| {
        incident(
            number,
            "03-01",
            json!({"place": {"country": country(number)}, "identifiers": [{"kind": "lot", "value": "B-2024/017"}]}),
        )
    };
    expect(&[lot(0), lot(1)], &[("same-material", 2)]);
}

#[test]
fn a_name_misspelt_in_one_word_is_met_by_the_other() {
    let with = |number, role: &str, name: &str, country: &str| {
        let party = json!({"role": role, "name": name, "country": country});
        incident(number, "03-01", json!({"parties": [party]}))
    };
    let sent = |number, name: &str, country: &str| with(number, "consignor", name, country);
    expect(&[sent(0, "Lotus Kestrel Trading", "CN"), sent(1, "LOTUS KESREL TRADING", "CN")], &[("same-consignor", 2)]);
    // A word left out, too.
    expect(&[sent(0, "Lotus Kestrel Lagos", "CN"), sent(1, "Lotus Kestrel", "CN")], &[("same-consignor", 2)]);
    expect(
        &[with(0, "consignee", "Lotus Kestrel Trading", "CN"), sent(1, "Lotus Kesrel Trading", "CN")],
        &[("party-changes-role", 2)],
    );
    // In another country, with another line of business, or with one word only it is too little.
    expect(&[sent(0, "Lotus Kestrel Trading", "CN"), sent(1, "Lotus Kesrel Trading", "IN")], &[]);
    expect(&[sent(0, "Lotus Kestrel Shipping", "CN"), sent(1, "Lotus Kesrel Trading", "CN")], &[]);
    expect(&[sent(0, "Kestrel Packaging", "CN"), sent(1, "Kesrel Packaging", "CN")], &[]);
}

#[test]
fn evidence_names_the_address_that_is_shared() {
    let lives_at = |number, name: &str, addresses: &[&str]| {
        let party = |address: &&str| json!({"role": "consignee", "name": name, "address": address});
        incident(number, "03-01", json!({"parties": addresses.iter().map(party).collect::<Vec<_>>()}))
    };
    let mut engine = Engine::default();
    let of_two = lives_at(0, "Gorvin Halset", &["11223 Kestrel Street, Lagos", "98765 Osprey Road, Lagos"]);
    for incident in [of_two.clone(), lives_at(1, "Gorvim Halsett", &["98765 Osprey Road, Lagos"])] {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let leads = engine.leads(&LeadsQuery { limit: 100, ..LeadsQuery::default() }).leads;
    let by_address = leads.iter().find(|lead| lead.shared.ends_with("by address")).unwrap();
    let lead = engine.lead(by_address.lead_id).unwrap();
    let member = lead.members.iter().find(|member| member.incident.incident_id == of_two.incident_id).unwrap();
    let address = member.evidence.iter().find(|evidence| evidence.comparison == "consignee address").unwrap();
    assert_eq!(address.found, "98765 osprey road lagos");
}

#[test]
fn goods_that_come_to_a_quiet_place_and_leave_it() {
    let zone = || json!({"country": "AE", "name": "Kestrel Free Zone"});
    let came = |number: usize, day: &str, substance: &str| {
        incident(number, day, json!({"place": zone(), "substances": [{"name": substance}]}))
    };
    let left = |number: usize, day: &str, substance: &str| {
        let route = json!([{"role": "departure", "place": zone(), "mode": "air"}]);
        incident(number, day, json!({"route": route, "substances": [{"name": substance}]}))
    };
    expect(&[came(0, "03-01", "ketamine"), left(1, "03-06", "ketamine")], &[("continuation", 2)]);
    expect(&[came(0, "03-01", "acetic anhydride"), left(1, "03-20", "heroin")], &[("precursor-to-product", 2)]);
    // Other goods, the other way round, or long after.
    expect(&[came(0, "03-01", "ketamine"), left(1, "03-06", "cocaine")], &[]);
    expect(&[came(0, "03-06", "ketamine"), left(1, "03-01", "ketamine")], &[]);
    expect(&[came(0, "03-01", "ketamine"), left(1, "06-06", "ketamine")], &[]);
    // Where the same comes every week, one more says nothing.
    let busy = (0..40).map(|week| came(week, &format!("{:02}-{:02}", week / 4 + 1, week % 4 * 7 + 1), "ketamine"));
    let all: Vec<Incident> = busy.chain([left(40, "03-06", "ketamine")]).collect();
    expect(&all, &[]);
}

#[test]
fn more_on_one_corridor_than_its_history_explains() {
    let route =
        json!([{"role": "departure", "place": {"country": "CN"}}, {"role": "destination", "place": {"country": "NL"}}]);
    let on_way = |number: usize, day: &str, hall: usize| {
        incident(number, day, json!({"route": route, "place": {"country": "NL", "name": format!("Hall {hall}")}}))
    };
    // One long before, one long after, and six days in a row, of which the last has two rows of one find.
    let mut all = vec![on_way(0, "01-10", 0), on_way(1, "06-10", 1), on_way(2, "03-06", 6)];
    expect(&all, &[]);
    all.extend((1..=6).map(|day| on_way(day + 2, &format!("03-{day:02}"), day)));
    expect(&all, &[("same-corridor", 7)]);
    let mut engine = Engine::default();
    for incident in &all {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let answer = engine.leads(&LeadsQuery { limit: 100, ..LeadsQuery::default() });
    let lead = engine.lead(answer.leads[0].lead_id).unwrap();
    let words = "one of 6 events on this corridor in 6 days, 2026-03-01 to 2026-03-06";
    let evidence = || lead.members.iter().flat_map(|member| &member.evidence);
    assert!(evidence().count() == 7 && evidence().all(|item| item.words == words), "{:?}", lead.members);
}

#[test]
fn why_not_says_what_is_missing() {
    let mut engine = Engine::default();
    let with = |number, name: &str| incident(number, "03-01", json!({"parties": [party("consignor", name)]}));
    for incident in [with(0, "Lotus Kestrel Lagos"), with(1, "Lotus Kestrel Accra")] {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let answer = engine.why_not(0, 1);
    // At each word near spellings are looked for; the names are too different.
    assert!(answer.leads.is_empty() && answer.keys.len() == 2, "{:?}", answer.keys);
    assert!(answer.keys.iter().all(|key| !key.is_hot), "{:?}", answer.keys);
    assert!(answer.bits < answer.threshold_bits);
    let name = answer.evidence.iter().find(|field| field.comparison == "party name").unwrap();
    assert!(name.words.contains("\"lagos\" against \"accra\""), "{}", name.words);
    assert!(answer.missing.contains(&"consignee".to_owned()), "{:?}", answer.missing);
}

/// Seizures in one country on one day may be one seizure; these are not.
fn country(number: usize) -> &'static str {
    ["NL", "BE"][number % 2]
}
