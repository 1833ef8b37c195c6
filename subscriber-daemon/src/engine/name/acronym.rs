//! Names that stand beside their own first letters: "Ocean Maritime Management Co., Ltd. (OMM)".

use smallvec::SmallVec;

use super::lexicon::{Class, Lexicon};
use super::{MAX_WORDS, is_initial};

/// Shorter ones are too often a word or an initial; longer ones are words.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=8;

/// Takes out of a name the first letters of its other words, which say nothing that these do not. They may be written with
/// spaces, and may leave out words like "of" or have the first letters of the legal form.
pub(super) fn take_own(words: &mut SmallVec<[&str; MAX_WORDS]>, lexicon: &Lexicon) {
    let mut place = 0;
    while place < words.len() {
        let end = place + words[place..].iter().take_while(|word| is_initial(word)).count().max(1);
        if is_own(words, place, end, lexicon) {
            words.drain(place..end);
            return;
        }
        place = end;
    }
}

/// True if the words from `place` to `end` are first letters of the others.
fn is_own(words: &[&str], place: usize, end: usize, lexicon: &Lexicon) -> bool {
    let length: usize = words[place..end].iter().map(|word| word.len()).sum();
    let others = || words[..place].iter().chain(&words[end..]);
    // What follows takes longer than this, which most words end at.
    let may_begin = || others().take(2).any(|word| word.as_bytes()[0] == words[place].as_bytes()[0]);
    if !LENGTHS.contains(&length) || others().nth(1).is_none() || !may_begin() {
        return false;
    }
    let letters: SmallVec<[u8; 8]> = words[place..end].iter().flat_map(|word| word.bytes()).collect();
    let is_said = |word: &&&str| lexicon.look_up(word).1 != Class::Stop;
    are_first_letters(&letters, others()) || are_first_letters(&letters, others().filter(is_said))
}

/// True if letters are the first of these words, in their order; the last may be a legal form as a whole, as in "PDVSA".
fn are_first_letters<'a>(mut letters: &[u8], words: impl Iterator<Item = &'a &'a str>) -> bool {
    for word in words {
        letters = match letters {
            [] => return true,
            rest if rest == word.as_bytes() => return true,
            [first, rest @ ..] if *first == word.as_bytes()[0] => rest,
            _ => return false,
        };
    }
    letters.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_says_twice_is_taken_out() {
        let taken = |folded: &'static str| {
            let mut words: SmallVec<[&str; MAX_WORDS]> = folded.split(' ').collect();
            take_own(&mut words, Lexicon::shipped());
            words.join(" ")
        };
        for (written, left) in [
            ("ocean maritime management co ltd omm", "ocean maritime management co ltd"),
            ("msc mediterranean shipping co sa", "mediterranean shipping co sa"),
            ("n n p c nigerian national petroleum corp", "nigerian national petroleum corp"),
            ("petroleos de venezuela sa pdvsa", "petroleos de venezuela sa"),
            ("centre for studies and research csr", "centre for studies and research"),
        ] {
            assert_eq!(taken(written), left);
        }
        for whole in
            ["msc", "msc shipping", "j p morgan chase", "abc mediterranean shipping co", "lotus harbour trading"]
        {
            assert_eq!(taken(whole), whole);
        }
    }
}
