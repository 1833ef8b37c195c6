//! What an officer writes: an incident without the fields that the bus gives it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::read::SCHEMA_VERSION;
use super::{Checked, Finding, Incident, ReadError, check, derive};
use crate::agency::{AgencyId, CircleId};
use crate::id::IncidentId;
use crate::realm::Realm;
use crate::registers::Registers;
use crate::strict_json;

/// The fields that only the bus sets.
const GIVEN_FIELDS: [&str; 6] = ["schema", "incident_id", "revision", "originator", "exercise", "reported_at"];

/// An incident as drafted (`schemas/draft.v1.schema.json`), with the circles it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    fields: Map<String, Value>,
    /// Empty where the draft leaves it to the context.
    pub circles: Vec<CircleId>,
}

/// Who posts, when and as what.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    pub incident_id: IncidentId,
    pub revision: u32,
    pub originator: AgencyId,
    pub realm: Realm,
    pub reported_at: Timestamp,
}

/// Why a draft cannot become an incident.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("not JSON: {0}")]
    Json(#[source] serde_json::Error),
    #[error("{0}")]
    Content(Finding),
    #[error(transparent)]
    Incident(#[from] ReadError),
}

impl Draft {
    /// Reads a draft from JSON.
    pub fn parse(json: &[u8]) -> Result<Self, DraftError> {
        Self::from_value(strict_json::parse(json).map_err(DraftError::Json)?)
    }

    /// Reads a draft from a JSON value.
    pub fn from_value(value: Value) -> Result<Self, DraftError> {
        let content = |field: &str, found: String, expected: &str| {
            DraftError::Content(Finding { field: field.to_owned(), found, expected: expected.to_owned() })
        };
        let Value::Object(mut fields) = value else {
            return Err(content("", strict_json::shown(&value), "a JSON object"));
        };
        if let Some(given) = GIVEN_FIELDS.iter().find(|field| fields.contains_key(**field)) {
            let found = strict_json::shown(&fields[*given]);
            return Err(content(&format!("/{given}"), found, "no such field in a draft; the bus sets it"));
        }
        let circles = match fields.remove("circles") {
            None => Vec::new(),
            Some(value) => {
                let found = strict_json::shown(&value);
                serde_json::from_value(value)
                    .map_err(|_| content("/circles", found, "a list of circle names such as [\"all\"]"))?
            }
        };
        Ok(Self { fields, circles })
    }

    /// Builds a draft from an incident's own fields.
    pub fn from_incident(incident: &Incident) -> Self {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(incident) else {
            unreachable!("an incident is written as a JSON object")
        };
        fields.retain(|field, _| !GIVEN_FIELDS.contains(&field.as_str()));
        Self { fields, circles: Vec::new() }
    }

    /// The draft as JSON, without its circles.
    pub fn to_value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// The originator's own reference, where the draft has one.
    pub fn own_reference(&self) -> Option<&str> {
        self.fields.get("own_reference")?.as_str()
    }

    /// Makes the incident: adds the given fields, derives, checks. Returns it with its warnings.
    pub fn complete(self, origin: Origin, registers: Registers<'_>) -> Result<(Incident, Checked), DraftError> {
        let mut fields = self.fields;
        fields.insert("schema".into(), SCHEMA_VERSION.into());
        fields.insert("incident_id".into(), json!(origin.incident_id));
        fields.insert("revision".into(), origin.revision.into());
        fields.insert("originator".into(), json!(origin.originator));
        fields.insert("exercise".into(), origin.realm.is_exercise().into());
        fields.insert("reported_at".into(), json!(origin.reported_at));
        let mut incident = Incident::from_value(&Value::Object(fields))?;
        derive(&mut incident, registers);
        let warnings = check(&incident).map_err(DraftError::Content)?;
        Ok((incident, warnings))
    }
}
