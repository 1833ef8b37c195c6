//! One event of a thread, as it is written on the wire (`schemas/exchange.v1.schema.json`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attachment::Attachment;
use super::notice::{Alert, Arrival, PreExport};
use super::request::{Basis, Feedback, Outcome, Remark, Request, Statement};
use crate::agency::AgencyId;
use crate::channel::Channel;
use crate::dead_letter::Rejection;
use crate::envelope::Content;
use crate::id::{ExchangeEventId, ThreadId};
use crate::incident::{Finding, MAX_TEXT, finding, text_up_to};
use crate::pointer::PointerList;
use crate::realm::Realm;
use crate::strict_json;
use crate::subject::{ExchangeSubject, SubjectError};

/// The largest payload, in bytes; below what the hub carries.
pub const MAX_EVENT_BYTES: usize = 3_750_000;
/// The schema version that this program writes. It reads every 1.x.
const SCHEMA_VERSION: &str = "1.0";
/// Its second number: unknown fields of this version are refused.
const SCHEMA_MINOR: u32 = 0;
/// Fields that are written only if they say something.
const MAY_BE_LEFT_OUT: [&str; 14] = [
    "exercise",
    "laws",
    "persons",
    "identifiers",
    "precautionary",
    "incidents",
    "handling",
    "attachments",
    "substances",
    "parties",
    "route",
    "free_zone",
    "added",
    "withdrawn",
];

/// Something that an agency says in a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeEvent {
    /// Version of the schema, such as `1.0`.
    pub schema: String,
    /// True in the exercise realm.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exercise: bool,
    pub thread_id: ThreadId,
    pub event_id: ExchangeEventId,
    /// The agency that says it.
    pub from: AgencyId,
    /// When it was said, by that agency's clock. Deadlines count from when the hub stored it.
    pub at: Timestamp,
    /// Who said it: a person, or the agency's daemon.
    pub by: String,
    pub body: Body,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Body {
    /// Begins a thread between two agencies.
    Request(Box<Request>),
    /// What a request rests on; an agency tells this to itself only.
    Basis(Basis),
    /// The addressee has it: the clock starts. Its daemon says so by itself.
    Received,
    Accepted(Remark),
    Refused(Statement),
    ClarificationAsked(Statement),
    /// The asker completes its request.
    Supplemented(Statement),
    PartlyAnswered(Statement),
    Answered(Statement),
    Reminded(Remark),
    FeedbackGiven(Feedback),
    Closed(Remark),
    Withdrawn(Statement),
    /// What came of incidents of the agency that is told. A thread of its own.
    Outcome(Outcome),
    /// Begins a thread with a circle.
    Alert(Box<Alert>),
    /// Begins a thread with a circle.
    PreExport(Box<PreExport>),
    Acknowledged(Remark),
    Objected(Statement),
    Arrived(Box<Arrival>),
    /// What an agency points to from now on, and no longer: to a circle, and in no thread. Daemons say it by themselves.
    Pointers(PointerList),
}

/// Who says something, when, and in which realm.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    pub realm: Realm,
    pub from: AgencyId,
    pub at: Timestamp,
    pub by: String,
}

