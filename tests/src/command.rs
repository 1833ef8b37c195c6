//! `backtrail` as an officer runs it.

use std::process::Stdio;

use serde_json::Value;

use crate::{Bus, program};

/// Runs `backtrail` as an officer of `agency`; the exit code and what it printed as JSON.
pub async fn backtrail(bus: &Bus, agency: &str, arguments: &[&str]) -> (i32, Value) {
    let output = tokio::process::Command::new(program("backtrail"))
        .args(["--json", "--context"])
        .arg(bus.officer_context(agency))
        .args(arguments)
        .env("USER", "A. Officer")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("it runs");
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&output.stderr).into_owned()));
    (output.status.code().expect("an exit code"), value)
}

/// Runs it and expects it to be done.
pub async fn done(bus: &Bus, agency: &str, arguments: &[&str]) -> Value {
    let (code, value) = backtrail(bus, agency, arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {value}");
    value
}
