//! Folding text for comparing: what was written stays elsewhere, this only says what it comes down to.

use any_ascii::any_ascii_char;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Lower-case ASCII words of `text`, separated by single spaces: compatibility forms unified (NFKC), other scripts
/// transliterated, an apostrophe or full stop inside a word dropped, every other sign a word boundary.
///
/// ```
/// assert_eq!(backtrail_bus::fold::words("Müller & Söhne, S.A."), "muller sohne sa");
/// assert_eq!(backtrail_bus::fold::words("ＳＵＮＲＩＳＥ　Trading（HK）"), "sunrise trading hk");
/// ```
pub fn words(text: &str) -> String {
    if text.is_ascii() {
        return ascii_words(text);
    }
    // Cyrillic, Chinese and most of the rest has one form only.
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => unified_words(text.chars(), text.len()),
        _ => unified_words(text.nfkc(), text.len()),
    }
}

/// The same for characters whose compatibility forms are unified; `length` is about how many bytes are to be expected.
fn unified_words(text: impl Iterator<Item = char>, length: usize) -> String {
    let mut folded = String::with_capacity(length);
    let mut at_boundary = true;
    for c in text {
        match c {
            '\'' | '\u{2019}' | '.' => {}
            c if c.is_alphanumeric() => {
                // Transliterations may hold signs and spaces of their own, or be empty.
                for b in any_ascii_char(c).bytes().filter(u8::is_ascii_alphanumeric) {
                    if at_boundary && !folded.is_empty() {
                        folded.push(' ');
                    }
                    at_boundary = false;
                    folded.push(char::from(b.to_ascii_lowercase()));
                }
            }
            // Combining marks belong to the letter before them.
            c if unicode_normalization::char::is_combining_mark(c) => {}
            _ => at_boundary = true,
        }
    }
    folded
}

/// The same for plain ASCII, which needs no tables: most text.
fn ascii_words(text: &str) -> String {
    let mut folded = Vec::with_capacity(text.len());
    let mut at_boundary = false;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            if at_boundary {
                folded.push(b' ');
            }
            at_boundary = false;
            folded.push(byte.to_ascii_lowercase());
        } else if !matches!(byte, b'\'' | b'.') {
            at_boundary = !folded.is_empty();
        }
    }
    String::from_utf8(folded).expect("letters and digits of ASCII")
}

/// [`words`] without the spaces.
pub fn squash(text: &str) -> String {
    if text.is_ascii() {
        let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
        return letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    let mut folded = words(text);
    folded.retain(|c| c != ' ');
    folded
}

/// The start of `text`, at most `bytes` long, whole characters only.
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds() {
        fn check(text: &str, expected: &str) {
            assert_eq!(words(text), expected, "{text:?}");
        }
        check("  Acme,  Ltd. ", "acme ltd");
        check("S.A. de C.V.", "sa de cv");
        check("O'Brien / O\u{2019}Brien", "obrien obrien");
        check("ООО «Вектор»", "ooo vektor");
        check("e\u{301}tude", "etude");
        check("4-ANPP", "4 anpp");
        check("…", "");
    }

    proptest! {
        #[test]
        fn squashing_is_folding_without_spaces(text in "[ -~]{0,40}") {
            prop_assert_eq!(squash(&text), words(&text).replace(' ', ""));
        }

        #[test]
        fn plain_text_folds_as_any_other(text in "[ -~]{0,40}") {
            // A letter of another script takes the long way.
            let long = words(&format!("{text} я"));
            let short = format!("{} {}", words(&text), words("я"));
            prop_assert_eq!(short.trim_start(), long);
        }

        #[test]
        fn folding_twice_changes_nothing(text in ".{0,60}") {
            let once = words(&text);
            prop_assert_eq!(words(&once), once);
        }
    }
}
