//! What a trace offers, what it refuses, and what it says beside its hops.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use backtrail_bus::agency::AgencyId;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, HandlingCode, Incident, Origin};
use backtrail_bus::judgement::{LeadState, Verdict};
use backtrail_bus::query::{IncidentRef, LeadsQuery};
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::Registers;
use backtrail_bus::trace::{Direction, Trace};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use subscriber_daemon::engine::{Asked, Engine, Inquiry};

/// A seizure of 2026 with the fields of `more`.
fn incident(number: usize, day: &str, more: Value) -> Incident {
    let mut draft = json!({
        "kind": "seizure", "occurred_at": format!("2026-{day}"), "place": {"country": "NL"},
        "substances": [{"name": "ketamine"}], "own_reference": format!("R-{number}"),
    });
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let originator = AgencyId::new("nl-customs").unwrap();
    let (incident_id, reported_at) = (id(number), Timestamp::UNIX_EPOCH);
    let origin = Origin { incident_id, revision: 1, originator, realm: Realm::Real, reported_at };
    Draft::from_value(draft).unwrap().complete(origin, Registers::shipped()).unwrap().0
}

fn id(number: usize) -> IncidentId {
    format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()
}

fn engine(incidents: &[Incident]) -> Engine {
    let mut engine = Engine::default();
    for incident in incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    engine
}

/// A trace from the incident with this number, with the siblings of July 2026.
fn trace(engine: &Engine, root: usize, direction: Direction) -> Trace {
    let root = engine.find(&IncidentRef::Id(id(root)))[0];
    engine.trace(&Inquiry { as_of: Some(date(2026, 7, 1)), ..Inquiry::new(root, direction) })
}

fn container(number: &str) -> Value {
    json!([{"kind": "container", "value": number}])
}

fn party(role: &str, name: &str) -> Value {
    json!({"role": role, "name": name})
}

#[test]
fn both_ways_in_one_answer() {
    let chain: Vec<Incident> = ["MSKU6011672", "CSQU3054383"]
        .iter()
        .enumerate()
        .flat_map(|(number, value)| {
            [(2 * number + 1, 2 + number), (2 * number + 2, 3 + number)].map(|(n, month)| (n, month, *value))
        })
        .map(|(n, month, value)| incident(n, &format!("{month:02}-10"), json!({"identifiers": container(value)})))
        .collect();
    // 1 and 2 share a container, 3 and 4 another; 5 carries both, between them.
    let mut middle = incident(5, "03-05", json!({}));
    middle.identifiers = [&chain[0].identifiers[..], &chain[2].identifiers[..]].concat();
    let engine = engine(&[chain[0].clone(), middle, chain[3].clone()]);
    let both = trace(&engine, 5, Direction::Both);
    let ids = |trace: &Trace, up: bool| {
        let nodes = if up { &trace.root.upstream } else { &trace.root.downstream };
        nodes.iter().map(|node| node.incident.incident_id).collect::<Vec<_>>()
    };
    assert_eq!((both.hops, ids(&both, true), ids(&both, false)), (2, vec![id(1)], vec![id(4)]));
    assert_eq!(both.likely_origin.unwrap().incident_id, id(1));
    assert_eq!(trace(&engine, 5, Direction::Upstream).hops, 1);
    assert_eq!(trace(&engine, 5, Direction::Downstream).hops, 1);
}

#[test]
fn a_key_that_is_too_common_leads_nowhere_alone() {
    let hot: Vec<Incident> =
        (0..60).map(|n| incident(n, "02-01", json!({"identifiers": container("MSKU6011672")}))).collect();
    let root = incident(99, "03-10", json!({"identifiers": container("MSKU6011672")}));
    let few = engine(&[&hot[..10], std::slice::from_ref(&root)].concat());
    assert!(trace(&few, 99, Direction::Upstream).hops > 0);
    let many = trace(&engine(&[&hot[..], &[root]].concat()), 99, Direction::Upstream);
    assert_eq!(many.hops, 0, "{many:?}");
    assert!(many.left_out.iter().any(|words| words.contains("too common")), "{:?}", many.left_out);
}

