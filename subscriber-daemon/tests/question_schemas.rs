//! Answers to questions about incidents are what their schemas say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use backtrail_bus::exercise::{Settings, generate};
use backtrail_bus::query::{EntityQuery, FindQuery, LeadsQuery, Near, Sort, TimelineOf, TimelineQuery};
use subscriber_daemon::engine::Engine;

fn validator(schema: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

fn check(validator: &jsonschema::Validator, answer: &impl serde::Serialize) {
    let value = serde_json::to_value(answer).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn answers_follow_their_schemas() {
    let exercise = generate(&Settings { incidents: 800, ..Settings::default() });
    let mut engine = Engine::default();
    for incident in &exercise.incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).unwrap();
    }
    let found = validator(include_str!("../../schemas/found.v1.schema.json"));
    let at = backtrail_bus::incident::Coordinates { latitude: 51.9, longitude: 4.1 };
    let any = || FindQuery { limit: 300, ..FindQuery::default() };
    for query in [
        FindQuery { retracted: true, ..any() },
        FindQuery { sort: Sort::Bits, ..any() },
        FindQuery { near: Some(Near { at, within_km: 2_000.0 }), sort: Sort::Distance, ..any() },
        FindQuery { text: Some("tradin* street".to_owned()), sort: Sort::Relevance, ..any() },
    ] {
        let answer = engine.find_all(&query).unwrap();
        assert!(!answer.incidents.is_empty(), "{query:?}");
        check(&found, &answer);
    }
    let (entity, timeline) = (
        validator(include_str!("../../schemas/entity.v1.schema.json")),
        validator(include_str!("../../schemas/timeline.v1.schema.json")),
    );
    for incident in exercise.incidents.iter().step_by(20) {
        let Some(party) = incident.parties.first() else { continue };
        if let Ok(answer) = engine.entity(&EntityQuery { name: party.name.clone(), country: None, limit: 10 }) {
            check(&entity, &answer);
            let find = FindQuery { party: Some(party.name.clone()), ..any() };
            check(
                &timeline,
                &engine.timeline(&TimelineQuery { of: TimelineOf::Found(Box::new(find)), limit: 50 }).unwrap(),
            );
        }
    }
    for lead in engine.leads(&LeadsQuery { limit: 20, ..LeadsQuery::default() }).leads {
        check(&timeline, &engine.timeline(&TimelineQuery { of: TimelineOf::Lead(lead.lead_id), limit: 50 }).unwrap());
    }
    let nothing = serde_json::json!({"incidents": [{"incident_id": "x"}], "total": 1});
    assert!(!found.is_valid(&nothing));
}
