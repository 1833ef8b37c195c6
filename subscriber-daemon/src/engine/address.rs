//! Addresses: how far two of them are the same.

use backtrail_bus::fold;
use compact_str::CompactString;
use smallvec::SmallVec;

/// An address as it is compared.
#[derive(Debug, Clone)]
pub(super) struct Address {
    words: Vec<AddressWord>,
}

#[derive(Debug, Clone)]
struct AddressWord {
    text: CompactString,
    is_number: bool,
    /// It may tell one place from another.
    is_name: bool,
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
        Self { words: folded.split(' ').filter(|word| !word.is_empty()).map(AddressWord::new).collect() }
    }

    /// The folded words, one space between them.
    pub(super) fn words(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// The level of agreement; `None` where one side has none. House numbers decide: neighbours are not the same.
    pub(super) fn level(&self, other: &Self) -> Option<&'static str> {
        if self.words.is_empty() || other.words.is_empty() {
            return None;
        }
        let count = |address: &Self, of: fn(&AddressWord) -> bool| address.words.iter().filter(|word| of(word)).count();
        let fewest = |of| count(self, of).min(count(other, of));
        let is_in_other = |word: &&AddressWord| other.words.iter().any(|other| other.text == word.text);
        let shared: SmallVec<[&AddressWord; 16]> = self.words.iter().filter(is_in_other).collect();
        let shared_names = shared.iter().filter(|word| word.is_name).count();
        let shared_numbers = shared.iter().filter(|word| word.is_number).count();
        let has_all_numbers = shared_numbers == fewest(|word| word.is_number);
        // "PO Box 1234" has no name that could agree.
        let may_be_same = has_all_numbers && (shared_names > 0 || fewest(|word| word.is_name) == 0);
        let fewest_words = self.words.len().min(other.words.len());
        Some(match () {
            () if may_be_same && shared.len() * 10 >= fewest_words * 8 => "same",
            () if shared_names > 0 && shared_numbers > 0 && has_all_numbers => "same street and number",
            () if shared.iter().any(|word| word.is_long_number()) => "same postcode",
            () if shared_names > 0 => "same city",
            () => "other",
        })
    }
}

impl AddressWord {
    fn new(text: &str) -> Self {
        let is_number = text.bytes().any(|byte| byte.is_ascii_digit());
        let is_name = !is_number && text.len() > 2 && EVERYWHERE.binary_search(&text).is_err();
        Self { text: text.into(), is_number, is_name }
    }

    /// In postcodes, and hardly in house numbers.
    fn is_long_number(&self) -> bool {
        self.is_number && self.text.len() >= 4
    }
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
