//! The envelope: how one incident, or one event of the exchange, travels as one message.
//!
//! CloudEvents 1.0 in binary mode over NATS: attributes are `ce-` headers, the payload is the content's JSON. The
//! detached signature is a header of its own and binds subject, message id and payload.

use async_nats::HeaderMap;
use jiff::Timestamp;
use uuid::Uuid;

use crate::agency::AgencyId;
use crate::dead_letter::Rejection;
use crate::incident::{Incident, MAX_INCIDENT_BYTES, ReadError};
use crate::key::{KeyId, SigningKey};
use crate::register::AgencyEntry;
use crate::signature::{self, ChainLink, EnvelopeDigest, Protected};
use crate::subject::{IncidentSubject, SubjectError};

/// The header of JetStream's duplicate check.
pub const MESSAGE_ID_HEADER: &str = "Nats-Msg-Id";
/// The header with the detached JWS.
pub const SIGNATURE_HEADER: &str = "Backtrail-Signature";

/// What travels in an envelope.
pub trait Content: Sized {
    /// Where it is posted.
    type Subject: Clone + PartialEq + std::fmt::Display;
    /// CloudEvents type.
    const EVENT_TYPE: &'static str;
    /// CloudEvents dataschema: the `$id` of its JSON Schema.
    const DATA_SCHEMA: &'static str;
    /// The largest payload, in bytes.
    const MAX_BYTES: usize;

    /// Parses a subject as it came from the wire.
    fn parse_subject(subject: &str) -> Result<Self::Subject, SubjectError>;

    /// The agency that may post to `subject`.
    fn poster(subject: &Self::Subject) -> &AgencyId;

    /// Parses and checks a payload that was verified.
    fn read(payload: &[u8]) -> Result<Self, Rejection>;

    /// Whether it belongs under `subject`.
    fn belongs_under(&self, subject: &Self::Subject) -> Result<(), Rejection>;

    /// The payload: the bytes that are signed.
    fn to_bytes(&self) -> Vec<u8>;

    /// Who says it.
    fn originator(&self) -> &AgencyId;

    /// When it was said.
    fn said_at(&self) -> Timestamp;

    /// CloudEvents id, unique for its originator.
    fn event_id(&self) -> String;
}

/// One signed message, ready to be published as often as it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    pub subject: String,
    /// Random, and the same at every attempt. An id that followed from the content could be occupied by a stranger.
    pub message_id: String,
    /// Header names and values besides the message id.
    pub headers: Vec<(String, String)>,
    pub payload: Vec<u8>,
}

/// What a reader believes of a message after all checks passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened<T: Content = Incident> {
    pub subject: T::Subject,
    pub content: T,
    pub kid: KeyId,
    pub link: ChainLink,
    pub digest: EnvelopeDigest,
}

impl Envelope {
    /// Signs `content` for `subject` as the next link of a chain. Returns it with its digest, which the link after it
    /// must name.
    pub fn seal<T: Content>(
        content: &T,
        subject: &T::Subject,
        key: &SigningKey,
        link: ChainLink,
    ) -> (Self, EnvelopeDigest) {
        let subject = subject.to_string();
        let message_id = Uuid::new_v4().to_string();
        let payload = content.to_bytes();
        let kid = key.public().kid().clone();
        let protected = Protected::new(kid, subject.clone(), message_id.clone(), content.said_at(), link);
        let jws = protected.sign(key, &payload);
        let digest = EnvelopeDigest::of(&jws);
        let mut headers = cloud_event(content);
        headers.push((SIGNATURE_HEADER.to_owned(), jws));
        (Self { subject, message_id, headers, payload }, digest)
    }

    /// All headers of the message.
    pub fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert(MESSAGE_ID_HEADER, self.message_id.as_str());
        for (name, value) in &self.headers {
            map.insert(name.as_str(), value.as_str());
        }
        map
    }
}

/// The subject and the protected header of a message, read but not yet believed: whose key must be fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim<T: Content = Incident> {
    pub subject: T::Subject,
    protected: Protected,
    jws: String,
}

