//! Alerts find what fits, once, and what they found waits until it is read.

use async_nats::jetstream::kv;
use backtrail_bus::alert::{AlertNotice, Finding};
use backtrail_bus::query::{AlertsQuery, LeadsQuery};
use backtrail_bus::realm::Realm;
use backtrail_bus::stream;
use backtrail_tests::{Bus, Daemon, eventually, program};
use serde_json::{Value, json};

fn backtrail(bus: &Bus, arguments: &[&str]) -> Result<String, String> {
    let output = std::process::Command::new(program("backtrail"))
        .arg("--context")
        .arg(bus.officer_context("nl-customs"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// What is unread for somebody, which marks it as read.
fn read(bus: &Bus, by: &str) -> Vec<AlertNotice> {
    let lines = backtrail(bus, &["--json", "alert", "read", "--by", by]).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn until_notices(daemon: &Daemon, name: &str, count: u64) {
    let notices = async || {
        let alerts = daemon.ask(&AlertsQuery {}).await.ok()?.alerts;
        alerts.into_iter().find(|alert| alert.definition.name.as_str() == name && alert.notices == count)
    };
    eventually(&format!("{count} notices of {name}"), notices).await;
}

fn post(reference: &str, substance: &str, to: &str) -> Value {
    json!({
        "own_reference": reference, "kind": "seizure", "occurred_at": "2026-03-04", "place": {"country": "NL"},
        "substances": [{"name": substance}], "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
        "route": [
            {"role": "departure", "place": {"country": "CN"}}, {"role": "destination", "place": {"country": to}},
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_is_found_once_and_waits() {
    let bus = Bus::start(&[("nl-customs", &["all", "opioids"])]).await;
    let mut officer = bus.officer("nl-customs");
    let mut daemon = bus.daemon("nl-customs");
    // What came before is not looked at.
    officer.post(post("A-0", "fentanyl", "US"), &["all"]).await;
    daemon.until_messages(1).await;
    let add = ["alert", "add", "--name", "fentanyl-to-us", "--substance", "fentanyl", "--route", "*>US"];
    let added = backtrail(&bus, &[&add[..], &["--by", "A. Analyst"]].concat()).unwrap();
    assert!(added.contains("substance fentanyl, route *>US"), "{added}");
    let refused = backtrail(&bus, &[&add[..], &["--by", "A. Analyst"]].concat()).unwrap_err();
    assert!(refused.contains("an alert is called fentanyl-to-us already"), "{refused}");
    assert!(
        backtrail(&bus, &["alert", "add", "--name", "all", "--by", "A"]).unwrap_err().contains("found no condition")
    );
    let leads = ["alert", "add", "--name", "strong", "--substance", "ketamine", "--min-bits", "9", "--by", "A"];
    backtrail(&bus, &leads).unwrap();
    let digest = ["alert", "add", "--name", "daily", "--route", "CN>*", "--digest", "daily", "--by", "A"];
    backtrail(&bus, &digest).unwrap();

    // Posted to two circles, it is one incident; a revision of what was found already is no news.
    let found = officer.post(post("A-1", "Fentanyl HCl", "US"), &["all", "opioids"]).await;
    officer.post(post("A-2", "fentanyl", "DE"), &["all"]).await;
    let revised = officer.incident(post("A-1", "fentanyl", "US"), found, 2);
    officer.queue(revised, &["all", "opioids"]);
    officer.flush().await;
    daemon.until_messages(6).await;
    until_notices(&daemon, "fentanyl-to-us", 1).await;

    // Neither a crash nor a daemon built anew says it again, nor forgets it.
    let snapshot = daemon.snapshot();
    daemon.kill();
    let _ = std::fs::remove_file(&snapshot);
    daemon = bus.daemon("nl-customs");
    daemon.until_messages(6).await;
    let notices = read(&bus, "A. Analyst");
    let [notice] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!((notice.alert.as_str(), notice.number, notice.findings.len()), ("fentanyl-to-us", 1, 1));
    assert!(read(&bus, "A. Analyst").is_empty(), "it was read");
    assert_eq!(read(&bus, "B. Boss"), notices, "by another");

    // A lead that grows is found by its bits, and an incident by itself.
    officer.post(post("A-3", "ketamine", "DE"), &["all"]).await;
    daemon.until_messages(7).await;
    until_notices(&daemon, "strong", 1).await;
    let shown = backtrail(&bus, &["alert", "read", "--by", "A. Analyst"]).unwrap();
    assert!(shown.contains("A-3  seizure") && shown.contains("lead strengthened: shared-identifier"), "{shown}");
    assert!(shown.ends_with("1 notices, 0 more not read\n"), "{shown}");
    assert_eq!(daemon.ask(&LeadsQuery { limit: 9, ..LeadsQuery::default() }).await.unwrap().total, 1);

    // The digest counts its findings until its hour.
    let alerts = daemon.ask(&AlertsQuery {}).await.unwrap().alerts;
    let daily = alerts.iter().find(|alert| alert.definition.name.as_str() == "daily").unwrap();
    assert_eq!((daily.notices, daily.waiting, daily.due.is_some()), (0, 3, true));

    // Paused, it looks away, and does not look back when it is resumed.
    backtrail(&bus, &["alert", "pause", "fentanyl-to-us"]).unwrap();
    officer.post(post("A-4", "fentanyl", "US"), &["all"]).await;
    daemon.until_messages(8).await;
    backtrail(&bus, &["alert", "resume", "fentanyl-to-us"]).unwrap();
    officer.post(post("A-5", "fentanyl", "US"), &["all"]).await;
    daemon.until_messages(9).await;
    until_notices(&daemon, "fentanyl-to-us", 2).await;
    let watched = backtrail(&bus, &["watch", "--alerts", "--since", "all", "--count", "4"]).unwrap();
    assert!(watched.contains("A-1  seizure") && watched.contains("A-5  seizure"), "{watched}");
    assert!(!watched.contains("A-0") && !watched.contains("A-2") && !watched.contains("A-4"), "{watched}");

    // Removed, it is gone; one of the same name goes on with the numbers.
    backtrail(&bus, &["alert", "remove", "fentanyl-to-us"]).unwrap();
    assert!(backtrail(&bus, &["alert", "show", "fentanyl-to-us"]).unwrap_err().contains("no alert is called"));
    backtrail(&bus, &[&add[..], &["--by", "A. Analyst"]].concat()).unwrap();
    officer.post(post("A-6", "fentanyl", "US"), &["all"]).await;
    until_notices(&daemon, "fentanyl-to-us", 3).await;
}

/// The value that is kept of an alert.
async fn kept(bucket: &kv::Store, name: &str) -> Value {
    serde_json::from_slice(&bucket.get(name).await.unwrap().unwrap()).unwrap()
}

async fn keep(bucket: &kv::Store, name: &str, value: &Value) {
    bucket.put(name, serde_json::to_vec(value).unwrap().into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_and_a_crash_say_everything_once() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let mut daemon = bus.daemon("nl-customs");
    daemon.until_messages(0).await;
    let add = |name, more: &[&str]| {
        let arguments = ["alert", "add", "--name", name, "--near", "NLRTM", "--within", "80km", "--by", "A"];
        backtrail(&bus, &[&arguments[..], more].concat()).unwrap()
    };
    let added = add("digest", &["--digest", "daily", "--timezone", "Europe/Amsterdam", "--limit", "2/day"]);
    assert!(added.contains("daily, at most 2/day, Europe/Amsterdam"), "{added}");
    add("at-once", &[]);
    let at_rotterdam = |reference: &str| {
        let mut post = post(reference, "ketamine", "DE");
        post["place"] = json!({"locode": "NLRTM"});
        post
    };
    for reference in ["D-1", "D-2", "D-3"] {
        officer.post(at_rotterdam(reference), &["all"]).await;
    }
    officer.post(post("D-4", "ketamine", "DE"), &["all"]).await;
    daemon.until_messages(4).await;
    let found = |notices: &[AlertNotice]| notices.iter().map(|notice| notice.findings.len()).sum::<usize>();
    assert_eq!(found(&read(&bus, "A")), 3, "the digest waits");

    // The daemon was down for a week: the hour of the digest is long over.
    daemon.kill();
    let connection = bus.connect_as_daemon("nl-customs").await;
    let bucket = connection.own().get_key_value(stream::alert_definitions(Realm::Real)).await.unwrap();
    let mut digest = kept(&bucket, "digest").await;
    digest["waiting"]["since"] = json!("2026-01-01T00:00:00Z");
    keep(&bucket, "digest", &digest).await;
    // It was killed after a notice was written down and before it was published, and another went out already.
    let mut at_once = kept(&bucket, "at-once").await;
    let last = at_once["notices"].as_u64().unwrap();
    let notice =
        |number| json!({"alert": "at-once", "number": number, "at": "2026-01-01T00:00:00Z", "findings": [], "more": 7});
    at_once["outgoing"] = json!([notice(last), notice(last + 1)]);
    at_once["notices"] = json!(last + 1);
    keep(&bucket, "at-once", &at_once).await;
    daemon = bus.daemon("nl-customs");
    until_notices(&daemon, "digest", 1).await;
    let notices = read(&bus, "A");
    let said: Vec<_> = notices
        .iter()
        .map(|notice| (notice.alert.as_str(), notice.number, notice.findings.len(), notice.more))
        .collect();
    assert_eq!(said, [("at-once", last + 1, 0, 7), ("digest", 1, 2, 1)]);
    officer.post(at_rotterdam("D-5"), &["all"]).await;
    until_notices(&daemon, "at-once", last + 2).await;
    assert_eq!(found(&read(&bus, "A")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_finds_nothing_twice_and_misses_nothing() {
    const POSTS: usize = 400;
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let mut officer = bus.officer("nl-customs");
    let mut daemon = bus.daemon("nl-customs");
    daemon.until_messages(0).await;
    for (name, more) in [("all", &["--country", "NL"]), ("from-china", &["--route", "CN>*"])] {
        let add = ["alert", "add", "--name", name, "--by", "A"];
        backtrail(&bus, &[&add[..], more].concat()).unwrap();
    }
    let mut posted = Vec::new();
    for batch in 0..8 {
        for number in 0..POSTS / 8 {
            posted.push(officer.queue_draft(post(&format!("K-{batch}-{number}"), "ketamine", "DE"), &["all"]));
        }
        officer.flush().await;
        // Somewhere in the middle of them, and at times with the snapshot lost.
        daemon.until("some of them", |status| status.messages > (batch * POSTS / 8) as u64).await;
        let snapshot = daemon.snapshot();
        daemon.kill();
        if batch % 3 == 2 {
            let _ = std::fs::remove_file(&snapshot);
        }
        daemon = bus.daemon("nl-customs");
    }
    daemon.until_messages(POSTS as u64).await;
    let mut found: std::collections::BTreeMap<String, Vec<_>> = std::collections::BTreeMap::new();
    loop {
        let notices = read(&bus, "A");
        if notices.is_empty() {
            break;
        }
        for notice in notices {
            let incidents = notice.findings.into_iter().map(|finding| match finding {
                Finding::Incident(incident) => incident.incident_id,
                Finding::Lead(lead) => panic!("{lead:?}"),
            });
            found.entry(notice.alert.to_string()).or_default().extend(incidents);
        }
    }
    posted.sort_unstable();
    for name in ["all", "from-china"] {
        let mut incidents = found.remove(name).unwrap();
        incidents.sort_unstable();
        assert!(incidents == posted, "{name}: {} findings", incidents.len());
    }
}
