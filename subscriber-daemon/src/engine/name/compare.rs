//! Two names, word by word.

use super::edit;
use super::lexicon::Class;
use super::{Name, Word};
use crate::engine::model::{Model, NameModel};

/// How much it says that two parties have these names, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NameEvidence {
    pub bits: f64,
    /// What agrees and what does not, in words.
    pub words: String,
}

/// A way in which words of one name are words of the other.
struct Pairing {
    /// A bit for each word that it uses up.
    own: u16,
    other: u16,
    bits: f64,
}

/// Compares two names. Shared words add what they say, less where they only nearly agree; words that only one has cost
/// a little, words in which both differ cost what they say, and another number or place most.
pub(crate) fn compare(own: &Name, other: &Name) -> NameEvidence {
    let model = &Model::shipped().name;
    let mut pairings = Vec::with_capacity(own.words.len() + other.words.len());
    for (i, a) in own.words.iter().enumerate() {
        for (j, b) in other.words.iter().enumerate() {
            if let Some(share) = alike(a, b, model) {
                pairings.push(Pairing { own: 1 << i, other: 1 << j, bits: share * a.bits.min(b.bits) });
            }
        }
    }
    joined(&own.words, &other.words, model, |two, one, bits| pairings.push(Pairing { own: two, other: one, bits }));
    joined(&other.words, &own.words, model, |two, one, bits| pairings.push(Pairing { own: one, other: two, bits }));
    // The best pairings first; a word is used once.
    pairings.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    let (mut own_used, mut other_used, mut bits) = (0_u16, 0_u16, 0.0);
    for pairing in &pairings {
        if own_used & pairing.own == 0 && other_used & pairing.other == 0 {
            own_used |= pairing.own;
            other_used |= pairing.other;
            bits += pairing.bits;
        }
    }
    let (own_left, other_left) = (Left::of(&own.words, own_used, model), Left::of(&other.words, other_used, model));
    bits = bits.min(model.cap_bits);
    // Nothing is left on either side: the same name, however common its words.
    if own_left.is_empty && other_left.is_empty && own.words.len() > 1 {
        bits = bits.max(model.whole_name_bits);
    }
    bits -= model.both_differ * own_left.differs.min(other_left.differs);
    let lacking = (own_left.says - other_left.says).abs() * model.one_lacks;
    bits -= lacking.min(model.one_lacks_cap_bits);
    bits += match (own_left.has_number, other_left.has_number) {
        (true, true) => model.other_number,
        (true, false) | (false, true) => model.one_number,
        (false, false) => 0.0,
    };
    if own_left.has_place && other_left.has_place {
        bits += model.other_place;
    }
    if own.legal_form.is_some() && other.legal_form.is_some() && own.legal_form != other.legal_form {
        bits += model.other_legal_form;
    }
    NameEvidence { bits, words: words(own, own_used, other, other_used) }
}

/// The words of a name that found no counterpart.
struct Left {
    /// What it would say if both had them.
    says: f64,
    /// What it costs if the other name has other words in their place.
    differs: f64,
    has_number: bool,
    has_place: bool,
    is_empty: bool,
}

impl Left {
    fn of(words: &[Word], used: u16, model: &NameModel) -> Self {
        let left = || words.iter().enumerate().filter(move |(index, _)| used & (1 << index) == 0).map(|(_, word)| word);
        let differs = |word: &Word| match word.class {
            Class::Stop => 0.0,
            // A generic word in place of another tells two companies apart better than it tells one.
            Class::Generic => model.trade_bits,
            Class::Trade | Class::Branch => 2.0 * model.trade_bits,
            Class::Place => 2.0 * model.place_bits,
            Class::Number => 0.0,
            Class::Rare | Class::Given => word.bits,
        };
        Self {
            says: left().map(|word| word.bits).sum(),
            differs: left().map(differs).sum(),
            has_number: left().any(|word| word.class == Class::Number),
            has_place: left().any(|word| matches!(word.class, Class::Place | Class::Branch)),
            is_empty: left().next().is_none(),
        }
    }
}

