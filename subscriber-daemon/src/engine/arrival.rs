//! How surprising it is that something of a family came to a place before something left it.
//!
//! At a busy place something of the same family arrives before nearly everything that leaves, and that says nothing; at
//! a place where nothing else happens it says much. The expected number of arrivals is the place's own rate of them
//! times the share of the family there: the shipped share, corrected by the place's own count.

use super::day::Day;
use super::hub::Posting;
use super::model::Model;
use super::poisson::surprise_bits;

/// What came to one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArrivalRate {
    pub history_days: f64,
    /// Days on which something came.
    pub all: usize,
    /// Days on which something of a related family came.
    pub related: usize,
    /// The share of all seizures that is of a related family.
    pub related_share: f64,
}

impl ArrivalRate {
    /// How surprising it is that related goods came on `count` of `days`, in bits. What is judged does not count among
    /// what was to be expected, and one arrival more than the rest is, so that a place where nothing else came has a
    /// rate too.
    pub(crate) fn surprise_bits(&self, count: usize, days: f64) -> f64 {
        let Self { history_days, all, related, related_share } = *self;
        let weight = Model::shipped().family_share.weight;
        let share = ((related - count) as f64 + weight * related_share) / ((all - count) as f64 + weight);
        let rate = (all - count + 1) as f64 / history_days;
        surprise_bits(count, rate * share * days)
    }
}

/// Seizures of one day at one place count once, in however many rows they are reported. The postings come by day, in one
/// direction or the other.
pub(crate) fn distinct_days<'p>(postings: impl Iterator<Item = &'p Posting>) -> usize {
    let mut before: Option<Day> = None;
    postings.filter(|posting| before.replace(posting.day) != Some(posting.day)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_places_and_common_families_say_less() {
        let quiet = ArrivalRate { history_days: 365.0, all: 1, related: 1, related_share: 0.01 };
        let bits = quiet.surprise_bits(1, 5.0);
        assert!(bits > 10.0, "{bits}");
        for busier in [
            ArrivalRate { all: 50, ..quiet },
            ArrivalRate { all: 50, related: 30, ..quiet },
            ArrivalRate { related_share: 0.3, ..quiet },
        ] {
            assert!(busier.surprise_bits(1, 5.0) < bits - 2.0, "{busier:?}");
        }
        assert!(quiet.surprise_bits(1, 50.0) < bits);
    }
}
