//! The words of `schemas/party-names.toml`, in the form in which they answer questions.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use backtrail_bus::gazetteer::Gazetteer;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use smallvec::SmallVec;

use super::MAX_WORDS;

/// What sort of word it is, from least to most telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Stop,
    Generic,
    /// A line of business: it tells sister companies apart, not families of them.
    Business,
    Trade,
    Branch,
    /// A given name that very many people have.
    Given,
    Place,
    Number,
    /// Of no list: a name proper.
    Rare,
}

/// Form of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    legal_forms: BTreeMap<String, Vec<String>>,
    words: Words,
    abbreviations: FxHashMap<String, String>,
    translations: BTreeMap<String, String>,
    placeholders: Placeholders,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    stop: Vec<String>,
    business: Vec<String>,
    generic: Vec<String>,
    trade: Vec<String>,
    branch: Vec<String>,
    country: Vec<String>,
    given: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placeholders {
    names: FxHashSet<String>,
}

/// The lexicon.
pub(super) struct Lexicon {
    /// Every known word: what it stands for, if that is another, and its class.
    words: FxHashMap<String, (Option<String>, Class)>,
    /// Generic and trade words by first letter and length ([`shelf`]), each with its letters, to find misspelt ones.
    common: Vec<Vec<(String, u32)>>,
    /// Longest first.
    translations: Vec<(String, String)>,
    /// Finds which of them a text has.
    translated: AhoCorasick,
    legal_forms: FxHashMap<String, u8>,
    /// Words that a legal form of several words begins or ends with: a quick no for most names.
    form_edges: FxHashSet<String>,
    placeholders: FxHashSet<String>,
}

/// Numbers in words, and Roman ones that are no words and no initials.
const NUMBERS: [(&str, &str); 19] = [
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("ii", "2"),
    ("iii", "3"),
    ("iv", "4"),
    ("vi", "6"),
    ("vii", "7"),
    ("viii", "8"),
    ("ix", "9"),
    ("xi", "11"),
    ("xii", "12"),
];

/// Shorter words are not searched for misspellings of common ones.
const MIN_MISSPELT: usize = 6;

/// Indonesian, Russian and Ukrainian ones.
const SHORT_FORMS_IN_FRONT: [&str; 7] = ["ao", "cv", "dp", "ip", "pp", "pt", "td"];

/// So many steps lead from an abbreviation to what it means, at most: two words that stood for one another would have no end.
const MAX_STEPS: usize = 8;

/// The most words of a legal form ("s a de c v").
const MAX_FORM_WORDS: usize = 5;

static SHIPPED: LazyLock<Lexicon> = LazyLock::new(|| {
    let file = toml::from_str(include_str!("../../../../schemas/party-names.toml"));
    Lexicon::new(file.expect("the shipped words are tested"))
});

