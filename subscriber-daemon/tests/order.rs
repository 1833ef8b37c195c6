//! Any order of arrival, with repeats, amendments, retractions and restarts, ends in the same open leads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::{Draft, Incident, Origin, Retraction};
use backtrail_bus::query::LeadsQuery;
use backtrail_bus::realm::Realm;
use backtrail_bus::registers::Registers;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use subscriber_daemon::engine::{Engine, Restored};

/// A few values of everything, so that incidents often share some.
#[derive(Debug, Clone)]
struct Shape {
    consignor: u8,
    container: u8,
    day: u8,
    amount: u8,
    agency: u8,
    from: u8,
    amended: bool,
    retracted: bool,
}

prop_compose! {
    fn shapes()(
        consignor in 0..6_u8, container in 0..8_u8, day in 1..28_u8, amount in 0..4_u8, agency in 0..2_u8,
        from in 0..2_u8, amended in proptest::bool::weighted(0.2),
        retracted in proptest::bool::weighted(0.15),
    ) -> Shape {
        Shape { consignor, container, day, amount, agency, from, amended, retracted }
    }
}

fn incidents(shapes: &[Shape]) -> Vec<Incident> {
    let mut incidents = Vec::new();
    for (n, shape) in shapes.iter().enumerate() {
        let place = match shape.amount {
            0 => json!({"country": "CN", "name": format!("Depot {}", shape.consignor)}),
            _ => json!({"country": "NL", "name": "Rotterdam"}),
        };
        let from = ["CN", "IN"][usize::from(shape.from)];
        let mut draft = json!({
            "kind": "seizure", "occurred_at": format!("2026-03-{:02}", shape.day), "place": place,
            "substances": [{
                "name": "ketamine", "quantity": {"amount": format!("17.{}3", shape.amount), "unit": "kg"},
                "logo": format!("crown {}", shape.container),
            }],
            "parties": [
                {
                    "role": "consignor",
                    "name": format!("Kestrel{} Marlin Works {}", ["", "s", "l"][usize::from(shape.amount) % 3], shape.consignor),
                    "address": format!("{} Harbour Road, 10{}34", 12 + shape.container, shape.consignor),
                },
                {"role": "consignee", "name": format!("KESTREL MARLIN WORKS {} Ltd", (shape.consignor + shape.amount) % 6)},
            ],
            "identifiers": [
                {"kind": "container", "value": format!("ABCU12345{:02}", shape.container)},
                {"kind": "air-waybill", "value": format!("176-2139426{}", shape.consignor)},
            ],
            "route": [{"role": "departure", "place": {"country": from, "name": format!("Depot {}", shape.container)}}],
        });
        let incident_id: IncidentId = format!("00000000-0000-7000-8000-{n:012}").parse().unwrap();
        let origin = |revision| Origin {
            incident_id,
            revision,
            originator: AgencyId::new(["nl-customs", "be-police"][usize::from(shape.agency)]).unwrap(),
            realm: Realm::Real,
            reported_at: Timestamp::UNIX_EPOCH,
        };
        let complete = |draft: &serde_json::Value, revision| {
            let draft = Draft::from_value(draft.clone()).unwrap();
            draft.complete(origin(revision), Registers::shipped()).unwrap().0
        };
        incidents.push(complete(&draft, 1));
        if shape.amended {
            draft["identifiers"][0]["value"] = json!(format!("ABCU12345{:02}", (shape.container + 1) % 8));
            draft["occurred_at"] = json!(format!("2026-03-{:02}", shape.day / 2 + 1));
            draft["parties"][0]["name"] = json!(format!("Kestrel Works {}", (shape.consignor + 1) % 6));
            incidents.push(complete(&draft, 2));
        }
        if shape.retracted {
            draft["retracted"] = json!(Retraction { reason: "wrong".into() });
            incidents.push(complete(&draft, 3));
        }
    }
    incidents
}

/// Kind, bits and members of every open lead, after as many restarts.
fn open_leads(incidents: &[Incident], restarts: usize) -> BTreeSet<(String, String, BTreeSet<IncidentId>)> {
    let mut engine = Engine::noting_changes();
    let mut written = Vec::new();
    for part in incidents.chunks(incidents.len() / (restarts + 1) + 1) {
        for incident in part {
            engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
        }
        if restarts > 0 {
            written.push(postcard::to_stdvec(&engine.changes()).unwrap());
            engine = Engine::noting_changes();
            for part in &written {
                engine.restore(postcard::from_bytes::<Restored>(part).unwrap()).unwrap();
            }
            engine.finish_restoring();
        }
    }
    let answer = engine.leads(&LeadsQuery { limit: 1_000, ..LeadsQuery::default() });
    let full = answer.leads.iter().map(|line| engine.lead(line.lead_id).unwrap());
    full.map(|lead| {
        let members = lead.members.iter().map(|member| member.incident.incident_id).collect();
        (lead.kind.to_string(), lead.bits.to_string(), members)
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_arrival_does_not_matter(
        (original, shuffled) in proptest::collection::vec(shapes(), 2..40)
            .prop_map(|shapes| incidents(&shapes))
            .prop_flat_map(|incidents| {
                // Some come twice.
                let twice: Vec<Incident> = incidents.iter().chain(incidents.iter().step_by(3)).cloned().collect();
                (Just(incidents), Just(twice).prop_shuffle())
            }),
        restarts in 0..4_usize,
    ) {
        prop_assert_eq!(open_leads(&original, 0), open_leads(&shuffled, restarts));
    }
}
