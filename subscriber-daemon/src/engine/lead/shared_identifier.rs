//! `shared-identifier`: one number on several shipments.

use std::collections::BTreeSet;

use backtrail_bus::incident::{IdentifierKind, Incident};
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, rounded};
use crate::engine::fingerprint::Fingerprint;
use crate::engine::key::Key;
use crate::engine::model::{IdentifierModel, Model};
use crate::engine::observation::written;

/// How much it says that two shipments carry the same number. A number made for one shipment says most; a container
/// goes round the world several times a year, a phone or e-mail may be a forwarder's, invoices and permits are
/// numbered from 1 by everybody.
pub(crate) fn bits(kind: IdentifierKind) -> f64 {
    model().bits(kind)
}

/// The kind in words.
pub(crate) fn words(kind: IdentifierKind) -> String {
    kind.code().replace('-', " ")
}

pub(super) fn confirm_by(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Container | IdentifierKind::Seal => "the carrier's container history and the seal records",
        IdentifierKind::AirWaybill | IdentifierKind::HouseAirWaybill => "the air waybill and the forwarder's file",
        IdentifierKind::BillOfLading => "the bill of lading and the carrier's manifest",
        IdentifierKind::PostalItem | IdentifierKind::CourierTracking => "the operator's tracking and acceptance record",
        IdentifierKind::Invoice => "the invoice and the payment behind it",
        IdentifierKind::Permit | IdentifierKind::PreExportNotification => "the issuing authority's record",
        IdentifierKind::Phone | IdentifierKind::Email | IdentifierKind::VendorHandle => "subscriber or account data",
        _ => "the document that carries the number",
    }
}

pub(super) fn views(meeting: Meeting<'_>, kind: IdentifierKind) -> Vec<View> {
    let events = meeting.events();
    if events < 2 {
        return Vec::new();
    }
    // Each doubling of the shipments beyond the first two adds a bit.
    let bits = rounded(bits(kind) + ((events - 1) as f64).log2());
    if bits < model().threshold_bits {
        return Vec::new();
    }
    let kind = if is_split(meeting, kind) { LeadKind::SplitConsignment } else { LeadKind::SharedIdentifier };
    meeting.view_of_all(kind, bits)
}

/// Parcels of one master document travel at one time, and each has a consignee or a number of its own.
fn is_split(meeting: Meeting<'_>, kind: IdentifierKind) -> bool {
    if !matches!(kind, IdentifierKind::AirWaybill | IdentifierKind::BillOfLading) {
        return false;
    }
    let postings = meeting.postings();
    let ends = postings.first().zip(postings.last());
    let is_soon = ends.is_some_and(|(first, last)| last.day.0 - first.day.0 <= model().split_days);
    let parcels = || postings.iter().map(|posting| meeting.facts(posting.slot).parcel);
    let distinct: BTreeSet<Fingerprint> = parcels().flatten().collect();
    is_soon && distinct.len() == postings.len()
}

pub(super) fn evidence(key: &Key, kind: IdentifierKind, member: &Incident) -> Vec<Evidence> {
    let found = written(member, key);
    vec![Evidence {
        comparison: words(kind),
        words: format!("{} {found:?} is on the other shipments too", words(kind)),
        found,
        bits: bits(kind),
    }]
}

fn model() -> &'static IdentifierModel {
    &Model::shipped().lead.identifier
}
