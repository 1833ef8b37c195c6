//! Signing keys: Ed25519, kept as JSON Web Keys.
//!
//! The key form is RFC 8037 (`OKP`, `Ed25519`), the key id the thumbprint of RFC 7638, so any JOSE library can read
//! and check what this bus signs. Key material never appears in `Debug` output or in an error.

use std::fmt;
use std::io::Write;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, Verifier};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The thumbprint of a public key, 43 base64url characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

/// An agency workstation's private key.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    kid: KeyId,
}

/// The public half, as the register hands it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: ed25519_dalek::VerifyingKey,
    kid: KeyId,
}

/// Why a key could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("signing key file {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("expected an Ed25519 key as a JSON Web Key (RFC 8037), found {found}")]
    Form { found: &'static str },
}

/// The members of a JWK that matter here.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
}

impl SigningKey {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Self {
        Self::from_dalek(ed25519_dalek::SigningKey::generate(&mut rand_core::OsRng))
    }

    /// Reads a private JWK file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read(path).map_err(|source| file_error(path, source))?;
        let jwk: Jwk = serde_json::from_slice(&text).map_err(|_| KeyError::Form { found: "text that is not a JWK" })?;
        jwk.check_type()?;
        let private = jwk.d.as_deref().ok_or(KeyError::Form { found: "a public key where a private one is needed" })?;
        let key = ed25519_dalek::SigningKey::from_bytes(&decode_32(private)?);
        let signing = Self::from_dalek(key);
        if signing.public().to_jwk().x != jwk.x {
            return Err(KeyError::Form { found: "a key whose halves do not belong together" });
        }
        Ok(signing)
    }

    /// Writes the private JWK to a new file that only its owner can read; never replaces a file.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut jwk = self.public().to_jwk();
        jwk.d = Some(BASE64URL_NOPAD.encode(self.key.as_bytes()));
        let text = serde_json::to_string_pretty(&jwk).expect("a struct of strings is JSON");
        options
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|source| file_error(path, source))
    }

    /// The half that others may know.
    pub fn public(&self) -> PublicKey {
        PublicKey { key: self.key.verifying_key(), kid: self.kid.clone() }
    }

    /// Ed25519 signature (RFC 8032) over `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    fn from_dalek(key: ed25519_dalek::SigningKey) -> Self {
        let kid = thumbprint(&key.verifying_key());
        Self { key, kid }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// The key's thumbprint.
    pub fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// True if `signature` is this key's over `message`. Keys and signatures of small order are refused.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        !self.key.is_weak() && self.key.verify(message, &signature).is_ok()
    }

    fn to_jwk(&self) -> Jwk {
        Jwk { kty: "OKP".into(), crv: "Ed25519".into(), x: BASE64URL_NOPAD.encode(self.key.as_bytes()), d: None }
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_jwk().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let jwk = Jwk::deserialize(deserializer)?;
        let parse = || {
            jwk.check_type()?;
            let key = ed25519_dalek::VerifyingKey::from_bytes(&decode_32(&jwk.x)?)
                .map_err(|_| KeyError::Form { found: "bytes that are no point on the curve" })?;
            Ok::<_, KeyError>(PublicKey { kid: thumbprint(&key), key })
        };
        parse().map_err(serde::de::Error::custom)
    }
}

impl Jwk {
    fn check_type(&self) -> Result<(), KeyError> {
        if self.kty == "OKP" && self.crv == "Ed25519" {
            Ok(())
        } else {
            Err(KeyError::Form { found: "a key of another type or curve" })
        }
    }
}

impl KeyId {
    /// The thumbprint's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for KeyId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 7638: SHA-256 over the required members in lexicographic order, without spaces.
fn thumbprint(key: &ed25519_dalek::VerifyingKey) -> KeyId {
    let x = BASE64URL_NOPAD.encode(key.as_bytes());
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    KeyId(BASE64URL_NOPAD.encode(&Sha256::digest(canonical)))
}

fn decode_32(text: &str) -> Result<[u8; 32], KeyError> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KeyError::Form { found: "bad base64url" })?;
    bytes.try_into().map_err(|_| KeyError::Form { found: "a key that is not 32 bytes long" })
}

fn file_error(path: &Path, source: std::io::Error) -> KeyError {
    KeyError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A: the key of A.2 has the thumbprint of A.3.
    #[test]
    fn thumbprint_is_that_of_rfc_8037() {
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let key: PublicKey = serde_json::from_str(jwk).unwrap();
        assert_eq!(key.kid().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_written_key_reads_back_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signing.jwk");
        let key = SigningKey::generate();
        key.write_new(&path).unwrap();
        assert_eq!(SigningKey::read(&path).unwrap().public(), key.public());
        assert!(key.write_new(&path).is_err(), "a key file is never replaced");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn only_the_right_key_and_message_verify() {
        let (key, other) = (SigningKey::generate(), SigningKey::generate());
        let signature = key.sign(b"one");
        assert!(key.public().verifies(b"one", &signature));
        assert!(!key.public().verifies(b"two", &signature));
        assert!(!other.public().verifies(b"one", &signature));
    }

    #[test]
    fn debug_hides_the_key() {
        let key = SigningKey::generate();
        assert!(!format!("{key:?}").contains(&BASE64URL_NOPAD.encode(key.key.as_bytes())));
    }
}
