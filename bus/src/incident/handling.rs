//! Handling codes: what the provider of an incident allows to be done with it, and with all that is derived from it.

use serde::{Deserialize, Serialize};

/// Europol handling code. H0: only to prevent and combat crime; H1: not in judicial proceedings without the
/// provider's permission; H2: not to be disseminated without it; H3: other restrictions, in the narrative.
///
/// The order is that of strictness, the strictest last. The codes themselves are those of the Council document on the
/// information exchange of law enforcement (2018); it puts them in no order. H3 is taken as the strictest because only a
/// person who has read its words knows what it allows, and H2 as stricter than H1 because what may not be passed on
/// cannot be brought before a court either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HandlingCode {
    H0,
    H1,
    H2,
    H3,
}

impl HandlingCode {
    /// Every code, the strictest last.
    pub const ALL: [Self; 4] = [Self::H0, Self::H1, Self::H2, Self::H3];

    /// The code as written.
    pub fn code(self) -> &'static str {
        match self {
            Self::H0 => "H0",
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::H3 => "H3",
        }
    }

    /// What it asks of the reader.
    pub fn words(self) -> &'static str {
        match self {
            Self::H0 => "only to prevent and combat crime",
            Self::H1 => "not in court without the provider's permission",
            Self::H2 => "not to be passed on without the provider's permission",
            Self::H3 => "other restrictions, in the narrative of the source",
        }
    }
}

/// The handling of something derived from several incidents: every code that one of them carries, the strictest first.
///
/// It is that of its strictest source, and keeps the others, because H1 and H2 forbid different things. Empty if no
/// source states a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handling {
    codes: Vec<HandlingCode>,
}

impl Handling {
    /// True if no source states a code.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The strictest code.
    pub fn strictest(&self) -> Option<HandlingCode> {
        self.codes.first().copied()
    }

    /// Every code, the strictest first.
    pub fn codes(&self) -> &[HandlingCode] {
        &self.codes
    }

    /// Takes in what another source asks.
    pub fn inherit(&mut self, codes: &[HandlingCode]) {
        self.codes.extend(codes);
        self.codes.sort_unstable_by(|a, b| b.cmp(a));
        self.codes.dedup();
    }

    /// Codes and what they ask, in one line.
    pub fn words(&self) -> String {
        if self.is_empty() {
            return "no handling code is stated; only to prevent and combat crime".to_owned();
        }
        let words: Vec<String> = self.codes.iter().map(|code| format!("{}: {}", code.code(), code.words())).collect();
        words.join("; ")
    }
}

impl From<&[HandlingCode]> for Handling {
    fn from(codes: &[HandlingCode]) -> Self {
        let mut handling = Self::default();
        handling.inherit(codes);
        handling
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_derived_inherits_the_strictest() {
        fn check(sources: &[&[HandlingCode]], expected: &[HandlingCode]) {
            let mut handling = Handling::default();
            sources.iter().for_each(|codes| handling.inherit(codes));
            assert_eq!(handling.codes(), expected);
            assert_eq!(handling.strictest(), expected.first().copied());
        }
        use HandlingCode::{H0, H1, H2, H3};
        check(&[], &[]);
        check(&[&[H0], &[], &[H2]], &[H2, H0]);
        check(&[&[H1], &[H2], &[H1]], &[H2, H1]);
        check(&[&[H3, H0], &[H1]], &[H3, H1, H0]);
        assert!(HandlingCode::ALL.is_sorted());
        assert_eq!(Handling::from(&[H1][..]).words(), "H1: not in court without the provider's permission");
    }
}
