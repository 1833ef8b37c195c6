//! Whether goods could have gone from one incident's place and day to another's.

use backtrail_bus::gazetteer::distance::great_circle_km;
use backtrail_bus::incident::TransportMode;

use crate::engine::facts::Facts;

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
pub(crate) fn is_feasible(earlier: &Facts, later: &Facts) -> bool {
    if earlier.first_day > later.last_day {
        return false;
    }
    let (Some(from), Some(to)) = (earlier.coordinates, later.coordinates) else { return true };
    let days = f64::from(later.last_day.0 - earlier.first_day.0 + 1);
    great_circle_km(from, to) <= days * km_per_day(later.mode.or(earlier.mode))
}
