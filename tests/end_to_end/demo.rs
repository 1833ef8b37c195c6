//! The demo scenario through the engine: the leads found are those planted, no more and no fewer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use backtrail_tests::program;
use serde_json::Value;

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/demo-scenario")
}

/// Kind and members' references of every planted lead.
fn planted() -> BTreeSet<(String, BTreeSet<String>)> {
    let truth: Value = serde_json::from_slice(&std::fs::read(scenario().join("truth.json")).unwrap()).unwrap();
    let patterns = truth["patterns"].as_array().unwrap().iter();
    patterns
        .flat_map(|pattern| pattern["expected_leads"].as_array().unwrap())
        .map(|lead| {
            let members = lead["members"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned());
            (lead["kind"].as_str().unwrap().to_owned(), members.collect())
        })
        .collect()
}

#[test]
fn the_demo_finds_what_was_planted() {
    let dir = tempfile::tempdir().unwrap();
    let target = program("backtrail-admin").parent().unwrap().parent().unwrap().to_owned();
    // A link to the server that the tests use, where the demo looks for it.
    let server = target.join("nats-server");
    if server.exists() {
        std::os::unix::fs::symlink(server, dir.path().join("nats-server")).unwrap();
    }
    let output = Command::new(program("backtrail-admin"))
        .args(["demo", "--once", "--json", "--work-dir"])
        .arg(dir.path().join("demo"))
        .arg("--scenario")
        .arg(scenario())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&report["posted"], &report["refused"]), (&125.into(), &0.into()), "{report}");
    assert_eq!(report["leads"].as_u64().unwrap(), planted().len() as u64, "{report}");
    assert!(report["trace_hops"].as_u64().unwrap() >= 4, "{report}");

    // The same incidents, as the agencies' outboxes signed them, through the engine without a server.
    let mut incidents = Vec::new();
    for stage in std::fs::read_dir(dir.path().join("demo")).unwrap() {
        for agency in ["nl-customs", "be-police", "de-post"] {
            let state = stage.as_ref().unwrap().path().join("state").join(agency).join("exercise");
            let outbox = backtrail_bus::outbox::Outbox::open(&state).unwrap();
            incidents.extend(outbox.newest(1_000).unwrap().into_iter().map(|entry| entry.envelope.payload));
        }
    }
    let file = dir.path().join("incidents.ndjson");
    std::fs::write(&file, incidents.join(&b'\n')).unwrap();
    assert_eq!(replayed(&file), planted());
}

/// Kind and members' references of every lead that is open after a replay.
fn replayed(file: &Path) -> BTreeSet<(String, BTreeSet<String>)> {
    let output = Command::new(program("backtraild")).arg("replay").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut leads: BTreeMap<String, (String, BTreeMap<String, String>)> = BTreeMap::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let field = |value: &Value| value.as_str().unwrap().to_owned();
        let (_, members) = leads.entry(field(&event["lead_id"])).or_insert((field(&event["kind"]), BTreeMap::new()));
        for member in event["members"].as_array().unwrap() {
            members.insert(field(&member["incident_id"]), field(&member["own_reference"]));
        }
        for departed in event["departed"].as_array().into_iter().flatten() {
            members.remove(departed.as_str().unwrap());
        }
        if event["change"] == "closed" {
            members.clear();
        }
    }
    let open = leads.into_values().filter(|(_, members)| !members.is_empty());
    open.map(|(kind, members)| (kind, members.into_values().collect())).collect()
}
