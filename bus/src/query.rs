//! Questions to an agency's daemon and their answers, as JSON over NATS request and reply.

mod entity;
mod find;
mod timeline;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::entity::{
    Counted, Counterparty, Entity, EntityQuery, EntityRole, EntitySpelling, EntityStanding, EntitySubstance,
};
pub use self::find::{FindAnswer, FindQuery, FoundIncident, Near, RouteWanted, Sort};
pub use self::timeline::{Timeline, TimelineEvent, TimelineKind, TimelineOf, TimelineQuery};

use crate::agency::AgencyId;
use crate::alert::{Alert, AlertChange, AlertDefinition, AlertName};
use crate::channel::Channel;
use crate::comparison::Comparison;
use crate::connection::Connection;
use crate::exchange::{Attachment, Side, Thread, ThreadState};
use crate::id::{IncidentId, LeadId, StopId, ThreadId};
use crate::incident::IdentifierKind;
use crate::judgement::{EvidenceMark, LeadState, Verdict};
use crate::lead::{IncidentSummary, Lead, LeadKind};
use crate::pointer::Pointer;
use crate::realm::Realm;
use crate::stop_value::{StopChange, StopLine, StopValue};
use crate::subject;
use crate::trace::{Direction, Trace};

/// The headers of a refused query, as the NATS service protocol (ADR-32) has them.
const SERVICE_ERROR_HEADER: &str = "Nats-Service-Error";
const SERVICE_ERROR_CODE_HEADER: &str = "Nats-Service-Error-Code";

/// A question: its name on the bus, what is asked, what is answered.
pub trait Query: Serialize + DeserializeOwned {
    const NAME: &'static str;
    type Answer: Serialize + DeserializeOwned;
}

/// One incident, with all that came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentQuery {
    pub incident: IncidentRef,
}

/// An incident by its id, or by the reference that its originator gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentRef {
    Id(IncidentId),
    OwnReference(String),
}

/// The answer to [`IncidentQuery`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IncidentAnswer {
    pub summary: IncidentSummary,
    /// The current revision, byte for byte as its originator signed it.
    pub incident: Box<RawValue>,
    /// The leads that it is in, strongest first, without their other members.
    pub leads: Vec<LeadLine>,
}

/// Leads, strongest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadsQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<LeadKind>,
    /// Only leads with at least so many bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_bits: Option<f64>,
    /// Closed leads too.
    #[serde(default)]
    pub closed: bool,
    /// Leads that people dismissed too, and those that marks or stop values hide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dismissed: bool,
    /// How many to pass over.
    #[serde(default)]
    pub offset: usize,
    /// At most so many; the daemon caps it at [`LeadsQuery::MAX_LIMIT`].
    pub limit: usize,
}

/// The answer to [`LeadsQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadsAnswer {
    pub leads: Vec<LeadLine>,
    /// How many there are in all.
    pub total: usize,
}

/// A lead in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadLine {
    pub lead_id: LeadId,
    pub kind: LeadKind,
    pub shared: String,
    pub bits: f64,
    pub member_count: u32,
    /// The first and the last day on which its members happened, ISO 8601.
    pub first_day: String,
    pub last_day: String,
    pub is_open: bool,
    /// Where it stands with the people who work on it.
    pub state: LeadState,
    /// The bits without the evidence that was marked, where any is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_left: Option<f64>,
}

/// One lead with its members and its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadQuery {
    pub lead_id: LeadId,
}

/// Judges a lead; the answer is the lead as it stands then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeQuery {
    pub lead_id: LeadId,
    pub verdict: Verdict,
    /// Who judges.
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is marked; only with that verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<EvidenceMark>,
    /// Number of the judgement that is undone; only with that verdict, and without it the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u32>,
}

/// Proposes a stop value; the answer is how it stands then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposeStopQuery {
    pub value: StopValue,
    /// The last day on which it is to be in force, in UTC.
    pub until: Date,
    pub by: String,
    pub reason: String,
}

