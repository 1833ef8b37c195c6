//! Addresses: how far two of them are the same.

use backtrail_bus::fold;

/// An address as it is compared.
#[derive(Debug, Clone)]
pub(super) struct Address {
    words: Vec<String>,
}

/// Words that stand in the addresses of every town, sorted: kinds of streets and of dwellings, points of the compass,
/// articles. That two addresses share one says nothing of where they are.
const EVERYWHERE: [&str; 76] = [
    "allee",
    "apartment",
    "apt",
    "area",
    "avda",
    "ave",
    "avenida",
    "avenue",
    "block",
    "boulevard",
    "box",
    "building",
    "calle",
    "carrera",
    "circuit",
    "city",
    "close",
    "corner",
    "court",
    "crescent",
    "das",
    "del",
    "der",
    "des",
    "district",
    "drive",
    "east",
    "edificio",
    "estate",
    "flat",
    "floor",
    "gate",
    "highway",
    "house",
    "industrial",
    "jalan",
    "laan",
    "lane",
    "level",
    "lorong",
    "lot",
    "north",
    "number",
    "office",
    "parade",
    "park",
    "piazza",
    "piso",
    "place",
    "platz",
    "plaza",
    "plein",
    "prospekt",
    "province",
    "road",
    "room",
    "rua",
    "rue",
    "shop",
    "south",
    "square",
    "str",
    "straat",
    "strasse",
    "street",
    "suite",
    "terrace",
    "the",
    "tower",
    "ulica",
    "ulitsa",
    "unit",
    "van",
    "village",
    "west",
    "zone",
];

impl Address {
    pub(super) fn parse(written: &str) -> Self {
        let folded = fold::words(written);
        Self { words: folded.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect() }
    }

    /// The folded words, one space between them.
    pub(super) fn words(&self) -> String {
        self.words.join(" ")
    }

    /// The level of agreement; `None` where one side has none. House numbers decide: neighbours are not the same.
    pub(super) fn level(&self, other: &Self) -> Option<&'static str> {
        if self.words.is_empty() || other.words.is_empty() {
            return None;
        }
        let shared =
            |of: &dyn Fn(&str) -> bool| self.words.iter().filter(|word| other.words.contains(word) && of(word)).count();
        let numbers = |address: &Self| address.words.iter().filter(|word| is_number(word)).count();
        let shared_numbers = shared(&is_number);
        let shared_words = shared(&|word| !is_number(word) && word.len() > 2);
        let shared_names = shared(&|word| !is_number(word) && word.len() > 2 && !is_everywhere(word));
        let fewest_numbers = numbers(self).min(numbers(other));
        let fewest_words = self.words.len().min(other.words.len());
        let has_long_number = shared(&|word| is_number(word) && word.len() >= 4) > 0;
        Some(match () {
            () if shared_names > 0
                && shared_numbers == fewest_numbers
                && (shared_words + shared_numbers) * 10 >= fewest_words * 8 =>
            {
                "same"
            }
            () if shared_numbers > 0 && shared_names > 0 && shared_numbers == fewest_numbers => {
                "same street and number"
            }
            () if has_long_number => "same postcode",
            () if shared_names > 0 => "same city",
            () => "other",
        })
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_everywhere(word: &str) -> bool {
    EVERYWHERE.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_every_town_says_nothing() {
        assert!(EVERYWHERE.is_sorted());
        let level = |one: &str, other: &str| Address::parse(one).level(&Address::parse(other));
        assert_eq!(level("12 Wharf Street, Leith 4480", "12 Wharf St, LEITH 4480"), Some("same"));
        assert_eq!(
            level("12 Wharf Street, Leith", "Unit 3, 12 Wharf Street, Edinburgh"),
            Some("same street and number")
        );
        assert_eq!(level("12 Wharf Street", "12 Canal Street"), Some("other"));
        assert_eq!(level("12 Wharf Street, 4480", "7 Canal Street, 4480"), Some("same postcode"));
        assert_eq!(level("12 Wharf Street, Leith", "7 Canal Street, Leith"), Some("same city"));
        assert_eq!(level("12 Wharf Street, Leith", "7 Canal Street, Toorak"), Some("other"));
        assert_eq!(level("12 Wharf Street", ""), None);
    }
}
