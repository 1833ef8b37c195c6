//! A spreadsheet is accounted for row by row, and bringing it again posts nothing twice.

use std::path::Path;
use std::process::Command;

use backtrail_tests::{Bus, program};
use serde_json::Value;

/// Runs `backtrail` in `dir`: its exit code and the last line it printed.
fn backtrail(dir: &Path, context: &Path, arguments: &[&str]) -> (i32, Value) {
    let mut command = Command::new(program("backtrail"));
    let output = command.args(arguments).arg("--json").arg("--context").arg(context).current_dir(dir).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let last = printed.lines().last().unwrap_or("null");
    (output.status.code().unwrap(), serde_json::from_str(last).unwrap())
}

fn counts(report: &Value) -> [u64; 6] {
    ["rows", "accepted", "warned", "refused", "already_sent", "sent"].map(|field| report[field].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_twice_posts_nothing_twice() {
    let bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let dir = tempfile::tempdir().unwrap();
    let context = bus.officer_context("nl-customs");
    let rows = "occurred_at,country,substance,amount,unit,own_reference\n\
                2026-03-01,NL,ketamine,2,kg,A-1\n\
                2026-03-02,Ruritania,ketamine,2,kg,A-2\n\
                2026-03-03,NL,ketamine,some,kg,A-3\n\
                2026-03-04,NL,ketamine,2,kg,\n\
                2026-03-04,NL,ketamine,2,kg,\n";
    std::fs::write(dir.path().join("rows.csv"), rows).unwrap();
    let (code, report) = backtrail(dir.path(), &context, &["bulk", "rows.csv"]);
    assert_eq!((code, counts(&report)), (1, [5, 3, 1, 1, 0, 4]), "{report}");
    let (_, report) = backtrail(dir.path(), &context, &["bulk", "rows.csv"]);
    assert_eq!(counts(&report), [5, 0, 0, 1, 4, 0], "{report}");

    let refused = dir.path().join("rows.refused.csv");
    let corrected = std::fs::read_to_string(&refused).unwrap().replacen("some", "3", 1);
    std::fs::write(&refused, corrected).unwrap();
    let (code, report) = backtrail(dir.path(), &context, &["bulk", "rows.refused.csv"]);
    assert_eq!((code, counts(&report)), (0, [1, 1, 0, 0, 0, 1]), "{report}");
    assert_eq!(bus.daemon("nl-customs").until_messages(5).await.messages, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_say_what_happened() {
    let mut bus = Bus::start(&[("nl-customs", &["all"])]).await;
    let dir = tempfile::tempdir().unwrap();
    let context = bus.officer_context("nl-customs");
    let post = ["post", "--country", "NL", "--substance", "ketamine", "--quantity", "2 kg", "--reference"];
    let run = |arguments: &[&str]| backtrail(dir.path(), &context, arguments);
    let (code, outcome) = run(&[&post[..], &["P-1"]].concat());
    assert_eq!((code, outcome["state"].as_str()), (0, Some("sent")), "{outcome}");
    let (code, outcome) = run(&[&post[..], &["P-1"]].concat());
    assert_eq!((code, outcome["state"].as_str()), (1, Some("refused")), "a reference is posted once: {outcome}");
    let (code, _) = run(&["post", "--no-such-flag"]);
    assert_eq!(code, 2);
    bus.kill_hub().await;
    let (code, outcome) = run(&[&post[..], &["P-2"]].concat());
    assert_eq!((code, outcome["state"].as_str()), (75, Some("waiting")), "{outcome}");
    assert_eq!(run(&["outbox"]).1["waiting"], 1);
    bus.start_hub().await;
    let (code, flushed) = run(&["outbox", "flush"]);
    assert_eq!((code, flushed["sent"].as_u64()), (0, Some(1)), "{flushed}");
}
