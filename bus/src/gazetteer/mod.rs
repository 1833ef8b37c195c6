//! The gazetteer: which place a code or a name in a report means, with coordinates, or an honest no.
//!
//! It holds airports, sea ports and larger towns, and the whole UN/LOCODE table once an operator has imported it
//! ([`unlocode`]). A name is only looked for in its stated country, so a place in another country is never the answer.

pub mod boundary;
pub mod distance;
mod name;
mod source;
pub mod unlocode;

use std::sync::LazyLock;

use fst::{IntoStreamer, Map, Streamer};
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::country::CountryCode;
use crate::fold;
use crate::incident::{Coordinates, Locode};

/// One place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GazetteerPlace {
    pub country: CountryCode,
    pub name: String,
    pub locode: Option<Locode>,
    /// IATA code of an airport or of the city that it serves.
    pub iata: Option<String>,
    pub coordinates: Option<Coordinates>,
    /// ISO 3166-2 code of the subdivision, without the country.
    pub subdivision: Option<String>,
    pub source: Source,
    /// Goods may lie there outside the customs territory.
    pub free_zone: bool,
}

/// Where a place is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Crate `cities`: towns of the world.
    Town,
    /// Crate `airport-data`.
    Airport,
    /// `schemas/places/sea-ports.csv`.
    SeaPort,
    /// The imported UN/LOCODE table.
    UnLocode,
}

/// What is said of a place in a report.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlaceText<'t> {
    pub country: Option<CountryCode>,
    pub locode: Option<Locode>,
    pub name: Option<&'t str>,
    pub division: Option<&'t str>,
}

/// A place, and how the text led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPlace<'g> {
    pub place: &'g GazetteerPlace,
    pub matched: PlaceMatch,
}

/// How a text matched a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceMatch {
    /// UN/LOCODE or IATA code.
    Code,
    /// The name as it stands.
    Name,
    /// A part of the text, or the name without words such as "city".
    Part,
    /// A misspelling by one letter.
    Spelling,
}

/// Places, by code and by name.
#[derive(Debug)]
pub struct Gazetteer {
    places: Vec<GazetteerPlace>,
    by_locode: FxHashMap<Locode, u32>,
    by_iata: FxHashMap<String, u32>,
    /// Country and normal name, to a position in `named`.
    by_name: Map<Vec<u8>>,
    named: Vec<Vec<u32>>,
}

static SHIPPED: LazyLock<Gazetteer> = LazyLock::new(|| Gazetteer::new(source::shipped()));
static ONE_LETTER: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));

/// Places of one name this near to each other are one place for every purpose here, in kilometres.
const SAME_PLACE_KM: f64 = 30.0;
/// Normal names shorter than this, in letters, are not searched for misspellings.
const MIN_MISSPELT: usize = 6;

impl Gazetteer {
    /// Airports, sea ports and larger towns.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The shipped places and those of an imported table.
    pub fn with(imported: Vec<GazetteerPlace>) -> Self {
        let mut places = source::shipped();
        places.extend(imported);
        Self::new(places)
    }

    /// True if the folded words stand for nothing known, such as "unknown" or "other".
    pub fn names_nothing(words: &str) -> bool {
        name::is_nowhere(words)
    }

    /// Names of towns and countries that are one word of four letters or more, folded: in a company's name they say
    /// where, not who. Words of longer names ("Grand", "Harbour") are words of other names as well.
    pub fn town_words(&self) -> impl Iterator<Item = String> + '_ {
        let towns = self.places.iter().filter(|place| place.source == Source::Town).map(|place| place.name.as_str());
        let countries = CountryCode::all().map(|country| country.name());
        towns.chain(countries).map(fold::words).filter(|name| name.len() >= 4 && !name.contains(' '))
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The place with this UN/LOCODE.
    pub fn by_locode(&self, locode: Locode) -> Option<&GazetteerPlace> {
        self.by_locode.get(&locode).map(|index| self.at(*index))
    }

    /// The place that is meant. A code decides; else a name is looked for in the stated country, whole, then in parts.
    /// Without a country the text must name one, or be a code. Of several places of one name the one in the stated
    /// division is meant, else none.
    ///
    /// ```
    /// use backtrail_bus::country::CountryCode;
    /// use backtrail_bus::gazetteer::{Gazetteer, PlaceText};
    /// let country = CountryCode::from_alpha2("NL");
    /// let text = PlaceText { country, name: Some("ROTTERDAM "), ..PlaceText::default() };
    /// let found = Gazetteer::shipped().resolve(text).unwrap();
    /// assert_eq!(found.place.country.as_str(), "NL");
    /// assert!((found.place.coordinates.unwrap().latitude - 51.9).abs() < 0.2);
    /// ```
    pub fn resolve(&self, text: PlaceText<'_>) -> Option<FoundPlace<'_>> {
        if let Some(place) = text.locode.and_then(|locode| self.by_locode(locode)) {
            return Some(FoundPlace { place, matched: PlaceMatch::Code });
        }
        let name = text.name?;
        let name = fold::cut(name, name::MAX_TEXT).trim();
        let (country, rest) = match text.country {
            Some(country) => (country, name.to_owned()),
            None => match name::with_country(name) {
                Some(found) => found,
                None => return self.by_code(name, None),
            },
        };
        if let Some(found) = self.by_code(&rest, Some(country)) {
            return Some(found);
        }
        let division = text.division.map(fold::squash);
        let keys = name::keys(&rest);
        let exact = keys.iter().find_map(|(key, matched)| {
            let place = self.named(country, key, division.as_deref())?;
            Some(FoundPlace { place, matched: *matched })
        });
        exact.or_else(|| {
            let place = keys.iter().find_map(|(key, _)| self.misspelt(country, key, division.as_deref()))?;
            Some(FoundPlace { place, matched: PlaceMatch::Spelling })
        })
    }

    /// A UN/LOCODE or an IATA code in capitals, in the country if one is stated.
    fn by_code(&self, text: &str, country: Option<CountryCode>) -> Option<FoundPlace<'_>> {
        let is_code = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
        let place = match text.len() {
            3 if is_code => self.by_iata.get(text).map(|index| self.at(*index)),
            5 | 6 if is_code => text.parse().ok().and_then(|locode| self.by_locode(locode)),
            _ => None,
        };
        let place = place.filter(|place| country.is_none_or(|country| place.country == country))?;
        Some(FoundPlace { place, matched: PlaceMatch::Code })
    }