/// Approves or withdraws a stop value; the answer is how it stands then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideStopQuery {
    pub stop_id: StopId,
    pub change: StopChange,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Stop values, the latest proposal first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopsQuery {
    /// Those that were withdrawn or are over too.
    #[serde(default)]
    pub all: bool,
}

/// The answer to [`StopsQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopsAnswer {
    pub stops: Vec<StopLine>,
}

/// Adds an alert; the answer is how it stands then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddAlertQuery {
    pub definition: AlertDefinition,
}

/// Pauses, resumes or removes an alert; the answer is how it stood last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeAlertQuery {
    pub name: AlertName,
    pub change: AlertChange,
}

/// All alerts, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertsQuery {}

/// The answer to [`AlertsQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertsAnswer {
    pub alerts: Vec<Alert>,
}

/// A trace from an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceQuery {
    pub incident: IncidentRef,
    /// How many hops at most; the daemon caps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    #[serde(default)]
    pub direction: Direction,
    /// The day for which siblings that may still be on their way are looked for; the daemon's today if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
}

/// Which agencies have incidents with a number that may not be read here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointersQuery {
    pub kind: IdentifierKind,
    /// As written.
    pub value: String,
}

/// The answer to [`PointersQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointersAnswer {
    pub pointers: Vec<Pointer>,
}

/// Why two incidents are in one lead, or in none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhyNotQuery {
    pub a: IncidentRef,
    pub b: IncidentRef,
}

/// Requests, notices and outcomes, the latest change first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadsQuery {
    /// Only those that were begun by one of these, such as `request`; all if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Only those that cite this incident, or rest on it, or tell what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<IncidentId>,
    /// Closed, withdrawn and refused ones too.
    #[serde(default)]
    pub finished: bool,
    /// Only overdue ones.
    #[serde(default)]
    pub overdue: bool,
    /// The time for which it is asked what is overdue; now if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// At most so many; the daemon caps it at [`LeadsQuery::MAX_LIMIT`].
    pub limit: usize,
}

/// The answer to [`ThreadsQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadsAnswer {
    pub threads: Vec<ThreadLine>,
    /// How many there are in all.
    pub total: usize,
}

/// A thread in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadLine {
    pub thread_id: ThreadId,
    /// What began it: `request`, `outcome`, `alert` or `pre-export`.
    pub kind: String,
    pub from: AgencyId,
    pub channel: Channel,
    pub state: ThreadState,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    pub is_overdue: bool,
    pub waits_for: Side,
    pub changed_at: Timestamp,
    /// What came of it, once somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// One thread with all that was said, without the content of files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadQuery {
    pub thread_id: ThreadId,
    /// The time for which it is asked whether it is overdue; now if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// The answer to [`ThreadQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadAnswer {
    pub line: ThreadLine,
    pub thread: Thread,
    /// Incidents held here that a notice may be about, latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub correlations: Vec<Correlation>,
    /// What is known of a notified shipment beside that, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
}

/// An incident that a notice may be about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    #[serde(flatten)]
    pub incident: IncidentSummary,
    /// What speaks for it, in words.
    pub because: Vec<String>,
}

/// The content of one attached file, by its SHA-256.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentQuery {
    pub thread_id: ThreadId,
    pub sha256: String,
}

/// The daemon's counters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusQuery {}

/// The answer to [`StatusQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub agency: crate::agency::AgencyId,
    pub realm: Realm,
    pub started_at: Timestamp,
    /// Incidents held now, retracted ones not counted.
    pub incidents: u64,
    /// Messages taken from the hub, whatever became of them.
    pub messages: u64,
    /// Messages that were the same post again.
    pub duplicates: u64,
    pub dead_letters: u64,
    /// Envelopes that their signers' chains say should have come and did not.
    pub missing_envelopes: u64,
    pub leads_open: u64,
    /// True if the hub had nothing more when last asked.
    pub caught_up: bool,
    /// The last sequence of the hub's stream that the state holds.
    pub stream_sequence: u64,
}

impl LeadsQuery {
    /// The most leads in one answer.
    pub const MAX_LIMIT: usize = 1_000;
}

