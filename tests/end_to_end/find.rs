//! Incidents are found by what they carry, in any spelling; a trace begins at what was found.

use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::query::FindQuery;
use backtrail_tests::{Bus, eventually, program};
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
    assert!(references(elsewhere).await.is_empty());
    assert_eq!(references(any).await, ["A-3", "A-2", "A-1"]);

    let trace = std::process::Command::new(program("backtrail"))
        .args(["--json", "--context"])
        .arg(bus.officer_context("nl-customs"))
        .args(["trace", "--id", "container:MSKU6011672"])
        .output()
        .unwrap();
    let trace: Value = serde_json::from_slice(&trace.stdout).unwrap();
    assert_eq!((&trace["root"]["incident"]["own_reference"], &trace["hops"]), (&"A-3".into(), &2.into()), "{trace}");
}

/// What the command line prints, as JSON.
fn shown(bus: &Bus, agency: &str, arguments: &[&str]) -> Value {
    let output = std::process::Command::new(program("backtrail"))
        .args(["--json", "--context"])
        .arg(bus.officer_context(agency))
        .args(arguments)
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {problem}"))
}

fn references(found: &Value) -> Vec<&str> {
    let incidents = found["incidents"].as_array().expect("a list of incidents");
    incidents.iter().filter_map(|incident| incident["own_reference"].as_str()).collect()
}

/// What liaison teams ask, from the post to the answers, over a restart.
#[tokio::test(flavor = "multi_thread")]
async fn by_words_circle_and_distance_page_by_page() {
    let bus = Bus::start(&[("nl-customs", &["all", "opioids"]), ("be-police", &["all"])]).await;
    let (daemon, other) = (bus.daemon("nl-customs"), bus.daemon("be-police"));
    let mut officer = bus.officer("nl-customs");
    let post = |number: u32, standing: &str, narrative: &str| {
        json!({
            "own_reference": format!("B-{number}"), "kind": "seizure", "occurred_at": format!("2026-02-{number:02}"),
            "place": {"locode": "NLRTM"}, "substances": [{"name": "ketamine", "quantity": {"amount": "3", "unit": "kg"}}],
            "parties": [{"role": "consignee", "name": "Kestrel Works B.V.", "country": "NL", "standing": standing}],
            "route": [{"role": "departure", "place": {"country": "CN"}}, {"role": "destination", "place": {"country": "NL"}}],
            "narrative": narrative,
        })
    };
    officer.post(post(1, "named-on-document", "Behind a false wall."), &["all"]).await;
    officer.post(post(2, "misused-identity", "In a reefer unit, behind a false wall."), &["all", "opioids"]).await;
    officer.post(post(3, "named-on-document", "Between tiles."), &["opioids"]).await;
    daemon.until_messages(4).await;
    other.until_messages(2).await;

    let find = |arguments: &[&str]| shown(&bus, "nl-customs", &[&["find"], arguments].concat());
    assert_eq!(references(&find(&["--text", "flase wall", "--within", "20km", "--of", "NLRTM"])), ["B-2", "B-1"]);
    assert_eq!(references(&find(&["--circle", "opioids", "--route", "CN>NL"])), ["B-3", "B-2"]);
    assert_eq!(references(&find(&["--standing", "misused-identity", "--min-kg", "2"])), ["B-2"]);
    // What was posted to another circle is not there to be found.
    let elsewhere = |arguments: &[&str]| shown(&bus, "be-police", &[&["find"], arguments].concat());
    assert_eq!(references(&elsewhere(&[])), ["B-2", "B-1"]);
    assert_eq!(elsewhere(&["--text", "tiles"])["total"], 0);
    assert_eq!(elsewhere(&["--circle", "opioids"])["total"], 0);

    // A page, a post in between, a restart, and the next page.
    let page = find(&["--limit", "2"]);
    assert_eq!((references(&page), &page["total"]), (vec!["B-3", "B-2"], &3.into()));
    officer.post(post(4, "named-on-document", "In a lorry."), &["all"]).await;
    daemon.until_messages(5).await;
    daemon.kill();
    let daemon = bus.daemon("nl-customs");
    daemon.until_messages(5).await;
    let cursor = page["next"].as_str().unwrap();
    let next = eventually("reading after the restart", async || {
        let next = find(&["--limit", "2", "--cursor", cursor]);
        (!references(&next).is_empty()).then_some(next)
    })
    .await;
    assert_eq!((references(&next), &next["total"], next.get("next")), (vec!["B-1"], &3.into(), None));
    assert_eq!(references(&find(&["--circle", "opioids"])), ["B-3", "B-2"]);

    let entity = shown(&bus, "nl-customs", &["entity", "KESTREL WORKS"]);
    assert_eq!((&entity["incident_count"], &entity["misused_count"]), (&4.into(), &1.into()), "{entity}");
    other.until_messages(3).await;
    let entity = shown(&bus, "be-police", &["entity", "KESTREL WORKS"]);
    assert_eq!(entity["incident_count"], 3, "{entity}");
    let timeline = shown(&bus, "nl-customs", &["timeline", "--party", "Kestrel Works"]);
    let days: Vec<&str> =
        timeline["events"].as_array().unwrap().iter().filter_map(|event| event["at"].as_str()).collect();
    assert_eq!(days, ["2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04"], "{timeline}");
    let compared = shown(&bus, "nl-customs", &["compare", "B-1", "B-2"]);
    assert!(compared["comparison"]["bits"].as_f64().unwrap() > 0.0, "{compared}");
}
