//! Ids as types, so that one can never be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The 16 bytes of the id.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError { found: text.chars().take(64).collect() })
            }
        }
    };
}

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected a UUID such as 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e")]
pub struct IdError {
    found: String,
}

uuid_id! {
    /// An incident, for all its revisions: a UUIDv7 (RFC 9562) chosen when the post enters the outbox.
    IncidentId
}

uuid_id! {
    /// A lead: a UUIDv5 (RFC 9562) of its kind and its hub key, so that a replay makes the same leads.
    LeadId
}

uuid_id! {
    /// A proposal of a stop value: a UUIDv5 (RFC 9562) of the value and of how often it was proposed.
    StopId
}

impl StopId {
    /// The namespace under which these ids are derived; a constant of this product.
    const NAMESPACE: Uuid = Uuid::from_u128(0x3f0d_9be2_71c8_4a55_8e64_c9a2_5d17_f0b3);

    /// The id of the `nth` proposal of a value, counted from 1.
    pub fn derive(value: &str, nth: usize) -> Self {
        Self(Uuid::new_v5(&Self::NAMESPACE, format!("{value}\n{nth}").as_bytes()))
    }
}

uuid_id! {
    /// A thread of the exchange, such as a request with all that is said about it: a UUIDv7 chosen by who begins it.
    ThreadId
}

uuid_id! {
    /// One event of a thread: a UUIDv7.
    ExchangeEventId
}

impl ThreadId {
    /// A new id, ordered by the time of its making.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl ExchangeEventId {
    /// A new id, ordered by the time of its making.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl IncidentId {
    /// A new id, ordered by the time of its making.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl LeadId {
    /// The namespace under which lead ids are derived; a constant of this product.
    const NAMESPACE: Uuid = Uuid::from_u128(0x6a1c_57c4_0f5b_4d0e_9a3e_62b7_41d8_ba07);

    /// The id of the lead of `kind` whose members meet at `hub_key`.
    pub fn derive(kind: &str, hub_key: impl fmt::Display) -> Self {
        Self(Uuid::new_v5(&Self::NAMESPACE, format!("{kind}\n{hub_key}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lead_ids_depend_on_kind_and_key_only() {
        let id = LeadId::derive("same-consignor", "party acme");
        assert_eq!(id, LeadId::derive("same-consignor", "party acme"));
        assert_ne!(id, LeadId::derive("same-consignee", "party acme"));
        assert_eq!(id.to_string().parse::<LeadId>().unwrap(), id);
    }

    #[test]
    fn a_wrong_id_is_shown() {
        let error = "NL-2026-0042".parse::<IncidentId>().unwrap_err();
        assert!(error.to_string().starts_with("found \"NL-2026-0042\", expected a UUID"));
    }
}
