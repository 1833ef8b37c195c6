//! What a party's name comes down to as a blocking key, and how much it says that two have it.
//!
//! The key unites what one party is written as in different reports: case, legal form, order of words, abbreviations,
//! translated words of trade, other scripts, and rare words that sound the same. Numbers, places and words of trade stay
//! in it, so sister companies have keys of their own.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::model::Model;
use super::name::{Name, Outline};

/// A party's name as a key: one, however many keys are made of it.
#[derive(Debug, Clone)]
pub(crate) struct PartyName(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    words: CompactString,
    proper: SmallVec<[CompactString; 3]>,
    bits: u8,
    outline: Outline,
}

/// Names of one key are one name, whatever their spelling.
impl PartialEq for PartyName {
    fn eq(&self, other: &Self) -> bool {
        self.0.words == other.0.words
    }
}

impl Eq for PartyName {}

impl PartyName {
    /// The name behind `written`, or `None` where nobody is named or nothing but common words.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let name = Name::parse(written)?;
        let key = name.key();
        let telling = key.telling;
        if telling == 0 {
            return None;
        }
        let model = &Model::shipped().lead.name;
        let common = key.count.saturating_sub(telling);
        let bits = telling * model.bits_per_word + common * model.bits_per_common_word;
        let bits = u8::try_from(bits.min(model.most_bits)).unwrap_or(u8::MAX);
        Some(Self(Arc::new(Parsed { words: key.words, proper: key.proper, bits, outline: name.outline() })))
    }

    /// The words of the key.
    pub(crate) fn words(&self) -> &str {
        &self.0.words
    }

    /// The words that are its own: a spelling in which one of them is intact is found by it.
    pub(crate) fn proper_words(&self) -> &[CompactString] {
        &self.0.proper
    }

    /// What it looks like from afar.
    pub(crate) fn outline(&self) -> Outline {
        self.0.outline
    }

    /// How much it says that two parties have this name, in bits.
    pub(crate) fn whole_bits(&self) -> u8 {
        self.0.bits
    }

    /// The same as a weight.
    pub(crate) fn bits(&self) -> f64 {
        f64::from(self.0.bits)
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
        let words = |written| PartyName::parse(written).map(|name| name.words().to_owned());
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
