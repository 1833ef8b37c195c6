//! Words with the places in which they stand, and the words that are nearly the same as a given one.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::super::name::{ONE_EDIT, distance, letters};
use super::postings::Postings;

/// All words, each once.
#[derive(Debug, Default)]
pub(in super::super) struct Dictionary {
    /// Numbers of words, found by the word's hash.
    table: HashTable<u32>,
    words: Vec<Word>,
    /// For each length in bytes, the letters and the number of each word: what a search for slips looks through.
    by_length: Vec<Vec<(u32, u32)>>,
    /// The words behind one another.
    text: String,
}

#[derive(Debug)]
struct Word {
    start: u32,
    length: u8,
    postings: Postings,
}

/// How nearly a word of the dictionary is the one that was asked for, in percent.
pub(in super::super) type Nearness = u8;

/// The longest word that is told apart, in bytes.
const MAX_WORD: usize = 32;
/// Shorter words, and those with a digit, are not looked for misspelt.
const MIN_MISSPELT: usize = 4;
/// Words shorter than this may differ by one letter and must begin with the same.
const MIN_FREE: usize = 6;
/// Words of this length and more may differ by two letters.
const MIN_TWICE: usize = 9;
/// A word as it was asked for.
pub(in super::super) const EXACT: Nearness = 100;
const START: Nearness = 90;

impl Dictionary {
    /// Notes that a word stands at a place. Places come ascending.
    pub(in super::super) fn add(&mut self, word: &str, place: u32) {
        let word = cut(word);
        let Self { table, words, by_length, text } = self;
        let hash = FxBuildHasher.hash_one(word);
        let of = |number: u32| words[number as usize].of(text);
        let entry = table.entry(hash, |number| of(*number) == word, |number| FxBuildHasher.hash_one(of(*number)));
        match entry {
            hashbrown::hash_table::Entry::Occupied(entry) => words[*entry.get() as usize].postings.push(place),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                let number = u32::try_from(words.len()).expect("fewer than four billion words");
                entry.insert(number);
                if by_length.len() <= word.len() {
                    by_length.resize_with(word.len() + 1, Vec::new);
                }
                // A bit for each letter: a quick no before an edit distance.
                by_length[word.len()].push((letters(word), number));
                words.push(Word {
                    start: u32::try_from(text.len()).expect("four gigabytes hold the words of all languages"),
                    length: u8::try_from(word.len()).expect("cut before"),
                    postings: Postings::One(place),
                });
                text.push_str(word);
            }
        }
    }

    /// The word with this number.
    pub(in super::super) fn word(&self, number: u32) -> &str {
        self.words[number as usize].of(&self.text)
    }

    /// At how many places a word stands.
    pub(in super::super) fn count(&self, number: u32) -> usize {
        self.words[number as usize].postings.len()
    }

    /// Calls `take` with each place of a word, ascending.
    pub(in super::super) fn for_each_place(&self, number: u32, take: impl FnMut(u32)) {
        self.words[number as usize].postings.for_each(take);
    }

    /// The word itself.
    pub(in super::super) fn find(&self, word: &str) -> Option<u32> {
        let word = cut(word);
        let hash = FxBuildHasher.hash_one(word);
        self.table.find(hash, |number| self.word(*number) == word).copied()
    }

    /// The words that begin so, the most frequent ones first.
    pub(in super::super) fn starting(&self, start: &str) -> Vec<(u32, Nearness)> {
        let start = cut(start);
        let all = self.numbered().filter(|(_, word)| word.of(&self.text).starts_with(start));
        let mut found: Vec<(u32, Nearness)> =
            all.map(|(number, word)| (number, if word.of(&self.text) == start { EXACT } else { START })).collect();
        found.sort_by_key(|(number, _)| std::cmp::Reverse((self.count(*number), *number)));
        found
    }

    /// The word itself, and those that differ from it by a slip or two, nearest first. Slips that people and scanners
    /// make often count half (`name::distance`).
    pub(in super::super) fn near(&self, word: &str) -> Vec<(u32, Nearness)> {
        let word = cut(word);
        let exact = self.find(word).map(|number| (number, EXACT));
        if word.len() < MIN_MISSPELT || word.bytes().any(|byte| byte.is_ascii_digit()) {
            return exact.into_iter().collect();
        }
        let limit = if word.len() < MIN_TWICE { 1 } else { 2 };
        // A slip changes two letters at most; a few that count half change more.
        let most_bits = if word.len() < MIN_TWICE { 3 } else { 5 };
        let (own, first) = (letters(word), word.as_bytes()[0]);
        let may_be = |(letters, number): &&(u32, u32)| {
            (own ^ letters).count_ones() <= most_bits
                && (word.len() >= MIN_FREE || self.word(*number).as_bytes()[0] == first)
        };
        let most_more = usize::from(limit) + 1;
        let lengths = self.by_length.iter().take(word.len() + most_more + 1).skip(word.len() - most_more);
        let near = lengths.flatten().filter(may_be).filter_map(|(_, number)| {
            let distance = distance(word, self.word(*number), limit * ONE_EDIT)?;
            // Half an edit: 85, one: 75, two: 55.
            (distance > 0).then_some((*number, 95 - distance * (20 / ONE_EDIT)))
        });
        let mut near: Vec<(u32, Nearness)> = near.collect();
        near.sort_by_key(|(number, nearness)| std::cmp::Reverse((*nearness, self.count(*number), *number)));
        exact.into_iter().chain(near).collect()
    }

    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let postings: usize = self.words.iter().map(|word| word.postings.bytes()).sum();
        let lengths: usize = self.by_length.iter().map(|words| words.capacity() * size_of::<(u32, u32)>()).sum();
        self.table.allocation_size()
            + self.words.capacity() * size_of::<Word>()
            + self.text.capacity()
            + lengths
            + postings
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &Word)> {
        self.words.iter().enumerate().map(|(number, word)| (number as u32, word))
    }
}

