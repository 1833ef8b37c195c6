//! Two names, word by word.

use super::lexicon::Class;
use super::{MAX_WORDS, Name, Word};
use super::{ear, edit};
use crate::engine::model::{Model, NameModel};

/// How much it says that two parties have these names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NameEvidence {
    pub bits: f64,
    /// A bit for each word that is in the other name as well.
    own_used: u16,
    other_used: u16,
}

/// A way in which words of one name are words of the other.
struct Pairing {
    /// A bit for each word that it uses up.
    own: u16,
    other: u16,
    bits: f64,
    /// True if nothing but the spelling of a known word differs.
    is_exact: bool,
}

/// A word with its letters.
#[derive(Clone, Copy)]
struct Spelt<'a> {
    word: &'a Word,
    text: &'a str,
}

/// Compares two names. Shared words add what they say, less where they only nearly agree; words that only one has cost
/// a little, words in which both differ cost what they say, and another number or place most.
pub(crate) fn compare(own: &Name, other: &Name) -> NameEvidence {
    let model = &Model::shipped().name;
    let mut all = [Spelt { word: &own.words[0], text: "" }; 2 * MAX_WORDS];
    let (own_words, other_words) = all.split_at_mut(MAX_WORDS);
    let (own_words, other_words) = (own.spelt(own_words), other.spelt(other_words));
    let has_form = (own.legal_form.is_some(), other.legal_form.is_some());
    let (own_used, other_used, mut bits, is_exact) = pair_up(own_words, other_words, has_form, model);
    // Between scripts companies are translated as well, and persons are not.
    let may_be_translated = own.is_latin != other.is_latin && !own.is_person() && !other.is_person();
    let differs_rare = model.differs_rare * if may_be_translated { model.differs_translated } else { 1.0 };
    let left = |words, used| Left::of(words, used, differs_rare, model);
    let (own_left, other_left) = (left(own_words, own_used), left(other_words, other_used));
    bits = bits.min(model.cap_bits);
    // Nothing is left on either side: the same name, however common its words.
    let is_whole = own_left.is_empty && other_left.is_empty;
    if is_whole && is_exact && own.text.len() > 1 {
        bits = bits.max(model.whole_name_bits);
    }
    let differs = own_left.differs.min(other_left.differs);
    // Two lines of business under one name are two companies, however telling the name.
    // So are two persons of one family, and their firms.
    let are_persons = || own.is_person() || other.is_person();
    let is_sister = differs > 0.0 && (own_left.tells_sisters && other_left.tells_sisters || are_persons());
    let share = if is_sister { model.sister_share * bits } else { 0.0 };
    bits -= differs.max(share);
    bits -= (own_left.lacks - other_left.lacks).abs().min(model.one_lacks_cap_bits);
    bits += match (own_left.has_number, other_left.has_number) {
        (true, true) => model.other_number,
        (true, false) | (false, true) => model.one_number,
        (false, false) => 0.0,
    };
    bits += match (own_left.has_place, other_left.has_place) {
        (true, true) => model.other_place,
        // What stands where the other has a place may be one that no list has.
        (true, false) if other_left.differs > 0.0 => model.perhaps_other_place,
        (false, true) if own_left.differs > 0.0 => model.perhaps_other_place,
        _ => 0.0,
    };
    if own.legal_form.is_some() && other.legal_form.is_some() && own.legal_form != other.legal_form {
        bits += model.other_legal_form;
    }
    NameEvidence { bits, own_used, other_used }
}

