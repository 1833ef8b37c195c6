//! The detached signature over an incident.
//!
//! A JSON Web Signature with detached content (RFC 7515, appendix F) and an unencoded payload (RFC 7797): the
//! protected header, two dots, the signature. The signing input is the encoded header, a dot, and the very bytes of
//! the payload. Subject, message id, time, key, and the place in the signer's chain stand in the protected header.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::key::{KeyId, PublicKey, SigningKey};

/// What the signer binds to the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    alg: String,
    /// RFC 7797: false, the payload is signed as it is.
    b64: bool,
    crit: Vec<String>,
    pub kid: KeyId,
    /// The subject that the message is published to.
    pub subject: String,
    /// The message id that it is published under.
    pub message_id: String,
    /// When it was signed.
    pub issued_at: Timestamp,
    pub link: ChainLink,
}

/// The place of an envelope in the chain of one signing key in one circle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainLink {
    /// 1 for the first envelope, then without gaps.
    pub sequence: u64,
    /// Digest of the envelope before it; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<EnvelopeDigest>,
}

/// SHA-256 over a detached signature, which itself covers the payload; base64url.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnvelopeDigest(String);

/// Why a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("found a signature that is not a detached JWS: {found}, expected <protected>..<signature>")]
    Form { found: &'static str },
    #[error("signature does not fit the payload under key {kid}")]
    Mismatch { kid: KeyId },
}

impl Protected {
    /// A protected header for a message about to be signed.
    pub fn new(kid: KeyId, subject: String, message_id: String, issued_at: Timestamp, link: ChainLink) -> Self {
        Self { alg: "EdDSA".into(), b64: false, crit: vec!["b64".into()], kid, subject, message_id, issued_at, link }
    }

    /// Signs `payload`; the result is the detached JWS.
    pub fn sign(&self, key: &SigningKey, payload: &[u8]) -> String {
        let header = serde_json::to_vec(self).expect("a struct of texts and numbers is JSON");
        let header = BASE64URL_NOPAD.encode(&header);
        let signature = BASE64URL_NOPAD.encode(&key.sign(&signing_input(&header, payload)));
        format!("{header}..{signature}")
    }

    /// Reads the protected header of a detached JWS. Nothing in it may be believed before [`verify`] has passed;
    /// it is needed before that to learn the key.
    pub fn peek(jws: &str) -> Result<Self, SignatureError> {
        let (header, _) = split(jws)?;
        let header = decode(header, "a header that is not base64url")?;
        let protected: Self =
            serde_json::from_slice(&header).map_err(|_| SignatureError::Form { found: "an unknown header" })?;
        if protected.alg != "EdDSA" || protected.b64 || protected.crit != ["b64"] {
            return Err(SignatureError::Form { found: "another algorithm or form" });
        }
        Ok(protected)
    }
}

impl EnvelopeDigest {
    /// The digest of a message's detached JWS.
    pub fn of(jws: &str) -> Self {
        Self(BASE64URL_NOPAD.encode(&Sha256::digest(jws)))
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A digest that was kept as text.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }
}

/// Verifies a detached JWS over `payload`.
pub fn verify(jws: &str, key: &PublicKey, payload: &[u8]) -> Result<(), SignatureError> {
    let (header, signature) = split(jws)?;
    let signature = decode(signature, "a signature that is not base64url")?;
    let signature: &[u8; 64] =
        signature.as_slice().try_into().map_err(|_| SignatureError::Form { found: "a signature of another length" })?;
    if key.verifies(&signing_input(header, payload), signature) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch { kid: key.kid().clone() })
    }
}

fn signing_input(header: &str, payload: &[u8]) -> Vec<u8> {
    [header.as_bytes(), b".", payload].concat()
}

fn split(jws: &str) -> Result<(&str, &str), SignatureError> {
    jws.split_once("..").ok_or(SignatureError::Form { found: "no empty middle part" })
}

fn decode(text: &str, found: &'static str) -> Result<Vec<u8>, SignatureError> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SignatureError::Form { found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(payload: &[u8]) -> (SigningKey, String) {
        let key = SigningKey::generate();
        let link = ChainLink { sequence: 1, previous: None };
        let protected = Protected::new(key.public().kid().clone(), "s".into(), "m".into(), Timestamp::UNIX_EPOCH, link);
        let jws = protected.sign(&key, payload);
        assert_eq!(Protected::peek(&jws), Ok(protected));
        (key, jws)
    }

    #[test]
    fn verifies_what_was_signed_and_nothing_else() {
        let (key, jws) = signed(b"payload");
        let public = key.public();
        assert_eq!(verify(&jws, &public, b"payload"), Ok(()));
        assert!(matches!(verify(&jws, &public, b"payloae"), Err(SignatureError::Mismatch { .. })));
        assert!(verify(&jws, &SigningKey::generate().public(), b"payload").is_err());
        let altered = jws.replacen("ey", "eZ", 1);
        assert!(verify(&altered, &public, b"payload").is_err());
    }

    #[test]
    fn other_algorithms_are_not_read() {
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, "[]", ""] {
            let jws = format!("{}..AAAA", BASE64URL_NOPAD.encode(header.as_bytes()));
            assert!(Protected::peek(&jws).is_err(), "{header}");
        }
        for jws in ["", "..", "a.b.c", "no dots", "é..é"] {
            assert!(Protected::peek(jws).is_err(), "{jws}");
        }
    }
}
