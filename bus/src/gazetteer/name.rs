//! Names of places as people write them: keys under which they may be found.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::{GazetteerPlace, PlaceMatch, Source};
use crate::country::CountryCode;
use crate::fold;

/// The longest name that is looked at, in bytes.
pub(super) const MAX_TEXT: usize = 200;
/// The shortest key that is looked for.
const MIN_KEY: usize = 3;

/// Form of `schemas/places/names.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    /// Folded words that say what sort of place it is.
    generic: FxHashSet<String>,
    /// Folded words that stand for nothing known.
    nowhere: FxHashSet<String>,
    /// Other names of places, by country and name in the gazetteer.
    aliases: FxHashMap<CountryCode, FxHashMap<String, Vec<String>>>,
}

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../schemas/places/names.toml")).expect("the shipped names are tested")
});

/// Other names, by country and normal name.
static ALIASES: LazyLock<FxHashMap<(CountryCode, String), &'static [String]>> = LazyLock::new(|| {
    let flat = WORDING
        .aliases
        .iter()
        .flat_map(|(country, names)| names.iter().map(move |(name, others)| (*country, name, others)));
    flat.map(|(country, name, others)| ((country, fold::squash(name)), others.as_slice())).collect()
});

/// True if the folded words stand for nothing known.
pub(super) fn is_nowhere(words: &str) -> bool {
    words.split(' ').all(|word| word.is_empty() || WORDING.nowhere.contains(word))
}

/// Splits "Tema, Ghana" or "Ghana - Tema" into the country and the rest.
pub(super) fn with_country(text: &str) -> Option<(CountryCode, String)> {
    let parts: Vec<&str> = segments(text);
    let position = parts.iter().rposition(|part| part.len() > 3 && CountryCode::named(part).is_some())?;
    let country = CountryCode::named(parts[position])?;
    let rest: Vec<&str> =
        parts.iter().enumerate().filter(|(index, _)| *index != position).map(|(_, part)| *part).collect();
    (!rest.is_empty()).then(|| (country, rest.join(", ")))
}

/// The keys to look for, the most certain first.
pub(super) fn keys(text: &str) -> Vec<(String, PlaceMatch)> {
    let mut keys = Vec::new();
    let mut add = |key: String, matched: PlaceMatch| {
        if key.len() >= MIN_KEY && !keys.iter().any(|(known, _)| *known == key) {
            keys.push((key, matched));
        }
    };
    let words = fold::words(text);
    if is_nowhere(&words) {
        return keys;
    }
    add(fold::squash(text), PlaceMatch::Name);
    // "Prat de Llobregat (El)", "Jonquera (La)": the article was moved behind.
    if let Some((name, article)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        add(fold::squash(&format!("{article} {name}")), PlaceMatch::Name);
    }
    add(specific(&words), PlaceMatch::Part);
    // "Komi Republic, Ukhta city": the smallest unit stands last.
    for part in segments(text).into_iter().rev() {
        let part_words = fold::words(part);
        if !is_nowhere(&part_words) {
            add(part_words.replace(' ', ""), PlaceMatch::Part);
            add(specific(&part_words), PlaceMatch::Part);
        }
    }
    keys
}

/// The keys under which a place of the gazetteer is found.
pub(super) fn of_place(place: &GazetteerPlace) -> Vec<String> {
    let words = fold::words(&place.name);
    let mut keys = vec![words.replace(' ', "")];
    // An airport goes by the name before "International Airport", a port by that without "Port of".
    keys.push(specific(&words));
    // Airports are called after the city and a person: "Paris-Charles De Gaulle".
    let is_airport = place.source == Source::Airport;
    let parts = place.name.split(|c| matches!(c, '/' | '(' | ')') || (is_airport && c == '-'));
    for part in parts.filter(|part| part.len() < place.name.len()) {
        keys.push(specific(&fold::words(part)));
    }
    keys.extend(initials(&words));
    for key in keys.clone() {
        if let Some(others) = ALIASES.get(&(place.country, key)) {
            keys.extend(others.iter().map(|name| fold::squash(name)));
        }
    }
    keys.retain(|key| key.len() >= MIN_KEY);
    keys
}

/// "rivieredurempart" written as "RDRempart": initials before the last word.
fn initials(words: &str) -> Option<String> {
    let (first, last) = words.rsplit_once(' ')?;
    let initials: String = first.split(' ').filter_map(|word| word.chars().next()).collect();
    (initials.len() >= 2 && last.len() >= 4).then(|| initials + last)
}

/// The words that are not generic, without spaces.
fn specific(words: &str) -> String {
    words.split(' ').filter(|word| !WORDING.generic.contains(*word)).collect()
}

fn segments(text: &str) -> Vec<&str> {
    let parts = text.split([',', ';', '/', '(', ')', '_']).flat_map(|part| part.split(" - "));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}
