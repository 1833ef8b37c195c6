//! Measures questions inside the daemon's engine: `cargo run --release -p subscriber-daemon --example questions -- 1000000`.
//!
//! Incidents are invented (`backtrail_bus::exercise`), and so is what is asked: values that some of them carry, names and
//! words with a slip.

use std::time::{Duration, Instant};

use backtrail_bus::exercise::{Settings, generate};
use backtrail_bus::incident::{Coordinates, Incident};
use backtrail_bus::query::{EntityQuery, FindQuery, Near, RouteWanted, Sort, TimelineOf, TimelineQuery};
use subscriber_daemon::engine::{Engine, load_tables};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// So many questions of each sort.
const QUESTIONS: usize = 200;

fn main() {
    let incidents = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    load_tables();
    let exercise = generate(&Settings { incidents, ..Settings::default() });
    let step = (exercise.incidents.len() / QUESTIONS).max(1);
    let samples: Vec<Incident> = exercise.incidents.iter().step_by(step).cloned().collect();
    let mut engine = Engine::default();
    for incident in exercise.incidents {
        engine.apply(incident.clone(), &incident.to_bytes()).expect("an exercise is well formed");
    }
    let held = engine.incident_count();
    let begin = Instant::now();
    engine.read_for_questions(usize::MAX);
    let reading = begin.elapsed();
    println!("{held} incidents, {} leads open", engine.open_lead_count());
    let each_us = reading.as_secs_f64() * 1e6 / held as f64;
    println!(
        "read for questions in {reading:.1?} ({each_us:.1} us each), {} bytes each",
        engine.question_bytes() / held
    );
    let mut all = Vec::new();
    for (what, query) in finds() {
        let mut took = Vec::new();
        let mut found = 0;
        for sample in &samples {
            let Some(query) = query(sample) else { continue };
            let begin = Instant::now();
            found += engine.find_all(&FindQuery { limit: 20, ..query }).map_or(0, |answer| answer.total);
            took.push(begin.elapsed());
        }
        report(&format!("find {what}"), &took, found);
        all.extend(took);
    }
    report("find, all of these", &all, 0);
    let (mut took, mut found) = (Vec::new(), 0);
    for sample in &samples {
        let Some(party) = sample.parties.first() else { continue };
        let begin = Instant::now();
        let query = EntityQuery { name: party.name.clone(), country: None, limit: 20 };
        found += engine.entity(&query).map_or(0, |entity| entity.incident_count);
        took.push(begin.elapsed());
    }
    report("entity", &took, found);
    let (mut took, mut found) = (Vec::new(), 0);
    for sample in &samples {
        let Some(party) = sample.parties.first() else { continue };
        let find = FindQuery { party: Some(party.name.clone()), ..FindQuery::default() };
        let begin = Instant::now();
        let query = TimelineQuery { of: TimelineOf::Found(Box::new(find)), limit: 100 };
        found += engine.timeline(&query).map_or(0, |timeline| timeline.events.len());
        took.push(begin.elapsed());
    }
    report("timeline of a party", &took, found);
}

type MakeFind = fn(&Incident) -> Option<FindQuery>;

/// Every sort of question, made of what a sample carries.
fn finds() -> Vec<(&'static str, MakeFind)> {
    vec![
        ("the latest", |_| Some(FindQuery::default())),
        ("by identifier", |sample| {
            let identifier = sample.identifiers.first()?;
            Some(FindQuery { identifier: Some((identifier.kind, identifier.value.clone())), ..FindQuery::default() })
        }),
        ("by a misspelt name", |sample| {
            Some(FindQuery { party: Some(with_slip(&sample.parties.first()?.name)), ..FindQuery::default() })
        }),
        ("by two words, one misspelt", |sample| {
            let name = &sample.parties.first()?.name;
            let words: Vec<&str> = name.split_whitespace().filter(|word| word.len() > 4).take(2).collect();
            let text = words.join(" ");
            (words.len() == 2).then(|| FindQuery {
                text: Some(with_slip(&text)),
                sort: Sort::Relevance,
                ..FindQuery::default()
            })
        }),
        ("by common words", |_| Some(FindQuery { text: Some("trading street".to_owned()), ..FindQuery::default() })),
        ("by substance, route, mode and date", |sample| {
            let line = sample.substances.first()?;
            let route = RouteWanted { from: None, to: sample.route.last()?.place.country };
            Some(FindQuery {
                family: line.family.clone(),
                route: route.to.map(|_| route),
                mode: sample.route.iter().find_map(|leg| leg.mode),
                until: Some(sample.occurred_at.last_day()),
                ..FindQuery::default()
            })
        }),
        ("by kilograms, most first", |_| {
            Some(FindQuery { min_kg: Some(10.0), sort: Sort::Quantity, ..FindQuery::default() })
        }),
        ("within 50 km, nearest first", |sample| {
            let at: Coordinates = sample.place.resolved.as_ref()?.coordinates?;
            Some(FindQuery { near: Some(Near { at, within_km: 50.0 }), sort: Sort::Distance, ..FindQuery::default() })
        }),
        ("by bits of leads, most first", |_| {
            Some(FindQuery { min_bits: Some(12.0), sort: Sort::Bits, ..FindQuery::default() })
        }),
    ]
}

/// The text with two letters in its middle swapped.
fn with_slip(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let middle = letters.len() / 2;
    if middle > 0 {
        letters.swap(middle, middle - 1);
    }
    letters.into_iter().collect()
}

fn report(what: &str, took: &[Duration], found: usize) {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let at = |share: f64| sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1)));
    let shown = |duration: Option<&Duration>| duration.map_or(0.0, |duration| duration.as_secs_f64() * 1e3);
    println!(
        "{what}: {} questions, {found} found, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        sorted.len(),
        shown(at(0.5)),
        shown(at(0.99)),
        shown(sorted.last())
    );
}
