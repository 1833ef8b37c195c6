//! Counting values with the days between which they were seen.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::super::day::Day;

/// Values with how often they were seen.
#[derive(Debug)]
pub(super) struct Tally<K>(FxHashMap<K, Tallied>);

/// How often a value was seen, and when.
#[derive(Debug, Clone)]
pub(super) struct Tallied {
    /// As it was written last.
    pub written: String,
    pub count: usize,
    pub first_day: Day,
    pub last_day: Day,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(FxHashMap::default())
    }
}

impl<K: Eq + Hash + Ord> Tally<K> {
    /// Counts a value, seen between two days.
    pub(super) fn note(&mut self, key: K, written: &impl ToString, (first_day, last_day): (Day, Day)) {
        let written = written.to_string();
        match self.0.get_mut(&key) {
            Some(tallied) => {
                tallied.written = written;
                tallied.count += 1;
                tallied.first_day = tallied.first_day.min(first_day);
                tallied.last_day = tallied.last_day.max(last_day);
            }
            None => {
                self.0.insert(key, Tallied { written, count: 1, first_day, last_day });
            }
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The most frequent values, at most so many.
    pub(super) fn into_list<T>(self, limit: usize, make: impl Fn(K, Tallied) -> T) -> Vec<T> {
        let mut all: Vec<(K, Tallied)> = self.0.into_iter().collect();
        all.sort_by(|(a, one), (b, other)| other.count.cmp(&one.count).then_with(|| a.cmp(b)));
        all.into_iter().take(limit).map(|(key, tallied)| make(key, tallied)).collect()
    }
}
