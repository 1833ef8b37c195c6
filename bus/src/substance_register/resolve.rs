//! From any text to what it means, in steps from certain to vague; the first step that answers wins.

use std::borrow::Cow;

use super::file::{Entry, Family};
use super::index::Meaning;
use super::wording::{self, Word};
use super::{SubstanceRegister, spelling};
use crate::fold;

/// The longest text that is looked at, in bytes. A name is never as long; what comes after is not read.
const MAX_TEXT: usize = 300;
/// The most parts of a text ("A/B (C)") that are looked at one by one.
const MAX_PARTS: usize = 8;

/// What a text means.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution<'r> {
    /// One entry.
    Entry(Found<'r>),
    /// Several substances: an alias of more than one, or a mixture. Never guessed.
    Ambiguous(Vec<&'r Entry>),
    /// No more than the family.
    Family(&'r Family),
    /// Nothing that the register knows.
    Unrecognised,
}

/// An entry, and how the text led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'r> {
    pub entry: &'r Entry,
    pub matched: Matched,
    /// The name in the register that the text matched.
    pub name: &'r str,
    /// Folded words beside the name: a salt, a form, an amount. Empty for most.
    pub beside: String,
}

/// How a text matched a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// The preferred name or the id.
    Exact,
    Synonym,
    Street,
    /// A name misspelt by one letter, or in a way that sounds the same.
    Spelling,
}

/// What sort of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameKind {
    Preferred,
    Synonym,
    Street,
}

impl From<NameKind> for Matched {
    fn from(kind: NameKind) -> Self {
        match kind {
            NameKind::Preferred => Self::Exact,
            NameKind::Synonym => Self::Synonym,
            NameKind::Street => Self::Street,
        }
    }
}

impl<'r> Resolution<'r> {
    /// The entry, where there is one.
    pub fn entry(&self) -> Option<&'r Entry> {
        match self {
            Self::Entry(found) => Some(found.entry),
            _ => None,
        }
    }

    /// Id of the family that all meanings share.
    pub fn family(&self) -> Option<&'r crate::token::Token> {
        match self {
            Self::Entry(found) => Some(&found.entry.family),
            Self::Family(family) => Some(&family.id),
            Self::Ambiguous(entries) => {
                let family = &entries.first()?.family;
                entries.iter().all(|entry| entry.family == *family).then_some(family)
            }
            Self::Unrecognised => None,
        }
    }
}