/// The share of their weight that two words agree by, 0 to 1; `None` if they are different words.
fn alike(a: &Word, b: &Word, model: &NameModel) -> Option<f64> {
    if a.text == b.text {
        return Some(1.0);
    }
    if a.meant() == b.meant() {
        return Some(model.abbreviated);
    }
    if a.class == Class::Number || b.class == Class::Number {
        return None;
    }
    let (short, long) = if a.text.len() <= b.text.len() { (a, b) } else { (b, a) };
    if short.text.len() == 1 {
        return long.text.starts_with(short.text.as_str()).then_some(model.initial);
    }
    if short.text.len() < 4 {
        return None;
    }
    // "chemic" for "chemical": cut short, where the word is known; of a rare word the rest might be another name.
    if long.class != Class::Rare && long.text.starts_with(short.text.as_str()) {
        return Some(model.abbreviated);
    }
    misspelt(short, long, model).or_else(|| {
        // Three consonants at least.
        let sounds = short.sound == long.sound && short.sound >> 16 != 0;
        // Two known words that sound alike are two words.
        (sounds && (short.class == Class::Rare || long.class == Class::Rare)).then_some(model.sounds_alike)
    })
}

fn misspelt(short: &Word, long: &Word, model: &NameModel) -> Option<f64> {
    let limit = match short.text.len() {
        0..=4 => 0.5,
        5..=7 => 1.0,
        _ => 2.0,
    };
    // Each edit changes at most two letters of the sets.
    if (short.letters ^ long.letters).count_ones() > 4 {
        return None;
    }
    // Two words of the lists that are a letter apart are two words.
    if short.class != Class::Rare && long.class != Class::Rare {
        return None;
    }
    let distance = edit::distance(&short.text, &long.text, limit)?;
    Some(if distance <= 1.0 { model.misspelt_once } else { model.misspelt_twice })
}

/// Two neighbouring words of one name that are one word of the other: "sun rise" and "sunrise".
fn joined(twos: &[Word], ones: &[Word], model: &NameModel, mut found: impl FnMut(u16, u16, f64)) {
    for (i, pair) in twos.windows(2).enumerate() {
        let length = pair[0].text.len() + pair[1].text.len();
        for (j, one) in ones.iter().enumerate() {
            if length < MIN_JOINED || one.text.len().abs_diff(length) > 1 {
                continue;
            }
            let share = match one.text.strip_prefix(pair[0].text.as_str()) {
                Some(rest) if rest == pair[1].text => Some(model.translated),
                _ => is_near_join(pair, one).then_some(model.misspelt_once),
            };
            if let Some(share) = share {
                found(0b11 << i, 1 << j, one.bits.max(pair[0].bits).max(pair[1].bits) * share);
            }
        }
    }
}

/// The shortest word that is looked at as two, in letters.
const MIN_JOINED: usize = 6;

fn is_near_join(pair: &[Word], one: &Word) -> bool {
    let is_long = one.text.len() >= 2 + MIN_JOINED;
    let letters = pair[0].letters | pair[1].letters;
    is_long
        && (letters ^ one.letters).count_ones() <= 2
        && edit::distance(&format!("{}{}", pair[0].text, pair[1].text), &one.text, 1.0).is_some()
}

impl Word {
    fn meant(&self) -> &str {
        self.canonical.unwrap_or(&self.text)
    }
}

fn words(own: &Name, own_used: u16, other: &Name, other_used: u16) -> String {
    let of = |name: &Name, used: u16, wanted: bool| {
        let words = name.words.iter().enumerate().filter(|(index, _)| (used & (1 << index) != 0) == wanted);
        words.map(|(_, word)| word.text.as_str()).collect::<Vec<&str>>().join(" ")
    };
    let (shared, own_left, other_left) =
        (of(own, own_used, true), of(own, own_used, false), of(other, other_used, false));
    match (shared.is_empty(), own_left.is_empty() && other_left.is_empty()) {
        (true, _) => "no word in common".to_owned(),
        (false, true) => format!("{shared:?} in both"),
        (false, false) => format!("{shared:?} in both, {own_left:?} against {other_left:?}"),
    }
}
