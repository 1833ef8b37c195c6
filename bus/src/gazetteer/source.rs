//! The places that are shipped: towns, airports and sea ports, each from its registry package or file.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use super::{GazetteerPlace, Source, boundary};
use crate::country::CountryCode;
use crate::incident::{Coordinates, Locode};

/// Form of `schemas/places/free-zones.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FreeZones {
    locodes: FxHashSet<Locode>,
    zone: Vec<FreeZone>,
}

/// A free zone that has no UN/LOCODE of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FreeZone {
    country: CountryCode,
    name: String,
    latitude: f64,
    longitude: f64,
}

static FREE_ZONES: LazyLock<FreeZones> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../schemas/places/free-zones.toml")).expect("the shipped free zones are tested")
});

/// True if the place is known as a free zone, or holds one.
pub(super) fn is_free_zone(locode: Locode) -> bool {
    FREE_ZONES.locodes.contains(&locode)
}

/// The places of all sources that lie in the country that their source gives. Of a few that do not, it is not known
/// which of both is wrong.
pub(super) fn shipped() -> Vec<GazetteerPlace> {
    let mut places = all();
    places.retain(|place| place.coordinates.is_none_or(|at| !boundary::is_elsewhere(at, place.country)));
    places
}

/// All places, towns first: of places of one name and one spot the first is the answer.
pub(super) fn all() -> Vec<GazetteerPlace> {
    let mut places: Vec<GazetteerPlace> = towns().collect();
    places.extend(sea_ports());
    places.extend(airports());
    places.extend(free_zones());
    places
}

/// 10,000 towns (crate `cities`).
fn towns() -> impl Iterator<Item = GazetteerPlace> {
    cities::all().iter().filter_map(|city| {
        // One town of Nepal has its country misspelt.
        let country = CountryCode::named(if city.country == "Nepa" { "Nepal" } else { city.country })?;
        let coordinates = Coordinates { latitude: city.latitude, longitude: city.longitude };
        Some(place(country, city.city, coordinates, Source::Town))
    })
}

/// Airports with an IATA code (crate `airport-data`, CC BY 4.0).
fn airports() -> impl Iterator<Item = GazetteerPlace> {
    let airports = airport_data::AirportData::new();
    let all = airports.all_airports().iter().filter(|airport| airport.iata.len() == 3);
    let all: Vec<GazetteerPlace> = all
        .filter_map(|airport| {
            let country = CountryCode::from_alpha2(&airport.country_code)?;
            let coordinates = Coordinates { latitude: airport.latitude, longitude: airport.longitude };
            let place = place(country, &airport.airport, coordinates, Source::Airport);
            Some(GazetteerPlace { iata: Some(airport.iata.clone()), ..place })
        })
        .collect();
    all.into_iter()
}

/// Sea ports with their UN/LOCODEs (`schemas/places/sea-ports.csv`).
fn sea_ports() -> impl Iterator<Item = GazetteerPlace> {
    let mut reader = csv::Reader::from_reader(&include_bytes!("../../../schemas/places/sea-ports.csv")[..]);
    let ports: Vec<GazetteerPlace> = reader
        .deserialize::<(Locode, String, f64, f64)>()
        .map(|row| {
            let (locode, name, latitude, longitude) = row.expect("the shipped ports are tested");
            let place = place(locode.country(), &name, Coordinates { latitude, longitude }, Source::SeaPort);
            GazetteerPlace { locode: Some(locode), free_zone: is_free_zone(locode), ..place }
        })
        .collect();
    ports.into_iter()
}

fn free_zones() -> impl Iterator<Item = GazetteerPlace> {
    FREE_ZONES.zone.iter().map(|zone| {
        let coordinates = Coordinates { latitude: zone.latitude, longitude: zone.longitude };
        GazetteerPlace { free_zone: true, ..place(zone.country, &zone.name, coordinates, Source::SeaPort) }
    })
}

fn place(country: CountryCode, name: &str, coordinates: Coordinates, source: Source) -> GazetteerPlace {
    GazetteerPlace {
        country,
        name: name.trim().to_owned(),
        locode: None,
        iata: None,
        coordinates: Some(coordinates),
        subdivision: None,
        source,
        free_zone: false,
    }
}
