use proptest::prelude::*;

use super::*;

fn found(country: &str, name: &str) -> Option<FoundPlace<'static>> {
    let text = PlaceText { country: CountryCode::from_alpha2(country), name: Some(name), ..PlaceText::default() };
    Gazetteer::shipped().resolve(text)
}

#[test]
fn names_as_people_write_them() {
    fn check(country: &str, name: &str, latitude: f64, longitude: f64) {
        let found = found(country, name).unwrap_or_else(|| panic!("{name:?} in {country} was not found"));
        let at = Coordinates { latitude, longitude };
        let distance = distance::great_circle_km(at, found.place.coordinates.unwrap());
        assert!(distance < 60.0, "{name:?}: {distance} km off, at {:?}", found.place);
        if let Some(country) = CountryCode::from_alpha2(country) {
            assert_eq!(found.place.country, country);
        }
    }
    check("NL", "rotterdam", 51.92, 4.48);
    check("NL", "NLRTM", 51.92, 4.48);
    check("NL", "AMS", 52.3, 4.76);
    check("NL", "Schiphol", 52.3, 4.76);
    check("NL", " AMSTERDAM   ", 52.37, 4.9);
    check("RU", "г. Новосибирск", 55.03, 82.92);
    check("RU", "г. Москва", 55.75, 37.62);
    check("RU", "Leningrad Region, St. Peterburg", 59.93, 30.33);
    check("RU", "Orenburg Region, Orenburg city", 51.77, 55.1);
    check("CO", "BOGOTA, D.C.", 4.6, -74.08);
    check("BG", "Sofia Airport", 42.7, 23.41);
    check("FR", "Charles de Gaulle", 49.01, 2.55);
    check("AE", "Jebel Ali Free Zone", 25.0, 55.1);
    check("", "Tema, Ghana", 5.67, 0.0);
    check("", "Ghana - Tema", 5.67, 0.0);
    check("NL", "Roterdam", 51.92, 4.48);
}

#[test]
fn an_honest_no() {
    fn check(country: &str, name: &str) {
        let found = found(country, name);
        assert!(found.is_none(), "{name:?} in {country}: {found:?}");
    }
    check("NL", "");
    check("NL", "Unknown");
    check("NL", "Springfield on the Hill");
    // Right name, other country.
    check("DE", "Rotterdam");
    check("DE", "NLRTM");
    check("", "Rotterdam");
    check("EC", "CALLE JAPÓN N36-153 Y AV. NN.UU");
}

#[test]
fn free_zones_are_known() {
    assert!(Gazetteer::shipped().by_locode("AEJEA".parse().unwrap()).unwrap().free_zone);
    assert!(!Gazetteer::shipped().by_locode("NLRTM".parse().unwrap()).unwrap().free_zone);
}

#[test]
fn every_town_has_a_country() {
    let countries: std::collections::BTreeSet<&str> = cities::all().iter().map(|city| city.country).collect();
    let unknown: Vec<&str> = countries.into_iter().filter(|name| CountryCode::named(name).is_none()).collect();
    assert_eq!(unknown, ["Nepa"]);
}

#[test]
fn few_places_lie_elsewhere() {
    let (all, kept) = (source::all().len(), Gazetteer::shipped().len());
    assert!(kept > 24_000, "{kept}");
    // More would mean that a source swapped its axes or its countries.
    assert!((1..150).contains(&(all - kept)), "{} of {all} left out", all - kept);
}

/// The table of `../shared/data`; absent elsewhere.
#[test]
fn the_published_table_reads_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/un-locode-2024.csv.gz");
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped: {path} is absent");
        return;
    };
    let (places, report) = unlocode::read_table(flate2::read::MultiGzDecoder::new(file)).unwrap();
    assert_eq!(report.rows, 116_029);
    assert!(report.refused < 200, "{:#?}", report.problems);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("places.bin");
    unlocode::write(&path, &places).unwrap();
    assert_eq!(unlocode::read(&path).unwrap(), places);
    let gazetteer = Gazetteer::with(places);
    let found = gazetteer.by_locode("DEHAM".parse().unwrap()).unwrap();
    assert_eq!(found.country.as_str(), "DE");
}

#[test]
fn a_table_with_faults_keeps_its_good_rows() {
    let table = "country,location,name,lat,lon\nNL,RTM,Rotterdam,51.9,4.5\nNL,??,Nowhere,1,2\nNL,AMS,Amsterdam,95,4\nNL,BRT,Breda,-15,-47\n";
    let (places, report) = unlocode::read_table(table.as_bytes()).unwrap();
    assert_eq!(places.len(), 3);
    assert_eq!((report.rows, report.places, report.refused), (4, 3, 1));
    assert_eq!((report.without_coordinates, report.elsewhere), (1, 1));
    assert!(report.problems[0].starts_with("row 2: found"), "{:?}", report.problems);
    let error = unlocode::read_table("name,lat\n".as_bytes()).unwrap_err().to_string();
    assert!(error.contains("expected country among them"), "{error}");
}

#[test]
fn another_file_is_not_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("places.bin");
    assert!(unlocode::read(&path).unwrap().is_empty());
    std::fs::write(&path, "hello").unwrap();
    assert!(unlocode::read(&path).unwrap_err().to_string().contains("places import"));
}

#[test]
fn a_resolved_name_resolves_to_the_same_spot() {
    for place in Gazetteer::shipped().places.iter().step_by(7) {
        let Some(first) = found(place.country.as_str(), &place.name) else { continue };
        let again = found(place.country.as_str(), &first.place.name).unwrap();
        assert!(is_near(first.place, again.place), "{:?} and {:?}", first.place, again.place);
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}", country in "[A-Z]{2}") {
        let _ = found(&country, &text);
    }
}
