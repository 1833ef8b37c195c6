//! Identifiers on documents, goods and transport: kept as written, normalised for comparing, checked where they can be.

use serde::{Deserialize, Serialize};

use super::code_list;
use crate::check_digit;

/// One identifier of a shipment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identifier {
    pub kind: IdentifierKind,
    /// As written.
    pub value: String,
    /// Upper case letters and digits only (e-mail and vendor handle: lower case), for comparing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
}

code_list! {
    /// Kind of identifier.
    IdentifierKind {
        /// ISO 6346 freight container number.
        Container = "container",
        Seal = "seal",
        /// IATA air waybill number.
        AirWaybill = "air-waybill",
        HouseAirWaybill = "house-air-waybill",
        BillOfLading = "bill-of-lading",
        /// UPU S10 postal item identifier.
        PostalItem = "postal-item",
        CourierTracking = "courier-tracking",
        Invoice = "invoice",
        Permit = "permit",
        PreExportNotification = "pre-export-notification",
        Phone = "phone",
        Email = "email",
        VendorHandle = "vendor-handle",
        /// IMO ship identification number (resolution A.1117(30)).
        ImoShip = "imo-ship",
        /// IMO company and registered owner identification number (resolution MSC.160(78)).
        ImoCompany = "imo-company",
        Lot = "lot",
        Other = "other",
    }
}

code_list! {
    /// Whether an identifier is well formed. A bad one warns and never blocks: labels are forged.
    Validity {
        Valid = "valid",
        BadCheckDigit = "bad-check-digit",
        UnknownFormat = "unknown-format",
        /// The kind has no check.
        Unchecked = "unchecked",
    }
}

impl Identifier {
    /// An identifier as written, with its normal form and its validity.
    pub fn new(kind: IdentifierKind, value: impl Into<String>) -> Self {
        let value = value.into();
        let normal = normalise(kind, &value);
        let validity = validity(kind, &normal);
        // Nothing is left of `---`; a label that says nothing must not block the post.
        let normal = (!normal.is_empty()).then_some(normal);
        Self { kind, value, normal, validity: Some(validity) }
    }

    /// The normal form, computed where the message did not carry it.
    pub fn normal_form(&self) -> String {
        normalise(self.kind, &self.value)
    }
}

fn normalise(kind: IdentifierKind, value: &str) -> String {
    match kind {
        IdentifierKind::Email | IdentifierKind::VendorHandle => value.trim().to_lowercase(),
        IdentifierKind::Phone => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            // International prefixes are written + or 00; without either the number stays national.
            digits.strip_prefix("00").map_or(digits.clone(), str::to_owned)
        }
        IdentifierKind::ImoShip | IdentifierKind::ImoCompany => value.chars().filter(char::is_ascii_digit).collect(),
        _ => value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect(),
    }
}

fn validity(kind: IdentifierKind, normal: &str) -> Validity {
    let checked = match kind {
        IdentifierKind::Container => check_digit::container(normal),
        IdentifierKind::PostalItem => check_digit::postal_item(normal),
        IdentifierKind::AirWaybill => check_digit::air_waybill(normal),
        IdentifierKind::ImoShip => check_digit::imo_ship(normal),
        IdentifierKind::ImoCompany => check_digit::imo_company(normal),
        _ => return Validity::Unchecked,
    };
    match checked {
        Some(true) => Validity::Valid,
        Some(false) => Validity::BadCheckDigit,
        None => Validity::UnknownFormat,
    }
}
