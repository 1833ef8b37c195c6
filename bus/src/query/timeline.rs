//! Events in the order in which they happened, not in which they were reported.

use serde::{Deserialize, Serialize};

use super::{FindQuery, Query};
use crate::agency::AgencyId;
use crate::id::{IncidentId, LeadId};
use crate::incident::{OccurredAt, code_list};

/// The events of a lead, or of incidents that are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    pub of: TimelineOf,
    /// At most so many incidents, the latest; the daemon caps it at [`TimelineQuery::MAX_LIMIT`].
    pub limit: usize,
}

/// Whose events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineOf {
    Lead(LeadId),
    /// Incidents that fit; its order, cursor and limit do not matter.
    Found(Box<FindQuery>),
}

/// The answer to [`TimelineQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Whose events these are, in words.
    pub title: String,
    /// Earliest first.
    pub events: Vec<TimelineEvent>,
    /// How many incidents there are in all.
    pub incident_count: usize,
    /// What was left out, in words; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

code_list! {
    /// What sort of event it is.
    TimelineKind {
        /// What an incident reports.
        Incident = "incident",
        /// Goods at a place of their route, by its date.
        Leg = "leg",
        /// What somebody made of the lead.
        Judgement = "judgement",
        /// Nothing is known of the time between the event before and the one after.
        Gap = "gap",
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEvent {
    pub kind: TimelineKind,
    /// When it happened, as exactly as it is known. Of a gap, when it began.
    pub at: OccurredAt,
    pub words: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<IncidentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originator: Option<AgencyId>,
    /// The day on which it was reported, ISO 8601, where that was late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_on: Option<String>,
    /// Days from the event to the report, where that was late; days of a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i32>,
}

impl TimelineQuery {
    /// The most incidents in one answer.
    pub const MAX_LIMIT: usize = 500;
    /// A report within so many days is not late.
    pub const LATE_AFTER_DAYS: i32 = 7;
    /// So many days without any event are a gap.
    pub const GAP_DAYS: i32 = 30;
}

impl Query for TimelineQuery {
    const NAME: &'static str = "timeline";
    type Answer = Timeline;
}
