//! Parties: who is named, in which role, and how sure that is.

use serde::{Deserialize, Serialize};

use super::code_list;
use crate::country::CountryCode;

/// A person or company in a role. Name and address stay as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Party {
    pub role: PartyRole,
    #[serde(default)]
    pub standing: Standing,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Company registration or identity document number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
}

code_list! {
    /// Role of a party, after the party roles of NIEM's international trade domain.
    PartyRole {
        Consignor = "consignor",
        Consignee = "consignee",
        NotifyParty = "notify-party",
        Carrier = "carrier",
        Courier = "courier",
        Forwarder = "forwarder",
        Broker = "broker",
        Importer = "importer",
        Exporter = "exporter",
        Manufacturer = "manufacturer",
        Vendor = "vendor",
    }
}

/// What is known of a party's part: the name on a label is often a victim's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Only named on a document or label; nothing follows from it.
    #[default]
    NamedOnDocument,
    /// Exists and confirmed its part.
    Verified,
    Suspect,
    /// A real person or company whose name was used without its knowledge.
    MisusedIdentity,
}

impl PartyRole {
    /// True for those who send: consignor, exporter, manufacturer, vendor.
    pub fn is_sender(self) -> bool {
        matches!(self, Self::Consignor | Self::Exporter | Self::Manufacturer | Self::Vendor)
    }

    /// True for those who receive: consignee, notify party, importer.
    pub fn is_receiver(self) -> bool {
        matches!(self, Self::Consignee | Self::NotifyParty | Self::Importer)
    }
}