/// Dismisses every open lead.
fn dismiss_all(engine: &mut Engine) {
    let leads = engine.leads(&LeadsQuery { limit: 100, ..LeadsQuery::default() });
    assert!(!leads.leads.is_empty());
    for lead in leads.leads {
        let reason = Some("a forwarder".to_owned());
        let (by, verdict) = ("nl-analyst".to_owned(), Verdict::Dismissed);
        let asked = Asked { lead_id: lead.lead_id, verdict, by, reason, mark: None, undoes: None };
        let event = engine.judgement(asked, Timestamp::UNIX_EPOCH);
        engine.judge(event.unwrap());
        assert_eq!(engine.lead(lead.lead_id).unwrap().state, LeadState::Dismissed);
    }
}

#[test]
fn nothing_leads_through_what_was_dismissed() {
    fn check(what: &str, earlier: Value, later: Value) {
        let mut engine = engine(&[incident(1, "02-10", earlier), incident(2, "03-10", later)]);
        assert_eq!(trace(&engine, 2, Direction::Upstream).hops, 1, "{what}");
        dismiss_all(&mut engine);
        let after = trace(&engine, 2, Direction::Upstream);
        assert_eq!(after.hops, 0, "{what}");
        assert!(after.left_out.iter().any(|words| words.contains("dismissed")), "{what}: {:?}", after.left_out);
    }
    let with = |field: &str, value: Value| json!({ field: value });
    check("container", with("identifiers", container("MSKU6011672")), with("identifiers", container("MSKU6011672")));
    // The lead is of the party at both ends; the hop rests on its name as a receiver, and on the words of its name.
    let party_at = |role| with("parties", json!([party(role, "Osprey Falcon GmbH")]));
    check("a party that changes its role", party_at("consignee"), party_at("consignor"));
}

#[test]
fn only_what_is_possible_in_time_and_distance() {
    let at = |number, day: &str, locode: &str, mode: &str| {
        let leg = json!({"role": "destination", "place": {"country": &locode[..2], "locode": locode}, "mode": mode});
        let place = json!({"country": &locode[..2], "locode": locode});
        let fields = json!({"place": place, "route": [leg], "identifiers": container("MSKU6011672")});
        incident(number, day, fields)
    };
    let shanghai = at(1, "03-01", "CNSHA", "sea");
    let soon = engine(&[shanghai.clone(), at(2, "03-03", "NLRTM", "sea")]);
    let refused = trace(&soon, 2, Direction::Upstream);
    assert_eq!(refused.hops, 0);
    let [contradiction] = &refused.contradictions[..] else { panic!("{:?}", refused.contradictions) };
    assert!(contradiction.words.contains("R-1 cannot belong to it"), "{contradiction:?}");
    let late = engine(&[shanghai.clone(), at(2, "04-03", "NLRTM", "sea")]);
    let offered = trace(&late, 2, Direction::Upstream);
    let hop = offered.root.upstream[0].hop.as_ref().unwrap();
    assert_eq!((offered.hops, hop.days), (1, 33));
    assert!((8_000.0..10_000.0).contains(&hop.distance_km.unwrap()), "{hop:?}");
    let by_air = engine(&[shanghai, at(2, "03-03", "NLRTM", "air")]);
    assert_eq!(trace(&by_air, 2, Direction::Upstream).hops, 1);
}

#[test]
fn what_does_not_fit_is_told() {
    let with = |number, day: &str, country: &str, amount: &str| {
        let quantity = json!({"amount": amount, "unit": "kg"});
        let fields = json!({
            "identifiers": container("MSKU6011672"), "substances": [{"name": "ketamine", "quantity": quantity}],
            "parties": [{"role": "consignor", "name": "Lotus Kestrel Trading", "country": country}],
        });
        incident(number, day, fields)
    };
    let engine = engine(&[with(1, "02-10", "HK", "10"), with(2, "03-10", "DE", "25")]);
    let words: Vec<String> =
        trace(&engine, 2, Direction::Upstream).contradictions.into_iter().map(|told| told.words).collect();
    assert!(words.iter().any(|words| words.contains("is in Germany here and in Hong Kong")), "{words:?}");
    assert!(words.iter().any(|words| words.contains("more than came")), "{words:?}");
    let fitting = self::engine(&[with(1, "02-10", "HK", "25"), with(2, "03-10", "HK", "10")]);
    assert!(trace(&fitting, 2, Direction::Upstream).contradictions.is_empty());
}

