//! `same-consignor` and `same-consignee` by the address: names that are nearly the same at one address are one party,
//! however the name was misspelt.
//!
//! Where all members have one key of the name, the lead of that key says it already, and this one is silent.

use std::collections::BTreeSet;

use backtrail_bus::incident::Incident;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, distinct_events, most_frequent, rounded};
use crate::engine::index::{KeyNumber, Slot};
use crate::engine::model::{Model, SameAddressModel};
use crate::engine::observation::address_of;

pub(super) fn views(meeting: Meeting<'_>, kind: LeadKind) -> Vec<View> {
    // Only where there are several keys of names are the names themselves read.
    let first = meeting.postings()[0].mark;
    if meeting.postings().iter().all(|posting| posting.mark == first) {
        return Vec::new();
    }
    let named = |slot: Slot| meeting.parties(slot).next().map(|party| (slot, &*party.written));
    let names: Vec<(Slot, &str)> = meeting.postings().iter().filter_map(|posting| named(posting.slot)).collect();
    let Some(typical) = most_frequent(names.iter().map(|(_, written)| *written)) else { return Vec::new() };
    let mut named: Vec<(Slot, f64)> = names
        .iter()
        .map(|(slot, written)| (*slot, meeting.store.name_bits(written, typical.0)))
        .filter(|(_, bits)| *bits >= model().least_name_bits)
        .collect();
    named.sort_unstable_by_key(|(slot, _)| *slot);
    let members: Vec<Slot> = named.iter().map(|(slot, _)| *slot).collect();
    let keys: BTreeSet<KeyNumber> = members.iter().filter_map(|slot| name_key(meeting, *slot)).collect();
    let events = distinct_events(members.iter().copied(), meeting.store);
    if events < 2 || keys.len() < 2 {
        return Vec::new();
    }
    let mean = named.iter().map(|(_, bits)| bits.min(model().most_name_bits)).sum::<f64>() / named.len() as f64;
    let bits = rounded(address_bits() + mean + ((events - 1) as f64).log2());
    if bits < model().threshold_bits {
        return Vec::new();
    }
    vec![View { lead_id: meeting.lead_id(kind, ""), kind, members, bits }]
}

pub(super) fn evidence(meeting: Meeting<'_>, typical: &str, slot: Slot, member: &Incident) -> Vec<Evidence> {
    let Some(party) = meeting.parties(slot).next() else { return Vec::new() };
    let role = party.role.code().replace('-', " ");
    vec![
        Evidence {
            comparison: format!("{role} address"),
            found: address_of(member, party),
            bits: rounded(address_bits()),
            words: format!("{role} has the same address as the others"),
        },
        Evidence {
            comparison: format!("{role} name"),
            found: party.written.to_string(),
            bits: rounded(meeting.store.name_bits(&party.written, typical)),
            words: format!("{role} {:?}, where most write {typical:?}", party.written),
        },
    ]
}

pub(super) fn shared(kind: LeadKind, name: &str) -> String {
    let role = if kind == LeadKind::SameConsignor { "consignor" } else { "consignee" };
    format!("{role} {name:?}, by address")
}

fn address_bits() -> f64 {
    Model::shipped().bits("address", "same street and number")
}

/// The key of the name of an incident's party at the address.
fn name_key(meeting: Meeting<'_>, slot: Slot) -> Option<KeyNumber> {
    let party = meeting.parties(slot).next()?;
    Some(meeting.store.held(slot).keys[usize::from(party.name_key)])
}

fn model() -> &'static SameAddressModel {
    &Model::shipped().lead.same_address
}
