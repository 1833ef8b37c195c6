//! Pointers: that another agency has an incident with a number which the reader has too, where the reader may not read
//! that incident. It says who to ask and nothing else.
//!
//! An agency that wants to be found this way publishes, to one circle, fingerprints of the strong identifiers of its own
//! incidents: HMAC-SHA-256 (RFC 2104) under a key that the agencies of the circle share beside the bus. Whoever has the
//! key and a number can see who else has it; nobody can read a number out of a fingerprint. It takes no more than trying,
//! though, to find those of a kind that has few (container numbers with their check digit): the key is for those who may
//! learn that.

use std::fmt;
use std::io::Write;
use std::path::Path;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use rand_core::RngCore as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::agency::AgencyId;
use crate::id::IncidentId;
use crate::incident::{Finding, HandlingCode, IdentifierKind, Incident, finding};

/// The most fingerprints in one list.
pub const MAX_FINGERPRINTS: usize = 20_000;
/// Shorter normal forms name nothing.
const MIN_NORMAL: usize = 5;
/// What makes a fingerprint of this bus another one than of any other use of the key.
const LABEL: &[u8] = b"backtrail pointer v1";

/// Numbers that were made for one shipment, container or permit. Telephones, addresses and names are of people, and are
/// never fingerprinted.
pub fn is_pointed_to(kind: IdentifierKind) -> bool {
    use IdentifierKind as K;
    matches!(
        kind,
        K::Container
            | K::Seal
            | K::AirWaybill
            | K::HouseAirWaybill
            | K::BillOfLading
            | K::PostalItem
            | K::CourierTracking
            | K::Permit
            | K::PreExportNotification
    )
}

/// A number of an incident that pointers can be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    pub kind: IdentifierKind,
    /// The form for comparing.
    pub normal: String,
    /// As written.
    pub value: String,
}

/// The numbers of an incident that pointers can be about, each once; none of a retracted one.
pub fn numbers(incident: &Incident) -> Vec<Number> {
    if incident.retracted.is_some() {
        return Vec::new();
    }
    let all = incident.identifiers.iter().filter(|one| is_pointed_to(one.kind));
    let mut numbers: Vec<Number> = all.filter_map(|one| Number::new(one.kind, &one.value)).collect();
    numbers.sort_unstable();
    numbers.dedup_by(|a, b| (a.kind, &a.normal) == (b.kind, &b.normal));
    numbers
}

/// True if its originator may publish pointers to it: it asks no reader to keep it to himself.
pub fn may_be_pointed_to(incident: &Incident) -> bool {
    !incident.handling.iter().any(|code| matches!(code, HandlingCode::H2 | HandlingCode::H3))
}

impl Number {
    /// A number as written; `None` if it is not of a kind that is pointed to, or names nothing.
    pub fn new(kind: IdentifierKind, value: &str) -> Option<Self> {
        let normal = kind.normal_form(value);
        let is_telling = is_pointed_to(kind) && normal.chars().count() >= MIN_NORMAL;
        is_telling.then(|| Self { kind, normal, value: value.to_owned() })
    }
}

/// The key that agencies share which point to one another's incidents: 32 random bytes.
#[derive(Clone)]
pub struct PointerKey(Zeroizing<[u8; 32]>);

/// Why a pointer key could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PointerKeyError {
    #[error("pointer key file {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("pointer key file {path} can be read by others (mode {mode:o}), expected mode 600")]
    Open { path: String, mode: u32 },
    #[error("pointer key file {path} holds no key, expected 32 bytes in base64url")]
    Form { path: String },
}

impl PointerKey {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rand_core::OsRng.fill_bytes(&mut key[..]);
        Self(key)
    }

    /// Writes the key to a new file that only its owner can read; never replaces a file.
    pub fn write_new(&self, path: &Path) -> Result<(), PointerKeyError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = Zeroizing::new(BASE64URL_NOPAD.encode(&self.0[..]) + "\n");
        options
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|source| PointerKeyError::File { path: path.display().to_string(), source })
    }

    /// Reads a key file that nobody but its owner can read.
    pub fn read(path: &Path) -> Result<Self, PointerKeyError> {
        let shown = || path.display().to_string();
        let error = |source| PointerKeyError::File { path: shown(), source };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path).map_err(error)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(PointerKeyError::Open { path: shown(), mode });
            }
        }
        let text = Zeroizing::new(std::fs::read(path).map_err(error)?);
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.trim_ascii()).unwrap_or_default());
        let key = bytes.as_slice().try_into().map_err(|_| PointerKeyError::Form { path: shown() })?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// What stands for a number: the first 16 bytes of HMAC-SHA-256 over a label, the kind and the normal form.
    pub fn fingerprint(&self, kind: IdentifierKind, normal: &str) -> PointerFingerprint {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).expect("HMAC takes a key of any length");
        for part in [LABEL, b"\0", kind.code().as_bytes(), b"\0", normal.as_bytes()] {
            mac.update(part);
        }
        let bytes: [u8; 32] = mac.finalize().into_bytes().into();
        PointerFingerprint(bytes[..16].try_into().expect("a MAC has 32 bytes"))
    }
}

