//! Incidents are found by what they carry, in any spelling; a trace begins at what was found.

use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::query::FindQuery;
use backtrail_tests::{Bus, program};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn by_identifier_and_by_a_misspelt_name() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let daemon = bus.daemon("nl-customs");
    let mut officer = bus.officer("nl-customs");
    let post = |reference: &str, day: &str, consignor: &str| {
        json!({
            "own_reference": reference, "kind": "seizure", "occurred_at": day, "place": {"country": "NL"},
            "substances": [{"name": "ketamine"}], "parties": [{"role": "consignor", "name": consignor, "country": "HK"}],
            "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
        })
    };
    officer.post(post("A-1", "2026-01-10", "Lotus Harbour Co., Ltd."), &["all"]).await;
    officer.post(post("A-2", "2026-02-10", "LOTSU HARBOUR LIMITED"), &["all"]).await;
    officer.post(post("A-3", "2026-03-10", "Kestrel Works"), &["all"]).await;
    daemon.until_messages(3).await;

    let references = async |query: FindQuery| {
        let found = daemon.ask(&query).await.unwrap();
        assert_eq!(found.total, found.incidents.len());
        found.incidents.into_iter().filter_map(|found| found.incident.own_reference).collect::<Vec<_>>()
    };
    let any = FindQuery { limit: 10, ..FindQuery::default() };
    let by_container =
        FindQuery { identifier: Some((IdentifierKind::Container, "msku 601167-2".to_owned())), ..any.clone() };
    assert_eq!(references(by_container.clone()).await, ["A-3", "A-2", "A-1"]);
    let until = Some("2026-02-20".parse().unwrap());
    assert_eq!(references(FindQuery { until, ..by_container }).await, ["A-2", "A-1"]);
    let by_name = FindQuery { party: Some("Lotus Harbour Company".to_owned()), ..any.clone() };
    assert_eq!(references(by_name.clone()).await, ["A-2", "A-1"]);
    let elsewhere = FindQuery { party_country: backtrail_bus::country::CountryCode::from_alpha2("DE"), ..by_name };
    assert!(references(elsewhere).await.is_empty() && references(any).await.is_empty());

    let trace = std::process::Command::new(program("backtrail"))
        .args(["--json", "--context"])
        .arg(bus.officer_context("nl-customs"))
        .args(["trace", "--id", "container:MSKU6011672"])
        .output()
        .unwrap();
    let trace: Value = serde_json::from_slice(&trace.stdout).unwrap();
    assert_eq!((&trace["root"]["incident"]["own_reference"], &trace["hops"]), (&"A-3".into(), &2.into()), "{trace}");
}
