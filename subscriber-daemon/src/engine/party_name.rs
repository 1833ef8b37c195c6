//! What a party's name comes down to for comparing, and how much it says.

use backtrail_bus::fold;
use serde::{Deserialize, Serialize};

/// A party's name, folded, without its legal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct PartyName {
    words: String,
    bits: u8,
}

/// Legal forms, folded. They are read and left out: the same company is written with and without.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "ao",
    "as",
    "aps",
    "bhd",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "dmcc",
    "doo",
    "eood",
    "fzc",
    "fzco",
    "fze",
    "gmbh",
    "inc",
    "incorporated",
    "jsc",
    "kft",
    "kg",
    "kk",
    "limited",
    "limitada",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "oao",
    "ood",
    "ooo",
    "oy",
    "oyj",
    "pao",
    "plc",
    "pt",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sac",
    "sae",
    "sal",
    "sarl",
    "sas",
    "sdn",
    "sl",
    "slu",
    "spa",
    "spzoo",
    "srl",
    "sro",
    "ug",
    "zao",
];

/// Words that many companies carry; they tell little apart.
const GENERIC_WORDS: &[&str] = &[
    "and",
    "agency",
    "cargo",
    "chemical",
    "chemicals",
    "commerce",
    "de",
    "des",
    "el",
    "enterprise",
    "enterprises",
    "export",
    "exports",
    "express",
    "forwarding",
    "freight",
    "general",
    "global",
    "group",
    "holding",
    "holdings",
    "import",
    "imports",
    "industrial",
    "industries",
    "industry",
    "international",
    "la",
    "logistic",
    "logistics",
    "of",
    "pharma",
    "pharmaceutical",
    "pharmaceuticals",
    "services",
    "shipping",
    "shop",
    "store",
    "supplies",
    "supply",
    "technology",
    "the",
    "trade",
    "traders",
    "trading",
    "transport",
    "y",
];

/// What stands in the field when nobody is named, folded.
const PLACEHOLDERS: &[&str] = &[
    "anonymous",
    "na",
    "n a",
    "nil",
    "no name",
    "none",
    "not available",
    "not given",
    "not known",
    "private",
    "private individual",
    "private person",
    "recipient",
    "self",
    "sender",
    "to order",
    "unknown",
    "various",
    "x",
    "xx",
    "xxx",
];

/// Bits of one telling word: about one company in thirty carries any given one of the common ones, and most words are
/// rarer than that.
const BITS_PER_WORD: usize = 5;
/// Bits of one generic word.
const BITS_PER_GENERIC_WORD: usize = 1;
/// The most that a name alone can say.
const MAX_BITS: usize = 15;

impl PartyName {
    /// The name behind `written`, or `None` where nobody is named or nothing but generic words.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let folded = fold::words(written);
        if PLACEHOLDERS.contains(&folded.as_str()) {
            return None;
        }
        let words: Vec<&str> = folded.split(' ').filter(|word| !LEGAL_FORMS.contains(word)).collect();
        let telling = words.iter().filter(|word| is_telling(word)).count();
        if telling == 0 {
            return None;
        }
        let bits = telling * BITS_PER_WORD + (words.len() - telling) * BITS_PER_GENERIC_WORD;
        let bits = u8::try_from(bits.min(MAX_BITS)).expect("capped below 256");
        Some(Self { words: words.join(" "), bits })
    }

    /// The words that are compared.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// How much it says that two parties have this name, in bits.
    pub(crate) fn bits(&self) -> f64 {
        f64::from(self.bits)
    }
}

/// A word of three letters or more that is not generic, or a number; initials tell next to nothing.
fn is_telling(word: &str) -> bool {
    (word.len() >= 3 || word.bytes().any(|b| b.is_ascii_digit())) && !GENERIC_WORDS.contains(&word)
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
        check(&["Müller Chemie GmbH", "MULLER CHEMIE", "ＭÜLLER Chemie G.m.b.H."]);
        check(&["ООО «Вектор»", "OOO Vektor"]);
    }

    #[test]
    fn different_companies_stay_apart() {
        let words = |written| PartyName::parse(written).map(|name| name.words);
        assert_ne!(words("Sunrise Trading Istanbul"), words("Sunrise Trading Lagos"));
        assert_ne!(words("Plant 5"), words("Plant 6"));
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
        assert!(bits("A very long name of many different telling words indeed") <= 15.0);
    }
}