/// The words that each finds in the other, what they say, and whether all of them are the same and not merely alike.
/// `has_form` says of each whether a legal form was taken off.
fn pair_up(own: &[Spelt<'_>], other: &[Spelt<'_>], has_form: (bool, bool), model: &NameModel) -> (u16, u16, f64, bool) {
    let mut pairings = Vec::with_capacity(2 * MAX_WORDS);
    let (same_in_own, same_in_other) = (same(own, other), same(other, own));
    for (i, a) in own.iter().enumerate() {
        for (j, b) in other.iter().enumerate() {
            let is_same_elsewhere = same_in_own & 1 << i != 0 || same_in_other & 1 << j != 0;
            if is_same_elsewhere && a.text != b.text {
                continue;
            }
            if let Some(share) = alike(*a, *b, model) {
                let bits = share * a.word.bits.min(b.word.bits);
                pairings.push(Pairing { own: 1 << i, other: 1 << j, bits, is_exact: share >= model.abbreviated });
            }
        }
    }
    for (twos, ones, is_turned) in [(own, other, false), (other, own, true)] {
        let mut found = |two: u16, one: u16, bits: f64, is_exact: bool| {
            let (own, other) = if is_turned { (one, two) } else { (two, one) };
            pairings.push(Pairing { own, other, bits, is_exact });
        };
        joined(twos, ones, model, &mut found);
        let has_form = if is_turned { has_form.1 } else { has_form.0 };
        acronyms(twos, has_form, ones, model, &mut found);
    }
    // The best pairings first; a word is used once.
    pairings.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    let (mut own_used, mut other_used, mut bits, mut is_exact) = (0_u16, 0_u16, 0.0, true);
    for pairing in &pairings {
        if own_used & pairing.own == 0 && other_used & pairing.other == 0 {
            own_used |= pairing.own;
            other_used |= pairing.other;
            bits += pairing.bits;
            is_exact &= pairing.is_exact;
        }
    }
    repeated(own, &mut own_used);
    repeated(other, &mut other_used);
    if let Some(rest) = split_otherwise(own, own_used, other, other_used, model) {
        (own_used, other_used) = (own_used | rest.own, other_used | rest.other);
        bits += rest.bits;
        is_exact &= rest.is_exact;
    }
    (own_used, other_used, bits, is_exact)
}

