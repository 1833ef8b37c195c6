//! One container in two circles: each side sees its own part and whom to ask for the rest, and not one value of it.

use std::path::Path;
use std::process::{Command, Stdio};

use backtrail_bus::query::{PointersQuery, ThreadsQuery};
use backtrail_tests::{Bus, Daemon, backtrail, done, eventually, program};
use serde_json::{Value, json};

const CONTAINER: &str = "MSKU6011672";

/// What only the police of the east has reported: a value of its own in every field.
const HIDDEN: [&str; 15] = [
    "BEP-GEHEIM-1",
    "2026-02-17",
    "carfentanil",
    "777.25",
    "Hiddenbroek",
    "51.0901",
    "Zwarte Raaf Holding",
    "Verborgenstraat",
    "onlyfortheeast",
    "SL9988776",
    "317099887",
    "raaf@zwarte.example",
    "BRONKRUID",
    "ceramic owls",
    "HX-55-Z",
];

fn hidden() -> Value {
    json!({
        "own_reference": "BEP-GEHEIM-1", "kind": "seizure", "occurred_at": "2026-02-17",
        "place": {"country": "BE", "name": "Hiddenbroek", "coordinates": {"latitude": 51.0901, "longitude": 4.3007}},
        "substances": [{"name": "carfentanil", "quantity": {"amount": "777.25", "unit": "kg"}, "lab_profile": "HX-55-Z"}],
        "parties": [{
            "role": "consignor", "name": "Zwarte Raaf Holding", "country": "BE", "address": "Verborgenstraat 991",
            "phone": "+31 7099887", "email": "raaf@zwarte.example",
        }],
        "identifiers": [
            {"kind": "container", "value": CONTAINER}, {"kind": "seal", "value": "SL9988776"},
            {"kind": "vendor-handle", "value": "BRONKRUID"},
        ],
        "goods": {"description": "ceramic owls"}, "narrative": "onlyfortheeast",
    })
}

fn seen(reference: &str, day: &str) -> Value {
    json!({
        "own_reference": reference, "kind": "seizure", "occurred_at": day, "place": {"country": "NL", "locode": "NLRTM"},
        "substances": [{"name": "ketamine"}],
        "parties": [{"role": "consignor", "name": "Kestrel Works", "country": "CN"}],
        "identifiers": [{"kind": "container", "value": CONTAINER}],
    })
}

