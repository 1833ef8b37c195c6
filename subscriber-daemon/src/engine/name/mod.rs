//! Names of persons and companies: what their words say, and how much it says that two of them agree.
//!
//! Names are aligned word by word, not compared as strings: words move, are joined, split, abbreviated, translated and
//! misspelt, and a common word that differs says little while a rare one that agrees says much.

mod compare;
mod edit;
mod lexicon;

use std::borrow::Cow;

use backtrail_bus::fold;

pub(crate) use self::compare::{NameEvidence, compare};
use self::lexicon::{Class, Lexicon};
use super::model::Model;

/// The most words of a name that are looked at.
const MAX_WORDS: usize = 12;
/// The longest name that is looked at, in bytes.
const MAX_TEXT: usize = 300;

/// A name, ready for comparing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    words: Vec<Word>,
    /// Number of the legal form's group.
    legal_form: Option<u8>,
}

/// One word of a name.
#[derive(Debug, Clone, PartialEq)]
struct Word {
    text: String,
    /// What it abbreviates, misspells or translates, where that is a word of the lexicon.
    canonical: Option<&'static str>,
    /// Its first eight consonants as they sound, for names written by ear or from another script.
    sound: u64,
    /// A bit for each letter that it has: a quick no before an edit distance.
    letters: u32,
    class: Class,
    /// What it says that two names have it.
    bits: f64,
}

impl Name {
    /// Reads a name; `None` where nobody is named.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let lexicon = Lexicon::shipped();
        let text = fold::cut(written, MAX_TEXT);
        let folded = if text.is_ascii() { fold::words(text) } else { fold::words(&lexicon.translate(text)) };
        if folded.is_empty() || lexicon.is_placeholder(&folded) {
            return None;
        }
        let mut words: Vec<&str> = folded.split(' ').collect();
        let legal_form = lexicon.take_legal_form(&mut words);
        let joined = join_initials(&words);
        let words = joined.iter().take(MAX_WORDS).map(|word| Word::new(word, lexicon)).collect();
        Some(Self { words, legal_form })
    }
}

/// The words of a name that a blocking key is made of, sorted.
pub(super) struct NameKey {
    pub words: Vec<String>,
    /// How many of them are names proper or numbers.
    pub telling: usize,
    /// Those of them that are names proper, and long enough to be looked for by themselves; sorted too.
    pub proper: Vec<String>,
}

/// Shorter words are too many people's.
const MIN_PROPER: usize = 5;

impl Name {
    /// The words, each as what it means, a rare one as it sounds. Words without meaning are left out.
    pub(super) fn key(&self) -> NameKey {
        let is_telling =
            |word: &&Word| word.class == Class::Number || (word.class == Class::Rare && word.text.len() >= 3);
        // A word that stands there twice ("Baden Baden Chemical") says what it says once.
        let mut told: Vec<String> = self.words.iter().filter(is_telling).map(Word::key).collect();
        told.sort_unstable();
        told.dedup();
        let telling = told.len();
        // Beside two names proper it does not matter whether "Trading" is written or left out.
        let is_kept = |word: &&Word| match word.class {
            Class::Stop => false,
            Class::Generic => telling < 2,
            _ => true,
        };
        let mut words: Vec<String> = self.words.iter().filter(is_kept).map(Word::key).collect();
        words.sort_unstable();
        words.dedup();
        let is_proper = |word: &&Word| word.class == Class::Rare && word.text.len() >= MIN_PROPER;
        let mut proper: Vec<String> = self.words.iter().filter(is_proper).map(Word::key).collect();
        proper.sort_unstable();
        proper.dedup();
        NameKey { words, telling, proper }
    }
}

impl Word {
    fn key(&self) -> String {
        let consonants = self.sound.to_be_bytes();
        match (self.class, self.canonical) {
            // Three consonants or fewer are shared by too many words.
            (Class::Rare, None) if self.sound >> 24 != 0 => {
                let letters = consonants.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte));
                // The sign tells a sound from a word that is written like it.
                std::iter::once('~').chain(letters).collect()
            }
            // An umlaut is written with and without its e.
            (Class::Rare, None) => self.text.replace("ae", "a").replace("oe", "o").replace("ue", "u"),
            (_, canonical) => canonical.unwrap_or(&self.text).to_owned(),
        }
    }

    fn new(text: &str, lexicon: &'static Lexicon) -> Self {
        let (canonical, class) = lexicon.look_up(text);
        let name = &Model::shipped().name;
        let bits = match class {
            Class::Stop => name.stop_bits,
            Class::Generic => name.generic_bits,
            Class::Trade => name.trade_bits,
            Class::Branch => name.branch_bits,
            Class::Given => name.given_bits,
            Class::Place => name.place_bits,
            Class::Number => name.number_bits,
            Class::Rare => name.rare_bits[text.len().clamp(1, name.rare_bits.len()) - 1],
        };
        Self { text: text.to_owned(), canonical, sound: sound(text), letters: letters(text), class, bits }
    }
}

/// "j", "p", "morgan" become "jp", "morgan": letters of one abbreviation are written with and without spaces.
fn join_initials<'w>(words: &[&'w str]) -> Vec<Cow<'w, str>> {
    let mut joined: Vec<Cow<'w, str>> = Vec::with_capacity(words.len());
    let mut in_initials = false;
    for word in words {
        let is_initial = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        match joined.last_mut() {
            Some(last) if in_initials && is_initial => last.to_mut().push_str(word),
            _ => joined.push(Cow::Borrowed(*word)),
        }
        in_initials = is_initial;
    }
    joined
}

/// The first eight consonants of a word, those that one sound is written with in different scripts and languages taken
/// as one; a byte each.
fn sound(text: &str) -> u64 {
    let mut sound = 0;
    for letter in text.bytes() {
        let heard = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'h' | b'w' => continue,
            b'c' | b'q' | b'g' => b'k',
            b'z' | b'x' => b's',
            b'j' => b'i',
            b'p' => b'b',
            b't' => b'd',
            b'f' => b'v',
            other => other,
        };
        if sound & 0xff != u64::from(heard) {
            sound = sound << 8 | u64::from(heard);
        }
        if sound >> 56 != 0 {
            break;
        }
    }
    sound
}

fn letters(text: &str) -> u32 {
    let bit = |byte: u8| if byte.is_ascii_lowercase() { 1 << (byte - b'a') } else { 1 << (26 + byte % 6) };
    text.bytes().fold(0, |letters, byte| letters | bit(byte))
}

#[cfg(test)]
mod tests;
