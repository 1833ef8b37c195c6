//! Misspelt names.
//!
//! A spelling rule must never turn one substance into another, and one letter often is another substance. Two sorts of
//! slips are read: one that sounds the same (`fentanil`, `metamfetamina`), by comparing how names sound, and a single
//! letter added, lost, changed or swapped. Neither is read unless
//! - the name has at least six letters; shorter ones are abbreviations;
//! - the name is a word, not a code such as 4-MEC or alpha-PVP: in a code every sign is another substance;
//! - the first letter is the same: prefixes (nor-, iso-, meth-, eth-) stand there;
//! - the text carries no chemical morpheme (fluoro, ethyl, azolam, ...) that the name lacks: such a part is not a slip;
//! - no other meaning is as near.
//!
//! The single letter is that of Damerau (1964), found with the automata of Schulz and Mihov, "Fast string correction
//! with Levenshtein automata" (IJDAR 2002).

use std::sync::LazyLock;

use fst::{IntoStreamer, Streamer};
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};

use super::index::{Index, Meaning};
use super::wording;

/// The longest normal form that is looked at, in bytes; no name is nearly as long.
const MAX_LENGTH: usize = 60;
/// The shortest name that a misspelling is read as, in letters.
const MIN_LETTERS: usize = 6;

static BUILDERS: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
    LazyLock::new(|| [LevenshteinAutomatonBuilder::new(1, true), LevenshteinAutomatonBuilder::new(2, true)]);

/// The number of the one name that `normal` is a misspelling of. `except` is passed over: the entry that a test has
/// taken out.
pub(super) fn nearest(index: &Index, normal: &str, except: Option<usize>) -> Option<u64> {
    if normal.len() < MIN_LETTERS - 1 || normal.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let is_other = |number: &u64| except.is_none() || index.by_number(*number).entry() != except;
    let alike = index.alike(&sound(normal)).iter().copied().filter(is_other);
    let found = match one_meaning(index, alike) {
        Nearest::None => one_meaning(index, within(index, normal, 1).map(|(number, _)| number).filter(is_other)),
        found => found,
    };
    let Nearest::One(number) = found else { return None };
    let name = crate::fold::squash(index.written(number));
    let is_name =
        name.len() >= MIN_LETTERS && name.as_bytes()[0] == normal.as_bytes()[0] && !is_code(index.written(number));
    (is_name && wording::carries_no_other_morpheme(normal, &name)).then_some(number)
}

/// Names near `normal`, nearest first, at most `limit`: what a person may have meant. Nothing follows from them.
pub(super) fn near(index: &Index, normal: &str, limit: usize) -> Vec<u64> {
    let mut found: Vec<(u8, u64)> = within(index, normal, 2).map(|(number, distance)| (distance, number)).collect();
    found.extend(index.alike(&sound(normal)).iter().map(|number| (1, *number)));
    found.sort_unstable();
    found.dedup_by_key(|(_, number)| *number);
    found.truncate(limit);
    found.into_iter().map(|(_, number)| number).collect()
}

/// How a normal form sounds, roughly and in no language in particular: spellings that the languages of reports use for
/// one sound become one, doubled letters single, and the vowel at the end goes.
pub(super) fn sound(normal: &str) -> String {
    let mut sound = String::with_capacity(normal.len());
    let mut letters = normal.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let heard = match (letter, next) {
            ('p', Some('h')) => {
                letters.next();
                'f'
            }
            ('t' | 'r' | 'k', Some('h')) => {
                letters.next();
                if letter == 'k' { 'c' } else { letter }
            }
            ('a' | 'o', Some('e')) => {
                letters.next();
                'e'
            }
            ('k' | 'q', _) => 'c',
            ('y' | 'j', _) => 'i',
            ('z', _) => 's',
            ('w', _) => 'v',
            (letter, _) => letter,
        };
        if !sound.ends_with(heard) {
            sound.push(heard);
        }
    }
    let without_end = sound.trim_end_matches(['a', 'e', 'i', 'o']).len();
    sound.truncate(without_end.max(3));
    sound
}

enum Nearest {
    None,
    One(u64),
    Several,
}

fn one_meaning(index: &Index, numbers: impl Iterator<Item = u64>) -> Nearest {
    let mut found = Nearest::None;
    for number in numbers {
        found = match found {
            Nearest::None => Nearest::One(number),
            Nearest::One(known) if same_thing(index.by_number(known), index.by_number(number)) => Nearest::One(known),
            _ => return Nearest::Several,
        };
    }
    found
}

/// Numbers of the names within `allowed` edits that start with the same letter, with their distance.
fn within<'i>(index: &'i Index, normal: &str, allowed: u8) -> impl Iterator<Item = (u64, u8)> + use<'i> {
    let mut found = Vec::new();
    if let Some(first) = normal.as_bytes().first().filter(|_| normal.len() <= MAX_LENGTH) {
        let automaton = BUILDERS[usize::from(allowed) - 1].build_dfa(normal);
        let mut names = index.map.search(&automaton).ge([*first]).lt([first + 1]).into_stream();
        while let Some((name, number)) = names.next() {
            if let Distance::Exact(distance) = automaton.eval(name) {
                found.push((number, distance));
            }
        }
    }
    found.into_iter()
}

fn same_thing(one: &Meaning, other: &Meaning) -> bool {
    match (one.entry(), other.entry()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// True for names with a digit, or with a word of capitals but for a letter or two, such as MXiPr.
pub(super) fn is_code(name: &str) -> bool {
    let is_capitals = |word: &str| {
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        capitals > 1 && capitals + 2 >= word.chars().count()
    };
    name.contains(|c: char| c.is_ascii_digit()) || name.split(|c: char| !c.is_alphanumeric()).any(is_capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sound_the_same() {
        fn check(one: &str, other: &str) {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        check("fentanyl", "fentanil");
        check("cocaine", "cocain");
        check("cocaine", "kokaina");
        check("methamphetamine", "metamfetamin");
        check("buprenorphine", "buprenorfina");
        check("alprazolam", "alprasolam");
        assert_ne!(sound("clonazolam"), sound("cloxazolam"));
    }

    #[test]
    fn codes_are_no_words() {
        for code in ["4-MEC", "alpha-PVP", "MXiPr", "APAAN", "THC-O-acetate"] {
            assert!(is_code(code), "{code}");
        }
        assert!(!is_code("Fentanyl") && !is_code("De La Coca"));
    }
}