    fn named(&self, country: CountryCode, key: &str, division: Option<&str>) -> Option<&GazetteerPlace> {
        let position = self.by_name.get(country_key(country, key))?;
        self.one_of(position, key, division)
    }

    /// The one place whose name is a letter away.
    fn misspelt(&self, country: CountryCode, key: &str, division: Option<&str>) -> Option<&GazetteerPlace> {
        if key.len() < MIN_MISSPELT || key.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let query = country_key(country, key);
        // Country and first letter stay as they are.
        let (start, mut end) = (query[..3].to_owned(), query.as_bytes()[..3].to_vec());
        end[2] += 1;
        let automaton = ONE_LETTER.build_dfa(&query);
        let mut names = self.by_name.search(&automaton).ge(&start).lt(&end).into_stream();
        let mut found = None;
        while let Some((name, position)) = names.next() {
            if matches!(automaton.eval(name), Distance::Exact(_)) {
                let place = self.one_of(position, "", division)?;
                if found.is_some_and(|known: &GazetteerPlace| !is_near(known, place)) {
                    return None;
                }
                found = Some(place);
            }
        }
        found
    }

    /// The place that is meant among those of one name.
    fn one_of(&self, position: u64, key: &str, division: Option<&str>) -> Option<&GazetteerPlace> {
        let indexes = &self.named[usize::try_from(position).expect("a position")];
        let places = || indexes.iter().map(|index| self.at(*index)).filter(|place| place.coordinates.is_some());
        if let Some(place) = one_spot(places()) {
            return Some(place);
        }
        let is_there = |place: &&GazetteerPlace| {
            let subdivision = place.subdivision.as_deref().map(str::to_lowercase);
            division.is_some() && subdivision.as_deref() == division
        };
        // Who does not say more means the larger town, and the place of that very name before one that has it in part.
        places()
            .find(is_there)
            .or_else(|| {
                one_spot(places().filter(|place| place.source == Source::Town && fold::squash(&place.name) == key))
            })
            .or_else(|| one_spot(places().filter(|place| place.source == Source::Town)))
            .or_else(|| one_spot(places().filter(|place| fold::squash(&place.name) == key)))
    }

    fn at(&self, index: u32) -> &GazetteerPlace {
        &self.places[index as usize]
    }

    fn new(places: Vec<GazetteerPlace>) -> Self {
        let mut by_locode = FxHashMap::default();
        let mut by_iata = FxHashMap::default();
        let mut names: Vec<(String, u32)> = Vec::with_capacity(places.len() * 2);
        for (place, index) in places.iter().zip(0_u32..) {
            if let Some(locode) = place.locode {
                by_locode.entry(locode).or_insert(index);
            }
            if let Some(iata) = &place.iata {
                by_iata.entry(iata.clone()).or_insert(index);
            }
            names.extend(name::of_place(place).into_iter().map(|key| (country_key(place.country, &key), index)));
        }
        names.sort_unstable();
        names.dedup();
        let mut keys: Vec<(String, u64)> = Vec::new();
        let mut named: Vec<Vec<u32>> = Vec::new();
        for (key, index) in names {
            match keys.last() {
                Some((last, position)) if *last == key => {
                    named[usize::try_from(*position).expect("a position")].push(index)
                }
                _ => {
                    keys.push((key, named.len() as u64));
                    named.push(vec![index]);
                }
            }
        }
        let by_name = Map::from_iter(keys).expect("sorted, without repetition");
        Self { places, by_locode, by_iata, by_name, named }
    }
}

/// The first of the places, if all lie near it.
fn one_spot<'g>(mut places: impl Iterator<Item = &'g GazetteerPlace>) -> Option<&'g GazetteerPlace> {
    let first = places.next()?;
    places.all(|place| is_near(first, place)).then_some(first)
}

fn country_key(country: CountryCode, key: &str) -> String {
    format!("{country}{key}")
}

fn is_near(one: &GazetteerPlace, other: &GazetteerPlace) -> bool {
    match (one.coordinates, other.coordinates) {
        (Some(one), Some(other)) => distance::great_circle_km(one, other) <= SAME_PLACE_KM,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
