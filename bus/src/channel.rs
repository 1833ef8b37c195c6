//! Channels: whom an envelope reaches. A chain of envelopes runs along one channel.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::agency::{AgencyId, CircleId};
use crate::token::TokenError;

const AGENCY_PREFIX: &str = "exchange.";
const NOTICES_PREFIX: &str = "notice.";

/// Where envelopes of one signer go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Incidents for a circle.
    Incidents(CircleId),
    /// What is said to one agency.
    Agency(AgencyId),
    /// Notices to a circle.
    Notices(CircleId),
}

impl Channel {
    /// The channel as the outbox keeps it; [`FromStr`] reads it back. A dot cannot stand in a token, so the three
    /// sorts cannot be confused.
    pub fn key(&self) -> String {
        match self {
            Self::Incidents(circle) => circle.to_string(),
            Self::Agency(agency) => format!("{AGENCY_PREFIX}{agency}"),
            Self::Notices(circle) => format!("{NOTICES_PREFIX}{circle}"),
        }
    }
}

impl FromStr for Channel {
    type Err = TokenError;

    fn from_str(key: &str) -> Result<Self, TokenError> {
        if let Some(agency) = key.strip_prefix(AGENCY_PREFIX) {
            return AgencyId::new(agency).map(Self::Agency);
        }
        match key.strip_prefix(NOTICES_PREFIX) {
            Some(circle) => CircleId::new(circle).map(Self::Notices),
            None => CircleId::new(key).map(Self::Incidents),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incidents(circle) | Self::Notices(circle) => write!(f, "circle {circle}"),
            Self::Agency(agency) => write!(f, "agency {agency}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back() {
        let circle = CircleId::new("all").unwrap();
        let channels = [
            Channel::Incidents(circle.clone()),
            Channel::Agency(AgencyId::new("all").unwrap()),
            Channel::Notices(circle),
        ];
        for channel in channels {
            assert_eq!(channel.key().parse(), Ok(channel));
        }
    }
}