impl SubstanceRegister {
    /// What `text` means. Case, punctuation, script, salts and forms do not matter.
    ///
    /// Whole names come first, then the parts of "A (B)" and "A/B", then a name among words that change nothing, then
    /// a bounded misspelling ([`super::spelling`]), then family words and stems. Cost is bounded for any text.
    ///
    /// ```
    /// use backtrail_bus::substance_register::SubstanceRegister;
    /// let register = SubstanceRegister::shipped();
    /// let entry = |text| register.resolve(text).entry().map(|entry| entry.id.to_string());
    /// assert_eq!(entry("KETAMINE Hydrochloride").as_deref(), Some("ketamine"));
    /// assert_eq!(entry("Cocain").as_deref(), Some("cocaine"));
    /// assert_eq!(entry("Gold"), None);
    /// ```
    pub fn resolve(&self, text: &str) -> Resolution<'_> {
        let text = fold::cut(text, MAX_TEXT);
        if let Some(found) = self.whole(&fold::squash(text)) {
            return found;
        }
        let words = fold::words(text);
        if words.is_empty() {
            return Resolution::Unrecognised;
        }
        self.stripped(&words)
            .or_else(|| self.parts(text))
            .or_else(|| self.within(&words))
            .or_else(|| self.misspelt(&words))
            .or_else(|| self.family_of(&words))
            .unwrap_or(Resolution::Unrecognised)
    }

    /// Names that `text` may have meant, at most `limit`, nearest first. Nothing follows from them.
    pub fn suggestions(&self, text: &str, limit: usize) -> Vec<&str> {
        let normal = fold::squash(fold::cut(text, MAX_TEXT));
        spelling::near(&self.index, &normal, limit).into_iter().map(|number| self.index.written(number)).collect()
    }

    /// The name in normal form, as it stands in the register.
    fn whole(&self, normal: &str) -> Option<Resolution<'_>> {
        let number = self.index.map.get(normal)?;
        Some(self.answer(number, false, String::new()))
    }

    fn answer(&self, number: u64, is_misspelt: bool, beside: String) -> Resolution<'_> {
        match self.index.by_number(number) {
            Meaning::Entry { entry, kind } => Resolution::Entry(Found {
                entry: &self.entries[*entry],
                matched: if is_misspelt { Matched::Spelling } else { (*kind).into() },
                name: self.index.written(number),
                beside,
            }),
            Meaning::Family(family) => Resolution::Family(&self.families[*family]),
            Meaning::Ambiguous(entries) => {
                Resolution::Ambiguous(entries.iter().map(|index| &self.entries[*index]).collect())
            }
        }
    }

    /// A name between salts, forms and fillers.
    fn stripped(&self, words: &str) -> Option<Resolution<'_>> {
        let core = Core::of(words);
        if core.beside.is_empty() && !core.is_family {
            // Nothing was stripped, but a plural means the family: "amphetamines", "fentanyls".
            let singular = core.name.strip_suffix('s').filter(|name| name.len() > 5)?;
            return self.whole(singular).and_then(|found| self.as_family(&found));
        }
        let found = match self.index.map.get(core.name.as_str()) {
            Some(number) => self.answer(number, false, core.beside),
            None => self.whole(core.name.strip_suffix('s').filter(|name| name.len() > 5)?)?,
        };
        if core.is_family { self.as_family(&found) } else { Some(found) }
    }

    /// "A (B)", "A/B", "A + B": each part for itself. Parts that name different substances are a mixture.
    fn parts(&self, text: &str) -> Option<Resolution<'_>> {
        let separators = ['(', ')', '[', ']', '/', '+', ';', ',', '&', '|'];
        let parts = text.split(separators).map(str::trim).filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.take(MAX_PARTS).map(fold::words).filter(|words| !words.is_empty()).collect();
        if parts.len() < 2 {
            return None;
        }
        let resolve = |words: &String| {
            self.whole(&words.replace(' ', "")).or_else(|| self.stripped(words)).or_else(|| self.misspelt(words))
        };
        // What the other parts say might make it another substance: "3-methyl, fentanyl".
        let strange = |words: &String| {
            words.split(' ').any(|word| wording::word(word) == Word::Unknown && wording::is_chemical(word))
        };
        let mut meanings = Vec::new();
        for part in &parts {
            match resolve(part) {
                Some(meaning) => meanings.push(meaning),
                None if strange(part) => return None,
                None => {}
            }
        }
        self.common(meanings)
    }

    /// A name, as whole words, among others that change nothing.
    fn within(&self, words: &str) -> Option<Resolution<'_>> {
        let mut covered = vec![false; words.len()];
        let mut meanings = Vec::new();
        let is_edge = |position: usize| {
            position == 0
                || position == words.len()
                || words.as_bytes()[position] == b' '
                || words.as_bytes()[position - 1] == b' '
        };
        let finder = self.finder();
        let mut matches: Vec<_> = finder
            .automaton
            .find_overlapping_iter(words)
            .filter(|found| is_edge(found.start()) && is_edge(found.end()))
            .collect();
        matches.sort_by_key(|found| std::cmp::Reverse(found.len()));
        for found in matches {
            if covered[found.range()].iter().all(|covered| !covered) {
                covered[found.range()].fill(true);
                meanings.push(self.answer(finder.numbers[found.pattern().as_usize()], false, String::new()));
            }
        }
        if meanings.is_empty() {
            return None;
        }
        let mut is_family = false;
        let mut start = 0;
        for word in words.split(' ') {
            let is_covered = covered[start..start + word.len()].iter().all(|covered| *covered);
            start += word.len() + 1;
            match wording::word(word) {
                _ if is_covered => {}
                Word::Form | Word::Filler => {}
                Word::Family => is_family = true,
                Word::Opposite => return None,
                Word::Unknown if wording::is_chemical(word) => is_family = true,
                Word::Unknown => {}
            }
        }
        let found = self.common(meanings)?;
        if is_family { self.as_family(&found) } else { Some(found) }
    }

    fn misspelt(&self, words: &str) -> Option<Resolution<'_>> {
        let core = Core::of(words);
        let number = spelling::nearest(&self.index, &core.name, None)?;
        let found = self.answer(number, true, core.beside);
        if core.is_family { self.as_family(&found) } else { Some(found) }
    }

    /// The family that stems of names give away.
    fn family_of(&self, words: &str) -> Option<Resolution<'_>> {
        if words.split(' ').any(|word| wording::word(word) == Word::Opposite) {
            return None;
        }
        let core = Core::of(words).name;
        let mut found = self
            .patterns
            .iter()
            .filter(|pattern| pattern.fits(&core) || words.split(' ').any(|word| pattern.fits(word)));
        let family = found.next()?.family;
        found.all(|other| other.family == family).then(|| Resolution::Family(&self.families[family]))
    }

    /// What all of `meanings` agree on.
    fn common<'r>(&'r self, meanings: Vec<Resolution<'r>>) -> Option<Resolution<'r>> {
        let mut meanings = meanings.into_iter();
        let first = meanings.next()?;
        meanings.try_fold(first, |common, other| self.both(common, other))
    }

    /// Two parts of one text: the same entry, an entry and its family, or a mixture.
    fn both<'r>(&'r self, one: Resolution<'r>, other: Resolution<'r>) -> Option<Resolution<'r>> {
        if one.entry().is_some() && one.entry() == other.entry() {
            return Some(one);
        }
        match (one, other) {
            (Resolution::Family(family), found) | (found, Resolution::Family(family)) => {
                (found.family() == Some(&family.id)).then_some(found)
            }
            (one, other) => {
                let mut entries = one.into_entries();
                entries.extend(other.into_entries());
                entries.dedup();
                Some(Resolution::Ambiguous(entries))
            }
        }
    }

    fn as_family<'r>(&'r self, found: &Resolution<'r>) -> Option<Resolution<'r>> {
        let family = found.family()?;
        self.families.iter().find(|known| known.id == *family).map(Resolution::Family)
    }
}

