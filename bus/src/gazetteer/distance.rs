//! Distances and bearings on the earth, in kilometres and degrees.

use geo::{Bearing, Distance, Haversine, InterpolatePoint, Point};

use crate::incident::Coordinates;

/// Great-circle distance in kilometres: the haversine formula on a sphere of the mean earth radius of 6,371.0088 km
/// (IUGG), as `geo::Haversine` has it; within 0.6 % of the ellipsoid.
pub fn great_circle_km(from: Coordinates, to: Coordinates) -> f64 {
    Haversine.distance(point(from), point(to)) / 1000.0
}

/// Initial bearing of the great circle, in degrees clockwise from north, 0 to 360 (`geo::Haversine`).
pub fn bearing_degrees(from: Coordinates, to: Coordinates) -> f64 {
    Haversine.bearing(point(from), point(to)).rem_euclid(360.0)
}

/// Points along the great circle, both ends among them, no two farther apart than `step_km`. A line that crosses the
/// antimeridian is cut there, as RFC 7946, section 3.1.9, asks: each part begins or ends at 180 degrees.
pub fn great_circle(from: Coordinates, to: Coordinates, step_km: f64) -> Vec<Vec<Coordinates>> {
    let along = Haversine.points_along_line(point(from), point(to), step_km * 1000.0, true);
    let mut parts: Vec<Vec<Coordinates>> = vec![Vec::new()];
    let mut last: Option<Coordinates> = None;
    for at in along.map(|at| Coordinates { latitude: at.y(), longitude: at.x() }) {
        if let Some(before) = last
            && (at.longitude - before.longitude).abs() > 180.0
        {
            let (leaving, entering) = (180.0_f64.copysign(before.longitude), 180.0_f64.copysign(at.longitude));
            // Straight between two near points is near enough.
            let way = 360.0 - (at.longitude - before.longitude).abs();
            let share = if way == 0.0 { 0.0 } else { (180.0 - before.longitude.abs()) / way };
            let latitude = before.latitude + share * (at.latitude - before.latitude);
            parts.last_mut().expect("there is a first part").push(Coordinates { latitude, longitude: leaving });
            parts.push(vec![Coordinates { latitude, longitude: entering }]);
        }
        parts.last_mut().expect("there is a first part").push(at);
        last = Some(at);
    }
    parts
}

fn point(at: Coordinates) -> Point {
    Point::new(at.longitude, at.latitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_over_the_date_line_is_cut_there() {
        let (tokyo, los_angeles) =
            (Coordinates { latitude: 35.68, longitude: 139.69 }, Coordinates { latitude: 34.05, longitude: -118.24 });
        let parts = great_circle(tokyo, los_angeles, 200.0);
        let [west, east] = &parts[..] else { panic!("{parts:?}") };
        assert_eq!((west[0], *east.last().unwrap()), (tokyo, los_angeles));
        assert_eq!((west.last().unwrap().longitude, east[0].longitude), (180.0, -180.0));
        assert_eq!(west.last().unwrap().latitude, east[0].latitude);
        assert!(west.iter().all(|at| at.longitude > 0.0) && east.iter().all(|at| at.longitude < 0.0));
        // The great circle goes far north of both.
        assert!(west.last().unwrap().latitude > 45.0);
        let short = great_circle(tokyo, Coordinates { latitude: 34.69, longitude: 135.5 }, 200.0);
        assert!(short.len() == 1 && short[0].len() >= 3, "{short:?}");
    }

    #[test]
    fn rotterdam_to_new_york() {
        let rotterdam = Coordinates { latitude: 51.9225, longitude: 4.479_17 };
        let new_york = Coordinates { latitude: 40.7128, longitude: -74.006 };
        assert!((great_circle_km(rotterdam, new_york) - 5_854.0).abs() < 5.0);
        assert!((bearing_degrees(rotterdam, new_york) - 292.0).abs() < 2.0);
    }
}
