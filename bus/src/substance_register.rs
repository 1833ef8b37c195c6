//! The substance register: which entry or family a reported name means.
//!
//! The register is data, `schemas/substances.toml`; an incident keeps the version it was judged by.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::fold;
use crate::token::Token;

/// The register in the form in which it answers questions.
#[derive(Debug)]
pub struct SubstanceRegister {
    /// Its date.
    pub version: String,
    by_name: FxHashMap<String, Resolution>,
    precursor_of: FxHashMap<Token, Vec<Token>>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Id of the entry; absent where the name only tells the family.
    pub entry: Option<Token>,
    pub family: Token,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    family: Vec<Family>,
    entry: Vec<Entry>,
    #[serde(default)]
    family_name: Vec<FamilyName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    id: Token,
    #[expect(dead_code, reason = "for readers of the file")]
    label: String,
    #[serde(default)]
    precursor_of: Vec<Token>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Token,
    name: String,
    family: Token,
    #[expect(dead_code, reason = "for readers of the file")]
    kind: String,
    #[expect(dead_code, reason = "for readers of the file")]
    cas: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyName {
    text: String,
    family: Token,
}

static SHIPPED: LazyLock<SubstanceRegister> =
    LazyLock::new(|| SubstanceRegister::parse(include_str!("../../schemas/substances.toml")).expect("it is tested"));

/// The family of a substance that the register does not know.
pub fn unknown_family() -> Token {
    Token::new("unknown").expect("lower case letters")
}

impl SubstanceRegister {
    /// The register that is shipped with this program.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// What `name` means, or `None` where the register does not know it. Case, punctuation and script do not matter;
    /// spelling does: a near miss is never taken for a controlled substance.
    pub fn resolve(&self, name: &str) -> Option<&Resolution> {
        self.by_name.get(&fold::squash(name))
    }

    /// True if substances of `family` are made into substances of `product`.
    pub fn is_precursor_family(&self, family: &Token, product: &Token) -> bool {
        self.precursor_of.get(family).is_some_and(|products| products.contains(product))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let precursor_of: FxHashMap<_, _> =
            file.family.into_iter().map(|family| (family.id, family.precursor_of)).collect();
        let mut by_name = FxHashMap::default();
        let mut add = |name: &str, resolution: Resolution| {
            if !precursor_of.contains_key(&resolution.family) {
                return Err(format!("{name:?} has the family {}, which is not listed", resolution.family));
            }
            match by_name.insert(fold::squash(name), resolution.clone()) {
                Some(other) if other != resolution => Err(format!("{name:?} means both {other:?} and {resolution:?}")),
                _ => Ok(()),
            }
        };
        for entry in file.entry {
            let resolution = Resolution { entry: Some(entry.id.clone()), family: entry.family };
            for name in entry.aliases.iter().map(String::as_str).chain([entry.name.as_str(), entry.id.as_str()]) {
                add(name, resolution.clone())?;
            }
        }
        for name in file.family_name {
            add(&name.text, Resolution { entry: None, family: name.family })?;
        }
        Ok(Self { version: file.version, by_name, precursor_of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_names_but_guesses_none() {
        fn check(name: &str, expected: Option<(Option<&str>, &str)>) {
            let found = SubstanceRegister::shipped().resolve(name);
            let found = found.map(|r| (r.entry.as_ref().map(Token::as_str), r.family.as_str()));
            assert_eq!(found, expected, "{name:?}");
        }
        check("FENTANYL", Some((Some("fentanyl"), "fentanyl")));
        check("Other opioids", Some((None, "other-opioid")));
        check("fentanil1", None);
        check("", None);
    }

    #[test]
    fn refuses_a_register_that_contradicts_itself() {
        let text = "version = \"1\"\n[[family]]\nid = \"a\"\nlabel = \"A\"\n\
            [[entry]]\nid = \"x\"\nname = \"Ex\"\nfamily = \"a\"\nkind = \"drug\"\n\
            [[entry]]\nid = \"y\"\nname = \"E-X\"\nfamily = \"a\"\nkind = \"drug\"\n";
        assert!(SubstanceRegister::parse(text).unwrap_err().contains("means both"));
    }
}
