//! Reading an incident from bytes that nobody vouches for.

use std::io::{self, Write};

use super::check::check_limits;
use super::{Finding, Incident};
use crate::strict_json;

/// The schema version that this program writes. It reads every 1.x: fields of a newer one are ignored, and kept in
/// the payload.
pub const SCHEMA_VERSION: &str = "1.1";
/// Its second number: unknown fields of this and earlier versions are refused.
const SCHEMA_MINOR: u32 = 1;
/// The largest payload, in bytes. Attachments do not travel in incidents.
pub const MAX_INCIDENT_BYTES: usize = 256 * 1024;

/// Fields that are written only if they say something.
const MAY_BE_LEFT_OUT: [&str; 5] = ["exercise", "parties", "route", "identifiers", "handling"];

/// Why bytes are not an incident.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("found {found} bytes, expected at most {MAX_INCIDENT_BYTES}")]
    TooLarge { found: usize },
    #[error("not JSON as this bus writes it: {0}")]
    Json(#[source] serde_json::Error),
    #[error("found schema version {found}, expected 1.0 or a later 1.x")]
    Version { found: String },
    #[error("{}: {}", place(.0), .0.inner())]
    Schema(#[source] serde_path_to_error::Error<serde_json::Error>),
    #[error("{0}")]
    Content(Finding),
}

impl Incident {
    /// Parses and checks a payload. The signature must have been verified before, over these very bytes.
    pub fn read(payload: &[u8]) -> Result<Self, ReadError> {
        if payload.len() > MAX_INCIDENT_BYTES {
            return Err(ReadError::TooLarge { found: payload.len() });
        }
        if let Some(incident) = Self::read_own_form(payload) {
            check_limits(&incident).map_err(ReadError::Content)?;
            return Ok(incident);
        }
        let value = strict_json::parse(payload).map_err(ReadError::Json)?;
        Self::from_value(&value)
    }

    /// Reads a payload that is, byte for byte, what these types write. Such a payload has no unknown field, no key
    /// twice and no unusual spelling of a value, so nothing is left to look for; and it is by far the most frequent.
    fn read_own_form(payload: &[u8]) -> Option<Self> {
        // Among the escapes by number is U+0000, which is refused.
        if has_numbered_escape(payload) {
            return None;
        }
        // The text is checked once as a whole, instead of each string by itself.
        let incident: Self = serde_json::from_str(std::str::from_utf8(payload).ok()?).ok()?;
        (incident.schema == SCHEMA_VERSION && incident.is_written_as(payload)).then_some(incident)
    }

    /// True if `payload` is what [`Self::to_bytes`] gives.
    fn is_written_as(&self, payload: &[u8]) -> bool {
        let mut rest = Expected(payload);
        serde_json::to_writer(&mut rest, self).is_ok() && rest.0.is_empty()
    }

    /// Parses a payload that [`Self::read`] accepted before.
    pub fn read_again(payload: &[u8]) -> Result<Self, ReadError> {
        let parsed = std::str::from_utf8(payload).ok().and_then(|text| serde_json::from_str(text).ok());
        parsed.map_or_else(|| Self::read(payload), Ok)
    }

    /// Parses and checks a JSON value.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, ReadError> {
        let version = value.get("schema").and_then(serde_json::Value::as_str);
        let minor = version.and_then(|version| version.strip_prefix("1.")).filter(|minor| !minor.starts_with('+'));
        let minor = minor.and_then(|minor| minor.parse::<u32>().ok());
        if minor.is_none() {
            let found = value.get("schema").map_or_else(|| "none".to_owned(), strict_json::shown);
            return Err(ReadError::Version { found });
        }
        let incident: Self = serde_path_to_error::deserialize(value).map_err(ReadError::Schema)?;
        let (id, found) = (incident.incident_id.to_string(), &value["incident_id"]);
        if found.as_str() != Some(&id) {
            let field = "/incident_id".to_owned();
            return Err(ReadError::Content(Finding { field, found: strict_json::shown(found), expected: id }));
        }
        if minor.is_some_and(|minor| minor <= SCHEMA_MINOR) {
            let known = serde_json::to_value(&incident).map_err(ReadError::Json)?;
            if let Some((field, found)) = strict_json::first_unknown(value, &known, &MAY_BE_LEFT_OUT) {
                let expected = "no such field".to_owned();
                return Err(ReadError::Content(Finding { field, found, expected }));
            }
        }
        check_limits(&incident).map_err(ReadError::Content)?;
        Ok(incident)
    }
}

