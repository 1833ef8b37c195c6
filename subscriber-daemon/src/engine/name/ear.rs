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
    let (a, b) = (Heard::of(a), Heard::of(b));
    let (a, b) = (a.text(), b.text());
    // Half an edit for a short word: two that differ in more are two words.
    let limit = if a.len().min(b.len()) < 7 { edit::ONE / 2 } else { edit::ONE };
    a.as_bytes().first() == b.as_bytes().first() && edit::distance(a, b, limit).is_some()
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
            if sound != 0 && heard.letters[..heard.length].last() != Some(&sound) && heard.length < MAX_HEARD {
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

/// The next sound, 0 for none, and how many letters it is written with.
fn next(rest: &[u8]) -> (u8, usize) {
    for (written, sound) in SEVERAL {
        if rest.starts_with(written) {
            return (*sound, written.len());
        }
    }
    let sound = match rest[0] {
        b'q' => b'k',
        b'w' => b'v',
        b'y' => b'i',
        b'c' if matches!(rest.get(1), Some(b'e' | b'i' | b'y')) => b'c',
        b'c' => b'k',
        b'x' => b's',
        other => other,
    };
    (sound, 1)
}

/// Sounds that several letters are written for, the longest first.
const SEVERAL: &[(&[u8], u8)] = &[
    (b"shch", b's'),
    (b"sch", b's'),
    (b"tch", b'c'),
    (b"you", b'u'),
    (b"iou", b'u'),
    (b"iya", b'i'),
    (b"iia", b'i'),
    (b"kh", b'h'),
    (b"gh", b'g'),
    (b"zh", b'j'),
    (b"dj", b'j'),
    (b"sh", b's'),
    (b"ch", b'c'),
    (b"ts", b'c'),
    (b"tz", b'c'),
    (b"cz", b'c'),
    (b"ph", b'f'),
    (b"th", b't'),
    (b"dh", b'd'),
    (b"ck", b'k'),
    (b"ks", b's'),
    (b"ou", b'u'),
    (b"oo", b'u'),
    (b"ee", b'i'),
    (b"yu", b'u'),
    (b"iu", b'u'),
    (b"ya", b'a'),
    (b"ia", b'a'),
    (b"yo", b'o'),
    (b"io", b'o'),
    (b"ye", b'e'),
    (b"ie", b'e'),
    (b"ey", b'e'),
    (b"ei", b'e'),
    (b"ay", b'e'),
    (b"ai", b'e'),
    (b"ae", b'e'),
    (b"oe", b'o'),
    (b"ue", b'u'),
    (b"iy", b'i'),
    (b"ij", b'i'),
    (b"yi", b'i'),
    (b"yj", b'i'),
    (b"ii", b'i'),
];

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