impl<'r> Resolution<'r> {
    fn into_entries(self) -> Vec<&'r Entry> {
        match self {
            Self::Entry(found) => vec![found.entry],
            Self::Ambiguous(entries) => entries,
            Self::Family(_) | Self::Unrecognised => Vec::new(),
        }
    }
}

/// What is left of a text without salts, forms and fillers.
struct Core {
    /// Normal form.
    name: String,
    beside: String,
    /// A word said that the family is meant.
    is_family: bool,
}

impl Core {
    fn of(words: &str) -> Self {
        let mut core = Self { name: String::with_capacity(words.len()), beside: String::new(), is_family: false };
        let mut words = words.split(' ').peekable();
        while let Some(word) = words.next() {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            let is_amount = is_number && words.peek().is_some_and(|next| wording::is_unit(next));
            // "g" before a name may be part of it, after one it is grams.
            let is_unit = wording::is_unit(word) && !core.name.is_empty();
            match wording::word(word) {
                Word::Unknown | Word::Opposite if !is_amount && !is_unit => core.name.push_str(word),
                Word::Family => core.is_family = true,
                _ => {
                    let space = if core.beside.is_empty() { "" } else { " " };
                    core.beside.extend([space, word]);
                }
            }
        }
        core
    }
}

/// A stem with the family that it gives away.
#[derive(Debug)]
pub(super) struct Pattern {
    pub family: usize,
    pub ends: Vec<String>,
    pub before_digits: Vec<String>,
}

impl Pattern {
    fn fits(&self, folded: &str) -> bool {
        let starts = |start: &String| {
            folded.strip_prefix(start.as_str()).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        self.ends.iter().any(|end| folded.len() > end.len() && folded.ends_with(end.as_str()))
            || self.before_digits.iter().any(starts)
    }
}

/// All names of the register as words, to be found within a text.
#[derive(Debug)]
pub(super) struct Finder {
    pub automaton: aho_corasick::AhoCorasick,
    pub numbers: Vec<u64>,
}

/// Names shorter than this, in letters, are too often parts of other words.
const MIN_WITHIN: usize = 4;

impl Finder {
    pub(super) fn new(index: &super::index::Index) -> Self {
        let names = index.all().iter().zip(0..).map(|((name, _), number)| (Cow::from(fold::words(name)), number));
        let (words, numbers): (Vec<Cow<'_, str>>, Vec<u64>) =
            names.filter(|(words, _)| words.len() >= MIN_WITHIN).unzip();
        let automaton = aho_corasick::AhoCorasick::new(words.iter().map(AsRef::<str>::as_ref));
        Self { automaton: automaton.expect("a few thousand short names"), numbers }
    }
}
