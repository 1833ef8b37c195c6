//! The words around a name: salts and forms that do not change which substance it is, and parts that do. They are
//! listed in `schemas/substances/wording.toml`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashSet;
use serde::Deserialize;

/// Form of `wording.toml`. All words are folded.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    salts: FxHashSet<String>,
    forms: FxHashSet<String>,
    fillers: FxHashSet<String>,
    family_words: FxHashSet<String>,
    opposites: FxHashSet<String>,
    morphemes: Vec<String>,
}

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../schemas/substances/wording.toml")).expect("the shipped wording is tested")
});

static MORPHEMES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&WORDING.morphemes);
    builder.expect("a short list of words")
});

/// What a word beside a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A salt or a form: the substance stays the same.
    Form,
    /// "suspected", "of", "bags": says nothing of the substance.
    Filler,
    /// "other", "analogues", "unspecified": the family is meant, not the substance.
    Family,
    /// "like", "free", "not": not the substance at all.
    Opposite,
    /// Anything else: perhaps a part of another substance's name.
    Unknown,
}

/// What the folded word says.
pub(super) fn word(folded: &str) -> Word {
    let wording = &*WORDING;
    if wording.salts.contains(folded) || wording.forms.contains(folded) {
        Word::Form
    } else if wording.fillers.contains(folded) || is_amount(folded) {
        Word::Filler
    } else if wording.family_words.contains(folded) {
        Word::Family
    } else if wording.opposites.contains(folded) {
        Word::Opposite
    } else {
        Word::Unknown
    }
}

/// True if every chemical morpheme in `text` is in `name` too.
pub(super) fn carries_no_other_morpheme(text: &str, name: &str) -> bool {
    let mut own: Vec<usize> = morphemes(name).collect();
    morphemes(text).all(|morpheme| match own.iter().position(|known| *known == morpheme) {
        Some(position) => {
            own.swap_remove(position);
            true
        }
        None => false,
    })
}

/// True if the folded word could be part of a systematic name: it has a morpheme, or is a position or its letter.
pub(super) fn is_chemical(folded: &str) -> bool {
    folded.len() <= 2 || folded.bytes().all(|byte| byte.is_ascii_digit()) || morphemes(folded).next().is_some()
}

fn morphemes(text: &str) -> impl Iterator<Item = usize> {
    MORPHEMES.find_iter(text).map(|found| found.pattern().as_usize())
}

/// `10mg`, `250ml`: digits, then a unit. A bare number may be a position in the molecule.
fn is_amount(folded: &str) -> bool {
    let unit = folded.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < folded.len() && is_unit(unit)
}

/// True for the units that stand in names of medicines.
pub(super) fn is_unit(folded: &str) -> bool {
    matches!(folded, "mg" | "g" | "kg" | "ml" | "l" | "mcg" | "ug" | "pcs")
}