/// What a command prints for people, on either stream.
fn shown(bus: &Bus, agency: &str, arguments: &[&str]) -> String {
    let output = Command::new(program("backtrail"))
        .arg("--context")
        .arg(bus.officer_context(agency))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Waits until a trace has so many pointers, and returns them.
async fn pointers(bus: &Bus, agency: &str, incident: &str, count: usize) -> Vec<Value> {
    eventually("pointers", async || {
        let trace = done(bus, agency, &["trace", incident]).await;
        let pointers = trace["pointers"].as_array().cloned().unwrap_or_default();
        (pointers.len() == count).then_some(pointers)
    })
    .await
}

fn with_key(bus: &Bus, agency: &str, key: &Path) -> Daemon {
    let key = key.to_str().unwrap();
    bus.daemon_with(agency, &["--pointer-key", key, "--pointer-circle", "partners", "--pointer-every", "1s"])
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_sees_its_own_part_and_whom_to_ask_for_the_rest() {
    let agencies: [(&str, &[&str]); 3] = [
        ("nl-customs", &["west", "partners"]),
        ("be-police", &["east", "partners"]),
        ("de-post", &["west", "partners"]),
    ];
    let bus = Bus::start(&agencies).await;
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("partners.key");
    let made = Command::new(program("backtrail")).args(["pointer", "key", "--output"]).arg(&key).output().unwrap();
    assert!(made.status.success() && made.stdout.is_empty(), "{made:?}");
    let (nl, be) = (with_key(&bus, "nl-customs", &key), with_key(&bus, "be-police", &key));
    let de = bus.daemon("de-post");
    let mut officer = bus.officer("nl-customs");
    officer.post(seen("NLC-1", "2026-01-10"), &["west"]).await;
    officer.post(seen("NLC-2", "2026-03-10"), &["west"]).await;
    let secret = bus.officer("be-police").post(hidden(), &["east"]).await;
    nl.until_messages(2).await;
    be.until_messages(1).await;
    de.until_messages(2).await;

    let told = pointers(&bus, "nl-customs", "NLC-2", 1).await;
    assert_eq!((told[0]["agency"].as_str(), told[0]["value"].as_str()), (Some("be-police"), Some(CONTAINER)));
    let told = pointers(&bus, "be-police", "BEP-GEHEIM-1", 1).await;
    assert_eq!((told[0]["agency"].as_str(), told[0]["value"].as_str()), (Some("nl-customs"), Some(CONTAINER)));
    // Who has no key is told nothing, in the very same circle.
    assert!(pointers(&bus, "de-post", "NLC-2", 0).await.is_empty());
    let container = format!("container:{CONTAINER}");
    assert_eq!(shown(&bus, "de-post", &["pointer", "find", "--id", &container]), "nobody points to it\n");

    // Not one value of what may not be read, byte for byte, in anything that is shown to the other side.
    let id = secret.to_string();
    let traces = ["tree", "geojson", "graphviz", "html"].map(|form| vec!["trace", "NLC-2", "--both", "--form", form]);
    let others = [
        vec!["--json", "trace", "NLC-2"],
        vec!["trace", "--id", &container],
        vec!["pointer", "find", "--id", &container],
        vec!["--json", "pointer", "find", "--id", &container],
        vec!["find", "--id", &container],
        vec!["--json", "find", "--id", &container],
        vec!["--json", "find", "--country", "BE"],
        vec!["entity", "Kestrel Works"],
        vec!["--json", "entity", "Zwarte"],
        vec!["timeline", "--id", &container],
        vec!["--json", "leads", "--closed"],
        vec!["show", "NLC-2"],
        vec!["--json", "show", "NLC-2"],
        vec!["why-not", "NLC-1", "NLC-2"],
        vec!["request", "inbox"],
        vec!["status"],
    ];
    for arguments in traces.iter().chain(&others) {
        let told = shown(&bus, "nl-customs", arguments);
        for value in HIDDEN.iter().copied().chain([id.as_str()]).filter(|value| !arguments.contains(value)) {
            let is_asked_for = arguments.iter().any(|word| value.starts_with(word));
            assert!(
                is_asked_for || !told.to_lowercase().contains(&value.to_lowercase()),
                "{arguments:?}: {value}: {told}"
            );
        }
    }
    let pointed = ["tree", "geojson", "graphviz", "html"].map(|form| ["trace", "NLC-2", "--form", form]);
    for arguments in pointed {
        let told = shown(&bus, "nl-customs", &arguments);
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#39;", "'");
        assert!(flat.contains("backtrail request new --to be-police --about 'container:MSKU6011672'"), "{flat}");
    }

    // A number that only the other side has reported: whoever knows it learns whom to ask.
    let seal = shown(&bus, "nl-customs", &["trace", "--id", "seal:SL9988776"]);
    assert!(seal.contains("be-police has an incident with seal SL9988776 that you may not read"), "{seal}");
    let query = PointersQuery { kind: "phone".parse().unwrap(), value: "+31 7099887".into() };
    assert!(nl.ask(&query).await.unwrap().pointers.is_empty(), "telephones are not pointed to");

    // The command that is offered asks.
    done(&bus, "nl-customs", &["request", "new", "--to", "be-police", "--about", &container]).await;
    let inbox = eventually("the request", async || {
        let all = be.ask(&ThreadsQuery { limit: 10, ..ThreadsQuery::default() }).await.unwrap();
        (all.total == 1).then_some(all)
    })
    .await;
    assert_eq!(inbox.threads[0].title, "container MSKU6011672");
    let (code, refused) = backtrail(&bus, "nl-customs", &["request", "new", "--to", "be-police"]).await;
    assert_eq!(code, 2, "{refused}");

    // Taken back with the incident, also by a daemon that was started anew.
    be.kill();
    let be = with_key(&bus, "be-police", &key);
    be.until_messages(1).await;
    done(&bus, "be-police", &["retract", "BEP-GEHEIM-1", "--reason", "another container", "--circle", "east"]).await;
    pointers(&bus, "nl-customs", "NLC-2", 0).await;
    // Nothing of it came as a thread, and nothing was refused.
    for daemon in [&nl, &be, &de] {
        let status = daemon.until("the end", |status| status.caught_up).await;
        assert_eq!(status.dead_letters, 0);
    }
    assert_eq!(de.ask(&ThreadsQuery { finished: true, limit: 10, ..ThreadsQuery::default() }).await.unwrap().total, 0);
}
