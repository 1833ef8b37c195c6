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
        let count = |address: &Self, of: fn(&str) -> bool| address.words.iter().filter(|word| of(word)).count();
        let fewest = |of| count(self, of).min(count(other, of));
        let shared = |of: fn(&str) -> bool| {
            self.words.iter().filter(|word| other.words.contains(word)).filter(|word| of(word)).count()
        };
        let shared_names = shared(is_name);
        let has_all_numbers = shared(is_number) == fewest(is_number);
        // "PO Box 1234" has no name that could agree.
        let may_be_same = has_all_numbers && (shared_names > 0 || fewest(is_name) == 0);
        let fewest_words = self.words.len().min(other.words.len());
        Some(match () {
            () if may_be_same && shared(|_| true) * 10 >= fewest_words * 8 => "same",
            () if shared_names > 0 && shared(is_number) > 0 && has_all_numbers => "same street and number",
            () if shared(is_long_number) > 0 => "same postcode",
            () if shared_names > 0 => "same city",
            () => "other",
        })
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// In postcodes, and hardly in house numbers.
fn is_long_number(word: &str) -> bool {
    is_number(word) && word.len() >= 4
}

/// A word that may tell one place from another.
fn is_name(word: &str) -> bool {
    !is_number(word) && word.len() > 2 && EVERYWHERE.binary_search(&word).is_err()
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

    #[test]
    fn an_address_without_a_name_is_its_number() {
        let level = |one: &str, other: &str| Address::parse(one).level(&Address::parse(other));
        assert_eq!(level("PO Box 123", "P.O. BOX 123"), Some("same"));
        assert_eq!(level("Unit 3, Block 12", "unit 3 block 12"), Some("same"));
        assert_eq!(level("Unit 3, Block 12", "Unit 4, Block 12"), Some("other"));
    }
}
