//! Identifiers on documents, goods, transport and people: kept as written, normalised for comparing, checked where they
//! can be. Nothing here ever blocks a post: labels are forged, and the forgery is the lead.

mod contact;
mod goods;
mod mail;
mod transport;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::code_list;

/// One identifier of a shipment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identifier {
    pub kind: IdentifierKind,
    /// As written.
    pub value: String,
    /// The form for comparing; which one depends on the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// Why it has that validity, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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
        /// Airline and number of a flight, with its date.
        Flight = "flight",
        /// UPU S10 postal item identifier.
        PostalItem = "postal-item",
        CourierTracking = "courier-tracking",
        Invoice = "invoice",
        Permit = "permit",
        PreExportNotification = "pre-export-notification",
        Phone = "phone",
        Email = "email",
        VendorHandle = "vendor-handle",
        /// Address of an account in a distributed ledger.
        CryptoAddress = "crypto-address",
        /// IMO ship identification number (resolution A.1117(30)).
        ImoShip = "imo-ship",
        /// IMO company and registered owner identification number (resolution MSC.160(78)).
        ImoCompany = "imo-company",
        /// CAS registry number of a chemical.
        Cas = "cas",
        /// Code of the Harmonized System (WCO) or the Combined Nomenclature (EU).
        HsCode = "hs-code",
        Lot = "lot",
        Other = "other",
    }
}

code_list! {
    /// Whether an identifier is well formed. A bad one warns and never blocks.
    Validity {
        Valid = "valid",
        BadCheckDigit = "bad-check-digit",
        UnknownFormat = "unknown-format",
        /// The kind has no check.
        Unchecked = "unchecked",
    }
}

/// What looking at an identifier gave.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Judged {
    normal: String,
    validity: Validity,
    reason: Cow<'static, str>,
}

impl Judged {
    fn new(normal: impl Into<String>, validity: Validity, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { normal: normal.into(), validity, reason: reason.into() }
    }

    /// By a check digit: `None` means another format.
    fn checked(normal: String, fits: Option<bool>, what: &str, format: &str) -> Self {
        match fits {
            Some(true) => Self::new(normal, Validity::Valid, format!("{what}: the check digit fits")),
            Some(false) => Self::new(normal, Validity::BadCheckDigit, format!("{what}: the check digit does not fit")),
            None => Self::new(normal, Validity::UnknownFormat, format!("expected {format}")),
        }
    }
}

impl Identifier {
    /// An identifier as written, with its normal form and its validity.
    pub fn new(kind: IdentifierKind, value: impl Into<String>) -> Self {
        let value = value.into();
        let Judged { normal, validity, reason } = judge(kind, &value);
        // Nothing is left of `---`; a label that says nothing must not block the post.
        let normal = (!normal.is_empty()).then_some(normal);
        Self { kind, value, normal, validity: Some(validity), reason: Some(reason.into_owned()) }
    }

    /// The normal form, computed anew: the one in a message is only said.
    pub fn normal_form(&self) -> String {
        self.kind.normal_form(&self.value)
    }
}

impl IdentifierKind {
    /// The form of a value for comparing.
    pub fn normal_form(self, value: &str) -> String {
        judge(self, value).normal
    }
}

fn judge(kind: IdentifierKind, value: &str) -> Judged {
    match kind {
        IdentifierKind::Container => transport::container(value),
        IdentifierKind::Seal => transport::seal(value),
        IdentifierKind::AirWaybill => transport::air_waybill(value),
        IdentifierKind::HouseAirWaybill => transport::house_air_waybill(value),
        IdentifierKind::BillOfLading => transport::bill_of_lading(value),
        IdentifierKind::Flight => transport::flight(value),
        IdentifierKind::ImoShip => transport::imo_ship(value),
        IdentifierKind::ImoCompany => transport::imo_company(value),
        IdentifierKind::PostalItem => mail::postal_item(value),
        IdentifierKind::CourierTracking => mail::courier_tracking(value),
        IdentifierKind::Phone => contact::phone(value),
        IdentifierKind::Email => contact::email(value),
        IdentifierKind::CryptoAddress => contact::crypto_address(value),
        IdentifierKind::Cas => goods::cas(value),
        IdentifierKind::HsCode => goods::hs_code(value),
        IdentifierKind::VendorHandle => unchecked(value.trim().to_lowercase()),
        IdentifierKind::Invoice
        | IdentifierKind::Permit
        | IdentifierKind::PreExportNotification
        | IdentifierKind::Lot
        | IdentifierKind::Other => unchecked(capitals(value)),
    }
}

fn unchecked(normal: String) -> Judged {
    Judged::new(normal, Validity::Unchecked, "this kind has no check")
}

/// Upper case letters and digits.
fn capitals(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

fn digits(value: &str) -> String {
    value.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests;
