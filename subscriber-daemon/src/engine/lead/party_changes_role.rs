//! `party-changes-role`: who received one shipment sent another. Goods were passed on, or a name is used by both ends.

use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::{View, distinct_events, rounded};
use crate::engine::index::{Hub, Slot};
use crate::engine::observation::Observation;
use crate::engine::party_name::PartyName;
use crate::engine::store::Store;

/// Bits below which it is not worth an analyst's look.
const THRESHOLD_BITS: f64 = 10.0;
/// Few parties both receive and send what is seized.
const CHANGED_ROLE_BITS: f64 = 3.0;

/// On which ends of an incident's shipment a party stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    sends: bool,
    receives: bool,
}

pub(super) fn views(hub: &Hub, name: &PartyName, store: &Store) -> Vec<View> {
    let of = |slot: Slot| ends(store.observation(slot), name);
    let (received, sent) = (by(hub, |slot| of(slot).receives), by(hub, |slot| of(slot).sends));
    // It received before it sent, in different events: one shipment to oneself is a removal.
    let is_passed_on = received.iter().any(|earlier| {
        let first = store.observation(*earlier).first_day;
        sent.iter().any(|later| later != earlier && store.observation(*later).last_day >= first)
    });
    let mut members: Vec<Slot> = received.into_iter().chain(sent).collect();
    members.sort_unstable();
    members.dedup();
    let events = distinct_events(&members, store);
    if !is_passed_on || events < 2 {
        return Vec::new();
    }
    let bits = rounded(name.bits() + CHANGED_ROLE_BITS + ((events - 1) as f64).log2());
    if bits < THRESHOLD_BITS {
        return Vec::new();
    }
    let kind = LeadKind::PartyChangesRole;
    let lead_id = LeadId::derive(kind.code(), &hub.key.text());
    vec![View { lead_id, kind, members, bits }]
}

pub(super) fn evidence(name: &PartyName, member: &Observation) -> Vec<Evidence> {
    let Some(party) = member.parties.iter().find(|party| party.name == *name) else { return Vec::new() };
    let role = party.role.code().replace('-', " ");
    vec![Evidence {
        comparison: "party changes role".to_owned(),
        found: party.written.clone(),
        bits: name.bits() + CHANGED_ROLE_BITS,
        words: format!("{:?} is {role} here and stands at the other end elsewhere", party.written),
    }]
}

fn by(hub: &Hub, is: impl Fn(Slot) -> bool) -> Vec<Slot> {
    hub.slots.iter().copied().filter(|slot| is(*slot)).collect()
}

fn ends(observation: &Observation, name: &PartyName) -> Ends {
    let parties = observation.parties.iter().filter(|party| party.name == *name);
    parties.fold(Ends::default(), |ends, party| Ends {
        sends: ends.sends || party.role.is_sender(),
        receives: ends.receives || party.role.is_receiver(),
    })
}
