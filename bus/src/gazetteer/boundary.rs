//! Whether coordinates lie in a country.
//!
//! Boundaries are those of OpenStreetMap (ODbL), simplified, as the crate `country-boundaries` carries them.

use std::sync::LazyLock;

use country_boundaries::{BOUNDARIES_ODBL_360X180, CountryBoundaries, LatLon};

use crate::country::CountryCode;
use crate::incident::Coordinates;

/// How far off a place may lie and still count as in its country, in degrees: boundaries are simplified, harbours are
/// built into the sea, and many coordinates have whole minutes only.
const TOLERANCE_DEGREES: f64 = 0.25;

static BOUNDARIES: LazyLock<CountryBoundaries> =
    LazyLock::new(|| CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180).expect("the crate's own data"));

/// True if the position is clearly in another country than the stated one. At sea, at a border and where boundaries
/// are disputed the answer is no.
pub fn is_elsewhere(position: Coordinates, country: CountryCode) -> bool {
    let in_country = |latitude: f64, longitude: f64| {
        let longitude = (longitude + 180.0).rem_euclid(360.0) - 180.0;
        let at = LatLon::new(latitude.clamp(-90.0, 90.0), longitude);
        at.map(|at| BOUNDARIES.ids(at)).unwrap_or_default()
    };
    let is_country = |id: &&str| id.len() == 2;
    let Coordinates { latitude, longitude } = position;
    let here = in_country(latitude, longitude);
    if !here.iter().any(is_country) || here.contains(&country.as_str()) {
        return false;
    }
    let offsets = [-TOLERANCE_DEGREES, 0.0, TOLERANCE_DEGREES];
    let around = offsets.iter().flat_map(|up| offsets.iter().map(move |right| (up, right)));
    around.into_iter().all(|(up, right)| !in_country(latitude + up, longitude + right).contains(&country.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_clearly_elsewhere() {
        fn check(latitude: f64, longitude: f64, country: &str, expected: bool) {
            let country = CountryCode::from_alpha2(country).unwrap();
            assert_eq!(is_elsewhere(Coordinates { latitude, longitude }, country), expected, "{country}");
        }
        check(51.92, 4.48, "NL", false);
        check(51.92, 4.48, "BR", true);
        // At sea.
        check(45.0, -30.0, "PT", false);
        // Basel-Mulhouse airport lies in France and serves Switzerland.
        check(47.59, 7.529, "CH", false);
        check(-18.9, 179.99, "FJ", false);
    }
}
