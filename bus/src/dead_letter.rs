//! Why a message was not accepted, and how it is kept.

use async_nats::HeaderMap;
use jiff::Timestamp;

use crate::agency::AgencyId;
use crate::id::{IncidentId, ThreadId};
use crate::key::KeyId;
use crate::token::Token;

/// The headers of a dead letter. Its payload is the message's own, byte for byte.
pub const REASON_HEADER: &str = "Backtrail-Dead-Letter-Reason";
pub const SUBJECT_HEADER: &str = "Backtrail-Dead-Letter-Subject";
pub const SEQUENCE_HEADER: &str = "Backtrail-Dead-Letter-Stream-Sequence";
pub const STORED_AT_HEADER: &str = "Backtrail-Dead-Letter-Stored-At";
/// Prefix of the headers that the message itself carried.
pub const ORIGINAL_HEADER_PREFIX: &str = "Original-";

/// Why a reader does not accept a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("payload of {found} bytes, expected at most {most}")]
    TooLarge { found: usize, most: usize },
    #[error("{0}")]
    Subject(String),
    #[error("no signature")]
    Unsigned,
    #[error("{0}")]
    Signature(String),
    #[error("signed for subject {signed:?}, found under another")]
    OtherSubject { signed: String },
    #[error("signed for message id {signed:?}, found under another")]
    OtherMessageId { signed: String },
    #[error("key {kid} is not registered for the agency")]
    UnknownKey { kid: KeyId },
    #[error("key {kid} was revoked before the message was stored")]
    RevokedKey { kid: KeyId },
    #[error("{0}")]
    Incident(String),
    #[error("{0}")]
    ExchangeEvent(String),
    #[error("the content belongs under subject {content:?}")]
    ContentDisagrees { content: String },
    #[error("a signed envelope with chain number {sequence} came before, and this is another")]
    Replayed { sequence: u64 },
    #[error("incident {incident_id} belongs to another originator")]
    NotOriginator { incident_id: IncidentId },
    #[error("revision {revision} of incident {incident_id} came before with other content")]
    ConflictingRevision { incident_id: IncidentId, revision: u32 },
    #[error("no thread {thread_id} was begun between these agencies")]
    UnknownThread { thread_id: ThreadId },
    #[error("agency {agency} has {found} bytes in threads here, and more than {most} are not held")]
    TooMuch { agency: AgencyId, found: usize, most: usize },
}

impl Rejection {
    /// One token for the reason: the last part of the dead letter's subject, and the label of its counter.
    pub fn reason(&self) -> Token {
        let token = match self {
            Self::TooLarge { .. } => "too-large",
            Self::Subject(_) => "malformed-subject",
            Self::Unsigned => "unsigned",
            Self::Signature(_) => "bad-signature",
            Self::OtherSubject { .. } => "other-subject",
            Self::OtherMessageId { .. } => "other-message-id",
            Self::UnknownKey { .. } => "unknown-key",
            Self::RevokedKey { .. } => "revoked-key",
            Self::Incident(_) => "malformed-incident",
            Self::ExchangeEvent(_) => "malformed-event",
            Self::ContentDisagrees { .. } => "content-disagrees",
            Self::Replayed { .. } => "replayed",
            Self::NotOriginator { .. } => "not-originator",
            Self::ConflictingRevision { .. } => "conflicting-revision",
            Self::UnknownThread { .. } => "unknown-thread",
            Self::TooMuch { .. } => "too-much",
        };
        Token::new(token).expect("lower case letters and dashes")
    }

    /// The headers of the dead letter for a message that was found at `sequence` of the hub's stream.
    pub fn headers(
        &self,
        subject: &str,
        sequence: u64,
        stored_at: Timestamp,
        original: Option<&HeaderMap>,
    ) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(REASON_HEADER, one_line(&self.to_string()));
        headers.insert(SUBJECT_HEADER, subject);
        headers.insert(SEQUENCE_HEADER, sequence.to_string());
        headers.insert(STORED_AT_HEADER, stored_at.to_string());
        for (name, values) in original.into_iter().flat_map(HeaderMap::iter) {
            for value in values {
                headers.append(format!("{ORIGINAL_HEADER_PREFIX}{name}"), value.as_str());
            }
        }
        headers
    }
}

/// A header value cannot hold line breaks, and what a stranger wrote may.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
