//! `same-consignor` and `same-consignee` by the address: names that are nearly the same at one address are one party,
//! however the name was misspelt.
//!
//! Where all members have one key of the name, the lead of that key says it already, and this one is silent.

use std::collections::BTreeSet;

use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{View, distinct_events, most_frequent, rounded};
use crate::engine::index::{Hub, Slot};
use crate::engine::key::Key;
use crate::engine::model::Model;
use crate::engine::name::{Name, compare};
use crate::engine::observation::{Observation, ObservedParty};
use crate::engine::store::Store;

/// Bits below which it is not worth an analyst's look.
const THRESHOLD_BITS: f64 = 12.0;
/// A member's name must speak for the others' name by so many bits: neighbours share addresses, and so do the customers
/// of a parcel shop.
const MIN_NAME_BITS: f64 = 3.0;
const MAX_NAME_BITS: f64 = 15.0;

pub(super) fn views(hub: &Hub, store: &Store) -> Vec<View> {
    if hub.slots.len() < 2 {
        return Vec::new();
    }
    let party = |slot: &Slot| party(store.observation(*slot), &hub.key);
    let Some(typical) = typical(&hub.slots, &hub.key, store) else { return Vec::new() };
    let named: Vec<(Slot, f64)> = hub
        .slots
        .iter()
        .filter_map(|slot| Some((*slot, name_bits(party(slot)?, &typical))))
        .filter(|(_, bits)| *bits >= MIN_NAME_BITS)
        .collect();
    let members: Vec<Slot> = named.iter().map(|(slot, _)| *slot).collect();
    let keys: BTreeSet<&str> = members.iter().filter_map(|slot| Some(party(slot)?.name.words())).collect();
    let events = distinct_events(&members, store);
    if events < 2 || keys.len() < 2 {
        return Vec::new();
    }
    let mean = named.iter().map(|(_, bits)| bits.min(MAX_NAME_BITS)).sum::<f64>() / named.len() as f64;
    let bits = rounded(address_bits() + mean + ((events - 1) as f64).log2());
    if bits < THRESHOLD_BITS {
        return Vec::new();
    }
    let kind = kind(&hub.key);
    let lead_id = LeadId::derive(kind.code(), &hub.key.text());
    vec![View { lead_id, kind, members, bits }]
}

pub(super) fn evidence(key: &Key, view: &View, member: &Observation, store: &Store) -> Vec<Evidence> {
    let Some((party, typical)) = party(member, key).zip(typical(&view.members, key, store)) else { return Vec::new() };
    let role = party.role.code().replace('-', " ");
    vec![
        Evidence {
            comparison: format!("{role} address"),
            found: party.address.clone(),
            bits: rounded(address_bits()),
            words: format!("{role} has the same address as the others"),
        },
        Evidence {
            comparison: format!("{role} name"),
            found: party.written.clone(),
            bits: rounded(name_bits(party, &typical)),
            words: format!("{role} {:?}, where most write {typical:?}", party.written),
        },
    ]
}

pub(super) fn shared(key: &Key, view: &View, store: &Store) -> String {
    let role = if kind(key) == LeadKind::SameConsignor { "consignor" } else { "consignee" };
    format!("{role} {:?}, by address", typical(&view.members, key, store).unwrap_or_default())
}

fn kind(key: &Key) -> LeadKind {
    if matches!(key, Key::SenderAddress(_)) { LeadKind::SameConsignor } else { LeadKind::SameConsignee }
}

fn address_bits() -> f64 {
    Model::shipped().bits("address", "same street and number")
}

fn name_bits(party: &ObservedParty, typical: &str) -> f64 {
    let names = Name::parse(&party.written).zip(Name::parse(typical));
    names.map_or(0.0, |(own, others)| compare(&own, &others).bits)
}

/// The name as most members write it.
fn typical(members: &[Slot], key: &Key, store: &Store) -> Option<String> {
    let written = members.iter().filter_map(|slot| party(store.observation(*slot), key));
    most_frequent(written.map(|party| party.written.clone()))
}

fn party<'a>(member: &'a Observation, key: &Key) -> Option<&'a ObservedParty> {
    member.parties.iter().find(|party| party.address_key().as_ref() == Some(key))
}
