//! Countries: ISO 3166-1 codes, and the names that files really use for them.

use std::fmt;
use std::sync::LazyLock;

use icu_experimental::displaynames::{DisplayNamesOptions, multi::RegionDisplayNames};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::fold;
use crate::wire_text::{WireText, wire_text};

/// A code that ISO 3166-1 leaves to its users, as the European Union, the IMF and Unicode CLDR use it. Reports name the
/// territory; to have a code for it says nothing of its status.
const KOSOVO: &str = "XK";

/// An ISO 3166-1 alpha-2 code, such as `NL`, or `XK`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// The country with this code, in upper case.
    pub fn from_alpha2(code: &str) -> Option<Self> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        let [row, bit] = bytes.map(|letter| usize::from(letter.wrapping_sub(b'A')));
        let is_known = KNOWN.get(row)? & 1_u32.checked_shl(u32::try_from(bit).ok()?)? != 0;
        is_known.then_some(Self(bytes))
    }

    /// All countries of ISO 3166-1.
    pub fn all() -> impl Iterator<Item = Self> {
        rust_iso3166::ALL.iter().filter_map(|country| Self::from_alpha2(country.alpha2))
    }

    /// The country that `text` names: a two- or three-letter code in either case, its English name in ISO 3166 with
    /// the words in any order, an alias from `schemas/codes/country-aliases.toml`, or its name in another language.
    ///
    /// ```
    /// use backtrail_bus::country::CountryCode;
    /// let named = |text| CountryCode::named(text).map(|code| code.to_string());
    /// assert_eq!(named("Bolivia, Plurinational State of").as_deref(), Some("BO"));
    /// assert_eq!(named("nld").as_deref(), Some("NL"));
    /// assert_eq!(named("Unknown"), None);
    /// ```
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.len() {
            2 => Self::from_alpha2(&text.to_ascii_uppercase()).or_else(|| by_name(text)),
            3 => match rust_iso3166::from_alpha3(&text.to_ascii_uppercase()) {
                Some(country) => Self::from_alpha2(country.alpha2),
                None => by_name(text),
            },
            _ => by_name(text),
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ASCII, checked when made")
    }

    /// The English short name in ISO 3166.
    pub fn name(&self) -> &'static str {
        rust_iso3166::from_alpha2(self.as_str()).map_or("Kosovo (UNSCR 1244)", |country| country.name)
    }
}

/// The codes there are: a bit for each second letter, by the first. Every incident has some countries to look up.
static KNOWN: LazyLock<[u32; 26]> = LazyLock::new(|| {
    let mut known = [0; 26];
    for code in rust_iso3166::ALL.iter().map(|country| country.alpha2).chain([KOSOVO]) {
        let [row, bit] = [0, 1].map(|place| usize::from(code.as_bytes()[place] - b'A'));
        known[row] |= 1 << bit;
    }
    known
});

impl WireText for CountryCode {
    type Error = String;

    fn from_wire(text: &str) -> Result<Self, String> {
        Self::from_alpha2(text)
            .ok_or_else(|| format!("found country {text:?}, expected an ISO 3166-1 alpha-2 code such as NL"))
    }

    fn as_wire(&self) -> &str {
        self.as_str()
    }
}

wire_text!(CountryCode);

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Form of `country-aliases.toml`.
#[derive(Deserialize)]
struct Aliases {
    alias: FxHashMap<String, CountryCode>,
}

static NAMES: LazyLock<FxHashMap<String, CountryCode>> = LazyLock::new(|| {
    let aliases: Aliases = toml::from_str(include_str!("../../schemas/codes/country-aliases.toml"))
        .expect("the shipped aliases are tested");
    let iso = rust_iso3166::ALL
        .iter()
        .filter_map(|country| CountryCode::from_alpha2(country.alpha2).map(|code| (country.name.to_owned(), code)));
    iso.chain(aliases.alias).map(|(name, code)| (sorted_words(&name), code)).collect()
});

/// Languages whose names of countries are read besides English: those of the United Nations, of the posts and of the
/// customs unions that report most (Unicode CLDR has the names).
const LANGUAGES: [icu_locale_core::Locale; 24] = {
    use icu_locale_core::locale;
    [
        locale!("en"),
        locale!("es"),
        locale!("fr"),
        locale!("ru"),
        locale!("zh"),
        locale!("zh-Hant"),
        locale!("ar"),
        locale!("pt"),
        locale!("de"),
        locale!("it"),
        locale!("nl"),
        locale!("tr"),
        locale!("fa"),
        locale!("ja"),
        locale!("ko"),
        locale!("pl"),
        locale!("uk"),
        locale!("vi"),
        locale!("th"),
        locale!("id"),
        locale!("hi"),
        locale!("sv"),
        locale!("cs"),
        locale!("el"),
    ]
};

/// Names in the languages; a name that means two countries means none.
static LOCAL_NAMES: LazyLock<FxHashMap<String, Option<CountryCode>>> = LazyLock::new(|| {
    let mut names = FxHashMap::default();
    for language in &LANGUAGES {
        let Ok(display) = RegionDisplayNames::try_new(language.into(), DisplayNamesOptions::default()) else {
            continue;
        };
        for country in rust_iso3166::ALL {
            let code = CountryCode::from_alpha2(country.alpha2).expect("a code of the list");
            let Some(name) = country.alpha2.parse().ok().and_then(|region| display.of(region)) else { continue };
            let known = names.entry(sorted_words(name)).or_insert(Some(code));
            if *known != Some(code) {
                *known = None;
            }
        }
    }
    names
});

fn by_name(text: &str) -> Option<CountryCode> {
    let words = sorted_words(text);
    let known = NAMES.get(&words).copied();
    known.or_else(|| LOCAL_NAMES.get(&words).copied().flatten()).filter(|_| !words.is_empty())
}

/// Folded words in alphabetical order, so that "Iran, Islamic Republic of" and "Iran (Islamic Republic of)" and
/// "Islamic Republic of Iran" meet.
fn sorted_words(name: &str) -> String {
    let folded = fold::words(name);
    let mut words: Vec<&str> = folded.split(' ').filter(|word| *word != "the").collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,60}") {
            if let Some(country) = CountryCode::named(&text) {
                prop_assert_eq!(CountryCode::named(country.name()), Some(country));
            }
        }
    }

    #[test]
    fn every_country_is_found_by_its_own_name() {
        for country in rust_iso3166::ALL {
            let code = CountryCode::from_alpha2(country.alpha2).unwrap();
            assert_eq!(CountryCode::named(code.name()), Some(code));
        }
    }

    #[test]
    fn names_that_files_use() {
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(CountryCode::named(text), expected.and_then(CountryCode::from_alpha2), "{text:?}");
        }
        check("nl", Some("NL"));
        check("NETHERLANDS", Some("NL"));
        check("Iran, Islamic Republic of", Some("IR"));
        check("Iran (Islamic Republic of)", Some("IR"));
        check("Korea, Democratic People's Republic of", Some("KP"));
        check("Korea, Republic of", Some("KR"));
        check("Côte d'Ivoire", Some("CI"));
        check("Deutschland", Some("DE"));
        check("Alemania", Some("DE"));
        check("Países Bajos", Some("NL"));
        check("Россия", Some("RU"));
        check("中国", Some("CN"));
        check("المغرب", Some("MA"));
        check("Czech Republic", Some("CZ"));
        check("Swaziland", Some("SZ"));
        check("Congo, the Democratic Republic of the", Some("CD"));
        check("XX", None);
        check("Unknown", None);
        check("Other", None);
        check("", None);
    }
}
