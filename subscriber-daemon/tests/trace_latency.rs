//! How long traces take in a large state: `cargo test --release -p subscriber-daemon --test trace_latency -- --ignored
//! --nocapture`. `BACKTRAIL_TRACE_INCIDENTS` makes it another size.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::time::{Duration, Instant};

use backtrail_bus::exercise::{Settings, generate_paths};
use backtrail_bus::query::IncidentRef;
use backtrail_bus::trace::Direction;
use subscriber_daemon::engine::{Engine, Inquiry};

/// What the issue asks for at a million incidents.
const MOST_P50: Duration = Duration::from_millis(20);
const MOST_P99: Duration = Duration::from_millis(200);

#[test]
#[ignore = "a measurement of several minutes, to be run in release"]
fn traces_among_a_million_incidents() {
    let incidents = std::env::var("BACKTRAIL_TRACE_INCIDENTS").map_or(1_000_000, |text| text.parse().unwrap());
    let exercise = generate_paths(&Settings { incidents, ..Settings::default() }, 1_000);
    let mut engine = Engine::default();
    for incident in &exercise.incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let mut rows = Vec::new();
    for (direction, name) in
        [(Direction::Upstream, "upstream"), (Direction::Downstream, "downstream"), (Direction::Both, "both")]
    {
        let ends = exercise.paths.iter().filter_map(|path| path.members.last());
        // Whatever is posted is traced, not only what ends a planted path.
        let others =
            exercise.incidents.iter().step_by(exercise.incidents.len() / 1_000).map(|other| &other.incident_id);
        let roots: Vec<_> = ends.chain(others).filter_map(|id| engine.find(&IncidentRef::Id(*id)).pop()).collect();
        let as_of = Some(jiff::civil::date(2026, 7, 1));
        let mut took: Vec<(Duration, usize)> = roots
            .iter()
            .map(|root| {
                let begin = Instant::now();
                let trace = engine.trace(&Inquiry { as_of, ..Inquiry::new(*root, direction) });
                let answer = serde_json::to_vec(&trace).unwrap();
                assert!(!answer.is_empty());
                (begin.elapsed(), trace.hops as usize)
            })
            .collect();
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].0;
        let hops: usize = took.iter().map(|(_, hops)| hops).sum();
        println!(
            "{} incidents, {} traces {name}, {hops} hops: p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
            engine.incident_count(),
            took.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
        rows.push((name, at(0.5), at(0.99)));
    }
    for (name, p50, p99) in rows {
        assert!(p50 <= MOST_P50 && p99 <= MOST_P99, "{name}: {p50:?}, {p99:?}");
    }
}
