//! The files of `schemas/substances/` as they are written, and of a deployment's own entries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::incident::code_list;
use crate::token::Token;

/// The tables that a file of the register may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub version: Option<String>,
    #[serde(default)]
    pub family: Vec<Family>,
    #[serde(default)]
    pub family_name: Vec<FamilyName>,
    #[serde(default)]
    pub family_pattern: Vec<FamilyPattern>,
    #[serde(default)]
    pub substance: Vec<Entry>,
    #[serde(default)]
    pub ambiguous: Vec<Ambiguous>,
    #[serde(default)]
    pub relation: Vec<Relation>,
}

/// A family of substances: what subjects carry and what officers subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub id: Token,
    pub label: String,
    /// Families that are made from this one.
    #[serde(default)]
    pub precursor_of: Vec<Token>,
}

/// A name that tells no more than the family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FamilyName {
    pub text: String,
    pub family: Token,
}

/// Parts of names that chemists and vendors give to one family only, such as INN stems (WHO).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FamilyPattern {
    pub family: Token,
    /// A folded word ends like this.
    #[serde(default)]
    pub ends: Vec<String>,
    /// A folded name starts like this and goes on with a digit.
    #[serde(default)]
    pub before_digits: Vec<String>,
}

/// One substance, mixture or piece of equipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Never reused.
    pub id: Token,
    /// The preferred name: the international nonproprietary name where there is one.
    pub name: String,
    pub kind: SubstanceKind,
    pub family: Token,
    /// CAS registry numbers.
    #[serde(default)]
    pub cas: Vec<String>,
    /// Hash of the structure (IUPAC), where established.
    #[serde(default)]
    pub inchikey: Option<String>,
    #[serde(default)]
    pub control: Vec<Control>,
    /// Codes of the Harmonized System or the Combined Nomenclature.
    #[serde(default)]
    pub hs: Vec<String>,
    /// Names that mean exactly this entry, by language (ISO 639-1).
    #[serde(default)]
    pub synonyms: BTreeMap<String, Vec<String>>,
    /// Street names that mean only this entry, by language.
    #[serde(default)]
    pub street: BTreeMap<String, Vec<String>>,
    pub source: String,
    /// What name and numbers were compared with, or that they were not.
    pub checked: String,
    /// True for an entry that this deployment added.
    #[serde(skip_deserializing, default, skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
}

/// That an entry stands in a list of controlled substances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub list: ControlList,
    /// Year or day from which; absent where not established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

code_list! {
    /// What an entry is.
    SubstanceKind {
        Drug = "drug",
        Precursor = "precursor",
        PrePrecursor = "pre-precursor",
        CuttingAgent = "cutting-agent",
        Equipment = "equipment",
    }
}

code_list! {
    /// International lists: the schedules of the conventions of 1961 and 1971, the tables of that of 1988, and the
    /// lists of the International Narcotics Control Board.
    ControlList {
        Narcotic1 = "1961-I",
        Narcotic2 = "1961-II",
        Narcotic3 = "1961-III",
        Narcotic4 = "1961-IV",
        Psychotropic1 = "1971-I",
        Psychotropic2 = "1971-II",
        Psychotropic3 = "1971-III",
        Psychotropic4 = "1971-IV",
        Precursor1 = "1988-I",
        Precursor2 = "1988-II",
        /// Limited international special surveillance list of non-scheduled chemicals.
        SpecialSurveillance = "isl",
        /// Fentanyl-related and other opioids with no known legitimate use.
        NoLegitimateUse = "incb-fentanyl",
    }
}

/// A name that means several substances.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ambiguous {
    pub text: String,
    pub means: Vec<Token>,
}

/// That one substance is made from, or with, another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    pub precursor: Token,
    pub product: Token,
    pub role: PrecursorRole,
    pub source: String,
}

code_list! {
    /// What a substance does in making another.
    PrecursorRole {
        Immediate = "immediate",
        PrePrecursor = "pre-precursor",
        Reagent = "reagent",
        Solvent = "solvent",
    }
}

impl Entry {
    /// All names with the language, street names last.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let by_language = self.synonyms.iter().chain(&self.street);
        by_language.flat_map(|(language, names)| names.iter().map(move |name| (language.as_str(), name.as_str())))
    }
}
