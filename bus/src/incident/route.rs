//! The route: ordered legs, each with the role of its place.

use serde::{Deserialize, Serialize};

use super::{OccurredAt, Place, code_list};

/// One leg of a route: a place in a role, and how the goods left it or came to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteLeg {
    pub role: LegRole,
    pub place: Place,
    /// When the goods were there, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<OccurredAt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<TransportMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
}

code_list! {
    /// Role of a place on a route, after the location functions of UN/CEFACT that INCB's reports speak of.
    LegRole {
        /// Where the substance was made or the goods began.
        Origin = "origin",
        Departure = "departure",
        Transit = "transit",
        Transhipment = "transhipment",
        FreeZone = "free-zone",
        Destination = "destination",
        UltimateDestination = "ultimate-destination",
    }
}

code_list! {
    /// Mode of transport: UN/CEFACT Recommendation 19, with post and courier told apart as INCB does.
    TransportMode {
        Sea = "sea",
        Rail = "rail",
        Road = "road",
        Air = "air",
        Mail = "mail",
        Courier = "courier",
        Multimodal = "multimodal",
        InlandWater = "inland-water",
        Pedestrian = "pedestrian",
        Other = "other",
        Unknown = "unknown",
    }
}

impl RouteLeg {
    /// True if the goods passed a free zone there.
    pub fn is_free_zone(&self) -> bool {
        self.role == LegRole::FreeZone || self.place.is_free_zone()
    }
}

impl LegRole {
    /// True where goods set out, false where they pass or arrive.
    pub fn is_start(self) -> bool {
        matches!(self, Self::Origin | Self::Departure)
    }

    /// True where goods are meant to end.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Destination | Self::UltimateDestination)
    }
}