impl<T: Content> Claim<T> {
    /// Reads what a message says about itself.
    pub fn read(subject: &str, headers: Option<&HeaderMap>, payload: &[u8]) -> Result<Self, Rejection> {
        if payload.len() > T::MAX_BYTES {
            return Err(Rejection::TooLarge { found: payload.len(), most: T::MAX_BYTES });
        }
        let subject = T::parse_subject(subject).map_err(|error| Rejection::Subject(error.to_string()))?;
        let header = |name: &str| headers.and_then(|headers| headers.get(name)).map(|value| value.as_str().to_owned());
        let jws = header(SIGNATURE_HEADER).ok_or(Rejection::Unsigned)?;
        let protected = Protected::peek(&jws).map_err(|error| Rejection::Signature(error.to_string()))?;
        if protected.subject != subject.to_string() {
            return Err(Rejection::OtherSubject { signed: protected.subject });
        }
        if header(MESSAGE_ID_HEADER).as_deref() != Some(protected.message_id.as_str()) {
            return Err(Rejection::OtherMessageId { signed: protected.message_id });
        }
        Ok(Self { subject, protected, jws })
    }

    /// The agency that the subject names: whose keys may have signed.
    pub fn poster(&self) -> &AgencyId {
        T::poster(&self.subject)
    }

    /// The key that the message says it is signed with.
    pub fn kid(&self) -> &KeyId {
        &self.protected.kid
    }

    /// Verifies the claim against the register's entry for the subject's agency and reads the payload.
    pub fn open(self, payload: &[u8], agency: &AgencyEntry, stored_at: Timestamp) -> Result<Opened<T>, Rejection> {
        let kid = self.protected.kid;
        let key = agency.key(&kid).ok_or_else(|| Rejection::UnknownKey { kid: kid.clone() })?;
        signature::verify(&self.jws, &key.jwk, payload).map_err(|error| Rejection::Signature(error.to_string()))?;
        if !key.is_valid_at(stored_at) {
            return Err(Rejection::RevokedKey { kid });
        }
        let content = T::read(payload)?;
        content.belongs_under(&self.subject)?;
        let digest = EnvelopeDigest::of(&self.jws);
        Ok(Opened { subject: self.subject, content, kid, link: self.protected.link, digest })
    }
}

impl Content for Incident {
    type Subject = IncidentSubject;
    const EVENT_TYPE: &'static str = "org.backtrail.incident.v1";
    const DATA_SCHEMA: &'static str = "urn:backtrail:schema:incident:v1";
    const MAX_BYTES: usize = MAX_INCIDENT_BYTES;

    fn parse_subject(subject: &str) -> Result<IncidentSubject, SubjectError> {
        IncidentSubject::parse(subject)
    }

    fn poster(subject: &IncidentSubject) -> &AgencyId {
        &subject.agency
    }

    fn read(payload: &[u8]) -> Result<Self, Rejection> {
        Incident::read(payload).map_err(|error| match error {
            ReadError::TooLarge { found } => Rejection::TooLarge { found, most: MAX_INCIDENT_BYTES },
            other => Rejection::Incident(other.to_string()),
        })
    }

    fn belongs_under(&self, subject: &IncidentSubject) -> Result<(), Rejection> {
        let from_content = self.subject(&subject.circle);
        match from_content == *subject {
            true => Ok(()),
            false => Err(Rejection::ContentDisagrees { content: from_content.to_string() }),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        Incident::to_bytes(self)
    }

    fn originator(&self) -> &AgencyId {
        &self.originator
    }

    fn said_at(&self) -> Timestamp {
        self.reported_at
    }

    fn event_id(&self) -> String {
        format!("{}.{}", self.incident_id, self.revision)
    }
}

fn cloud_event<T: Content>(content: &T) -> Vec<(String, String)> {
    let attributes = [
        ("specversion", "1.0".to_owned()),
        ("type", T::EVENT_TYPE.to_owned()),
        ("source", format!("/agency/{}", content.originator())),
        ("id", content.event_id()),
        ("time", content.said_at().to_string()),
        ("dataschema", T::DATA_SCHEMA.to_owned()),
        ("datacontenttype", "application/json".to_owned()),
    ];
    attributes.into_iter().map(|(name, value)| (format!("ce-{name}"), value)).collect()
}
