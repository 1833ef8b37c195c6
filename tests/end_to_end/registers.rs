//! What the registers make of a real file, and of what people type.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use backtrail_bus::gazetteer::unlocode::PLACES_VARIABLE;
use backtrail_tests::program;
use serde_json::Value;

/// A file of `../shared/data`, if it is there.
fn shared(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(file);
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
    }
    path.exists().then_some(path)
}

fn backtrail(places: &Path, arguments: &[&str]) -> Output {
    Command::new(program("backtrail"))
        .args(arguments)
        .env(PLACES_VARIABLE, places)
        .env_remove("BACKTRAIL_CONTEXT")
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_real_file_is_understood() {
    let Some(file) = shared("unodc-ids-2011-2013.csv.gz") else { return };
    let directory = tempfile::tempdir().unwrap();
    let places = directory.path().join("places.bin");
    let arguments = ["bulk", "--format", "unodc-ids", "--dry-run", "--json", file.to_str().unwrap()];
    let report = json(&backtrail(&places, &arguments));
    assert_eq!((&report["rows"], &report["refused"]), (&84_641.into(), &0.into()));
    let share = |report: &Value, column: &str, share: &str| report["resolution"][column][share].as_f64().unwrap();
    assert!(share(&report, "drugs", "row_share") >= 0.99);
    assert!(share(&report, "drugs", "distinct_share") >= 0.97);
    for column in ["countries", "units", "transports", "hiding_places"] {
        assert!((share(&report, column, "row_share") - 1.0).abs() < 1e-9, "{column}: {}", report["resolution"][column]);
    }
    assert!(share(&report, "places", "row_share") >= 0.69);

    let Some(table) = shared("un-locode-2024.csv.gz") else { return };
    let import = Command::new(program("backtrail-admin"))
        .args(["places", "import", table.to_str().unwrap(), "--json", "--output", places.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(json(&import)["report"]["rows"], 116_029);
    let report = json(&backtrail(&places, &arguments));
    assert!(share(&report, "places", "row_share") >= 0.8, "{}", share(&report, "places", "row_share"));
}

#[test]
fn people_look_substances_up_without_a_context() {
    let directory = tempfile::tempdir().unwrap();
    let ask = |arguments: &[&str]| backtrail(&directory.path().join("none.bin"), arguments);
    let found = json(&ask(&["substance", "find", "Cocain HCL", "--json"]));
    assert_eq!((&found["result"], &found["family"]), (&"entry".into(), &"cocaine".into()));
    let ambiguous = ask(&["substance", "find", "fluorofentanyl", "--json"]);
    assert_eq!(json(&ambiguous)["result"], "ambiguous");
    let unknown = ask(&["substance", "find", "crushed basalt", "--json"]);
    assert_eq!(unknown.status.code(), Some(1));
    let shown = json(&ask(&["substance", "show", "acetic-anhydride", "--json"]));
    assert_eq!(shown["entry"]["control"][0]["list"], "1988-I");
    let changes = json(&ask(&["substance", "diff", "2026-11-24", "--json"]));
    assert!(changes["changes"].as_array().unwrap().len() > 500);
    let error = ask(&["substance", "diff", "1999"]);
    assert!(String::from_utf8_lossy(&error.stderr).contains("expected one of 2026-11-24"));
}
