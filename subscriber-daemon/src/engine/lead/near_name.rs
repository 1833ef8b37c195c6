//! `same-consignor`, `same-consignee` and `party-changes-role` by names that are nearly the same: two words of their own,
//! in one country, one of them misspelt in one report.
//!
//! Where all members have one key of the name, the lead of that key says it already, and this one is silent. A pair
//! meets at each word that it shares; the first of them speaks.

use std::collections::BTreeSet;

use backtrail_bus::lead::{Evidence, LeadKind};

use super::{Meeting, View, distinct_events, root, rounded};
use crate::engine::facts::PartyFacts;
use crate::engine::hub::Spelling;
use crate::engine::index::{KeyNumber, Slot};
use crate::engine::model::Model;

/// The parties that have one key of the name here.
struct Namesakes<'a> {
    /// The key of the whole name.
    name_key: KeyNumber,
    parties: Vec<Met<'a>>,
}

/// A party that meets others here.
struct Met<'a> {
    slot: Slot,
    is_sender: bool,
    party: &'a PartyFacts,
}

pub(super) fn views(meeting: Meeting<'_>) -> Vec<View> {
    let mut named: Vec<Namesakes<'_>> = Vec::new();
    for posting in meeting.postings() {
        let keys = &meeting.store.held(posting.slot).keys;
        for party in meeting.parties(posting.slot) {
            let met = Met { slot: posting.slot, is_sender: party.role.is_sender(), party };
            let name_key = keys[usize::from(party.name_key)];
            match named.iter_mut().find(|namesakes| namesakes.name_key == name_key) {
                Some(namesakes) => namesakes.parties.push(met),
                None => named.push(Namesakes { name_key, parties: vec![met] }),
            }
        }
    }
    // The one that stands for all of a name is the same in whatever order they came, and so is the order of the names.
    let order = |met: &Met<'_>| (meeting.facts(met.slot).incident_id, met.is_sender);
    for namesakes in &mut named {
        namesakes.parties.sort_unstable_by_key(order);
    }
    named.sort_unstable_by_key(|namesakes| order(&namesakes.parties[0]));
    let near: Vec<(usize, usize)> = pairs(named.len()).filter(|(a, b)| is_near(&named[*a], &named[*b])).collect();
    if near.is_empty() {
        return Vec::new();
    }
    let written = |index: usize| &*named[index].parties[0].party.written;
    let linked: Vec<(usize, usize, f64)> = near
        .into_iter()
        .map(|(a, b)| (a, b, meeting.store.name_bits(written(a), written(b))))
        .filter(|(_, _, bits)| *bits >= Model::shipped().lead.near_name.least_name_bits)
        .filter(|(a, b, _)| is_first_shared(&named[*a].parties[0], &named[*b].parties[0], meeting))
        .collect();
    if linked.is_empty() {
        return Vec::new();
    }
    let kinds = [LeadKind::SameConsignor, LeadKind::SameConsignee, LeadKind::PartyChangesRole];
    kinds.into_iter().flat_map(|kind| views_of_kind(meeting, kind, &named, &linked)).collect()
}