impl Lexicon {
    pub(super) fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn new(file: File) -> Self {
        let mut classes = FxHashMap::default();
        // Later classes yield to earlier ones: "new" is generic before it is the start of New York.
        let lists = [
            (Class::Stop, file.words.stop),
            (Class::Business, file.words.business),
            (Class::Generic, file.words.generic),
            (Class::Trade, file.words.trade),
            (Class::Branch, file.words.branch),
            (Class::Place, file.words.country),
            (Class::Given, file.words.given),
        ];
        for (class, words) in lists {
            for word in words {
                classes.entry(word).or_insert(class);
            }
        }
        let mut common: Vec<Vec<(String, u32)>> = Vec::new();
        // A word that is nearly a given name ("Vektor") mostly is another.
        let is_common = |(word, class): &(&String, &Class)| word.len() >= MIN_MISSPELT && **class != Class::Given;
        for (word, _) in classes.iter().filter(is_common) {
            let shelf = shelf(word.as_bytes()[0], word.len());
            common.resize(common.len().max(shelf + 1), Vec::new());
            common[shelf].push((word.clone(), super::letters(word)));
        }
        common.iter_mut().for_each(|words| words.sort_unstable());
        for word in Gazetteer::shipped().town_words() {
            classes.entry(word).or_insert(Class::Place);
        }
        let mut translations: Vec<(String, String)> = file.translations.into_iter().collect();
        translations.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let translated = AhoCorasick::new(translations.iter().map(|(from, _)| from)).expect("a few hundred words");
        let forms = file.legal_forms.into_values().zip(0_u8..);
        let legal_forms: FxHashMap<String, u8> =
            forms.flat_map(|(forms, group)| forms.into_iter().map(move |form| (form, group))).collect();
        let long_forms =
            legal_forms.keys().filter_map(|form| Some((form.split_once(' ')?.0, form.rsplit_once(' ')?.1)));
        let form_edges = long_forms.flat_map(|(first, last)| [first.to_owned(), last.to_owned()]).collect();
        let abbreviations = &file.abbreviations;
        let meant = |word: &String| {
            // "petroleo" stands for "petroleum", and that for "oil".
            let steps = std::iter::successors(abbreviations.get(word), |meant| abbreviations.get(*meant));
            steps.take(MAX_STEPS).last().cloned()
        };
        let canonical = meant;
        let entry = |(word, class): (&String, &Class)| (word.clone(), (canonical(word), *class));
        let mut words: FxHashMap<String, (Option<String>, Class)> = classes.iter().map(entry).collect();
        for word in abbreviations.keys() {
            let Some(meant) = canonical(word) else { continue };
            let class = classes.get(&meant).copied().unwrap_or(Class::Rare);
            words.entry(word.clone()).or_insert_with(|| (Some(meant), class));
        }
        for (written, digits) in NUMBERS {
            words.insert(written.to_owned(), (Some(digits.to_owned()), Class::Number));
        }
        Self { words, common, translations, translated, legal_forms, form_edges, placeholders: file.placeholders.names }
    }

    pub(super) fn is_placeholder(&self, folded: &str) -> bool {
        self.placeholders.contains(folded)
    }

    /// Words of other scripts that have a meaning here are replaced by it; the rest is left for transliteration.
    pub(super) fn translate(&self, written: &str) -> String {
        let mut text = written.to_lowercase();
        if text.contains(ARABIC_ARTICLE) {
            let apart = |word: &str| match word.strip_prefix(ARABIC_ARTICLE) {
                Some(rest) if rest.chars().count() > 2 => format!(" al {rest}"),
                _ => format!(" {word}"),
            };
            // What is known with its article comes first.
            for (from, to) in self.translations.iter().filter(|(from, _)| from.starts_with(ARABIC_ARTICLE)) {
                text = replace_words(&text, from, to);
            }
            text = text.split_whitespace().map(apart).collect();
        }
        let mut found: SmallVec<[usize; 8]> =
            self.translated.find_overlapping_iter(&text).map(|found| found.pattern().as_usize()).collect();
        found.sort_unstable();
        found.dedup();
        for (from, to) in found.into_iter().map(|number| &self.translations[number]) {
            text = replace_words(&text, from, to);
        }
        if text.contains(TA_MARBUTA) { text.replace(TA_MARBUTA, "h") } else { text }
    }

