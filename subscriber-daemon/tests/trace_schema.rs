//! Traces are what `schemas/trace.v1.schema.json` says, both ways.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use backtrail_bus::exercise::{Settings, generate_paths};
use backtrail_bus::query::IncidentRef;
use backtrail_bus::trace::Direction;
use subscriber_daemon::engine::{Engine, Inquiry};

#[test]
fn traces_follow_their_schema() {
    let schema = serde_json::from_str(include_str!("../../schemas/trace.v1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let exercise = generate_paths(&Settings { incidents: 500, ..Settings::default() }, 60);
    let mut engine = Engine::default();
    for incident in &exercise.incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let as_of = Some(jiff::civil::date(2026, 7, 1));
    let mut hops = 0;
    for path in &exercise.paths {
        let ends = [(path.members.last(), Direction::Upstream), (path.members.first(), Direction::Downstream)];
        let middle = path.members.get(path.members.len() / 2);
        let ends = ends.into_iter().chain([(middle, Direction::Both)]);
        for (end, direction) in ends {
            let root = engine.find(&IncidentRef::Id(*end.unwrap()))[0];
            let trace = engine.trace(&Inquiry { as_of, ..Inquiry::new(root, direction) });
            hops += trace.hops;
            let value = serde_json::to_value(&trace).unwrap();
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
            // Upstream and downstream are each other's way back.
            assert!(trace.root.next().all(|next| next.hop.is_some()), "{value}");
        }
    }
    assert!(hops > 200, "{hops}");
}
