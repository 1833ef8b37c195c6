use backtrail_bus::incident::IdentifierKind;
use serde_json::json;

use super::*;
use crate::engine::tests_support::incident;

#[test]
fn events_come_in_the_order_of_their_time() {
    let report = |reference: &str, at: &str, route: serde_json::Value| {
        json!({
            "own_reference": reference, "kind": "seizure", "occurred_at": at, "place": {"country": "NL"},
            "substances": [{"name": "ketamine"}], "route": route,
            "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
        })
    };
    let mut engine = Engine::default();
    let reports = [
        // The latest came first.
        report("A-2", "2026-03-04T10:00:00Z", json!([])),
        report("A-3", "2026-03-04T08:00:00Z", json!([])),
        report(
            "A-1",
            "2026-01-10",
            json!([
                {"role": "departure", "place": {"country": "CN", "name": "Yantian"}, "date": "2025-12-20", "mode": "sea"},
                {"role": "destination", "place": {"country": "NL"}, "date": "2026-01-20"},
            ]),
        ),
    ];
    for (number, report) in (1..).zip(reports) {
        let report = incident(number, 1, "nl-customs", report);
        engine.apply(report.clone(), &report.to_bytes()).unwrap();
    }
    let find =
        FindQuery { identifier: Some((IdentifierKind::Container, "MSKU6011672".to_owned())), ..FindQuery::default() };
    let query = TimelineQuery { of: TimelineOf::Found(Box::new(find)), limit: 10 };
    let timeline = engine.timeline(&query).unwrap();
    let events: Vec<(&str, String)> = timeline
        .events
        .iter()
        .map(|event| (event.at.as_str(), event.own_reference.clone().unwrap_or_else(|| event.words.clone())))
        .collect();
    let expected = [
        ("2025-12-20", "A-1"),
        ("2026-01-10", "A-1"),
        ("2026-01-20", "A-1"),
        ("2026-01-21", "nothing is known of the next 42 days"),
        ("2026-03-04T08:00:00Z", "A-3"),
        ("2026-03-04T10:00:00Z", "A-2"),
    ];
    let events: Vec<(&str, &str)> = events.iter().map(|(at, words)| (*at, words.as_str())).collect();
    assert_eq!(events, expected);
    assert_eq!(timeline.events[0].words, "left Yantian, CN by sea");
    assert_eq!(timeline.events[2].words, "was due at NL");
    assert_eq!((timeline.events[1].days, timeline.events[4].days), (Some(59), None));
    assert_eq!(timeline.events[1].reported_on.as_deref(), Some("2026-03-10"));
    assert_eq!((timeline.title.as_str(), timeline.incident_count), ("container MSKU6011672", 3));
    let latest = engine.timeline(&TimelineQuery { limit: 1, ..query }).unwrap();
    assert_eq!((latest.events.len(), latest.left_out), (1, vec!["incidents before the latest 1 (2)".to_owned()]));
}
