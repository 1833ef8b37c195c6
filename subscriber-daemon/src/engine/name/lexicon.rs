//! The words of `schemas/party-names.toml`, in the form in which they answer questions.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use backtrail_bus::gazetteer::Gazetteer;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

/// What sort of word it is, from least to most telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Stop,
    Generic,
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
    generic: Vec<String>,
    trade: Vec<String>,
    branch: Vec<String>,
    given: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placeholders {
    names: FxHashSet<String>,
}

/// The lexicon.
pub(super) struct Lexicon {
    classes: FxHashMap<String, Class>,
    abbreviations: FxHashMap<String, String>,
    /// Generic and trade words by first letter and length, each with its letters, to find misspelt ones.
    common: FxHashMap<(u8, usize), Vec<(String, u32)>>,
    /// Longest first.
    translations: Vec<(String, String)>,
    legal_forms: FxHashMap<String, u8>,
    /// Words that a legal form of several words begins or ends with: a quick no for most names.
    form_edges: FxHashSet<String>,
    placeholders: FxHashSet<String>,
}

/// Shorter words are not searched for misspellings of common ones.
const MIN_MISSPELT: usize = 6;

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
            (Class::Generic, file.words.generic),
            (Class::Trade, file.words.trade),
            (Class::Branch, file.words.branch),
            (Class::Given, file.words.given),
        ];
        for (class, words) in lists {
            for word in words {
                classes.entry(word).or_insert(class);
            }
        }
        let mut common: FxHashMap<(u8, usize), Vec<(String, u32)>> = FxHashMap::default();
        for word in classes.keys().filter(|word| word.len() >= MIN_MISSPELT) {
            common.entry((word.as_bytes()[0], word.len())).or_default().push((word.clone(), super::letters(word)));
        }
        common.values_mut().for_each(|words| words.sort_unstable());
        for word in Gazetteer::shipped().town_words() {
            classes.entry(word).or_insert(Class::Place);
        }
        let mut translations: Vec<(String, String)> = file.translations.into_iter().collect();
        translations.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let forms = file.legal_forms.into_values().zip(0_u8..);
        let legal_forms: FxHashMap<String, u8> =
            forms.flat_map(|(forms, group)| forms.into_iter().map(move |form| (form, group))).collect();
        let long_forms =
            legal_forms.keys().filter_map(|form| Some((form.split_once(' ')?.0, form.rsplit_once(' ')?.1)));
        let form_edges = long_forms.flat_map(|(first, last)| [first.to_owned(), last.to_owned()]).collect();
        Self {
            classes,
            abbreviations: file.abbreviations,
            common,
            translations,
            legal_forms,
            form_edges,
            placeholders: file.placeholders.names,
        }
    }

    pub(super) fn is_placeholder(&self, folded: &str) -> bool {
        self.placeholders.contains(folded)
    }

    /// Words of other scripts that have a meaning here are replaced by it; the rest is left for transliteration.
    pub(super) fn translate(&self, written: &str) -> String {
        let mut text = written.to_lowercase();
        for (from, to) in &self.translations {
            if text.contains(from.as_str()) {
                text = text.replace(from.as_str(), to);
            }
        }
        text
    }

    /// What sort of word it is, and what it abbreviates or misspells.
    pub(super) fn look_up(&self, word: &str) -> (Option<&str>, Class) {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return (None, Class::Number);
        }
        let canonical = self.abbreviations.get(word).map(String::as_str);
        let known = self.classes.get(word).or_else(|| self.classes.get(canonical?));
        if let Some(class) = known {
            return (canonical, *class);
        }
        match self.misspelt(word) {
            Some(meant) => (Some(self.abbreviations.get(meant).map_or(meant, String::as_str)), self.classes[meant]),
            None => (canonical, Class::Rare),
        }
    }

    /// The generic or trade word that is one slip away.
    fn misspelt(&self, word: &str) -> Option<&str> {
        if word.len() < MIN_MISSPELT {
            return None;
        }
        let letters = super::letters(word);
        let lengths = word.len() - 1..=word.len() + 1;
        let candidates = lengths.filter_map(|length| self.common.get(&(word.as_bytes()[0], length))).flatten();
        let near = candidates.into_iter().find(|(known, own)| {
            (letters ^ own).count_ones() <= 2 && super::edit::distance(known, word, 1.0).is_some()
        });
        near.map(|(known, _)| known.as_str())
    }

    /// Takes legal forms off both ends and gives the group of the last; a name that is nothing else stays whole.
    pub(super) fn take_legal_form(&self, words: &mut Vec<&str>) -> Option<u8> {
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
        let longest = MAX_FORM_WORDS.min(words.len().saturating_sub(1));
        (1..=longest).rev().find_map(|length| Some((length, self.form(&words[words.len() - length..])?)))
    }

    fn form_at_start(&self, words: &[&str]) -> Option<(usize, u8)> {
        let longest = MAX_FORM_WORDS.min(words.len().saturating_sub(1));
        // In front of a name "as", "co" and the like are words; only forms of three letters on stand there.
        let is_form = |length: usize| {
            self.form(&words[..length]).filter(|_| length > 1 || words[0].len() >= 3 || words[0] == "pt")
        };
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

#[cfg(test)]
mod tests {
    use backtrail_bus::fold;

    use super::*;

    #[test]
    fn the_words_are_folded() {
        let file: File = toml::from_str(include_str!("../../../../schemas/party-names.toml")).unwrap();
        let words = &file.words;
        let lists = [&words.stop, &words.generic, &words.trade, &words.branch, &words.given];
        let forms = file.legal_forms.values();
        for word in lists.into_iter().chain(forms).flatten().chain(file.abbreviations.keys()) {
            assert_eq!(*word, fold::words(word));
        }
    }
}
