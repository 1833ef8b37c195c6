//! The leads of an exercise against what was planted. The figures of larger exercises are in `tests/BENCHMARKS.md`.

use backtrail_bus::exercise::{Settings, generate, generate_paths};
use subscriber_daemon::evaluate::{Evaluation, TraceEvaluation, evaluate, evaluate_traces};

fn evaluation(settings: Settings) -> Evaluation {
    evaluate(&generate(&Settings { incidents: 3_000, ..settings })).expect("an exercise is well formed")
}

#[test]
fn leads_find_what_was_planted_and_little_else() {
    let found = evaluation(Settings::default());
    assert!(found.pairs.precision >= 0.95 && found.pairs.recall >= 0.88, "{:?}", found.pairs);
    assert!(found.false_leads_per_1000 <= 2.0, "{}", found.false_leads_per_1000);
}

#[test]
fn a_common_forwarder_hides_and_invents_nothing() {
    let (usual, hot) =
        (evaluation(Settings::default()), evaluation(Settings { hot_share: 0.1, ..Settings::default() }));
    assert!(hot.pairs.precision >= usual.pairs.precision - 0.03, "{:?} {:?}", hot.pairs, usual.pairs);
    assert!(hot.pairs.recall >= usual.pairs.recall - 0.03, "{:?} {:?}", hot.pairs, usual.pairs);
}

#[test]
fn without_noise_nearly_all_is_found() {
    let found = evaluation(Settings { noise: 0.0, ..Settings::default() });
    assert!(found.pairs.precision >= 0.97 && found.pairs.recall >= 0.95, "{:?}", found.pairs);
}

#[test]
fn traces_find_the_origin_and_the_diversion() {
    let settings = Settings { incidents: 2_000, ..Settings::default() };
    let TraceEvaluation { all, infeasible_hops, hops, .. } = evaluate_traces(&generate_paths(&settings, 300));
    assert!(all.paths > 250 && hops > all.paths, "{all:?}");
    assert!(all.origin_top1 >= 0.82 && all.origin_top3 >= 0.94 && all.diversion_exact >= 0.8, "{all:?}");
    assert_eq!(infeasible_hops, 0);
}
