//! What the letters of a folded word come to, sign by sign from tables: every name that is read passes through here.

/// A bit for each letter that a folded word has.
pub(in super::super) fn letters(text: &str) -> u32 {
    text.bytes().fold(0, |letters, byte| letters | sign(byte).letter)
}

/// The first eight consonants of a word, those that one sound is written with in different scripts and languages taken
/// as one; a byte each.
pub(super) fn sound(text: &str) -> u64 {
    let mut sound = 0;
    for byte in text.bytes() {
        let heard = u64::from(sign(byte).heard);
        if heard != 0 && sound & 0xff != heard {
            sound = sound << 8 | heard;
        }
        if sound >> 56 != 0 {
            break;
        }
    }
    sound
}

/// True if a word has hardly a vowel.
pub(super) fn is_vowelless(text: &str) -> bool {
    text.bytes().filter(|byte| sign(*byte).letter & VOWELS != 0).count() * 4 <= text.len()
}

const ASCII: u8 = 0x7f;
const VOWELS: u32 = letter(b'a') | letter(b'e') | letter(b'i') | letter(b'o') | letter(b'u');

/// What one sign comes to.
#[derive(Clone, Copy)]
struct Sign {
    letter: u32,
    /// 0 for what is not heard.
    heard: u8,
}

static SIGNS: [Sign; 128] = {
    let mut table = [Sign { letter: 0, heard: 0 }; 128];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = Sign { letter: letter(byte as u8), heard: heard(byte as u8) };
        byte += 1;
    }
    table
};

fn sign(byte: u8) -> Sign {
    SIGNS[usize::from(byte & ASCII)]
}

const fn letter(byte: u8) -> u32 {
    // Digits share six bits.
    if byte.is_ascii_lowercase() { 1 << (byte - b'a') } else { 1 << (26 + byte % 6) }
}

const fn heard(byte: u8) -> u8 {
    match byte {
        b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'h' | b'w' => 0,
        b'c' | b'q' | b'g' => b'k',
        b'z' | b'x' => b's',
        b'j' => b'i',
        b'p' => b'b',
        b't' => b'd',
        b'f' => b'v',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_as_it_sounds() {
        let text = |sound: u64| String::from_utf8(sound.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect());
        assert_eq!(text(sound("vektor")).unwrap(), "vkdr");
        assert_eq!(sound("vector"), sound("wektor") | u64::from(b'v') << 24);
        assert_eq!(text(sound("constantinopolitan")).unwrap(), "knsdndnb");
        assert_eq!(sound("aeiou"), 0);
    }

    #[test]
    fn words_with_hardly_a_vowel() {
        assert!(is_vowelless("mhmd") && is_vowelless("alrshd") && !is_vowelless("mohamed"));
    }

    #[test]
    fn letters_are_a_set() {
        assert_eq!(letters("abba"), 0b11);
        assert_eq!(letters("1").count_ones(), 1);
    }
}
