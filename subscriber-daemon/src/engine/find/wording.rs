//! The words of a text that is looked for.

use backtrail_bus::fold;
use backtrail_bus::incident::{Identifier, IdentifierKind};
use backtrail_bus::query::{FindQuery, IncidentRef};
use rustc_hash::FxHashSet;

use super::super::Engine;
use super::super::catalogue::{Catalogue, Dictionary, EXACT, EntryNumber, Nearness};
use super::super::key::Key;
use super::super::question::QuestionError;

/// The longest word that may be an identifier or a reference, in bytes.
const MAX_NUMBER: usize = 100;
/// Shorter starts of words mean too many.
const MIN_START: usize = 3;

/// All words must stand in an incident, each as it is or nearly so.
#[derive(Debug)]
pub(super) struct Wording {
    words: Vec<Wanted>,
}

/// One word, with the words of the dictionary that it may be.
#[derive(Debug)]
struct Wanted {
    length: usize,
    found: Vec<(u32, Nearness)>,
    /// Entries that carry it as an identifier or a reference.
    carrying: Vec<EntryNumber>,
}

/// A word as it was asked for.
struct Asked<'t> {
    folded: String,
    is_start: bool,
    /// What it is a part of, where that may be an identifier: who carries it has all of its parts.
    number: Option<&'t str>,
}

impl Wording {
    pub(super) fn read(text: &str, engine: &Engine) -> Result<Self, QuestionError> {
        let dictionary = &engine.catalogue.words;
        let mut words: Vec<Asked<'_>> = Vec::new();
        for written in text.split_whitespace() {
            let is_number = written.bytes().any(|byte| byte.is_ascii_digit()) && written.len() <= MAX_NUMBER;
            let folded = fold::words(written);
            let is_start = written.ends_with('*');
            let count = folded.split(' ').count();
            let parts = folded.split(' ').enumerate().filter(|(_, word)| word.len() > 1);
            words.extend(parts.map(|(place, word)| Asked {
                folded: word.to_owned(),
                is_start: is_start && place + 1 == count,
                number: is_number.then_some(written),
            }));
        }
        if words.is_empty() {
            return Err(QuestionError::refused(format_args!("{text:?}"), "a word of two letters or more"));
        }
        if words.len() > FindQuery::MAX_WORDS {
            let expected = format_args!("at most {}", FindQuery::MAX_WORDS);
            return Err(QuestionError::refused(format_args!("{} words", words.len()), expected));
        }
        let is_short = |word: &&Asked<'_>| word.is_start && word.folded.len() < MIN_START;
        if let Some(Asked { folded: start, .. }) = words.iter().find(is_short) {
            let expected = format_args!("{MIN_START} letters or more before the *");
            return Err(QuestionError::refused(format_args!("{:?}", format!("{start}*")), expected));
        }
        let wanted = words.into_iter().map(|Asked { folded, is_start, number }| Wanted {
            length: folded.len(),
            found: if is_start { dictionary.starting(&folded) } else { dictionary.near(&folded) },
            carrying: number.map(|number| carrying(number, engine)).unwrap_or_default(),
        });
        Ok(Self { words: wanted.collect() })
    }

    /// The entries that have all words, ascending, with how exactly they have them: 1000 for every word as it is. Long
    /// words count more. Nothing in it depends on other incidents, so that an order by it stays.
    pub(super) fn entries(&self, catalogue: &Catalogue) -> Vec<(EntryNumber, u16)> {
        let Some((first, others)) = self.words.split_first() else { return Vec::new() };
        let letters: usize = self.words.iter().map(|word| word.length).sum();
        // How exactly each entry has the word in hand, and all words so far; 0 where one is missing.
        let mut nearest: Vec<Nearness> = vec![0; catalogue.cards.len()];
        let mut sums: Vec<u32> = vec![0; catalogue.cards.len()];
        first.mark(&catalogue.words, &mut nearest);
        for (sum, nearness) in sums.iter_mut().zip(&nearest) {
            *sum = u32::from(*nearness) * first.length as u32;
        }
        for word in others {
            nearest.fill(0);
            word.mark(&catalogue.words, &mut nearest);
            for (sum, nearness) in sums.iter_mut().zip(&nearest) {
                let has_all = *sum > 0 && *nearness > 0;
                *sum = if has_all { *sum + u32::from(*nearness) * word.length as u32 } else { 0 };
            }
        }
        let found = sums.into_iter().enumerate().filter(|(_, sum)| *sum > 0);
        found.map(|(entry, sum)| (entry as EntryNumber, (sum as usize * 10 / letters) as u16)).collect()
    }

    /// The words that count as found.
    pub(super) fn hits<'d>(&self, dictionary: &'d Dictionary) -> FxHashSet<&'d str> {
        let found = self.words.iter().flat_map(|word| &word.found);
        found.map(|(number, _)| dictionary.word(*number)).collect()
    }
}

impl Wanted {
    fn mark(&self, dictionary: &Dictionary, nearest: &mut [Nearness]) {
        for (number, nearness) in &self.found {
            dictionary.for_each_place(*number, |entry| {
                let place = &mut nearest[entry as usize];
                *place = (*place).max(*nearness);
            });
        }
        for entry in &self.carrying {
            nearest[*entry as usize] = EXACT;
        }
    }
}

/// The entries of which this is an identifier of whatever kind, or the reference.
fn carrying(number: &str, engine: &Engine) -> Vec<EntryNumber> {
    let normal = |kind: IdentifierKind| Identifier::new(kind, number.to_owned()).normal_form();
    let identifiers =
        IdentifierKind::ALL.iter().map(|kind| Key::Identifier { kind: *kind, normal: normal(*kind).into() });
    let hubs = identifiers.filter_map(|key| engine.index.find(key.id()));
    let with_reference = engine.find(&IncidentRef::OwnReference(number.to_owned()));
    let slots = hubs.flat_map(|hub| engine.index.hub(hub).slots()).chain(with_reference);
    slots.filter_map(|slot| engine.catalogue.entry_of(slot)).collect()
}