/// A bit for each word that stands in the other name as it is, and as often: nothing else there is that word.
fn same(words: &[Spelt<'_>], other: &[Spelt<'_>]) -> u16 {
    let count = |words: &[Spelt<'_>], text: &str| words.iter().filter(|word| word.text == text).count();
    let is_same = |word: &Spelt<'_>| count(words, word.text) == count(other, word.text);
    words.iter().enumerate().filter(|(_, word)| is_same(word)).fold(0, |all, (index, _)| all | 1 << index)
}

/// A word that stands in a name twice says nothing the second time.
fn repeated(words: &[Spelt<'_>], used: &mut u16) {
    for (index, spelt) in words.iter().enumerate() {
        let is_same = |(other, of): (usize, &Spelt<'_>)| *used & (1 << other) != 0 && of.meant() == spelt.meant();
        if *used & (1 << index) == 0 && words.iter().enumerate().any(is_same) {
            *used |= 1 << index;
        }
    }
}

/// What is left on both sides is the same letters, put into words in another way: "jia ze wan" and "jiaze wan".
fn split_otherwise(
    own: &[Spelt<'_>],
    own_used: u16,
    other: &[Spelt<'_>],
    other_used: u16,
    model: &NameModel,
) -> Option<Pairing> {
    let (one, own_rest) = Rest::of(own, own_used)?;
    let (two, other_rest) = Rest::of(other, other_used)?;
    if one.count + two.count < 4 || one.length.abs_diff(two.length) > 2 || one.length.min(two.length) < MIN_JOINED {
        return None;
    }
    let limit = if one.length < 10 { edit::ONE } else { 2 * edit::ONE };
    let distance = edit::distance(one.text()?, two.text()?, limit)?;
    let share = if distance == 0 { model.translated } else { model.misspelt_once };
    let bits = share * one.bits.min(two.bits).min(*model.rare_bits.last()?);
    Some(Pairing { own: own_rest, other: other_rest, bits, is_exact: distance == 0 })
}

/// The words that are left, as one.
struct Rest {
    letters: [u8; 24],
    length: usize,
    count: usize,
    bits: f64,
}

impl Rest {
    /// `None` if nothing telling is left, or too much.
    fn of(words: &[Spelt<'_>], used: u16) -> Option<(Self, u16)> {
        let mut rest = Self { letters: [0; 24], length: 0, count: 0, bits: 0.0 };
        let mut mask = 0;
        for (index, spelt) in words.iter().enumerate().filter(|(index, _)| used & (1 << index) == 0) {
            let end = rest.length + spelt.text.len();
            rest.letters.get_mut(rest.length..end)?.copy_from_slice(spelt.text.as_bytes());
            rest.length = end;
            rest.count += 1;
            rest.bits += if spelt.word.class == Class::Number { return None } else { spelt.word.bits };
            mask |= 1 << index;
        }
        (rest.count > 0).then_some((rest, mask))
    }

    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.letters[..self.length]).ok()
    }
}

/// The words of a name that found no counterpart.
struct Left {
    /// What it costs that the other name has none of them.
    lacks: f64,
    /// What it costs if the other name has other words in their place.
    differs: f64,
    has_number: bool,
    has_place: bool,
    /// True if lines of business, trades or first letters of names are left.
    tells_sisters: bool,
    is_empty: bool,
}

impl Left {
    /// `differs_rare` is the share of its weight that another name proper costs.
    fn of(words: &[Spelt<'_>], used: u16, differs_rare: f64, model: &NameModel) -> Self {
        let mut left = Self {
            lacks: 0.0,
            differs: 0.0,
            has_number: false,
            has_place: false,
            tells_sisters: false,
            is_empty: true,
        };
        for (_, spelt) in words.iter().enumerate().filter(|(index, _)| used & (1 << index) == 0) {
            let word = spelt.word;
            left.is_empty &= word.class == Class::Stop;
            left.lacks += word.bits
                * match word.class {
                    Class::Rare => model.one_lacks_proper,
                    Class::Place | Class::Branch => model.one_lacks_place,
                    Class::Trade => model.one_lacks_trade,
                    _ => model.one_lacks,
                };
            left.differs += match word.class {
                Class::Stop | Class::Number => 0.0,
                Class::Generic => model.differs_generic_bits,
                Class::Business => model.differs_business_bits,
                Class::Trade | Class::Branch => model.differs_trade_bits,
                Class::Place => model.differs_place_bits,
                Class::Given => model.differs_given_bits,
                // "J. Novak" is not "Peter Novak", and "J.A. Novak" not "P.K. Novak".
                Class::Rare if word.is_initials => model.differs_initial_bits,
                Class::Rare => differs_rare * word.bits,
            };
            left.has_number |= word.class == Class::Number;
            left.has_place |= matches!(word.class, Class::Place | Class::Branch);
            left.tells_sisters |= matches!(word.class, Class::Business | Class::Trade) || word.is_initials;
        }
        left
    }
}

/// The share of their weight that two words agree by, 0 to 1; `None` if they are different words.
fn alike<'a>(a: Spelt<'a>, b: Spelt<'a>, model: &NameModel) -> Option<f64> {
    if a.text == b.text {
        return Some(1.0);
    }
    if (a.word.canonical.is_some() || b.word.canonical.is_some()) && a.meant() == b.meant() {
        return Some(model.abbreviated);
    }
    if a.word.class == Class::Number || b.word.class == Class::Number {
        let number = |spelt: Spelt<'a>| spelt.meant().trim_start_matches('0');
        return (a.word.class == b.word.class && number(a) == number(b)).then_some(1.0);
    }
    let (short, long) = if a.text.len() <= b.text.len() { (a, b) } else { (b, a) };
    if short.text.len() == 1 {
        let is_name = matches!(long.word.class, Class::Rare | Class::Given);
        return (is_name && long.text.starts_with(short.text)).then_some(model.initial);
    }
    if short.text.len() < 4 {
        return sounds_alike(short, long, model);
    }
    // "chemic" for "chemical": cut short, where the word is known; of a rare word the rest might be another name.
    if long.word.class != Class::Rare && long.text.starts_with(short.text) {
        return Some(model.abbreviated);
    }
    if is_abbreviation(short, long) {
        return Some(model.cut_short);
    }
    let is_name = short.word.class == Class::Rare || long.word.class == Class::Rare;
    let heard = (is_name && ear::is_heard_alike(short.text, long.text)).then_some(model.heard_alike);
    let written = misspelt(short, long, model).or_else(|| sounds_alike(short, long, model));
    heard.into_iter().chain(written).reduce(f64::max)
}

/// "shipg" for "shipping", "elektr" for "elektricheskii": the start of a known word, and then consonants of it.
fn is_abbreviation(short: Spelt<'_>, long: Spelt<'_>) -> bool {
    let is_known = !matches!(long.word.class, Class::Rare | Class::Given | Class::Place | Class::Number);
    if !is_known || short.word.class != Class::Rare || short.text.len() + MIN_CUT > long.text.len() {
        return false;
    }
    let (short, long) = (short.text.as_bytes(), long.text.as_bytes());
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let mut rest = long[start..].iter();
    start > 0 && short[start..].iter().all(|letter| !b"aeiou".contains(letter) && rest.any(|other| other == letter))
}

/// So many letters less has an abbreviation at least.
const MIN_CUT: usize = 3;

/// Names written by ear have the same consonants and nearly the same letters; those from Arabic or Hebrew writing have no
/// other letters.
fn sounds_alike(short: Spelt<'_>, long: Spelt<'_>, model: &NameModel) -> Option<f64> {
    // Two known words that sound alike are two words.
    let is_name = short.word.class == Class::Rare || long.word.class == Class::Rare;
    if !is_name || short.word.sound != long.word.sound || short.text.len() < 2 {
        return None;
    }
    let is_from_consonants = short.word.is_vowelless != long.word.is_vowelless;
    // Two consonants at least, or three.
    let consonants = if is_from_consonants { 8 } else { 16 };
    // "Peter" and "Petra" have the same consonants.
    let is_given = short.word.class == Class::Given || long.word.class == Class::Given;
    let length = u8::try_from(long.text.len()).unwrap_or(u8::MAX);
    let limit = if is_given { edit::ONE } else { length.min(8) * edit::ONE * 2 / 5 };
    let is_alike = short.word.sound >> consonants != 0
        && (is_from_consonants || edit::distance(short.text, long.text, limit).is_some());
    is_alike.then_some(model.sounds_alike)
}

fn misspelt(short: Spelt<'_>, long: Spelt<'_>, model: &NameModel) -> Option<f64> {
    // Two words of the lists that are a letter apart are two words.
    if short.word.class != Class::Rare && long.word.class != Class::Rare {
        return None;
    }
    let limit = match short.text.len() {
        0..=4 => edit::ONE / 2,
        5..=7 => edit::ONE,
        _ => 2 * edit::ONE,
    };
    // Each edit changes at most two letters of the sets.
    if (short.word.letters ^ long.word.letters).count_ones() > u32::from(limit) {
        return None;
    }
    let distance = edit::distance(short.text, long.text, limit)?;
    // "Peter" and "Petra" are a slip apart, and two names.
    if short.word.class == Class::Given || long.word.class == Class::Given {
        return (distance <= SLIP).then_some(model.misspelt_short);
    }
    // Hardly anybody slips at the first letter, and few scanners do: "Hansen" is not "Jansen".
    let is_other_start = short.text.as_bytes()[0] != long.text.as_bytes()[0];
    let length = long.text.len();
    match (distance, length) {
        (..=SLIP, _) if is_other_start => Some(model.misspelt_short),
        _ if is_other_start && length < LONG_WORD => None,
        _ if is_other_start => Some(model.misspelt_twice),
        // Many short words are a letter apart, and are two words.
        (..=SLIP, ..SHORT_WORD) => Some(model.misspelt_twice),
        (..=SLIP, _) => Some(model.misspelt_once),
        (..=edit::ONE, ..LONG_WORD) => Some(model.misspelt_short),
        (..=edit::ONE, _) => Some(model.misspelt_once),
        _ => Some(model.misspelt_twice),
    }
}

/// What typing or a scanner often confuses, in quarters of an edit.
const SLIP: u8 = edit::ONE * 3 / 4;
/// Words shorter than these, in letters, have many others beside them, and some.
const SHORT_WORD: usize = 7;
const LONG_WORD: usize = 8;

/// Two or three neighbouring words of one name that are one word of the other: "sun rise" and "sunrise".
fn joined(many: &[Spelt<'_>], ones: &[Spelt<'_>], model: &NameModel, found: &mut impl FnMut(u16, u16, f64, bool)) {
    for count in [2, 3] {
        for (i, parts) in many.windows(count).enumerate() {
            let length: usize = parts.iter().map(|part| part.text.len()).sum();
            if length < MIN_JOINED {
                continue;
            }
            for (j, one) in ones.iter().enumerate().filter(|(_, one)| one.text.len().abs_diff(length) <= MAX_LENGTHENED)
            {
                let mut rest = Some(one.text);
                for part in parts {
                    rest = rest.and_then(|rest| rest.strip_prefix(part.text));
                }
                let share = match rest {
                    Some("") => Some(model.translated),
                    _ => near_join(parts, one, model),
                };
                if let Some(share) = share {
                    let bits = parts.iter().fold(one.word.bits, |most, part| most.max(part.word.bits)) * share;
                    found(((1 << count) - 1) << i, 1 << j, bits, share >= model.abbreviated);
                }
            }
        }
    }
}

/// The shortest word that is looked at as two, in letters.
const MIN_JOINED: usize = 5;
/// The shortest that may be misspelt as well.
const LONG_JOINED: usize = 8;
/// How many letters, vowels mostly, a word may have more than its parts.
const MAX_LENGTHENED: usize = 2;

fn near_join(parts: &[Spelt<'_>], one: &Spelt<'_>, model: &NameModel) -> Option<f64> {
    // "4 maritime" is not a slip of "maritime".
    if parts.iter().any(|part| part.word.class == Class::Number) {
        return None;
    }
    let letters = parts.iter().fold(0, |letters, part| letters | part.word.letters);
    let is_vowelless = parts.iter().all(|part| part.word.is_vowelless) != one.word.is_vowelless;
    if !is_vowelless && (letters ^ one.word.letters).count_ones() > 4 {
        return None;
    }
    let joined: String = parts.iter().map(|part| part.text).collect();
    let is_near = |text: &str| text.len() >= LONG_JOINED && edit::distance(&joined, text, edit::ONE).is_some();
    if is_near(one.text) || (one.word.canonical.is_some() && is_near(one.meant())) {
        return Some(model.misspelt_once);
    }
    let sound = super::sound(&joined);
    let is_close = is_vowelless || edit::distance(&joined, one.text, 2 * edit::ONE).is_some();
    (sound == one.word.sound && sound >> 16 != 0 && is_close).then_some(model.sounds_alike)
}

/// One word of one name that is the first letters of two or more words of the other, the legal form sometimes included.
fn acronyms(
    many: &[Spelt<'_>],
    has_form: bool,
    ones: &[Spelt<'_>],
    model: &NameModel,
    found: &mut impl FnMut(u16, u16, f64, bool),
) {
    if many.len() < 2 {
        return;
    }
    for (j, one) in ones.iter().enumerate() {
        if one.word.class != Class::Rare || !(2..=many.len() + 1).contains(&one.text.len()) {
            continue;
        }
        let without_form = &one.text[..one.text.len() - usize::from(has_form && one.text.len() > 3)];
        for (text, skips_stops) in [(one.text, true), (one.text, false), (without_form, true)] {
            let letters = text.len();
            let counted =
                || many.iter().enumerate().filter(move |(_, spelt)| !(skips_stops && spelt.word.class == Class::Stop));
            let count = counted().count();
            for from in 0..=count.saturating_sub(letters) {
                let run = || counted().skip(from).take(letters);
                let first = |(_, spelt): (usize, &Spelt<'_>)| spelt.text.as_bytes()[0];
                if count < letters || !run().map(first).eq(text.bytes()) {
                    continue;
                }
                let bits = model.acronym_bits[letters.min(model.acronym_bits.len()) - 1];
                let words = run().fold(0_u16, |words, (index, _)| words | 1 << index);
                found(words, 1 << j, bits, false);
            }
        }
    }
}

impl Name {
    /// True if a given name is among its words.
    fn is_person(&self) -> bool {
        self.words.iter().any(|word| word.class == Class::Given)
    }

    /// The words with their letters, into `place`.
    fn spelt<'a, 'b>(&'a self, place: &'b mut [Spelt<'a>]) -> &'b [Spelt<'a>] {
        for (spelt, word) in place.iter_mut().zip(&self.words) {
            *spelt = Spelt { word, text: self.text_of(word) };
        }
        &place[..self.words.len()]
    }
}

impl<'a> Spelt<'a> {
    fn meant(&self) -> &'a str {
        self.word.canonical.unwrap_or(self.text)
    }
}

impl NameEvidence {
    /// What agrees and what does not, in words. The names are those that were compared.
    pub(crate) fn words(&self, own: &Name, other: &Name) -> String {
        if self.own_used == 0 {
            return "no word in common".to_owned();
        }
        let mut words = String::with_capacity(own.text.len() + other.text.len() + 48);
        own.quote(self.own_used, true, &mut words);
        words.push_str(" in both");
        let all = |name: &Name| u16::MAX >> (16 - name.words.len());
        if self.own_used != all(own) || self.other_used != all(other) {
            words.push_str(", ");
            own.quote(self.own_used, false, &mut words);
            words.push_str(" against ");
            other.quote(self.other_used, false, &mut words);
        }
        words
    }
}

impl Name {
    /// The words that are in `used`, or those that are not.
    fn quote(&self, used: u16, wanted: bool, words: &mut String) {
        words.push('"');
        let quoted = self.words.iter().enumerate().filter(|(index, _)| (used & (1 << index) != 0) == wanted);
        for (place, (_, word)) in quoted.enumerate() {
            if place > 0 {
                words.push(' ');
            }
            words.push_str(self.text_of(word));
        }
        words.push('"');
    }
}
