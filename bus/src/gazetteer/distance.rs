//! Distances and bearings on the earth, in kilometres and degrees.

use geo::{Bearing, Distance, Haversine, Point};

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

fn point(at: Coordinates) -> Point {
    Point::new(at.longitude, at.latitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotterdam_to_new_york() {
        let rotterdam = Coordinates { latitude: 51.9225, longitude: 4.479_17 };
        let new_york = Coordinates { latitude: 40.7128, longitude: -74.006 };
        assert!((great_circle_km(rotterdam, new_york) - 5_854.0).abs() < 5.0);
        assert!((bearing_degrees(rotterdam, new_york) - 292.0).abs() < 2.0);
    }
}
