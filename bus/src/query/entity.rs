//! Everything that is known of one party, under all its spellings.

use serde::{Deserialize, Serialize};

use super::{FoundIncident, Query};
use crate::country::CountryCode;
use crate::incident::{PartyRole, Standing};

/// A party by its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityQuery {
    /// In any spelling.
    pub name: String,
    /// Only where it is of this country, or of none that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// At most so many incidents and lines of each list; the daemon caps it at [`EntityQuery::MAX_LIMIT`].
    pub limit: usize,
}

/// The answer to [`EntityQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// How the one that is meant is written.
    pub name: String,
    /// In how many incidents it is named; those that were taken back are not counted.
    pub incident_count: usize,
    /// The first and the last day of these, ISO 8601.
    pub first_day: String,
    pub last_day: String,
    /// Every spelling that is probably this party, by country, the most frequent first. All that follows is of these.
    pub spellings: Vec<EntitySpelling>,
    /// Parties with a like name that are probably somebody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<EntitySpelling>,
    /// That all spellings are one party, 0 to 1: as sure as the least sure of them.
    pub one_party: f64,
    /// How many incidents say that the name was misused: then it is a victim's, not an offender's.
    pub misused_count: usize,
    /// What it was said to be, by incident, earliest first.
    pub standings: Vec<EntityStanding>,
    pub roles: Vec<EntityRole>,
    pub countries: Vec<Counted>,
    pub addresses: Vec<Counted>,
    /// Phones, e-mails and registration numbers.
    pub contacts: Vec<Counted>,
    pub substances: Vec<EntitySubstance>,
    /// Who stands at the other end of its shipments, or between.
    pub counterparties: Vec<Counterparty>,
    /// The incidents themselves, latest first.
    pub incidents: Vec<FoundIncident>,
    /// What was left out, in words; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// A value as written, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    pub value: String,
    pub count: usize,
    /// The first and the last day on which it was used, ISO 8601.
    pub first_day: String,
    pub last_day: String,
}

/// One way in which the name is written, in one country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntitySpelling {
    pub written: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// How often it is named.
    pub count: usize,
    /// What speaks for it being the party that is meant, in bits: name, address, contact and country, in the two reports
    /// that have most in common. 0 where there is only one report.
    pub bits: f64,
    /// The same as a probability, 0 to 1.
    pub probability: f64,
    /// What agrees and what does not, in words.
    pub words: String,
}

/// The same standing in incidents that follow one another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityStanding {
    pub standing: Standing,
    pub count: usize,
    /// The first and the last day of these incidents, ISO 8601.
    pub first_day: String,
    pub last_day: String,
}

/// How often a party has a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityRole {
    pub role: PartyRole,
    pub count: usize,
    pub first_day: String,
    pub last_day: String,
}

/// A substance in the incidents of a party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntitySubstance {
    /// The register's name, or the name as reported where the register has none.
    pub name: String,
    /// In how many incidents.
    pub count: usize,
    /// Kilograms in all, of the lines that have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kilograms: Option<f64>,
}

/// Another party in the same incidents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counterparty {
    /// As written in the incident that came last.
    pub name: String,
    pub role: PartyRole,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    pub count: usize,
    /// True if an incident says that this name was misused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_misused: bool,
}

impl EntityQuery {
    /// The most incidents, and lines of a list, in one answer.
    pub const MAX_LIMIT: usize = 200;
}

impl Query for EntityQuery {
    const NAME: &'static str = "entity";
    type Answer = Entity;
}
