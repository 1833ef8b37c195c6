//! The names of parties, each way of writing once, and those that may be one name.

use std::hash::BuildHasher;

use backtrail_bus::fold;
use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::super::name::{Name, compare};
use super::dictionary::Dictionary;

/// Names of fewer bits in common are two names.
const SAME_NAME_BITS: f64 = 8.0;
/// So many names are compared word by word at most, those that share the rarest words first.
const MAX_COMPARED: usize = 2_000;
/// Of the words of a name those that more names have are looked at only if nothing rarer is found.
const MAX_NAMES_OF_WORD: usize = 10_000;
/// A name that shares less than this part of what the nearest one shares is another one: it lacks every rare word.
const LEAST_SHARE: f64 = 0.2;
/// Shorter words do not lead to a name.
const MIN_WORD: usize = 3;

/// All names as written.
#[derive(Debug, Default)]
pub(in super::super) struct Spellings {
    table: HashTable<u32>,
    /// Where each name ends in `text`.
    ends: Vec<u32>,
    text: String,
    /// Words of the names, as written and as they sound, with the numbers of the names.
    words: Dictionary,
}

/// Names that are probably the one that was asked for.
#[derive(Debug, Default)]
pub(in super::super) struct Called {
    /// Bits that each name has in common with it.
    pub bits: FxHashMap<u32, f64>,
    /// Names that were not compared.
    pub left_out: usize,
}

impl Spellings {
    /// The number of a name.
    pub(super) fn number(&mut self, written: &str) -> u32 {
        let hash = FxBuildHasher.hash_one(written);
        if let Some(number) = self.table.find(hash, |number| self.written(*number) == written) {
            return *number;
        }
        let number = u32::try_from(self.ends.len()).expect("fewer than four billion names");
        self.text.push_str(written);
        self.ends.push(u32::try_from(self.text.len()).expect("fewer than four gigabytes of names"));
        let Self { table, ends, text, words } = self;
        table.insert_unique(hash, number, |number| FxBuildHasher.hash_one(name_at(ends, text, *number)));
        for word in Name::parse(written).map(|name| leading_words(written, &name)).unwrap_or_default() {
            words.add(&word, number);
        }
        number
    }

    /// A name as written.
    pub(in super::super) fn written(&self, number: u32) -> &str {
        name_at(&self.ends, &self.text, number)
    }

    /// The names that may be this one, in whatever spelling.
    pub(in super::super) fn called(&self, written: &str, name: &Name) -> Called {
        // A slip may be in any word; how a word sounds is looked for as it stands.
        let mut leading: Vec<u32> = Vec::new();
        for word in leading_words(written, name) {
            let found =
                if word.starts_with('~') { self.words.find(&word).into_iter().collect() } else { self.near(&word) };
            leading.extend(found);
        }
        leading.sort_unstable();
        leading.dedup();
        leading.sort_by_key(|word| self.words.count(*word));
        let mut weights: FxHashMap<u32, f64> = FxHashMap::default();
        let mut left_out = 0;
        for word in leading {
            let count = self.words.count(word);
            if count > MAX_NAMES_OF_WORD && !weights.is_empty() {
                continue;
            }
            let weight = (self.ends.len() as f64 / count as f64).log2().max(0.1);
            self.words.for_each_place(word, |number| *weights.entry(number).or_default() += weight);
        }
        let most = weights.values().copied().fold(0.0, f64::max);
        let mut candidates: Vec<(u32, f64)> =
            weights.into_iter().filter(|(_, weight)| *weight >= LEAST_SHARE * most).collect();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if candidates.len() > MAX_COMPARED {
            left_out += candidates.len() - MAX_COMPARED;
            candidates.truncate(MAX_COMPARED);
        }
        let bits = candidates.into_iter().filter_map(|(number, _)| {
            let bits = compare(name, &Name::parse(self.written(number))?).bits;
            (bits >= SAME_NAME_BITS).then_some((number, bits))
        });
        Called { bits: bits.collect(), left_out }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.table.allocation_size()
            + self.ends.capacity() * size_of::<u32>()
            + self.text.capacity()
            + self.words.bytes()
    }

    fn near(&self, word: &str) -> Vec<u32> {
        self.words.near(word).into_iter().map(|(number, _)| number).collect()
    }
}

fn name_at<'t>(ends: &[u32], text: &'t str, number: u32) -> &'t str {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] as usize };
    &text[start..ends[number] as usize]
}

/// The words that lead to a name: as written, and those that its key is made of.
fn leading_words(written: &str, name: &Name) -> Vec<String> {
    let folded = fold::words(fold::cut(written, 300));
    let as_written = folded.split(' ').filter(|word| word.len() >= MIN_WORD).map(str::to_owned);
    let key = name.key();
    let mut words: Vec<String> = as_written.chain(key.words.split_terminator(' ').map(str::to_owned)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_found_in_every_spelling() {
        let names = [
            "Lotus Harbour Trading Co., Ltd.",
            "LOTUS HARBOR TRDG CO LTD",
            "Harbour Lotus Trading",
            "Lottus Harbuor",
            "Kestrel Works",
            "Pacific Harbour Supplies",
            "Shenzhen Letu Chemical Co., Ltd.",
        ];
        let mut spellings = Spellings::default();
        for name in names {
            let number = spellings.number(name);
            assert_eq!((spellings.number(name), spellings.written(number)), (number, name));
        }
        let found = |written: &str| {
            let called = spellings.called(written, &Name::parse(written).unwrap());
            let mut found: Vec<u32> = called.bits.into_keys().collect();
            found.sort_unstable();
            found
        };
        assert_eq!(found("Lotus Harbour"), [0, 1, 2, 3]);
        assert_eq!(found("Kestrell Works"), [4]);
        assert_eq!(found("深圳乐途化工有限公司"), [6]);
        assert_eq!(found("Osprey"), [0; 0]);
    }
}
