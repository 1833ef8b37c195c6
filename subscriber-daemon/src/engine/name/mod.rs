//! Names of persons and companies: what their words say, and how much it says that two of them agree.
//!
//! Names are aligned word by word, not compared as strings: words move, are joined, split, abbreviated, translated and
//! misspelt, and a common word that differs says little while a rare one that agrees says much.

mod acronym;
mod compare;
mod ear;
mod edit;
mod letters;
mod lexicon;
mod outline;

use backtrail_bus::fold;
use compact_str::CompactString;
use smallvec::SmallVec;

pub(crate) use self::compare::{NameEvidence, compare};
pub(super) use self::edit::{ONE as ONE_EDIT, distance};
pub(super) use self::letters::letters;
use self::letters::{is_vowelless, sound};
use self::lexicon::{Class, Lexicon};
pub(crate) use self::outline::Outline;
use super::model::Model;

/// The most words of a name that are looked at.
const MAX_WORDS: usize = 12;
/// Greek and Coptic begin here; accented letters and marks lie before.
const FIRST_OF_OTHER_SCRIPTS: char = '\u{370}';
/// The longest name that is looked at, in bytes.
const MAX_TEXT: usize = 300;
/// Words of so few letters are the first letters of names, as in "J.A. Novak".
const MOST_INITIALS: usize = 2;
/// In a name of fewer letters, two edits make another name.
const LEAST_FOR_SLIPS: usize = 6;

/// A name, ready for comparing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    /// The words one after the other; each knows where it stands.
    text: String,
    words: Vec<Word>,
    /// Number of the legal form's group.
    legal_form: Option<u8>,
    /// True if it was written in Latin letters.
    is_latin: bool,
}

/// One word of a name.
#[derive(Debug, Clone, PartialEq)]
struct Word {
    start: u16,
    length: u16,
    /// What it abbreviates, misspells or translates, where that is a word of the lexicon.
    canonical: Option<&'static str>,
    /// Its first eight consonants as they sound, for names written by ear or from another script.
    sound: u64,
    /// A bit for each letter that it has: a quick no before an edit distance.
    letters: u32,
    /// True if it is the first letters of names, or one of them.
    is_initials: bool,
    /// True if it has hardly a vowel, as words have that are transliterated from Arabic or Hebrew.
    is_vowelless: bool,
    class: Class,
    /// What it says that two names have it.
    bits: f64,
}

impl Name {
    /// Reads a name; `None` where nobody is named.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let lexicon = Lexicon::shipped();
        let text = fold::cut(written, MAX_TEXT);
        // Only words of other scripts are translated as they are written; those of Latin letters are looked up.
        let is_latin = text.is_ascii() || text.chars().all(|c| c < FIRST_OF_OTHER_SCRIPTS);
        let folded = if is_latin { fold::words(text) } else { fold::words(&lexicon.translate(text)) };
        if folded.is_empty() || lexicon.is_placeholder(&folded) {
            return None;
        }
        let mut words: SmallVec<[&str; MAX_WORDS]> = SmallVec::new();
        for word in split_at_spaces(&folded) {
            match split_number(word) {
                Some((one, two)) => words.extend([one, two]),
                None => words.push(word),
            }
        }
        acronym::take_own(&mut words, lexicon);
        let legal_form = lexicon.take_legal_form(&mut words);
        let mut name = Self {
            text: String::with_capacity(folded.len()),
            words: Vec::with_capacity(words.len()),
            legal_form,
            is_latin,
        };
        let mut rest = words.as_slice();
        while let Some(first) = rest.first().filter(|_| name.words.len() < MAX_WORDS) {
            // "j", "p", "morgan" become "jp", "morgan": letters of one abbreviation are written with and without spaces.
            let initials = rest.iter().take_while(|word| is_initial(word)).count().max(1);
            let start = name.text.len();
            rest[..initials].iter().for_each(|word| name.text.push_str(word));
            let word = Word::new(&name.text[start..], start, initials > 1, lexicon);
            name.words.push(word);
            debug_assert!(!first.is_empty());
            rest = &rest[initials..];
        }
        Some(name)
    }

    fn text_of(&self, word: &Word) -> &str {
        &self.text[usize::from(word.start)..usize::from(word.start) + usize::from(word.length)]
    }
}

/// The words of a folded text. They are short, for which a search by the processor's widest registers takes longer.
pub(super) fn split_at_spaces(folded: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(folded);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == b' ');
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// "plant5" is "plant 5", with or without the space.
fn split_number(word: &str) -> Option<(&str, &str)> {
    let bytes = word.as_bytes();
    let digits = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.len() - digits;
    let is_plain = letters >= 3 && bytes[..letters].iter().all(u8::is_ascii_alphabetic);
    (digits > 0 && is_plain).then(|| word.split_at(letters))
}