impl fmt::Debug for PointerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PointerKey").finish_non_exhaustive()
    }
}

/// What stands for a number: 16 bytes, written as 32 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PointerFingerprint([u8; 16]);

impl TryFrom<String> for PointerFingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| "expected 32 hexadecimal digits in lower case".to_owned())
    }
}

impl From<PointerFingerprint> for String {
    fn from(fingerprint: PointerFingerprint) -> Self {
        HEXLOWER.encode(&fingerprint.0)
    }
}

impl fmt::Debug for PointerFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// What an agency points to from now on, and no longer. Nothing in it tells which fingerprints are of one incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointerList {
    /// Ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<PointerFingerprint>,
    /// Ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<PointerFingerprint>,
}

impl PointerList {
    pub(crate) fn check(&self) -> Result<(), Finding> {
        for (field, list) in [("/body/added", &self.added), ("/body/withdrawn", &self.withdrawn)] {
            if list.len() > MAX_FINGERPRINTS {
                let expected = format!("at most {MAX_FINGERPRINTS}");
                return Err(finding(field, format!("{} fingerprints", list.len()), expected));
            }
            if !list.is_sorted_by(|a, b| a < b) {
                return Err(finding(field, "fingerprints out of order", "each once, ascending"));
            }
        }
        Ok(())
    }
}

/// That another agency has an incident with a number which the reader has too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// Whom to ask.
    pub agency: AgencyId,
    /// The incident of the trace that bears the number; absent if none that may be read does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<IncidentId>,
    pub kind: IdentifierKind,
    /// The number, as the reader has it.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_fingerprint() {
        let key = PointerKey::generate();
        let fingerprint = |key: &PointerKey, kind, value| {
            let number = Number::new(kind, value).unwrap();
            key.fingerprint(number.kind, &number.normal)
        };
        let container = fingerprint(&key, IdentifierKind::Container, "MSKU 601167-2");
        assert_eq!(container, fingerprint(&key, IdentifierKind::Container, "msku6011672"));
        assert_ne!(container, fingerprint(&key, IdentifierKind::Seal, "MSKU6011672"));
        assert_ne!(container, fingerprint(&PointerKey::generate(), IdentifierKind::Container, "MSKU6011672"));
        let text = serde_json::to_string(&container).unwrap();
        assert_eq!(serde_json::from_str::<PointerFingerprint>(&text).unwrap(), container);
        assert!(
            serde_json::from_str::<PointerFingerprint>(&text.to_uppercase()).is_err() || text == text.to_uppercase()
        );
    }

    /// RFC 4231 has no case with this label; the value is that of Python's hmac module.
    #[test]
    fn the_fingerprint_is_the_standard_hmac() {
        let key = PointerKey(Zeroizing::new([7; 32]));
        let fingerprint = key.fingerprint(IdentifierKind::Container, "MSKU6011672");
        assert_eq!(format!("{fingerprint:?}"), "1798ae28415c83a104bcfd9377a3dab3");
    }

    #[test]
    fn people_are_not_pointed_to() {
        assert_eq!(Number::new(IdentifierKind::Phone, "+31 20 123 4567"), None);
        assert_eq!(Number::new(IdentifierKind::Seal, "12"), None);
    }

    #[test]
    fn a_key_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let key = PointerKey::generate();
        key.write_new(&path).unwrap();
        assert!(matches!(key.write_new(&path), Err(PointerKeyError::File { .. })));
        let read = PointerKey::read(&path).unwrap();
        assert_eq!(read.0, key.0);
        assert!(!format!("{key:?}").contains(&BASE64URL_NOPAD.encode(&key.0[..])));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(PointerKey::read(&path), Err(PointerKeyError::Open { mode: 0o644, .. })));
        }
        let other = dir.path().join("other");
        std::fs::write(&other, "short").unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(matches!(PointerKey::read(&other), Err(PointerKeyError::Form { .. })));
    }

    #[test]
    fn lists_are_in_order() {
        let (a, b) = (PointerFingerprint([1; 16]), PointerFingerprint([2; 16]));
        assert!(PointerList { added: vec![a, b], withdrawn: vec![] }.check().is_ok());
        assert!(PointerList { added: vec![b, a], withdrawn: vec![] }.check().is_err());
        assert!(PointerList { added: vec![], withdrawn: vec![a, a] }.check().is_err());
    }
}
