//! Substance lines: what was found or ordered.

use serde::{Deserialize, Serialize};

use super::{Quantity, code_list};
use crate::substance_register::unknown_family;
use crate::token::Token;

/// One substance in an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubstanceLine {
    /// The name as reported.
    pub name: String,
    /// Id of the entry in the substance register, where the name is known there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Token>,
    /// Family of the entry, or of the name where only that much is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Token>,
    /// Version of the register by which entry and family were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// Powder, tablet, liquid and the like, as reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Absent where the amount is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purity_percent: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Reference of a laboratory profile; equal profiles mean the same material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_profile: Option<String>,
    /// Logo or punch mark of tablets, or stamp of a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

code_list! {
    /// What the identification rests on.
    Basis {
        Declared = "declared",
        FieldTest = "field-test",
        Lab = "lab",
    }
}

impl SubstanceLine {
    /// A line of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            entry: None,
            family: None,
            register: None,
            form: None,
            quantity: None,
            purity_percent: None,
            basis: None,
            lab_profile: None,
            logo: None,
        }
    }

    /// The family, or the token that stands for an unknown one.
    pub fn family_or_unknown(&self) -> Token {
        self.family.clone().unwrap_or_else(unknown_family)
    }
}
