//! How a word is written by ear: the spellings that different romanisations of one sound come down to.
//!
//! The rules are those in which the common romanisations of Russian, Ukrainian, Arabic, Persian, Greek and Chinese differ
//! among themselves (BGN/PCGN, ISO 9 and the passport systems), each pair of spellings taken as one.

use super::edit;

/// The longest word that is heard.
const MAX_HEARD: usize = 24;
/// The shortest.
const MIN_HEARD: usize = 4;

/// True if two words are one by ear. Both are folded and of ASCII.
pub(super) fn is_heard_alike(a: &str, b: &str) -> bool {
    if a.len().min(b.len()) < MIN_HEARD || a.len().max(b.len()) > MAX_HEARD || a.len().abs_diff(b.len()) > 4 {
        return false;
    }
    // Nearly all words begin otherwise.
    if next(a.as_bytes()).0 != next(b.as_bytes()).0 {
        return false;
    }
    let (a, b) = (Heard::of(a), Heard::of(b));
    let (a, b) = (a.text(), b.text());
    // Half an edit for a short word: two that differ in more are two words.
    let limit = if a.len().min(b.len()) < 7 { edit::ONE / 2 } else { edit::ONE };
    edit::distance(a, b, limit).is_some()
}

struct Heard {
    letters: [u8; MAX_HEARD],
    length: usize,
}

impl Heard {
    fn of(word: &str) -> Self {
        let mut heard = Self { letters: [0; MAX_HEARD], length: 0 };
        let mut rest = word.as_bytes();
        while !rest.is_empty() {
            let (sound, length) = next(rest);
            // A doubled letter is heard once.
            if heard.letters[..heard.length].last() != Some(&sound) && heard.length < MAX_HEARD {
                heard.letters[heard.length] = sound;
                heard.length += 1;
            }
            rest = &rest[length..];
        }
        heard
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.letters[..self.length]).unwrap_or_default()
    }
}

/// The next sound, and how many letters it is written with.
fn next(rest: &[u8]) -> (u8, usize) {
    match rest {
        [b's', b'h', b'c', b'h', ..] => (b's', 4),
        [b's', b'c', b'h', ..] => (b's', 3),
        [b't', b'c', b'h', ..] => (b'c', 3),
        [b'y' | b'i', b'o', b'u', ..] => (b'u', 3),
        [b'i', b'y' | b'i', b'a', ..] => (b'a', 3),
        [b's', b'h', ..] | [b'k', b's', ..] => (b's', 2),
        [b'c', b'h' | b'z', ..] | [b't', b's' | b'z', ..] => (b'c', 2),
        [b'z', b'h', ..] | [b'd', b'j', ..] => (b'j', 2),
        [b'k', b'h', ..] => (b'h', 2),
        [b'g', b'h', ..] => (b'g', 2),
        [b'p', b'h', ..] => (b'f', 2),
        [b't', b'h', ..] => (b't', 2),
        [b'd', b'h', ..] => (b'd', 2),
        [b'c', b'k', ..] => (b'k', 2),
        [b'o', b'u' | b'o', ..] | [b'y' | b'i', b'u', ..] | [b'u', b'e', ..] => (b'u', 2),
        [b'e', b'e', ..] | [b'i', b'y' | b'j' | b'i', ..] | [b'y', b'i' | b'j', ..] => (b'i', 2),
        [b'y' | b'i', b'a', ..] => (b'a', 2),
        [b'y' | b'i', b'o', ..] | [b'o', b'e', ..] => (b'o', 2),
        [b'y' | b'i', b'e', ..] | [b'e' | b'a', b'y' | b'i', ..] => (b'e', 2),
        [b'a', b'e', ..] => (b'e', 2),
        [b'c', b'e' | b'i' | b'y', ..] => (b'c', 1),
        [b'c' | b'q', ..] => (b'k', 1),
        [b'w', ..] => (b'v', 1),
        [b'y', ..] => (b'i', 1),
        [b'x', ..] => (b's', 1),
        [other, ..] => (*other, 1),
        [] => (0, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn romanisations_of_one_word() {
        for (a, b) in [
            ("khimpromtsentr", "himpromcentr"),
            ("kirichenko", "kyrychenko"),
            ("volzhskiy", "voljsky"),
            ("yusuf", "youssouf"),
            ("heydari", "haidari"),
            ("jafar", "djafar"),
            ("aleksandrov", "alexandrov"),
            ("yuriy", "iouri"),
            ("mueller", "muller"),
            ("mariya", "maria"),
        ] {
            assert!(is_heard_alike(a, b), "{a} {b}: {} {}", Heard::of(a).text(), Heard::of(b).text());
        }
    }

    #[test]
    fn different_words() {
        for (a, b) in [
            ("porter", "potter"),
            ("hansen", "jansen"),
            ("kestrel", "osprey"),
            ("minerva", "minera"),
            ("danton", "canton"),
        ] {
            assert!(!is_heard_alike(a, b), "{a} {b}");
        }
    }
}
