//! `same-consignor` and `same-consignee`: one party, several shipments.

use backtrail_bus::country::CountryCode;
use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{View, distinct_events, most_frequent, rounded};
use crate::engine::index::{Hub, Slot};
use crate::engine::observation::{Observation, ObservedParty};
use crate::engine::party_name::PartyName;
use crate::engine::store::Store;

/// Bits below which an equal name is not worth an analyst's look: one telling word alone does not reach it.
const THRESHOLD_BITS: f64 = 8.0;
const SAME_ADDRESS_BITS: f64 = 4.0;
const SAME_COUNTRY_BITS: f64 = 1.0;
/// Companies of one name in two countries are mostly two companies.
const OTHER_COUNTRY_BITS: f64 = -6.0;

/// What the members mostly say of the party.
struct Typical<'a> {
    country: Option<CountryCode>,
    address: Option<&'a str>,
}

pub(super) fn views(hub: &Hub, kind: LeadKind, name: &PartyName, store: &Store) -> Vec<View> {
    let events = distinct_events(&hub.slots, store);
    if events < 2 {
        return Vec::new();
    }
    let typical = typical(&hub.slots, name, store);
    let of_member = |slot: &Slot| {
        let party = party(store.observation(*slot), name);
        name.bits() + party.map_or(0.0, |party| country_bits(party, &typical) + address_bits(party, &typical))
    };
    let mean = hub.slots.iter().map(of_member).sum::<f64>() / hub.slots.len() as f64;
    let bits = rounded(mean + ((events - 1) as f64).log2());
    if bits < THRESHOLD_BITS {
        return Vec::new();
    }
    let lead_id = LeadId::derive(kind.code(), &hub.key.text());
    vec![View { lead_id, kind, members: hub.slots.clone(), bits }]
}

pub(super) fn evidence(view: &View, name: &PartyName, member: &Observation, store: &Store) -> Vec<Evidence> {
    let Some(party) = party(member, name) else { return Vec::new() };
    let typical = typical(&view.members, name, store);
    let role = party.role.code().replace('-', " ");
    let mut evidence = vec![Evidence {
        comparison: format!("{role} name"),
        found: party.written.clone(),
        bits: name.bits(),
        words: format!("{role} {:?}, as on the others but for spelling and legal form", party.written),
    }];
    if let (Some(country), bits) = (party.country, country_bits(party, &typical))
        && bits != 0.0
    {
        let words = if bits > 0.0 { "in the country of most others" } else { "in another country than most others" };
        evidence.push(Evidence {
            comparison: format!("{role} country"),
            found: country.to_string(),
            bits,
            words: format!("{role} is {words}"),
        });
    }
    let bits = address_bits(party, &typical);
    if bits != 0.0 {
        evidence.push(Evidence {
            comparison: format!("{role} address"),
            found: party.address.clone(),
            bits,
            words: format!("{role} has the same address as others of the members"),
        });
    }
    evidence
}

pub(super) fn shared(view: &View, name: &PartyName, store: &Store) -> String {
    let written = view.members.iter().filter_map(|slot| party(store.observation(*slot), name));
    let typical = most_frequent(written.map(|party| party.written.as_str()));
    let role = match view.kind {
        LeadKind::SameConsignor => "consignor",
        LeadKind::SameConsignee => "consignee",
        _ => "party",
    };
    format!("{role} {:?}", typical.unwrap_or(name.words()))
}

fn typical<'a>(members: &[Slot], name: &PartyName, store: &'a Store) -> Typical<'a> {
    let parties = || members.iter().filter_map(|slot| party(store.observation(*slot), name));
    // An address that only one member has is no agreement.
    let addresses = || parties().map(|party| party.address.as_str()).filter(|address| !address.is_empty());
    let address = most_frequent(addresses()).filter(|address| addresses().filter(|other| other == address).count() > 1);
    Typical { country: most_frequent(parties().filter_map(|party| party.country)), address }
}

fn country_bits(party: &ObservedParty, typical: &Typical<'_>) -> f64 {
    match (party.country, typical.country) {
        (Some(own), Some(others)) if own == others => SAME_COUNTRY_BITS,
        (Some(_), Some(_)) => OTHER_COUNTRY_BITS,
        _ => 0.0,
    }
}

fn address_bits(party: &ObservedParty, typical: &Typical<'_>) -> f64 {
    if typical.address.is_some_and(|address| address == party.address) { SAME_ADDRESS_BITS } else { 0.0 }
}

fn party<'a>(member: &'a Observation, name: &PartyName) -> Option<&'a ObservedParty> {
    member.parties.iter().find(|party| party.name == *name)
}
