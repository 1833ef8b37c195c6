//! The model's numbers counted anew, where the truth is known.

use std::collections::{BTreeMap, BTreeSet};

use backtrail_bus::exercise::Exercise;
use backtrail_bus::id::IncidentId;
use backtrail_bus::incident::Incident;
use serde::Serialize;

use super::pairs;
use crate::engine::{Features, ModelLevel, model_levels};

/// A level of a comparison, as the model has it and as it was counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recount {
    #[serde(flatten)]
    pub model: ModelLevel,
    /// The share of pairs that belong together in which the comparison comes out like this.
    pub m: f64,
    /// The same of pairs that do not.
    pub u: f64,
    /// log2(m / u).
    pub bits: f64,
    /// How many pairs of each sort could be compared.
    pub together: usize,
    pub apart: usize,
}

/// Pairs that do not belong together are as many as there are pairs of incidents; so many are looked at.
const PAIRS_APART: usize = 200_000;

/// How often each level was seen, by comparison and level, and each comparison at all.
#[derive(Debug, Default)]
struct Counts {
    levels: BTreeMap<(&'static str, &'static str), usize>,
    comparisons: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn add(&mut self, levels: impl IntoIterator<Item = (&'static str, &'static str)>) {
        for (comparison, level) in levels {
            *self.levels.entry((comparison, level)).or_default() += 1;
            *self.comparisons.entry(comparison).or_default() += 1;
        }
    }

    fn all(&self, comparison: &str) -> usize {
        self.comparisons.get(comparison).copied().unwrap_or_default()
    }

    /// The share of a level, with half a pair more at each of them (Krichevsky and Trofimov, "The performance of universal
    /// encoding", IEEE Transactions on Information Theory 1981): what was not seen yet is not impossible.
    fn share(&self, comparison: &str, level: &str, levels: usize) -> f64 {
        let seen =
            self.levels.iter().find(|((of, is), _)| *of == comparison && *is == level).map_or(0, |(_, seen)| *seen);
        (seen as f64 + 0.5) / (self.all(comparison) as f64 + 0.5 * levels as f64)
    }
}

/// Counts how the comparisons of the model come out in an exercise: between incidents that were planted together, and
/// between others.
pub fn calibrate(exercise: &Exercise) -> Vec<Recount> {
    let current = current(&exercise.incidents);
    let features: BTreeMap<IncidentId, Features> =
        current.iter().map(|(id, incident)| (*id, Features::of(incident))).collect();
    let true_pairs: BTreeSet<_> = exercise.planted.iter().flat_map(|planted| pairs(&planted.members)).collect();
    let (mut together, mut apart) = (Counts::default(), Counts::default());
    for (a, b) in &true_pairs {
        if let Some((a, b)) = features.get(a).zip(features.get(b)) {
            together.add(a.levels_if_together(b));
        }
    }
    let ids: Vec<IncidentId> = features.keys().copied().collect();
    for (a, b) in spread_pairs(ids.len()) {
        let (a, b) = (ids[a], ids[b]);
        if !true_pairs.contains(&(a.min(b), a.max(b))) {
            apart.add(features[&a].levels(&features[&b]));
        }
    }
    let levels = model_levels();
    let recount = |model: &ModelLevel| {
        let count = levels.iter().filter(|other| other.comparison == model.comparison).count();
        let share = |counts: &Counts| counts.share(&model.comparison, &model.level, count);
        let (m, u) = (share(&together), share(&apart));
        let (together, apart) = (together.all(&model.comparison), apart.all(&model.comparison));
        Recount { model: model.clone(), m, u, bits: (m / u).log2(), together, apart }
    };
    levels.iter().map(recount).collect()
}

/// Every incident in its latest revision, those that were taken back left out.
fn current(incidents: &[Incident]) -> BTreeMap<IncidentId, &Incident> {
    let mut current: BTreeMap<IncidentId, &Incident> = BTreeMap::new();
    for incident in incidents {
        let held = current.entry(incident.incident_id).or_insert(incident);
        if held.revision < incident.revision {
            *held = incident;
        }
    }
    current.retain(|_, incident| incident.retracted.is_none());
    current
}

/// Pairs of numbers below `count`, spread over all there are, the same ones each time; all of them if there are few.
fn spread_pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let all = count * count.saturating_sub(1) / 2;
    let step = (all / PAIRS_APART).max(1);
    std::iter::successors((count > 1).then_some((0, 1)), move |(first, second)| {
        let (mut first, mut second) = (*first, second + step);
        while second >= count {
            // What is left of the step is gone on with from the next one.
            first += 1;
            second = second - count + first + 1;
            if first + 1 >= count {
                return None;
            }
        }
        Some((first, second))
    })
}

#[cfg(test)]
mod tests {
    use backtrail_bus::exercise::{Settings, generate};

    use super::*;

    #[test]
    fn pairs_are_spread() {
        assert_eq!(spread_pairs(4).collect::<Vec<_>>(), [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
        assert_eq!((spread_pairs(0).count(), spread_pairs(1).count()), (0, 0));
        let many: Vec<_> = spread_pairs(10_000).collect();
        assert!((PAIRS_APART..PAIRS_APART * 11 / 10).contains(&many.len()), "{}", many.len());
        assert!(many.iter().all(|(a, b)| a < b && *b < 10_000) && many.iter().any(|(a, _)| *a > 9_000));
    }

    #[test]
    fn what_belongs_together_agrees_more_often() {
        let exercise = generate(&Settings { incidents: 1_500, ..Settings::default() });
        let recount = calibrate(&exercise);
        let bits = |comparison: &str, level: &str| {
            let found = recount.iter().find(|row| row.model.comparison == comparison && row.model.level == level);
            found.unwrap().bits
        };
        assert!(bits("party country", "same") > 0.0 && bits("party country", "other") < 0.0);
        assert!(bits("address", "same") > 4.0, "{}", bits("address", "same"));
        assert!(bits("address", "other") < -1.0, "{}", bits("address", "other"));
        for comparison in recount.chunk_by(|a, b| a.model.comparison == b.model.comparison) {
            let sum = |of: fn(&Recount) -> f64| comparison.iter().map(of).sum::<f64>();
            assert!((sum(|row| row.m) - 1.0).abs() < 1e-9 && (sum(|row| row.u) - 1.0).abs() < 1e-9);
        }
    }
}