    /// What sort of word it is, and what it abbreviates or misspells.
    pub(super) fn look_up(&self, word: &str) -> (Option<&str>, Class) {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return (None, Class::Number);
        }
        if let Some((canonical, class)) = self.words.get(word) {
            return (canonical.as_deref(), *class);
        }
        match self.misspelt(word) {
            Some(meant) => {
                let (canonical, class) = &self.words[meant];
                (Some(canonical.as_deref().unwrap_or(meant)), *class)
            }
            None => (None, Class::Rare),
        }
    }

    /// The generic or trade word that is one slip away.
    fn misspelt(&self, word: &str) -> Option<&str> {
        if word.len() < MIN_MISSPELT {
            return None;
        }
        let letters = super::letters(word);
        let lengths = word.len() - 1..=word.len() + 1;
        let candidates = lengths.filter_map(|length| self.common.get(shelf(word.as_bytes()[0], length))).flatten();
        let near = candidates.into_iter().find(|(known, own)| {
            has_two_at_most(letters ^ own) && super::edit::distance(known, word, super::edit::ONE).is_some()
        });
        near.map(|(known, _)| known.as_str())
    }

    /// Takes legal forms off both ends and gives the group of the last; a name that is nothing else stays whole.
    pub(super) fn take_legal_form(&self, words: &mut SmallVec<[&str; MAX_WORDS]>) -> Option<u8> {
        let mut found = None;
        while let Some((length, group)) = self.form_at_end(words) {
            words.truncate(words.len() - length);
            found = found.or(Some(group));
        }
        while let Some((length, group)) = self.form_at_start(words) {
            words.drain(..length);
            found = found.or(Some(group));
        }
        found
    }

    fn form_at_end(&self, words: &[&str]) -> Option<(usize, u8)> {
        let longest = self.longest_form(words.last()?, words.len());
        (1..=longest).rev().find_map(|length| Some((length, self.form(&words[words.len() - length..])?)))
    }

    /// How many words a legal form with this word at its edge may have, in a name of so many: it is not all of the name.
    fn longest_form(&self, edge: &str, words: usize) -> usize {
        let longest = if self.form_edges.contains(edge) { MAX_FORM_WORDS } else { 1 };
        longest.min(words.saturating_sub(1))
    }

    fn form_at_start(&self, words: &[&str]) -> Option<(usize, u8)> {
        let longest = self.longest_form(words.first()?, words.len());
        // In front of a name "as", "co" and the like are words; only forms of three letters on stand there, and a few.
        let may_stand_there = |word: &str| word.len() >= 3 || SHORT_FORMS_IN_FRONT.contains(&word);
        let is_form = |length: usize| self.form(&words[..length]).filter(|_| length > 1 || may_stand_there(words[0]));
        (1..=longest).rev().find_map(|length| Some((length, is_form(length)?)))
    }

    fn form(&self, words: &[&str]) -> Option<u8> {
        match words {
            [word] => self.legal_forms.get(*word).copied(),
            [first, .., last] if self.form_edges.contains(*first) && self.form_edges.contains(*last) => {
                self.legal_forms.get(&words.join(" ")).copied()
            }
            _ => None,
        }
    }
}

/// Where common words with this first letter, of folded ASCII, and of this length stand.
fn shelf(first: u8, length: usize) -> usize {
    length * 256 + usize::from(first)
}

/// True of at most two bits that are set. Many are asked, and few processors are known to count bits.
fn has_two_at_most(bits: u32) -> bool {
    let without_lowest = |bits: u32| bits & bits.wrapping_sub(1);
    without_lowest(without_lowest(bits)) == 0
}

/// Replaces words; where words are written with spaces between them, whole words only.
fn replace_words(text: &str, from: &str, to: &str) -> String {
    let is_spaced = from.chars().next().is_none_or(|first| first < FIRST_UNSPACED);
    let mut replaced = String::with_capacity(text.len() + to.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let goes_on = |c: Option<char>| is_spaced && c.is_some_and(char::is_alphanumeric);
        replaced.push_str(before);
        let last = replaced.chars().next_back();
        replaced.push_str(if goes_on(last) || goes_on(after.chars().next()) { from } else { to });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// Written as one word with what follows.
const ARABIC_ARTICLE: &str = "ال";

/// The ending of Arabic words that is romanised as "a" or "ah", and in transliteration tables stands as "t".
const TA_MARBUTA: char = 'ة';

/// From here on (Thai apart), the letters of Unicode are those of Chinese, Japanese and Korean.
const FIRST_UNSPACED: char = '\u{2e80}';

#[cfg(test)]
mod tests {
    use backtrail_bus::fold;

    use super::*;

    fn file() -> File {
        toml::from_str(include_str!("../../../../schemas/party-names.toml")).unwrap()
    }

    #[test]
    fn no_word_stands_for_itself_in_the_end() {
        let abbreviations = file().abbreviations;
        for word in abbreviations.keys() {
            let mut meant = Some(word);
            for _ in 0..MAX_STEPS {
                meant = meant.and_then(|meant| abbreviations.get(meant));
            }
            assert_eq!(meant, None, "{word:?} leads in a circle, or too far");
        }
    }

    #[test]
    fn the_words_are_folded() {
        let file = file();
        let words = &file.words;
        let lists =
            [&words.stop, &words.business, &words.generic, &words.country, &words.trade, &words.branch, &words.given];
        let forms = file.legal_forms.values();
        for word in lists.into_iter().chain(forms).flatten().chain(file.abbreviations.keys()) {
            assert_eq!(*word, fold::words(word));
        }
    }
}