#[test]
fn siblings_that_may_still_be_on_their_way() {
    let suspicious = |number, day: &str, more: Value| {
        let mut fields = json!({
            "kind": "suspicious-shipment", "parties": [party("consignor", "Lotus Kestrel Trading")],
            "route": [{"role": "destination", "place": {"country": "NL"}, "mode": "sea"}],
        });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        incident(number, day, fields)
    };
    let root = incident(1, "06-20", json!({"parties": [party("consignor", "Lotus Kestrel Trading")]}));
    let due = json!({"route": [{"role": "destination", "place": {"country": "NL"}, "date": "2026-07-03"}]});
    let stopped = incident(6, "06-25", json!({"identifiers": container("CSQU3054383")}));
    let siblings = [
        suspicious(2, "06-15", json!({})),
        // It arrived long ago.
        suspicious(3, "02-01", json!({})),
        suspicious(4, "06-01", due),
        // Seized since, by its container.
        suspicious(5, "06-16", json!({"identifiers": container("CSQU3054383")})),
        stopped,
        // Somebody holds it.
        incident(7, "06-18", json!({"parties": [party("consignor", "Lotus Kestrel Trading")]})),
        // Not yet known on the day that is asked for.
        suspicious(8, "08-01", json!({})),
    ];
    let engine = engine(&[&siblings[..], &[root]].concat());
    let trace = trace(&engine, 1, Direction::Upstream);
    let named: Vec<IncidentId> = trace.siblings.iter().map(|sibling| sibling.incident.incident_id).collect();
    assert_eq!(named, [id(4), id(2)], "{:?}", trace.siblings);
    assert_eq!((trace.siblings[0].until, trace.siblings[1].until), (date(2026, 7, 3), date(2026, 8, 29)));
}

#[test]
fn the_strictest_source_decides() {
    let with = |number, day: &str, handling: Value| {
        incident(number, day, json!({"identifiers": container("MSKU6011672"), "handling": handling}))
    };
    let chain = [
        with(1, "02-10", json!(["H1"])),
        with(2, "03-10", json!(["H0"])),
        // Linked to none of them.
        incident(3, "03-01", json!({"handling": ["H3"]})),
    ];
    let trace = trace(&engine(&chain), 2, Direction::Upstream);
    assert_eq!(trace.handling.codes(), [HandlingCode::H1, HandlingCode::H0]);
    assert_eq!(trace.root.handling.codes(), [HandlingCode::H0]);
}

#[test]
fn a_trace_without_time_says_so() {
    let with = |number, day: &str| incident(number, day, json!({"identifiers": container("MSKU6011672")}));
    let engine = engine(&[with(1, "02-10"), with(2, "03-10")]);
    let root = engine.find(&IncidentRef::Id(id(2)))[0];
    let trace = engine.trace(&Inquiry { may_go_on: &|| false, ..Inquiry::new(root, Direction::Upstream) });
    assert_eq!(trace.hops, 0);
    assert!(trace.left_out.iter().any(|words| words.contains("the time was too short")), "{:?}", trace.left_out);
}

#[test]
fn goods_may_rest_longer_in_a_free_zone() {
    fn check(locode: &str, expected: bool) {
        let place = json!({"country": &locode[..2], "locode": locode});
        let came = json!({"place": place, "identifiers": container("MSKU6011672")});
        let left = json!({
            "route": [{"role": "departure", "place": place}], "identifiers": container("MSKU6011672"),
        });
        // Five months: more than goods may stay in temporary storage.
        let engine = engine(&[incident(1, "02-01", came), incident(2, "07-01", left)]);
        let trace = trace(&engine, 2, Direction::Upstream);
        let evidence = &trace.root.upstream[0].hop.as_ref().unwrap().evidence;
        assert_eq!(evidence.iter().any(|one| one.comparison == "touching legs"), expected, "{locode}: {evidence:?}");
    }
    check("AEJEA", true);
    check("NLRTM", false);
}
