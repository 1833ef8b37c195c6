//! A notified export is answered by its circle and compared with what was seized; nobody else hears of it.

use backtrail_bus::exchange::ThreadState;
use backtrail_bus::id::ThreadId;
use backtrail_bus::query::{ThreadAnswer, ThreadQuery, ThreadsQuery};
use backtrail_tests::{Bus, Daemon, backtrail, done, eventually};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

async fn until(
    daemon: &Daemon,
    thread_id: ThreadId,
    what: &str,
    is_so: impl Fn(&ThreadAnswer) -> bool,
) -> ThreadAnswer {
    eventually(what, async || {
        daemon.ask(&ThreadQuery { thread_id, at: None }).await.ok().filter(|answer| is_so(answer))
    })
    .await
}

fn seizure(reference: &str, kilograms: &str, importer: &str, permit: Option<&str>) -> Value {
    let identifiers: Vec<Value> = permit.iter().map(|permit| json!({"kind": "permit", "value": permit})).collect();
    json!({
        "own_reference": reference, "kind": "seizure", "occurred_at": "2026-09-03", "place": {"country": "BE"},
        "substances": [{"name": "ephedrine", "quantity": {"amount": kilograms, "unit": "kg"}}],
        "parties": [{"role": "consignee", "name": importer, "country": "NL"}], "identifiers": identifiers,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notified_export_is_answered_and_compared() {
    let agencies: [(&str, &[&str]); 3] =
        [("nl-customs", &["all", "precursors"]), ("be-police", &["all", "precursors"]), ("de-post", &["all"])];
    let bus = Bus::start(&agencies).await;
    let mut officer = bus.officer("be-police");
    officer.post(seizure("BEP-1", "1150", "Rijn Maas Chemie B.V.", Some("NL-IMP 2026/77")), &["precursors"]).await;
    officer.post(seizure("BEP-2", "900", "RIJN MAAS CHEMIE", None), &["precursors"]).await;
    officer.post(seizure("BEP-3", "5000", "Kestrel Works", None), &["precursors"]).await;
    let (nl, be, de) = (bus.daemon("nl-customs"), bus.daemon("be-police"), bus.daemon("de-post"));
    be.until_messages(3).await;
    let reply_by = (Timestamp::now() + SignedDuration::from_hours(24)).to_string();
    let notify = [
        "notice",
        "pre-export",
        "--circle",
        "precursors",
        "--substance",
        "ephedrine",
        "--quantity",
        "1000 kg",
        "--exporter",
        "Hubei Chem",
        "--exporter-country",
        "CN",
        "--importer",
        "Rijn Maas Chemie BV",
        "--importer-country",
        "NL",
        "--expected",
        "2026-09-01",
        "--reply-by",
        &reply_by,
        "--id",
        "permit:NL-IMP-2026-77",
    ];
    let sent = done(&bus, "nl-customs", &notify).await;
    let text = sent["thread_id"].as_str().unwrap().to_owned();
    let id: ThreadId = text.parse().unwrap();

    let answer = until(&be, id, "the notice", |answer| answer.correlations.len() == 2).await;
    let because = |reference: &str| {
        let of = |name: &Option<String>| name.as_deref() == Some(reference);
        answer.correlations.iter().find(|one| of(&one.incident.own_reference)).unwrap().because.join("; ")
    };
    let (first, second) = (because("BEP-1"), because("BEP-2"));
    assert!(first.contains("permit \"NL-IMP-2026-77\" is on both") && first.contains("150 kg more"), "{first}");
    assert!(second.contains("importer \"Rijn Maas Chemie BV\" is named there") && !second.contains("more"), "{second}");
    assert!(!answer.line.is_overdue);

    // At a later time, the deadline is over and the shipment has not been reported; the clock is a parameter.
    let at = Some("2027-09-11T00:00:00Z".parse().unwrap());
    until(&nl, id, "the own notice", |_| true).await;
    let later = nl.ask(&ThreadQuery { thread_id: id, at }).await.unwrap();
    assert!(later.line.is_overdue && later.known[0].starts_with("nobody replied by"), "{:?}", later.known);
    assert!(later.known[1].contains("in the 375 days since nobody has reported here"), "{:?}", later.known);

    let (code, refused) = backtrail(&bus, "nl-customs", &["notice", "acknowledge", &text]).await;
    assert!(code == 1 && refused.as_str().unwrap().contains("only another agency can say this"), "{refused}");
    done(&bus, "be-police", &["notice", "object", &text, "--text", "the importer does not exist"]).await;
    until(&nl, id, "the objection", |answer| answer.thread.state == ThreadState::Objected).await;
    done(&bus, "be-police", &["notice", "arrived", &text, "--on", "2026-09-03", "--quantity", "1200 kg"]).await;
    let arrived = until(&nl, id, "the arrival", |answer| answer.thread.state == ThreadState::Arrived).await;
    assert!(arrived.known.iter().any(|words| words.contains("200 kg more")), "{:?}", arrived.known);

    let alert = ["notice", "alert", "--circle", "all", "--title", "relabelled drums", "--text", "look at the labels"];
    let alert = done(&bus, "nl-customs", &alert).await;
    let alert: ThreadId = alert["thread_id"].as_str().unwrap().parse().unwrap();
    until(&de, alert, "the alert", |_| true).await;
    let all = de.ask(&ThreadsQuery { finished: true, limit: 10, ..ThreadsQuery::default() }).await.unwrap();
    assert_eq!((all.total, all.threads[0].thread_id), (1, alert), "the notice to the narrow circle is not there");
    // Nor can it say anything there.
    let outsider = ["notice", "alert", "--circle", "precursors", "--title", "t", "--text", "t"];
    let (code, held) = backtrail(&bus, "de-post", &outsider).await;
    assert_eq!((code, held["state"].as_str()), (1, Some("held")), "{held}");
}