impl Word {
    fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start as usize..][..usize::from(self.length)]
    }
}

fn cut(word: &str) -> &str {
    backtrail_bus::fold::cut(word, MAX_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(words: &[&str]) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for (place, word) in words.iter().enumerate() {
            dictionary.add(word, place as u32);
        }
        dictionary
    }

    #[test]
    fn words_are_found_with_slips() {
        let dictionary =
            dictionary(&["harbour", "harbor", "tarbour", "labour", "lotus", "locus", "4anpp", "methylamine"]);
        let near = |word: &str| {
            dictionary.near(word).into_iter().map(|(number, _)| dictionary.word(number)).collect::<Vec<_>>()
        };
        assert_eq!(near("harbour"), ["harbour", "tarbour", "harbor"]);
        assert_eq!(near("habrour"), ["harbour"]);
        assert_eq!(near("lotus"), ["lotus", "locus"]);
        assert_eq!(near("xotus"), [""; 0]);
        assert_eq!(near("4anpb"), [""; 0]);
        assert_eq!(near("metylamin"), ["methylamine"]);
    }

    #[test]
    fn words_are_found_by_their_start() {
        let dictionary = dictionary(&["harbour", "harbor", "labour", "harb"]);
        let found = |start: &str| {
            dictionary.starting(start).into_iter().map(|(number, _)| dictionary.word(number)).collect::<Vec<_>>()
        };
        assert_eq!(found("harb"), ["harb", "harbor", "harbour"]);
    }

    #[test]
    fn a_word_has_all_its_places() {
        let dictionary = dictionary(&["lotus", "harbour", "lotus"]);
        let lotus = dictionary.find("lotus").unwrap();
        let mut places = Vec::new();
        dictionary.for_each_place(lotus, |place| places.push(place));
        assert_eq!((places, dictionary.count(lotus)), (vec![0, 2], 2));
        assert_eq!((dictionary.words.len(), dictionary.find("lot")), (2, None));
    }
}
