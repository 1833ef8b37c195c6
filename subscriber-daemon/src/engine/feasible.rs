//! Whether goods could have gone from one incident's place and day to another's.
//!
//! Speeds are the highest that anything of a mode reaches, without a stop, so that only the impossible is ruled out.

use backtrail_bus::gazetteer::distance::great_circle_km;
use backtrail_bus::incident::TransportMode;

use crate::engine::facts::Facts;

const KM_PER_NAUTICAL_MILE: f64 = 1.852;

/// The shortest stay in a free zone where goods change hands, in days: they are unloaded, given new papers and loaded. A
/// judgement.
pub(crate) const SHORTEST_STAY_IN_FREE_ZONE: i32 = 1;
/// The longest stay at any other place, in days: goods in temporary storage are placed under a procedure or sent on
/// within 90 days (Union Customs Code, Regulation (EU) No 952/2013, article 149).
pub(crate) const LONGEST_STAY: i32 = 90;
/// The longest stay in a free zone, in days: the law sets no limit (Union Customs Code, article 238 (1)); after a year
/// nothing says that they are the same goods.
pub(crate) const LONGEST_STAY_IN_FREE_ZONE: i32 = 365;

/// The farthest that goods get in a day, in kilometres.
fn km_per_day(mode: Option<TransportMode>) -> f64 {
    match mode {
        // The fastest container ships were built for 24 to 25 knots; UNCTAD, Review of Maritime Transport 2010,
        // chapter 3, on slow steaming.
        Some(TransportMode::Sea | TransportMode::InlandWater) => 25.0 * KM_PER_NAUTICAL_MILE * 24.0,
        // Lorries are limited to 90 km/h (Directive 92/6/EEC as amended by 2002/85/EC).
        Some(TransportMode::Road) => 90.0 * 24.0,
        // The fastest freight wagons of the EU's technical rules run 160 km/h at most (Regulation (EU) No 321/2013).
        Some(TransportMode::Rail) => 160.0 * 24.0,
        // Naismith's rule, 5 km/h, for ten hours.
        Some(TransportMode::Pedestrian) => 50.0,
        // Freighters cruise at Mach 0.85, in the standard atmosphere above 11 km 900 km/h; so do mail and courier, and
        // whatever nobody stated.
        _ => 900.0 * 24.0,
    }
}

/// How far it was from one incident to another, and how long goods had for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Passage {
    /// From the first day on which the earlier may have happened to the last day of the later; negative if it was not
    /// earlier.
    pub days: i32,
    /// Along the great circle; `None` without positions.
    pub distance_km: Option<f64>,
    /// How long the fastest of the stated mode needs.
    pub least_days: Option<f64>,
}

impl Passage {
    pub(crate) fn between(earlier: &Facts, later: &Facts) -> Self {
        let distance_km = earlier.coordinates.zip(later.coordinates).map(|(from, to)| great_circle_km(from, to));
        let speed = km_per_day(later.mode.or(earlier.mode));
        let days = later.last_day.0 - earlier.first_day.0;
        Self { days, distance_km, least_days: distance_km.map(|km| km / speed) }
    }

    /// True unless the later was before the earlier.
    pub(crate) fn is_in_order(&self) -> bool {
        self.days >= 0
    }

    /// True if the days are enough for the way and for a stay of so many days. Days are whole, so one is always allowed
    /// for. Without positions only the order decides.
    pub(crate) fn is_feasible(&self, stay_days: i32) -> bool {
        let days = f64::from(self.days + 1 - stay_days);
        self.is_in_order() && self.least_days.is_none_or(|least| least <= days)
    }
}

/// True unless `earlier` happened after `later`, or too far away for the days between.
pub(crate) fn is_feasible(earlier: &Facts, later: &Facts) -> bool {
    Passage::between(earlier, later).is_feasible(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_and_stays_decide() {
        fn check(km: f64, days: i32, mode: Option<TransportMode>, stay: i32, expected: bool) {
            let passage = Passage { days, distance_km: Some(km), least_days: Some(km / km_per_day(mode)) };
            assert_eq!(passage.is_feasible(stay), expected, "{km} km in {days} days by {mode:?}, a stay of {stay}");
        }
        use TransportMode::{Air, Courier, Pedestrian, Rail, Road, Sea};
        // Half around the world: a day by air, eighteen by sea.
        check(20_000.0, 0, Some(Air), 0, true);
        check(20_000.0, 16, Some(Sea), 0, false);
        check(20_000.0, 18, Some(Sea), 0, true);
        check(3_000.0, 0, Some(Road), 0, false);
        check(3_000.0, 0, Some(Rail), 0, true);
        check(3_000.0, 0, Some(Courier), 0, true);
        check(200.0, 2, Some(Pedestrian), 0, false);
        check(200.0, 0, None, 0, true);
        // A stay in a free zone takes a day of the way, and a day is not enough for both.
        check(0.0, 0, Some(Air), SHORTEST_STAY_IN_FREE_ZONE, true);
        check(5_000.0, 0, Some(Air), SHORTEST_STAY_IN_FREE_ZONE, false);
        check(5_000.0, 1, Some(Air), SHORTEST_STAY_IN_FREE_ZONE, true);
        check(0.0, -1, None, 0, false);
    }
}
