//! Leads as an agency's daemon publishes them and answers with them.

use serde::{Deserialize, Serialize};

use crate::agency::AgencyId;
use crate::country::CountryCode;
use crate::id::{IncidentId, LeadId};
use crate::incident::{IncidentKind, OccurredAt, code_list};
use crate::judgement::{Judgement, LeadState};

code_list! {
    /// Why incidents are thought to belong together.
    LeadKind {
        /// One number on several shipments.
        SharedIdentifier = "shared-identifier",
        /// One sender, several shipments.
        SameConsignor = "same-consignor",
        /// One receiver, several shipments.
        SameConsignee = "same-consignee",
        /// One substance on one route more often than that route's own history explains.
        SameCorridor = "same-corridor",
        /// One seizure reported twice; both originators keep the credit.
        PossibleDuplicate = "possible-duplicate",
        /// Who received one shipment sent another.
        PartyChangesRole = "party-changes-role",
        /// Parcels of one master transport document.
        SplitConsignment = "split-consignment",
        /// One lot, logo or laboratory profile on several seizures.
        SameMaterial = "same-material",
        /// Goods came to a place, and goods of the same family left it soon after.
        Continuation = "continuation",
        /// A precursor came to a place, and what is made from it left there.
        PrecursorToProduct = "precursor-to-product",
    }
}

code_list! {
    /// What happened to a lead.
    LeadChange {
        Opened = "opened",
        /// More bits, or more members.
        Strengthened = "strengthened",
        /// Fewer bits.
        Weakened = "weakened",
        /// A revision or retraction of a member changed it, without making it weaker or stronger.
        Revised = "revised",
        /// What it rested on is gone or turned out to be common; it says why.
        Closed = "closed",
    }
}

/// A hypothesis that several incidents share an origin or a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub lead_id: LeadId,
    pub kind: LeadKind,
    /// What the members share, in words: `consignor "Lotus Harbour Co., Ltd."`.
    pub shared: String,
    /// Weight of the evidence that the members belong together, in bits.
    pub bits: f64,
    pub members: Vec<Member>,
    /// What would confirm it: which document, whom to ask.
    pub confirm_by: String,
    /// False once it was closed.
    pub is_open: bool,
    /// Why it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_because: Option<String>,
    /// Where it stands with the people who work on it.
    pub state: LeadState,
    /// What they made of it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Judgement>,
    /// The bits without the evidence that was marked, where any is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_left: Option<f64>,
    /// The stop value that hides it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_value: Option<String>,
    /// What it gained since it was dismissed or set aside, if it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<News>,
}

/// What a lead gained since it was dismissed or set aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// Number of the judgement that did it.
    pub since: u32,
    /// The bits that it had then.
    pub bits_before: f64,
    /// Members that it did not have.
    pub came: Vec<IncidentId>,
    /// Members that were revised.
    pub revised: Vec<IncidentId>,
}

/// An incident in a lead, with what speaks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    #[serde(flatten)]
    pub incident: IncidentSummary,
    pub evidence: Vec<Evidence>,
}

/// One incident in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentSummary {
    pub incident_id: IncidentId,
    pub revision: u32,
    pub originator: AgencyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_reference: Option<String>,
    pub kind: IncidentKind,
    pub occurred_at: OccurredAt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// Substance, quantity and place in words.
    pub headline: String,
}

/// One comparison that speaks for or against a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was compared: `container`, `consignor name`, `corridor`.
    pub comparison: String,
    /// The value as this incident reports it.
    pub found: String,
    /// The weight in bits; negative speaks against.
    pub bits: f64,
    /// The comparison in words.
    pub words: String,
}

/// One change of one lead, as an event on the agency's own stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadEvent {
    /// 1 when it opened, then without gaps.
    pub version: u32,
    pub change: LeadChange,
    pub lead_id: LeadId,
    pub kind: LeadKind,
    pub shared: String,
    /// Bits after the change.
    pub bits: f64,
    /// Number of members after the change.
    pub member_count: u32,
    /// The members that came or changed; all of them when it opened.
    pub members: Vec<Member>,
    /// Members that left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departed: Vec<IncidentId>,
    pub confirm_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_because: Option<String>,
}

impl LeadEvent {
    /// The id under which it is published: the same at every replay.
    pub fn event_id(&self) -> String {
        format!("{}.{}", self.lead_id, self.version)
    }
}