/// What is still to be written; anything else is refused.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0 = match (bytes, self.0) {
            // Half of what is written are single signs.
            ([sign], [first, rest @ ..]) if sign == first => rest,
            (_, rest) => rest.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?,
        };
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// True if a character is written as `\u` and four digits.
fn has_numbered_escape(payload: &[u8]) -> bool {
    let mut rest = payload;
    while let Some(place) = memchr::memchr(b'\\', rest) {
        if rest.get(place + 1) == Some(&b'u') {
            return true;
        }
        rest = rest.get(place + 2..).unwrap_or_default();
    }
    false
}

/// The JSON Pointer of what did not fit its type.
fn place(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    use serde_path_to_error::Segment;
    let segments = error.path().iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{key}")),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    let path: String = segments.collect();
    if path.is_empty() { "the incident".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> serde_json::Value {
        serde_json::json!({
            "schema": "1.0", "incident_id": "0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e", "revision": 1,
            "originator": "nl-customs", "reported_at": "2026-03-04T10:15:00Z", "kind": "seizure",
            "occurred_at": "2026-03-04", "place": {"country": "NL"}, "substances": [{"name": "fentanyl"}],
        })
    }

    #[test]
    fn a_minimal_incident_reads_and_writes_the_same() {
        let incident = Incident::from_value(&minimal()).unwrap();
        assert_eq!(serde_json::to_value(&incident).unwrap(), minimal());
    }

    #[test]
    fn the_form_of_the_bytes_does_not_matter() {
        let mut value = minimal();
        value["schema"] = SCHEMA_VERSION.into();
        let own_form = Incident::from_value(&value).unwrap().to_bytes();
        let other_form = serde_json::to_vec_pretty(&value).unwrap();
        assert_eq!(Incident::read(&own_form).unwrap(), Incident::read(&other_form).unwrap());
        assert!(Incident::read_own_form(&own_form).is_some() && Incident::read_own_form(&other_form).is_none());
        // A type that reads what it does not write, and a text with U+0000, go the careful way.
        let text = String::from_utf8(own_form).unwrap();
        for odd in [text.replace("fentanyl", "fent\\u0000anyl"), text.replacen('{', "{\"exercise\":false,", 1)] {
            assert!(Incident::read_own_form(odd.as_bytes()).is_none());
        }
        // A backslash before a "u" is none of those escapes if it is escaped itself.
        let quoted = text.replace("fentanyl", r#"\\u0000\""#);
        assert!(Incident::read_own_form(quoted.as_bytes()).is_some());
        let unknown = text.replacen('{', "{\"weather\":\"rain\",", 1);
        assert!(matches!(Incident::read(unknown.as_bytes()), Err(ReadError::Content(_))));
    }

    #[test]
    fn a_wrong_type_is_said_with_its_place() {
        fn check(pointer: &str, wrong: serde_json::Value, expected: &str) {
            let mut value = minimal();
            *value.pointer_mut(pointer).unwrap() = wrong;
            let error = Incident::from_value(&value).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error:?}");
        }
        check("/kind", "theft".into(), "/kind: unknown variant `theft`, expected one of");
        check("/substances/0/name", 7.into(), "/substances/0/name: invalid type: integer `7`, expected a string");
        check("/place", serde_json::json!({"country": "XX"}), "/place/country: found country \"XX\"");
    }

    #[test]
    fn a_newer_minor_version_may_know_more() {
        let mut value = minimal();
        value["weather"] = "rain".into();
        let error = Incident::from_value(&value).unwrap_err().to_string();
        assert_eq!(error, "/weather: found \"rain\", expected no such field");
        value["schema"] = "1.4".into();
        assert!(Incident::from_value(&value).is_ok());
        value["schema"] = "2.0".into();
        assert!(matches!(Incident::from_value(&value), Err(ReadError::Version { .. })));
    }
}
