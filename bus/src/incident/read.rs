//! Reading an incident from bytes that nobody vouches for.

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::check::check_limits;
use super::{Finding, Incident};
use crate::{strict_json, strict_read};

/// The schema version that this program writes. It reads every 1.x: fields of a newer one are ignored, and kept in
/// the payload.
pub const SCHEMA_VERSION: &str = "1.1";
/// Its second number: unknown fields of this and earlier versions are refused.
const SCHEMA_MINOR: u32 = 1;
/// The largest payload, in bytes. Attachments do not travel in incidents.
pub const MAX_INCIDENT_BYTES: usize = 256 * 1024;

/// Fields that are written only if they say something.
const MAY_BE_LEFT_OUT: [&str; 6] = ["exercise", "parties", "route", "identifiers", "handling", "free_zone"];

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
        if let Some(incident) = Self::read_as_expected(payload) {
            check_limits(&incident).map_err(ReadError::Content)?;
            return Ok(incident);
        }
        let value = strict_json::parse(payload).map_err(ReadError::Json)?;
        Self::from_value(&value)
    }

    /// Reads in one pass what nearly every payload is: of this very version, with no field that is unknown, nothing
    /// twice and nothing of another type. What is not goes the way that says what is wrong, and where.
    fn read_as_expected(payload: &[u8]) -> Option<Self> {
        // Among the escapes by number is U+0000, which is refused.
        if has_numbered_escape(payload) {
            return None;
        }
        // The text is checked once as a whole, instead of each string by itself.
        let incident: Self = strict_read::from_str(std::str::from_utf8(payload).ok()?).ok()?;
        (incident.schema == SCHEMA_VERSION && incident.has_id_written_in(payload)).then_some(incident)
    }

    /// True if `payload` spells the id as it is spelled here. A text cannot hold what is looked for: a quote in it
    /// stands behind a backslash.
    fn has_id_written_in(&self, payload: &[u8]) -> bool {
        const BEFORE_ID: &[u8] = br#""incident_id":""#;
        let mut id = [0; Hyphenated::LENGTH];
        let id = Uuid::from_bytes(*self.incident_id.as_bytes()).hyphenated().encode_lower(&mut id);
        let after = |from: usize| &payload[from + BEFORE_ID.len()..];
        memchr::memmem::find(payload, BEFORE_ID).is_some_and(|from| after(from).starts_with(id.as_bytes()))
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
        assert!(Incident::read_as_expected(&own_form).is_some());
        // What could be U+0000, and an id that is not found at once, go the careful way.
        let text = String::from_utf8(own_form).unwrap();
        let id = value["incident_id"].as_str().unwrap();
        for odd in [text.replace("fentanyl", "fent\\u0000anyl"), text.replace(id, &id.to_uppercase())] {
            assert!(Incident::read_as_expected(odd.as_bytes()).is_none());
        }
        // A backslash before a "u" is none of those escapes if it is escaped itself.
        let quoted = text.replace("fentanyl", r#"\\u0000\""#);
        assert!(Incident::read_as_expected(quoted.as_bytes()).is_some());
    }

    /// What somebody could write in the place of a value.
    fn spoiled(value: &serde_json::Value) -> Vec<serde_json::Value> {
        use serde_json::json;
        let mut all = vec![json!(null), json!([]), json!({}), json!(false), json!(7), json!(0.5), json!("x")];
        all.push(json!([value]));
        match value {
            serde_json::Value::Object(fields) => {
                all.push(fields.values().cloned().collect());
                let mut more = fields.clone();
                more.insert("weather".to_owned(), json!("rain"));
                all.push(more.into());
            }
            serde_json::Value::String(text) => all.push(json!({ text: null })),
            _ => {}
        }
        all
    }

    #[test]
    fn one_pass_takes_what_the_careful_way_takes() {
        fn pointers(value: &serde_json::Value, at: String, all: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(fields) => {
                    fields.iter().for_each(|(name, field)| pointers(field, format!("{at}/{name}"), all));
                }
                serde_json::Value::Array(items) => {
                    items.iter().enumerate().for_each(|(place, item)| pointers(item, format!("{at}/{place}"), all));
                }
                _ => {}
            }
            all.push(at);
        }
        let full = include_str!("../../../schemas/examples/incident/pass/full.json");
        let mut full: serde_json::Value = serde_json::from_str(full).unwrap();
        full["schema"] = SCHEMA_VERSION.into();
        let mut all = Vec::new();
        pointers(&full, String::new(), &mut all);
        let (mut taken, mut refused) = (0, 0);
        for pointer in all {
            for other in spoiled(full.pointer(&pointer).unwrap()) {
                let mut value = full.clone();
                *value.pointer_mut(&pointer).unwrap() = other;
                let in_one_pass = Incident::read_as_expected(value.to_string().as_bytes());
                let in_one_pass = in_one_pass.filter(|incident| check_limits(incident).is_ok());
                let of_this_version = |incident: &Incident| incident.schema == SCHEMA_VERSION;
                let carefully = Incident::from_value(&value).ok().filter(of_this_version);
                assert_eq!(in_one_pass, carefully, "{value}");
                *if carefully.is_some() { &mut taken } else { &mut refused } += 1;
            }
        }
        // Most values may not be another's; texts may.
        assert!(taken > 50 && refused > 500, "{taken} taken, {refused} refused");
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