fn is_initial(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// What a blocking key is made of a name.
pub(super) struct NameKey {
    /// Its words, sorted, with a space between them.
    pub words: CompactString,
    /// How many they are.
    pub count: usize,
    /// How many of them are names proper or numbers.
    pub telling: usize,
    /// Those of them that are names proper, and long enough to be looked for by themselves; sorted too.
    pub proper: SmallVec<[CompactString; 3]>,
}

/// Shorter words are too many people's.
const MIN_PROPER: usize = 5;

impl Name {
    /// True if the two may be one name that was mistyped or misread: two edits apart at most, and no number in either,
    /// for numbers tell names apart. Long names are told apart by their words, not by this.
    pub(super) fn is_slip_of(&self, other: &Self) -> bool {
        let is_short = |name: &Self| name.text.len() <= edit::MAX_LENGTH;
        let has_digit = |name: &Self| name.text.bytes().any(|byte| byte.is_ascii_digit());
        let is_comparable = |name: &Self| is_short(name) && !has_digit(name);
        is_comparable(self)
            && is_comparable(other)
            && self.text.len().min(other.text.len()) >= LEAST_FOR_SLIPS
            && edit::distance(&self.text, &other.text, 2 * edit::ONE).is_some()
    }

    /// The words, each as what it means, a rare one as it sounds. Words without meaning are left out.
    pub(super) fn key(&self) -> NameKey {
        let said = self.words.iter().filter(|word| word.class != Class::Stop);
        let mut said: SmallVec<[(CompactString, &Word); MAX_WORDS]> =
            said.map(|word| (word.key(self.text_of(word)), word)).collect();
        said.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        // A word that stands there twice ("Baden Baden Chemical") says what it says once.
        let each = || said.chunk_by(|(a, _), (b, _)| a == b);
        let is_any =
            |same: &[(CompactString, &Word)], is_it: fn(&Word) -> bool| same.iter().any(|(_, word)| is_it(word));
        let told = each().filter(|same| is_any(same, Word::tells)).count();
        // Of two given names one stands for the family.
        let given = || self.words.iter().filter(|word| word.class == Class::Given).count();
        let telling = if told == 0 && given() > 1 { 1 } else { told };
        let mut key = NameKey { words: CompactString::default(), count: 0, telling, proper: SmallVec::new() };
        for same in each() {
            let word = &same[0].0;
            if is_any(same, |word| word.class == Class::Rare && usize::from(word.length) >= MIN_PROPER) {
                key.proper.push(word.clone());
            }
            // Beside two names proper it does not matter whether "Trading" is written or left out.
            if telling < 2 || is_any(same, |word| !matches!(word.class, Class::Generic | Class::Business)) {
                if key.count > 0 {
                    key.words.push(' ');
                }
                key.words.push_str(word);
                key.count += 1;
            }
        }
        key
    }
}

impl Word {
    /// True if it is a name proper or a number.
    fn tells(&self) -> bool {
        self.class == Class::Number || (self.class == Class::Rare && self.length >= 3)
    }

    fn key(&self, text: &str) -> CompactString {
        let consonants = self.sound.to_be_bytes();
        match (self.class, self.canonical) {
            // Three consonants or fewer are shared by too many words.
            (Class::Rare, None) if self.sound >> 24 != 0 => {
                // The sign tells a sound from a word that is written like it.
                let mut key = CompactString::const_new("~");
                key.extend(consonants.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)));
                key
            }
            // An umlaut is written with and without its e.
            (Class::Rare, None) => without_umlauts(text),
            (_, canonical) => canonical.unwrap_or(text).into(),
        }
    }

    /// A word that begins at `start` of its name; `is_joined` where it was put together from single letters.
    fn new(text: &str, start: usize, is_joined: bool, lexicon: &'static Lexicon) -> Self {
        let (canonical, class) = if is_joined { (None, Class::Rare) } else { lexicon.look_up(text) };
        let name = &Model::shipped().name;
        let bits = match class {
            Class::Stop => name.stop_bits,
            Class::Generic => name.generic_bits,
            Class::Business => name.business_bits,
            Class::Trade => name.trade_bits,
            Class::Branch => name.branch_bits,
            Class::Given => name.given_bits,
            Class::Place => name.place_bits,
            Class::Number => name.number_bits,
            Class::Rare => name.rare_bits[text.len().clamp(1, name.rare_bits.len()) - 1],
        };
        let number = |value: usize| u16::try_from(value).expect("a name is cut to some hundred letters");
        Self {
            start: number(start),
            length: number(text.len()),
            canonical,
            sound: sound(text),
            letters: letters(text),
            is_initials: class == Class::Rare && (is_joined || text.len() <= MOST_INITIALS),
            is_vowelless: is_vowelless(text),
            class,
            bits,
        }
    }
}

/// "ae", "oe" and "ue" as "a", "o" and "u".
fn without_umlauts(text: &str) -> CompactString {
    let bytes = text.as_bytes();
    let is_written_out =
        |place: usize| place > 0 && bytes[place] == b'e' && matches!(bytes[place - 1], b'a' | b'o' | b'u');
    text.char_indices().filter(|(place, _)| !is_written_out(*place)).map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod pairs;
#[cfg(test)]
mod tests;
