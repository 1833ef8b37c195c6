//! The JSON Schema and the types judge the same examples the same way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use backtrail_bus::incident::Incident;
use serde_json::Value;

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")
}

fn examples(verdict: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = schemas().join("examples/incident").join(verdict);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn validator() -> jsonschema::Validator {
    let schema: Value =
        serde_json::from_slice(&std::fs::read(schemas().join("incident.v1.schema.json")).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn examples_that_must_pass_pass_both() {
    let schema = validator();
    let examples = examples("pass");
    assert!(examples.len() >= 8);
    for (path, bytes) in examples {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: the schema says {errors:?}", path.display());
        let incident = Incident::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let written: Value = serde_json::from_slice(&incident.to_bytes()).unwrap();
        assert!(schema.is_valid(&written), "{}: what the types write is not valid", path.display());
    }
}

#[test]
fn examples_that_must_fail_fail_both() {
    let schema = validator();
    let examples = examples("fail");
    assert!(examples.len() >= 14);
    for (path, bytes) in examples {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(!schema.is_valid(&value), "{}: the schema takes it", path.display());
        assert!(Incident::read(&bytes).is_err(), "{}: the types take it", path.display());
    }
}
