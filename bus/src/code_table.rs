//! Code lists for people and importers: code, label, definition and the public source that each follows, from
//! `schemas/codes/`, and rules that lead from words to codes.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

use crate::fold;

/// One code list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeTable {
    pub title: String,
    /// The public lists that it follows.
    pub source: String,
    pub code: Vec<Code>,
}

/// One code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub code: String,
    pub label: String,
    pub definition: String,
    /// What it maps to in a public list.
    #[serde(default)]
    pub source: Option<String>,
}

/// A rule from words to a code: it fits a text in which one of its phrases stands as whole words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRule {
    pub code: String,
    /// Folded phrases.
    pub words: Vec<String>,
}

/// Rules in the form in which they answer questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<WordRule>")]
pub struct WordRules {
    rules: Vec<WordRule>,
    phrases: AhoCorasick,
    /// The rule of each phrase.
    rule_of: Vec<usize>,
}

impl TryFrom<Vec<WordRule>> for WordRules {
    type Error = aho_corasick::BuildError;

    fn try_from(rules: Vec<WordRule>) -> Result<Self, Self::Error> {
        let phrases = rules.iter().enumerate().flat_map(|(rule, of)| of.words.iter().map(move |phrase| (phrase, rule)));
        let (phrases, rule_of): (Vec<&String>, Vec<usize>) = phrases.unzip();
        Ok(Self { phrases: AhoCorasick::new(phrases)?, rule_of, rules })
    }
}

/// The longest text that rules look at, in bytes.
const MAX_TEXT: usize = 300;

macro_rules! tables {
    ($($name:literal,)+) => {
        /// Names of the code lists.
        pub const NAMES: &[&str] = &[$($name,)+];
        const FILES: &[&str] = &[$(include_str!(concat!("../../schemas/codes/", $name, ".toml")),)+];
    };
}

tables! {
    "incident-kind",
    "circle-marking",
    "handling",
    "source-evaluation",
    "information-evaluation",
    "party-role",
    "standing",
    "location-role",
    "place-kind",
    "transport-mode",
    "packaging",
    "concealment",
    "detection-technique",
    "selection-reason",
    "document-kind",
    "measure-basis",
    "identification-basis",
    "routing",
}

static TABLES: LazyLock<Vec<CodeTable>> = LazyLock::new(|| {
    FILES.iter().map(|text| toml::from_str(text).expect("the shipped code lists are tested")).collect()
});

/// The code list called `name`.
pub fn table(name: &str) -> Option<&'static CodeTable> {
    let position = NAMES.iter().position(|known| *known == name)?;
    Some(&TABLES[position])
}

impl CodeTable {
    /// True if the list has this code.
    pub fn has(&self, code: &str) -> bool {
        self.code.iter().any(|known| known.code == code)
    }
}

impl WordRules {
    /// The rules, in order.
    pub fn rules(&self) -> &[WordRule] {
        &self.rules
    }

    /// The code of the first rule that fits, or `None`. Cost does not grow with the number of rules.
    pub fn code(&self, text: &str) -> Option<&str> {
        let text = fold::words(fold::cut(text, MAX_TEXT));
        let is_edge = |position: usize| {
            position == 0
                || position == text.len()
                || text.as_bytes()[position] == b' '
                || text.as_bytes()[position - 1] == b' '
        };
        let found = self.phrases.find_overlapping_iter(&text);
        let whole = found.filter(|found| is_edge(found.start()) && is_edge(found.end()));
        let first = whole.map(|found| self.rule_of[found.pattern().as_usize()]).min()?;
        Some(&self.rules[first].code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::incident::{Basis, IncidentKind, LegRole, PartyRole, PlaceKind, TransportMode};

    #[test]
    fn lists_and_types_have_the_same_codes() {
        fn check(name: &str, codes: impl IntoIterator<Item = &'static str>) {
            let listed: BTreeSet<&str> = table(name).unwrap().code.iter().map(|code| code.code.as_str()).collect();
            assert_eq!(listed, codes.into_iter().collect(), "{name}");
        }
        check("incident-kind", IncidentKind::ALL.iter().map(|kind| kind.code()));
        check("party-role", PartyRole::ALL.iter().map(|role| role.code()));
        check("location-role", LegRole::ALL.iter().map(|role| role.code()));
        check("place-kind", PlaceKind::ALL.iter().map(|kind| kind.code()));
        check("transport-mode", TransportMode::ALL.iter().map(|mode| mode.code()));
        check("identification-basis", Basis::ALL.iter().map(|basis| basis.code()));
    }

    #[test]
    fn every_code_is_explained_once() {
        for name in NAMES {
            let table = table(name).unwrap();
            assert!(!table.title.is_empty() && !table.source.is_empty(), "{name}");
            let codes: BTreeSet<&str> = table.code.iter().map(|code| code.code.as_str()).collect();
            assert_eq!(codes.len(), table.code.len(), "{name}: a code stands twice");
            assert!(table.code.iter().all(|code| !code.label.is_empty() && code.definition.ends_with('.')), "{name}");
        }
    }

    #[test]
    fn phrases_stand_as_whole_words() {
        let rule = |code: &str, words: &[&str]| WordRule {
            code: code.to_owned(),
            words: words.iter().map(ToString::to_string).collect(),
        };
        let rules = vec![rule("fuel-tank", &["fuel tank"]), rule("vehicle", &["car", "van"])];
        let rules = WordRules::try_from(rules).unwrap();
        assert_eq!(rules.code("In the FUEL-TANK of a car"), Some("fuel-tank"));
        assert_eq!(rules.code("van"), Some("vehicle"));
        assert_eq!(rules.code("caravan"), None);
        assert_eq!(rules.code(""), None);
    }
}
