//! What the hub's register says about agencies: their public keys, and the circles they belong to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agency::{AgencyId, CircleId};
use crate::country::CountryCode;
use crate::key::{KeyId, PublicKey};

/// The register's entry for one agency; every agency can read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgencyEntry {
    /// Its name for people, such as `Douane Nederland`.
    pub name: String,
    pub country: CountryCode,
    pub keys: Vec<RegisteredKey>,
}

/// One key that may sign for an agency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisteredKey {
    pub kid: KeyId,
    pub jwk: PublicKey,
    /// From this time on, what the key signs is refused; what the stream stored before stays valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// The register's entry of the circles of one agency; only that agency can read it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CirclesEntry(pub BTreeMap<CircleId, Circle>);

/// A circle: who reads what is posted to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    pub description: String,
    pub members: Vec<AgencyId>,
}

impl AgencyEntry {
    /// The key with this id, revoked or not.
    pub fn key(&self, kid: &KeyId) -> Option<&RegisteredKey> {
        self.keys.iter().find(|key| key.kid == *kid && key.jwk.kid() == kid)
    }
}

impl RegisteredKey {
    /// True if a message that the stream stored at `stored_at` may rest on this key. The stream's clock decides,
    /// not the signer's: whoever holds a stolen key can write any time into what it signs.
    pub fn is_valid_at(&self, stored_at: Timestamp) -> bool {
        self.revoked_at.is_none_or(|revoked_at| stored_at < revoked_at)
    }
}
