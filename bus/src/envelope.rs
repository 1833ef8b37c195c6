//! The envelope: how one incident travels as one message.
//!
//! CloudEvents 1.0 in binary mode over NATS: attributes are `ce-` headers, the payload is the incident's JSON. The
//! detached signature is a header of its own and binds subject, message id and payload.

use async_nats::HeaderMap;
use jiff::Timestamp;
use uuid::Uuid;

use crate::agency::CircleId;
use crate::dead_letter::Rejection;
use crate::incident::{Incident, MAX_INCIDENT_BYTES, ReadError};
use crate::key::{KeyId, SigningKey};
use crate::register::AgencyEntry;
use crate::signature::{self, ChainLink, EnvelopeDigest, Protected};
use crate::subject::IncidentSubject;

/// The header of JetStream's duplicate check.
pub const MESSAGE_ID_HEADER: &str = "Nats-Msg-Id";
/// The header with the detached JWS.
pub const SIGNATURE_HEADER: &str = "Backtrail-Signature";
/// CloudEvents type of an incident.
const EVENT_TYPE: &str = "org.backtrail.incident.v1";
/// CloudEvents dataschema of an incident: the `$id` of its JSON Schema.
const DATA_SCHEMA: &str = "urn:backtrail:schema:incident:v1";

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
pub struct Opened {
    pub subject: IncidentSubject,
    pub incident: Incident,
    pub kid: KeyId,
    pub link: ChainLink,
    pub digest: EnvelopeDigest,
}

impl Envelope {
    /// Signs `incident` for `circle` as the next link of that circle's chain. Returns it with its digest, which the
    /// link after it must name.
    pub fn seal(incident: &Incident, circle: &CircleId, key: &SigningKey, link: ChainLink) -> (Self, EnvelopeDigest) {
        let subject = incident.subject(circle).to_string();
        let message_id = Uuid::new_v4().to_string();
        let payload = incident.to_bytes();
        let kid = key.public().kid().clone();
        let protected = Protected::new(kid, subject.clone(), message_id.clone(), incident.reported_at, link);
        let jws = protected.sign(key, &payload);
        let digest = EnvelopeDigest::of(&jws);
        let mut headers = cloud_event(incident);
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
pub struct Claim {
    pub subject: IncidentSubject,
    protected: Protected,
    jws: String,
}

impl Claim {
    /// Reads what a message says about itself.
    pub fn read(subject: &str, headers: Option<&HeaderMap>, payload: &[u8]) -> Result<Self, Rejection> {
        if payload.len() > MAX_INCIDENT_BYTES {
            return Err(Rejection::TooLarge { found: payload.len() });
        }
        let subject = IncidentSubject::parse(subject).map_err(|error| Rejection::Subject(error.to_string()))?;
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

    /// The key that the message says it is signed with.
    pub fn kid(&self) -> &KeyId {
        &self.protected.kid
    }

    /// Verifies the claim against the register's entry for the subject's agency and reads the payload.
    pub fn open(self, payload: &[u8], agency: &AgencyEntry, stored_at: Timestamp) -> Result<Opened, Rejection> {
        let kid = self.protected.kid;
        let key = agency.key(&kid).ok_or_else(|| Rejection::UnknownKey { kid: kid.clone() })?;
        signature::verify(&self.jws, &key.jwk, payload).map_err(|error| Rejection::Signature(error.to_string()))?;
        if !key.is_valid_at(stored_at) {
            return Err(Rejection::RevokedKey { kid });
        }
        let incident = Incident::read(payload).map_err(|error| match error {
            ReadError::TooLarge { found } => Rejection::TooLarge { found },
            other => Rejection::Incident(other.to_string()),
        })?;
        let from_content = incident.subject(&self.subject.circle);
        if from_content != self.subject {
            return Err(Rejection::ContentDisagrees { content: from_content.to_string() });
        }
        let digest = EnvelopeDigest::of(&self.jws);
        Ok(Opened { subject: self.subject, incident, kid, link: self.protected.link, digest })
    }
}

fn cloud_event(incident: &Incident) -> Vec<(String, String)> {
    let attributes = [
        ("specversion", "1.0".to_owned()),
        ("type", EVENT_TYPE.to_owned()),
        ("source", format!("/agency/{}", incident.originator)),
        ("id", format!("{}.{}", incident.incident_id, incident.revision)),
        ("time", incident.reported_at.to_string()),
        ("dataschema", DATA_SCHEMA.to_owned()),
        ("datacontenttype", "application/json".to_owned()),
    ];
    attributes.into_iter().map(|(name, value)| (format!("ce-{name}"), value)).collect()
}
