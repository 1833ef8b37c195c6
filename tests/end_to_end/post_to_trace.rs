//! Three agencies post; one of them sees the leads and traces back across all three.

use backtrail_bus::lead::LeadKind;
use backtrail_bus::query::{IncidentRef, LeadsQuery, TraceQuery, WhyNotQuery};
use backtrail_bus::trace::Direction;
use backtrail_tests::Bus;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_post_becomes_a_lead_and_a_trace() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"]), ("de-post", &["all"])]).await;
    let daemon = bus.daemon("nl-customs");
    let post = |day: &str, consignor: &str, container: &str| {
        json!({
            "kind": "seizure", "occurred_at": day, "place": {"country": "NL"}, "substances": [{"name": "ketamine"}],
            "parties": [{"role": "consignor", "name": consignor}],
            "identifiers": [{"kind": "container", "value": container}],
        })
    };
    let first =
        bus.officer("de-post").post(post("2026-01-10", "Lotus Harbour Co., Ltd.", "CSQU3054383"), &["all"]).await;
    bus.officer("be-police").post(post("2026-02-10", "LOTUS HARBOUR LIMITED", "MSKU6011672"), &["all"]).await;
    let last =
        bus.officer("nl-customs").post(post("2026-03-10", "Somebody Else GmbH", "MSKU 601167-2"), &["all"]).await;
    daemon.until_messages(3).await;

    let leads = daemon.ask(&LeadsQuery { limit: 10, ..LeadsQuery::default() }).await.unwrap();
    let mut kinds: Vec<LeadKind> = leads.leads.iter().map(|lead| lead.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [LeadKind::SharedIdentifier, LeadKind::SameConsignor]);

    let trace = daemon
        .ask(&TraceQuery { incident: IncidentRef::Id(last), depth: None, direction: Direction::Upstream, as_of: None })
        .await
        .unwrap();
    let by_container = &trace.root.upstream[0];
    let by_consignor = &by_container.upstream[0];
    let asked = [by_container, by_consignor].map(|node| node.hop.as_ref().unwrap().ask.to_string());
    assert_eq!((trace.hops, asked), (2, ["be-police".to_owned(), "de-post".to_owned()]));

    // The ends of the path share nothing themselves, and the daemon says so.
    let question = WhyNotQuery { a: IncidentRef::Id(first), b: IncidentRef::Id(last) };
    let answer = daemon.ask(&question).await.unwrap();
    assert!(answer.keys.is_empty() && answer.leads.is_empty() && answer.bits < answer.threshold_bits, "{answer:?}");
    assert!(answer.evidence.iter().any(|field| field.comparison == "party name" && field.bits < 0.0), "{answer:?}");
}
