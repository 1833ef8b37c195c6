//! What a party's name comes down to as a blocking key, and how much it says that two have it.
//!
//! The key unites what one party is written as in different reports: case, legal form, order of words, abbreviations,
//! translated words of trade, other scripts, and rare words that sound the same. Numbers, places and words of trade stay
//! in it, so sister companies have keys of their own.

use super::name::Name;

/// A party's name as a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartyName {
    words: String,
    proper: Vec<String>,
    bits: u8,
}

/// Bits of one telling word: about one company in thirty carries any given one of the common ones, and most words are
/// rarer than that.
const BITS_PER_WORD: usize = 5;
/// Bits of one word of a list.
const BITS_PER_COMMON_WORD: usize = 1;
/// The most that a name alone can say.
const MAX_BITS: usize = 15;

impl PartyName {
    /// The name behind `written`, or `None` where nobody is named or nothing but common words.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let key = Name::parse(written)?.key();
        let telling = key.telling;
        if telling == 0 {
            return None;
        }
        let bits = telling * BITS_PER_WORD + (key.words.len() - telling) * BITS_PER_COMMON_WORD;
        let bits = u8::try_from(bits.min(MAX_BITS)).expect("capped below 256");
        Some(Self { words: key.words.join(" "), proper: key.proper, bits })
    }

    /// The words of the key.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// The words that are its own: a spelling in which one of them is intact is found by it.
    pub(crate) fn proper_words(&self) -> &[String] {
        &self.proper
    }

    /// How much it says that two parties have this name, in bits.
    pub(crate) fn whole_bits(&self) -> u8 {
        self.bits
    }

    /// The same as a weight.
    pub(crate) fn bits(&self) -> f64 {
        f64::from(self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_company_meet() {
        fn check(spellings: &[&str]) {
            let names: Vec<_> = spellings.iter().map(|written| PartyName::parse(written).unwrap()).collect();
            assert!(names.windows(2).all(|pair| pair[0] == pair[1]), "{names:?}");
        }
        check(&["Lotus Harbour Trading Co., Ltd.", "LOTUS HARBOUR TRADING CO LTD", "Lotus Harbour Trading Limited"]);
        check(&["Lotus Kestrel Trading", "Kestrel Lotus Trdg", "LOTUS KESTRIL"]);
        check(&["Müller Chemie GmbH", "MULLER CHEMIE", "ＭÜLLER Chemie G.m.b.H.", "Mueller Chem"]);
        check(&["ООО «Вектор»", "OOO Vektor", "Vector LLC"]);
        check(&["Kestrel Pharma Tech", "Kestrel Pharmaceutical Technology"]);
        check(&["深圳乐途化工有限公司", "Shenzhen Letu Chemical Co., Ltd."]);
        check(&["Mohammed Al-Rashid Khan", "Mohamed Al Rashid Khan"]);
    }

    #[test]
    fn different_companies_stay_apart() {
        let words = |written| PartyName::parse(written).map(|name| name.words);
        assert_ne!(words("Sunrise Trading Istanbul"), words("Sunrise Trading Lagos"));
        assert_ne!(words("Sunrise Trading"), words("Sunrise Logistics"));
        assert_ne!(words("Plant 5"), words("Plant 6"));
        assert_ne!(words("Kestrel Works"), words("Osprey Works"));
    }

    #[test]
    fn nobody_is_nobody() {
        for written in ["", "Unknown", "N/A", "private person", "Trading Co., Ltd.", "Import & Export", "J. P."] {
            assert_eq!(PartyName::parse(written), None, "{written:?}");
        }
    }

    #[test]
    fn telling_words_weigh_more() {
        let bits = |written| PartyName::parse(written).unwrap().bits();
        assert!(bits("Lotus Harbour Trading") > bits("Sunrise Trading"));
        assert_eq!(bits("Lotus Lotus Packaging"), bits("Lotus Packaging"));
        assert!(bits("A very long name of many different telling words indeed") <= 15.0);
    }
}