impl Query for IncidentQuery {
    const NAME: &'static str = "incident";
    type Answer = IncidentAnswer;
}

impl Query for LeadsQuery {
    const NAME: &'static str = "leads";
    type Answer = LeadsAnswer;
}

impl Query for LeadQuery {
    const NAME: &'static str = "lead";
    type Answer = Lead;
}

impl Query for JudgeQuery {
    const NAME: &'static str = "judge";
    type Answer = Lead;
}

impl Query for ProposeStopQuery {
    const NAME: &'static str = "stop-propose";
    type Answer = StopLine;
}

impl Query for DecideStopQuery {
    const NAME: &'static str = "stop-decide";
    type Answer = StopLine;
}

impl Query for StopsQuery {
    const NAME: &'static str = "stops";
    type Answer = StopsAnswer;
}

impl Query for AddAlertQuery {
    const NAME: &'static str = "alert-add";
    type Answer = Alert;
}

impl Query for ChangeAlertQuery {
    const NAME: &'static str = "alert-change";
    type Answer = Alert;
}

impl Query for AlertsQuery {
    const NAME: &'static str = "alerts";
    type Answer = AlertsAnswer;
}

impl Query for TraceQuery {
    const NAME: &'static str = "trace";
    type Answer = Trace;
}

impl Query for PointersQuery {
    const NAME: &'static str = "pointers";
    type Answer = PointersAnswer;
}

impl Query for WhyNotQuery {
    const NAME: &'static str = "why-not";
    type Answer = Comparison;
}

impl Query for ThreadsQuery {
    const NAME: &'static str = "threads";
    type Answer = ThreadsAnswer;
}

impl Query for ThreadQuery {
    const NAME: &'static str = "thread";
    type Answer = ThreadAnswer;
}

impl Query for AttachmentQuery {
    const NAME: &'static str = "attachment";
    type Answer = Attachment;
}

impl Query for StatusQuery {
    const NAME: &'static str = "status";
    type Answer = Status;
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("no daemon of this agency answers in the {realm} realm")]
    NoDaemon { realm: Realm },
    #[error("the daemon did not answer: {0}")]
    NoAnswer(#[source] async_nats::RequestError),
    #[error("{0}")]
    NotFound(String),
    #[error("the daemon refused the question: {0}")]
    Refused(String),
    #[error("not now: {0}")]
    NotNow(String),
    #[error("the daemon's answer was not understood: {0}")]
    Answer(#[source] serde_json::Error),
}

/// HTTP-like codes that the daemon answers with when it has no answer.
pub mod code {
    pub const NOT_UNDERSTOOD: usize = 400;
    pub const NOT_FOUND: usize = 404;
    pub const TOO_LARGE: usize = 413;
    /// It could not be stored, or not be answered, just now.
    pub const NOT_NOW: usize = 503;
}

/// Asks the agency's daemon.
pub async fn ask<Q: Query>(connection: &Connection, realm: Realm, question: &Q) -> Result<Q::Answer, QueryError> {
    let payload = serde_json::to_vec(question).expect("questions are plain structs");
    let reply =
        connection.client.request(subject::query(realm, Q::NAME), payload.into()).await.map_err(|error| match error
            .kind()
        {
            async_nats::RequestErrorKind::NoResponders => QueryError::NoDaemon { realm },
            _ => QueryError::NoAnswer(error),
        })?;
    let header = |name: &str| reply.headers.as_ref().and_then(|headers| headers.get(name)).map(|v| v.as_str());
    if let Some(code) = header(SERVICE_ERROR_CODE_HEADER) {
        let reason = header(SERVICE_ERROR_HEADER).unwrap_or("no reason given").to_owned();
        return Err(match code.parse() {
            Ok(code::NOT_FOUND) => QueryError::NotFound(reason),
            Ok(code::NOT_NOW) => QueryError::NotNow(reason),
            _ => QueryError::Refused(reason),
        });
    }
    serde_json::from_slice(&reply.payload).map_err(QueryError::Answer)
}