fn views_of_kind(
    meeting: Meeting<'_>,
    kind: LeadKind,
    named: &[Namesakes<'_>],
    linked: &[(usize, usize, f64)],
) -> Vec<View> {
    let leads = &Model::shipped().lead;
    let is_of_kind = |met: &Met<'_>| match kind {
        LeadKind::SameConsignor => met.is_sender,
        LeadKind::SameConsignee => !met.is_sender,
        _ => true,
    };
    let is_linked = |a: &Namesakes<'_>, b: &Namesakes<'_>| match kind {
        LeadKind::PartyChangesRole => is_passed_on(meeting, a, b) || is_passed_on(meeting, b, a),
        _ => a.parties.iter().any(is_of_kind) && b.parties.iter().any(is_of_kind),
    };
    let linked: Vec<_> = linked.iter().filter(|(a, b, _)| is_linked(&named[*a], &named[*b])).collect();
    let mut group: Vec<usize> = (0..named.len()).collect();
    for (a, b, _) in &linked {
        let (one, other) = (root(&group, *a), root(&group, *b));
        group[one.max(other)] = one.min(other);
    }
    let roots: BTreeSet<usize> = linked.iter().map(|(a, _, _)| root(&group, *a)).collect();
    let view = |of: usize| {
        let in_group = |index: usize| root(&group, index) == of;
        let namesakes = named.iter().enumerate().filter(|(index, _)| in_group(*index)).map(|(_, namesakes)| namesakes);
        let parties = namesakes.flat_map(|namesakes| &namesakes.parties).filter(|met| is_of_kind(met));
        let members: BTreeSet<Slot> = parties.map(|met| met.slot).collect();
        let members: Vec<Slot> = members.into_iter().collect();
        let events = distinct_events(members.iter().copied(), meeting.store);
        // The weakest of the links that hold the group together.
        let name = linked.iter().filter(|(a, _, _)| in_group(*a)).map(|(_, _, bits)| *bits).min_by(f64::total_cmp)?;
        let role = match kind {
            LeadKind::PartyChangesRole => leads.party_changes_role.changed_role_bits,
            _ => 0.0,
        };
        let bits = rounded(name.min(leads.near_name.most_name_bits) + role + ((events.max(2) - 1) as f64).log2());
        let first = members.iter().map(|slot| meeting.facts(*slot).incident_id).min()?;
        let lead_id = meeting.lead_id(kind, format_args!(" with {first}"));
        (events > 1 && bits >= leads.near_name.threshold_bits).then_some(View { lead_id, kind, members, bits })
    };
    roots.into_iter().filter_map(view).collect()
}

/// True if one received before the other sent, in different incidents.
fn is_passed_on(meeting: Meeting<'_>, receivers: &Namesakes<'_>, senders: &Namesakes<'_>) -> bool {
    let received = receivers.parties.iter().filter(|met| !met.is_sender);
    received.into_iter().any(|earlier| {
        let first = meeting.facts(earlier.slot).first_day;
        let sent = senders.parties.iter().filter(|met| met.is_sender && met.slot != earlier.slot);
        sent.into_iter().any(|later| meeting.facts(later.slot).last_day >= first)
    })
}

pub(super) fn evidence(meeting: Meeting<'_>, typical: &str, slot: Slot) -> Vec<Evidence> {
    let Some(party) = meeting.parties(slot).next() else { return Vec::new() };
    let role = party.role.code().replace('-', " ");
    vec![Evidence {
        comparison: format!("{role} name"),
        found: party.written.to_string(),
        bits: rounded(meeting.store.name_bits(&party.written, typical)),
        words: format!("{role} {:?}, nearly as {typical:?}, and in the same country", party.written),
    }]
}

pub(super) fn shared(kind: LeadKind, name: &str) -> String {
    let role = match kind {
        LeadKind::SameConsignor => "consignor",
        LeadKind::SameConsignee => "consignee",
        _ => "party",
    };
    format!("{role} {name:?}, spelt in several ways")
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

fn is_near(a: &Namesakes<'_>, b: &Namesakes<'_>) -> bool {
    let spelling =
        |namesakes: &Namesakes<'_>| Spelling { name: namesakes.name_key, outline: namesakes.parties[0].party.outline };
    spelling(a).may_be(spelling(b))
}

/// True if of the words that two names share, this hub's is the first.
fn is_first_shared(a: &Met<'_>, b: &Met<'_>, meeting: Meeting<'_>) -> bool {
    let (own, others) = (near_keys(a, meeting), near_keys(b, meeting));
    let shared = own.filter(|key| others.clone().any(|other| other == *key));
    shared.map(|key| meeting.index.hub(key).id).min() == Some(meeting.hub.id)
}

fn near_keys<'a>(met: &Met<'a>, meeting: Meeting<'a>) -> impl Iterator<Item = KeyNumber> + Clone + use<'a> {
    let keys = &meeting.store.held(met.slot).keys;
    met.party.near_keys.iter().flatten().map(|place| keys[usize::from(*place)])
}
