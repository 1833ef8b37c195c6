//! Traces: the answer to "where did this come from, and whom do I ask?"

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agency::AgencyId;
use crate::id::IncidentId;
use crate::incident::{Coordinates, Handling};
use crate::lead::{Evidence, IncidentSummary};
use crate::pointer::Pointer;

/// Which way a trace goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To what came before: where is it from?
    #[default]
    Upstream,
    /// To what came after: where else did it go?
    Downstream,
    /// Both in one answer.
    Both,
}

/// Paths from one incident, as a tree: what came before it, and before that; downstream, what came after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    #[serde(default)]
    pub direction: Direction,
    /// That of the strictest incident that is named here; whoever passes the trace on passes that on.
    #[serde(default, skip_serializing_if = "Handling::is_empty")]
    pub handling: Handling,
    /// The day for which the siblings were looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    pub root: TraceNode,
    /// Number of hops in the tree.
    pub hops: u32,
    /// Where it most probably came from, as far as is known; upstream only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likely_origin: Option<LikelyOrigin>,
    /// Where else it may have come from, most probable first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<LikelyOrigin>,
    /// Where goods were diverted or described anew on the most probable path, if anything speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversion: Option<Diversion>,
    /// What nobody has reported between the steps of the most probable path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// What does not fit together on the most probable path, downstream on any hop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Contradiction>,
    /// Other shipments of the same consignment, sender or route that may still be on their way, most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<Sibling>,
    /// Agencies that have incidents with numbers of this trace which may not be read here: whom to ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<Pointer>,
    /// What was left out, and why; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// One incident in a trace, with the hop that leads to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceNode {
    pub incident: IncidentSummary,
    /// What its originator allows to be done with it.
    #[serde(default, skip_serializing_if = "Handling::is_empty")]
    pub handling: Handling,
    /// Where it happened, if that is known as a position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// Absent at the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Hop>,
    /// What came before, strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<TraceNode>,
    /// What came after, strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downstream: Vec<TraceNode>,
}

/// One step, standing on its own evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    pub bits: f64,
    pub evidence: Vec<Evidence>,
    /// Days that the goods had for it, from the first possible day of the earlier to the last of the later.
    #[serde(default)]
    pub days: u32,
    /// Kilometres along the great circle, where both places are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
    /// The document that would confirm it.
    pub confirm_by: String,
    /// Whom to ask.
    pub ask: AgencyId,
}

/// Where goods may have come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LikelyOrigin {
    /// The incident at the end of the most probable path there.
    pub incident_id: IncidentId,
    /// Place and sender named there, in words.
    pub words: String,
    /// The sum of the bits along that path.
    pub bits: f64,
    /// That the goods came from there, among all paths that were found, 0 to 1; what is missing to 1 is that they began
    /// where they were found.
    pub probability: f64,
    /// The incidents of that path, from where the trace began.
    pub path: Vec<IncidentId>,
}

/// Where goods were diverted, or given another description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diversion {
    /// The last incident before it, and the first after it.
    pub after: IncidentId,
    pub before: IncidentId,
    /// Where the goods were in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who had them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// What changed, in words.
    pub why: Vec<String>,
}

/// Two incidents of a trace that do not fit together, or one that cannot belong there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contradiction {
    /// The earlier first.
    pub between: [IncidentId; 2],
    pub words: String,
}

/// A shipment that may still be on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    pub incident: IncidentSummary,
    #[serde(default, skip_serializing_if = "Handling::is_empty")]
    pub handling: Handling,
    /// The incident of the trace that it shares something with, and what.
    pub with: IncidentId,
    pub shares: String,
    /// The last day on which it is likely to be on its way, and how that is known.
    pub until: Date,
    pub until_words: String,
    /// Whom to ask to stop it.
    pub ask: AgencyId,
}

impl TraceNode {
    /// The next incidents, whichever way the trace goes.
    pub fn next(&self) -> impl Iterator<Item = &Self> {
        self.upstream.iter().chain(&self.downstream)
    }

    /// Calls `visit` with this node and all behind it, each before those behind it.
    pub fn each<'n>(&'n self, visit: &mut impl FnMut(&'n Self)) {
        visit(self);
        self.next().for_each(|next| next.each(visit));
    }
}

impl Trace {
    /// All origins, most probable first.
    pub fn origins(&self) -> impl Iterator<Item = &LikelyOrigin> {
        self.likely_origin.iter().chain(&self.alternatives)
    }
}
