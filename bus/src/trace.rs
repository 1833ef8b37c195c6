//! Traces: the answer to "where did this come from, and whom do I ask?"

use serde::{Deserialize, Serialize};

use crate::agency::AgencyId;
use crate::id::IncidentId;
use crate::lead::{Evidence, IncidentSummary};

/// Paths upstream from one incident, as a tree: what came before it, and before that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub root: TraceNode,
    /// Number of hops in the tree.
    pub hops: u32,
    /// The end of the strongest path: the best guess at an origin so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likely_origin: Option<LikelyOrigin>,
    /// What was left out, and why; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// One incident in a trace, with the hop that leads to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceNode {
    pub incident: IncidentSummary,
    /// Absent at the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Hop>,
    /// Strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<TraceNode>,
}

/// One step upstream, standing on its own evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    pub bits: f64,
    pub evidence: Vec<Evidence>,
    /// The document that would confirm it.
    pub confirm_by: String,
    /// Whom to ask.
    pub ask: AgencyId,
}

/// Where the strongest path ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LikelyOrigin {
    pub incident_id: IncidentId,
    /// Place and sender named there, in words.
    pub words: String,
    /// The sum of the bits along the path.
    pub bits: f64,
}
