//! The incident: one reported event, as it is written on the wire.
//!
//! `schemas/incident.v1.schema.json` is the contract; these types agree with it, and a test holds both to the same
//! examples. Values stay as reported, with what was derived from them beside them.

mod check;
mod derive;
mod draft;
mod handling;
mod identifier;
mod kind;
mod occurred;
mod party;
mod place;
mod quantity;
mod read;
mod route;
mod substance;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::check::{Checked, Finding, check};
pub(crate) use self::check::{MAX_NARRATIVE, MAX_TEXT, check_limits, finding, text_up_to};
pub use self::derive::derive;
pub use self::draft::{Draft, DraftError, Origin};
pub use self::handling::{Handling, HandlingCode};
pub use self::identifier::{Identifier, IdentifierKind, Validity};
pub use self::kind::IncidentKind;
pub use self::occurred::{OccurredAt, OccurredError, Precision};
pub use self::party::{Party, PartyRole, Standing};
pub use self::place::{Coordinates, Locode, Place, PlaceKind, ResolvedPlace};
pub use self::quantity::{Derived, Measure, Quantity};
pub use self::read::{MAX_INCIDENT_BYTES, ReadError, SCHEMA_VERSION};
pub use self::route::{LegRole, RouteLeg, TransportMode};
pub use self::substance::{Basis, SubstanceLine};

use crate::agency::AgencyId;
use crate::id::IncidentId;
use crate::realm::Realm;
use crate::subject::IncidentSubject;
use crate::token::Token;

/// One revision of one incident.
///
/// A minimal post has a kind, a time, a place and one substance line; everything else enriches it. The payload does
/// not say to which circles it was posted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Version of the schema, such as `1.0`.
    pub schema: String,
    pub incident_id: IncidentId,
    /// 1 for the first post; the highest valid revision is current.
    pub revision: u32,
    /// The agency that posted; it alone revises and retracts.
    pub originator: AgencyId,
    /// True in the exercise realm.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exercise: bool,
    /// When the post entered the outbox.
    pub reported_at: Timestamp,
    /// Present in the final revision of an incident that its originator took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracted: Option<Retraction>,
    /// The originator's own reference; unique for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_reference: Option<String>,
    pub kind: IncidentKind,
    pub occurred_at: OccurredAt,
    pub place: Place,
    /// At least one.
    pub substances: Vec<SubstanceLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<Party>,
    /// Legs in the order of travel, as far as known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<RouteLeg>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goods: Option<Goods>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packaging: Option<Packaging>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concealment: Option<Concealment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection: Option<Detection>,
    /// Europol handling codes (H0 to H3) that the originator set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handling: Vec<HandlingCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
    /// Name of the operation that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrative: Option<String>,
    /// Language of the narrative, as a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Why an incident was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retraction {
    pub reason: String,
}

/// The goods as declared on the documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Goods {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Harmonized System or Combined Nomenclature code, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hs_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_value: Option<f64>,
    /// ISO 4217 code of the declared value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_weight_kg: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u32>,
}

/// How it was packed, and what was written or stamped on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Packaging {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<String>,
    /// Logo or stamp, described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

/// Where and how it was hidden.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Concealment {
    /// Where it was hidden, as reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The same as a code of `schemas/codes/concealment.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Why it was selected and by what technique it was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technique: Option<String>,
}

/// Europol 4x4 evaluation of source and information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    pub source: SourceReliability,
    /// 1 (accuracy not in doubt) to 4 (cannot be corroborated).
    pub information: u8,
}

/// A no doubt; B mostly reliable; C mostly unreliable; X cannot be assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceReliability {
    A,
    B,
    C,
    X,
}

impl Incident {
    /// The realm that the signed payload names.
    pub fn realm(&self) -> Realm {
        if self.exercise { Realm::Exercise } else { Realm::Real }
    }

    /// The family that stands in the subject: that of the first substance line.
    pub fn family(&self) -> Token {
        self.substances.first().map_or_else(crate::substance_register::unknown_family, SubstanceLine::family_or_unknown)
    }

    /// The subject of this incident in `circle`.
    pub fn subject(&self, circle: &crate::agency::CircleId) -> IncidentSubject {
        IncidentSubject {
            realm: self.realm(),
            agency: self.originator.clone(),
            circle: circle.clone(),
            kind: self.kind,
            family: self.family(),
            country: self.place.country,
        }
    }

    /// The payload: compact JSON, the bytes that are signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an incident has no maps with non-text keys and no failing values")
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Declares a list of codes: an enum whose variants are written as kebab-case text on the wire.
macro_rules! code_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as written on the wire.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The member of the list with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            /// Parses a code; the error lists the codes there are.
            fn from_str(text: &str) -> Result<Self, String> {
                Self::from_code(text).ok_or_else(|| {
                    let codes: Vec<&str> = Self::ALL.iter().map(|member| member.code()).collect();
                    format!("found {text:?}, expected one of {}", codes.join(", "))
                })
            }
        }
    };
}
pub(crate) use code_list;
