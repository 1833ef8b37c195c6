//! What a name looks like from afar: a quick no before two names are compared word by word.

use serde::{Deserialize, Serialize};

use super::{Class, Name};

/// The outline of a name: of the words that are names proper their pairs of neighbouring letters and their letters, and
/// its numbers and places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outline {
    /// A bit for each pair of letters, and four for each number and place.
    pairs: u64,
    /// Two bits for each letter: whether it stands there, and whether more than once.
    letters: u64,
}

/// One misspelt letter changes two pairs of letters into two others, two swapped letters three.
const MOST_OTHER_PAIRS: u32 = 6;
/// A misspelt letter takes one away and puts one there; "rn" that is read as "m" takes two.
const MOST_OTHER_LETTERS: u32 = 3;

/// 2^32 divided by the golden ratio: multiples of it lie far apart.
const SPREAD: u32 = 0x9e37_79b1;

impl Outline {
    /// False if the names are too far apart for one to be the other, misspelt in one place.
    pub(crate) fn may_be(self, other: Self) -> bool {
        (self.pairs ^ other.pairs).count_ones() <= MOST_OTHER_PAIRS
            && (self.letters ^ other.letters).count_ones() <= MOST_OTHER_LETTERS
    }

    fn add_letters(&mut self, text: &[u8]) {
        for pair in text.windows(2) {
            let number = u32::from(pair[0]) * 31 + u32::from(pair[1]);
            self.pairs |= 1 << (number.wrapping_mul(SPREAD) >> 26);
        }
        for letter in text.iter().filter(|byte| byte.is_ascii_lowercase()) {
            let once = 1 << (2 * (letter - b'a'));
            self.letters |= once | (self.letters & once) << 1;
        }
    }

    fn add_whole(&mut self, text: &[u8]) {
        let number = text.iter().fold(7_u32, |number, byte| (number ^ u32::from(*byte)).wrapping_mul(SPREAD));
        (0..4).for_each(|part| self.pairs |= 1 << (number >> (part * 6 + 8) & 63));
    }
}

impl Name {
    /// What the name looks like from afar.
    pub(crate) fn outline(&self) -> Outline {
        let mut outline = Outline { pairs: 0, letters: 0 };
        for word in &self.words {
            let text = self.text_of(word).as_bytes();
            match word.class {
                Class::Rare => outline.add_letters(text),
                Class::Number | Class::Place | Class::Branch => outline.add_whole(text),
                _ => {}
            }
        }
        outline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_be(one: &str, other: &str) -> bool {
        let outline = |written| Name::parse(written).unwrap().outline();
        outline(one).may_be(outline(other))
    }

    #[test]
    fn one_slip_is_near() {
        let written = "Kestrel Morningside Pharma";
        for slip in [
            "Kestrel Momingside Pharma",
            "Kestrel Morningsdie Pharma",
            "Kestrel Morningsid Pharma",
            "Kestrel Mornlngside Pharma",
            "Kestrell Morningside",
        ] {
            assert!(may_be(written, slip), "{slip}");
        }
    }

    #[test]
    fn another_word_is_not() {
        for (one, other) in [
            ("Kestrel Wang Pharma", "Kestrel Bohr Pharma"),
            ("Kestrel Morningside", "Kestrel Evening"),
            ("Kestrel Lagos", "Kestrel Istanbul"),
        ] {
            assert!(!may_be(one, other), "{one} {other}");
        }
    }
}
