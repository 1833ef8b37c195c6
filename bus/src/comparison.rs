//! Two incidents side by side, as a daemon answers: what they share, what each comparison says, and what follows.

use serde::{Deserialize, Serialize};

use crate::lead::IncidentSummary;
use crate::query::LeadLine;

/// Why two incidents are in one lead, or in none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub a: IncidentSummary,
    pub b: IncidentSummary,
    /// The keys at which both stand: what made the engine look at them together.
    pub keys: Vec<SharedKey>,
    /// Open leads that both are members of.
    pub leads: Vec<LeadLine>,
    /// The sum of all comparisons, by the shipped model, without history.
    pub bits: f64,
    /// What the sum must reach.
    pub threshold_bits: f64,
    /// That the two are linked, 0 to 1.
    pub probability: f64,
    pub evidence: Vec<ComparedField>,
    /// Comparisons that one side has no value for.
    pub missing: Vec<String>,
}

/// One key that two incidents share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SharedKey {
    pub key: String,
    /// How many incidents share it.
    pub incidents: u64,
    /// So many that it says nothing.
    pub is_hot: bool,
    /// The stop value that silences it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_value: Option<String>,
}

/// One comparison: both values, and what they say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedField {
    pub comparison: String,
    pub a: String,
    pub b: String,
    pub bits: f64,
    pub words: String,
}
