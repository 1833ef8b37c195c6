//! Every event of the exchange that the types write is what `schemas/exchange.v1.schema.json` says, and what breaks the
//! schema is not read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use backtrail_bus::agency::AgencyId;
use backtrail_bus::exchange::{Attachment, Body, ExchangeEvent, Origin};
use backtrail_bus::id::ThreadId;
use backtrail_bus::realm::Realm;
use jiff::Timestamp;
use serde_json::{Value, json};

const EXCHANGE: &str = include_str!("../../schemas/exchange.v1.schema.json");
const INCIDENT: &str = include_str!("../../schemas/incident.v1.schema.json");
const ID: &str = "0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e";

fn is_valid(value: &Value) -> bool {
    let incident: Value = serde_json::from_str(INCIDENT).unwrap();
    let exchange: Value = serde_json::from_str(EXCHANGE).unwrap();
    let registry =
        jsonschema::Registry::new().add("urn:backtrail:schema:incident:v1", incident).unwrap().prepare().unwrap();
    let options = jsonschema::options().with_registry(&registry).should_validate_formats(true);
    options.build(&exchange).unwrap().is_valid(value)
}

fn file() -> Value {
    serde_json::to_value(Attachment::new("report.pdf", "application/pdf", b"content").unwrap()).unwrap()
}

fn bodies() -> Vec<Value> {
    let shipment = json!({
        "substances": [{"name": "acetic anhydride", "quantity": {"amount": "1000", "unit": "l"}}],
        "parties": [{"role": "exporter", "standing": "verified", "name": "A", "country": "CN"}, {"role": "importer", "standing": "suspect", "name": "B"}],
        "route": [{"role": "origin", "place": {"country": "CN"}}],
        "identifiers": [{"kind": "permit", "value": "P-1"}],
    });
    let statement = |kind: &str| json!({"kind": kind, "text": "words", "attachments": [file()]});
    let remark = |kind: &str| json!({"kind": kind, "text": "words"});
    let statements =
        ["refused", "clarification-asked", "supplemented", "partly-answered", "answered", "withdrawn", "objected"];
    let remarks = ["accepted", "reminded", "closed", "acknowledged"];
    let others = [
        json!({
            "kind": "request", "requester": {"authority": "Customs", "person": "A", "phone": "1", "email": "a@b.example"},
            "measure": "m", "object": "o", "reason": "r", "laws": ["l"],
            "persons": [{"role": "consignor", "standing": "named-on-document", "name": "Acme", "country": "NL"}], "facts": "f", "enquiries": "e",
            "identifiers": [{"kind": "container", "value": "MSKU6011672"}], "urgency": "urgent",
            "answer_within_s": 259_200, "precautionary": ["p"],
            "incidents": [{"incident_id": ID, "originator": "nl-customs", "own_reference": "N-1"}],
            "handling": ["H1", "H2"], "language": "en", "attachments": [file()],
        }),
        json!({"kind": "basis", "lead_id": ID, "incidents": [{"incident_id": ID, "originator": "de-post"}]}),
        json!({"kind": "received"}),
        json!({"kind": "pointers", "added": ["00".repeat(16), "ab".repeat(16)], "withdrawn": ["cd".repeat(16)]}),
        json!({"kind": "closed"}),
        json!({"kind": "feedback-given", "usefulness": "useful", "outcome": "o", "text": "t"}),
        json!({"kind": "outcome", "incidents": [ID], "outcome": "o"}),
        json!({"kind": "alert", "title": "t", "text": "t", "shipment": shipment, "handling": ["H0"], "attachments": [file()]}),
        json!({
            "kind": "pre-export", "shipment": shipment, "expected": "2026-09-01", "reply_by": "2026-08-20T12:00:00Z",
            "text": "t", "handling": ["H0"],
        }),
        json!({"kind": "arrived", "on": "2026-09-02", "shipment": shipment, "text": "t"}),
    ];
    statements.map(statement).into_iter().chain(remarks.map(remark)).chain(others).collect()
}

fn event(body: Value) -> ExchangeEvent {
    let from = AgencyId::new("nl-customs").unwrap();
    let origin = Origin { realm: Realm::Exercise, from, at: Timestamp::UNIX_EPOCH, by: "A. Person".to_owned() };
    let body: Body = serde_json::from_value(body).unwrap();
    ExchangeEvent::new(origin, ThreadId::generate(), body).unwrap()
}

#[test]
fn what_is_written_is_valid_and_read_back() {
    for body in bodies() {
        let event = event(body.clone());
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(value["body"], body, "nothing is lost");
        assert!(is_valid(&value), "{value}");
        assert_eq!(ExchangeEvent::read(&serde_json::to_vec(&value).unwrap()).unwrap(), event);
    }
}

#[test]
fn what_breaks_the_schema_is_not_read() {
    let request =
        serde_json::to_value(event(bodies().into_iter().find(|body| body["kind"] == "request").unwrap())).unwrap();
    let wrong = [
        ("/schema", json!("2.0")),
        ("/from", json!("NL")),
        ("/by", json!(" ")),
        ("/thread_id", json!("x")),
        ("/body/kind", json!("rumour")),
        ("/body/object", json!("")),
        ("/body/answer_within_s", json!(0)),
        ("/body/urgency", json!("soon")),
        ("/body/laws", json!(vec!["l"; 21])),
        ("/body/persons/0/name", json!("")),
        ("/body/handling", json!(["H9"])),
        ("/body/attachments/0/name", json!("../x")),
        ("/body/attachments/0/sha256", json!("0")),
        ("/body/attachments/0/content", Value::Null),
        ("/body/attachments", Value::from(vec![file(); 11])),
    ];
    for (pointer, value) in wrong {
        let mut event = request.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        assert!(!is_valid(&event), "{pointer}: the schema takes it");
        assert!(ExchangeEvent::read(&serde_json::to_vec(&event).unwrap()).is_err(), "{pointer}: the types take it");
    }
    let mut event = request.clone();
    event["body"]["weather"] = json!("rain");
    assert!(!is_valid(&event) && ExchangeEvent::read(&serde_json::to_vec(&event).unwrap()).is_err());
}