/// Why bytes are not an event of the exchange.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeEventError {
    #[error("not JSON as this bus writes it: {0}")]
    Json(#[source] serde_json::Error),
    #[error("found schema version {found}, expected 1.0 or a later 1.x")]
    Version { found: String },
    #[error("{0}")]
    Schema(#[source] serde_path_to_error::Error<serde_json::Error>),
    #[error("{0}")]
    Content(Finding),
}

impl ExchangeEvent {
    /// A new event of a thread, checked.
    pub fn new(origin: Origin, thread_id: ThreadId, body: Body) -> Result<Self, ExchangeEventError> {
        let Origin { realm, from, at, by } = origin;
        let event = Self {
            schema: SCHEMA_VERSION.to_owned(),
            exercise: realm.is_exercise(),
            thread_id,
            event_id: ExchangeEventId::generate(),
            from,
            at,
            by,
            body,
        };
        event.check().map_err(ExchangeEventError::Content)?;
        Ok(event)
    }

    /// Parses and checks a payload. The signature must have been verified before, over these very bytes.
    pub fn read(payload: &[u8]) -> Result<Self, ExchangeEventError> {
        let value = strict_json::parse(payload).map_err(ExchangeEventError::Json)?;
        let version = value.get("schema").and_then(Value::as_str);
        let minor = version.and_then(|version| version.strip_prefix("1.")).filter(|minor| !minor.starts_with('+'));
        let Some(minor) = minor.and_then(|minor| minor.parse::<u32>().ok()) else {
            let found = value.get("schema").map_or_else(|| "none".to_owned(), strict_json::shown);
            return Err(ExchangeEventError::Version { found });
        };
        let event: Self = serde_path_to_error::deserialize(&value).map_err(ExchangeEventError::Schema)?;
        if minor == SCHEMA_MINOR {
            let known = serde_json::to_value(&event).map_err(ExchangeEventError::Json)?;
            if let Some((field, found)) = strict_json::first_unknown(&value, &known, &MAY_BE_LEFT_OUT) {
                return Err(ExchangeEventError::Content(finding(field, found, "no such field")));
            }
        }
        event.check().map_err(ExchangeEventError::Content)?;
        Ok(event)
    }

    /// The realm that the signed payload names.
    pub fn realm(&self) -> Realm {
        if self.exercise { Realm::Exercise } else { Realm::Real }
    }

    /// Where it is posted for those whom `channel` reaches.
    pub fn subject(&self, channel: Channel) -> ExchangeSubject {
        ExchangeSubject { realm: self.realm(), from: self.from.clone(), channel, thread_id: self.thread_id }
    }

    fn check(&self) -> Result<(), Finding> {
        text_up_to("/by", Some(&self.by), MAX_TEXT)?;
        self.body.check()
    }
}

impl Body {
    /// What it is, in a word or two.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Basis(_) => "basis",
            Self::Received => "received",
            Self::Accepted(_) => "accepted",
            Self::Refused(_) => "refused",
            Self::ClarificationAsked(_) => "clarification-asked",
            Self::Supplemented(_) => "supplemented",
            Self::PartlyAnswered(_) => "partly-answered",
            Self::Answered(_) => "answered",
            Self::Reminded(_) => "reminded",
            Self::FeedbackGiven(_) => "feedback-given",
            Self::Closed(_) => "closed",
            Self::Withdrawn(_) => "withdrawn",
            Self::Outcome(_) => "outcome",
            Self::Alert(_) => "alert",
            Self::PreExport(_) => "pre-export",
            Self::Acknowledged(_) => "acknowledged",
            Self::Objected(_) => "objected",
            Self::Arrived(_) => "arrived",
            Self::Pointers(_) => "pointers",
        }
    }

    /// True if it begins a thread.
    pub fn is_opening(&self) -> bool {
        matches!(self, Self::Request(_) | Self::Outcome(_) | Self::Alert(_) | Self::PreExport(_))
    }

    /// The files that it carries.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::Request(request) => &request.attachments,
            Self::Alert(alert) => &alert.attachments,
            Self::Refused(statement)
            | Self::ClarificationAsked(statement)
            | Self::Supplemented(statement)
            | Self::PartlyAnswered(statement)
            | Self::Answered(statement)
            | Self::Withdrawn(statement)
            | Self::Objected(statement) => &statement.attachments,
            _ => &[],
        }
    }

    /// Takes the content of the files out, and leaves their names.
    pub fn drop_contents(&mut self) {
        let attachments = match self {
            Self::Request(request) => &mut request.attachments,
            Self::Alert(alert) => &mut alert.attachments,
            Self::Refused(statement)
            | Self::ClarificationAsked(statement)
            | Self::Supplemented(statement)
            | Self::PartlyAnswered(statement)
            | Self::Answered(statement)
            | Self::Withdrawn(statement)
            | Self::Objected(statement) => &mut statement.attachments,
            _ => return,
        };
        attachments.iter_mut().for_each(|attachment| attachment.content = None);
    }

    /// Whether `from` may say this on `channel`.
    fn fits(&self, from: &AgencyId, channel: &Channel) -> bool {
        let is_to_circle = matches!(channel, Channel::Notices(_));
        let is_to_itself = *channel == Channel::Agency(from.clone());
        match self {
            Self::Basis(_) => is_to_itself,
            Self::Alert(_)
            | Self::PreExport(_)
            | Self::Acknowledged(_)
            | Self::Objected(_)
            | Self::Arrived(_)
            | Self::Pointers(_) => is_to_circle,
            Self::Withdrawn(_) => !is_to_itself,
            _ => !is_to_circle && !is_to_itself,
        }
    }

    fn check(&self) -> Result<(), Finding> {
        match self {
            Self::Request(request) => request.check(),
            Self::Basis(basis) => basis.check(),
            Self::Received => Ok(()),
            Self::Accepted(remark) | Self::Reminded(remark) | Self::Closed(remark) | Self::Acknowledged(remark) => {
                remark.check()
            }
            Self::Refused(statement)
            | Self::ClarificationAsked(statement)
            | Self::Supplemented(statement)
            | Self::PartlyAnswered(statement)
            | Self::Answered(statement)
            | Self::Withdrawn(statement)
            | Self::Objected(statement) => statement.check(),
            Self::FeedbackGiven(feedback) => feedback.check(),
            Self::Outcome(outcome) => outcome.check(),
            Self::Alert(alert) => alert.check(),
            Self::PreExport(notification) => notification.check(),
            Self::Arrived(arrival) => arrival.check(),
            Self::Pointers(list) => list.check(),
        }
    }
}

impl Content for ExchangeEvent {
    type Subject = ExchangeSubject;
    const EVENT_TYPE: &'static str = "org.backtrail.exchange.v1";
    const DATA_SCHEMA: &'static str = "urn:backtrail:schema:exchange:v1";
    const MAX_BYTES: usize = MAX_EVENT_BYTES;

    fn parse_subject(subject: &str) -> Result<ExchangeSubject, SubjectError> {
        ExchangeSubject::parse(subject)
    }

    fn poster(subject: &ExchangeSubject) -> &AgencyId {
        &subject.from
    }

    fn read(payload: &[u8]) -> Result<Self, Rejection> {
        ExchangeEvent::read(payload).map_err(|error| Rejection::ExchangeEvent(error.to_string()))
    }

    fn belongs_under(&self, subject: &ExchangeSubject) -> Result<(), Rejection> {
        let from_content = self.subject(subject.channel.clone());
        if from_content != *subject {
            return Err(Rejection::ContentDisagrees { content: from_content.to_string() });
        }
        if !self.body.fits(&self.from, &subject.channel) {
            let reason = format!("{:?} from {} is not for {}", self.body.kind(), self.from, subject.channel);
            return Err(Rejection::ExchangeEvent(reason));
        }
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event has no maps with non-text keys and no failing values")
    }

    fn originator(&self) -> &AgencyId {
        &self.from
    }

    fn said_at(&self) -> Timestamp {
        self.at
    }

    fn event_id(&self) -> String {
        self.event_id.to_string()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}
