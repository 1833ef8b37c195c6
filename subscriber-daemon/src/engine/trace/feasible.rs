//! Whether goods could have gone from one incident's place and day to another's.

use backtrail_bus::incident::{Coordinates, TransportMode};
use geo::{Distance, Haversine, Point};

use crate::engine::observation::Observation;

/// The farthest that goods get in a day, in kilometres: cruising speeds without a stop, so that only the impossible is
/// ruled out. Container ships 24 knots, lorries and trains 90 km/h, aircraft 900 km/h.
fn km_per_day(mode: Option<TransportMode>) -> f64 {
    match mode {
        Some(TransportMode::Sea | TransportMode::InlandWater) => 24.0 * 1.852 * 24.0,
        Some(TransportMode::Road | TransportMode::Rail) => 90.0 * 24.0,
        Some(TransportMode::Pedestrian) => 50.0,
        _ => 900.0 * 24.0,
    }
}

/// True unless `earlier` happened after `later`, or too far away for the days between. Days are whole, so one day is
/// always allowed for. Without coordinates only the days decide.
pub(super) fn is_feasible(earlier: &Observation, later: &Observation) -> bool {
    if earlier.first_day > later.last_day {
        return false;
    }
    let (Some(from), Some(to)) = (earlier.coordinates, later.coordinates) else { return true };
    let days = f64::from(later.last_day.0 - earlier.first_day.0 + 1);
    great_circle_km(from, to) <= days * km_per_day(later.mode.or(earlier.mode))
}

/// Great-circle distance by the haversine formula on a sphere of the mean earth radius (`geo::Haversine`).
fn great_circle_km(from: Coordinates, to: Coordinates) -> f64 {
    let point = |at: Coordinates| Point::new(at.longitude, at.latitude);
    Haversine.distance(point(from), point(to)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotterdam_to_new_york_is_5854_km() {
        let rotterdam = Coordinates { latitude: 51.9225, longitude: 4.479_17 };
        let new_york = Coordinates { latitude: 40.7128, longitude: -74.006 };
        assert!((great_circle_km(rotterdam, new_york) - 5_854.0).abs() < 5.0);
    }
}
