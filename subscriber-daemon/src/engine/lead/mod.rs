//! Lead kinds: for each, what makes incidents that meet at a hub one lead, and what speaks for it.
//!
//! Everything here is a function of the incidents in a hub and of nothing else, so that the order in which they came
//! cannot matter. A new lead kind is a new file here, a line in [`views`] and one in [`evidence`].

mod party_changes_role;
mod possible_duplicate;
mod same_address;
mod same_corridor;
mod same_material;
mod same_party;
mod shared_identifier;

use std::collections::BTreeMap;

use backtrail_bus::id::LeadId;
use backtrail_bus::lead::{Evidence, LeadKind};

use super::index::{Hub, Slot};
use super::key::Key;
use super::observation::Observation;
use super::store::Store;

pub(crate) use self::shared_identifier::{bits as identifier_bits, words as identifier_words};

/// A lead as its hub shows it now, without words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub lead_id: LeadId,
    pub kind: LeadKind,
    /// Ascending.
    pub members: Vec<Slot>,
    pub bits: f64,
}

/// The leads of a hub that is not hot.
pub(crate) fn views(hub: &Hub, store: &Store) -> Vec<View> {
    match &hub.key {
        Key::Identifier { kind, .. } => shared_identifier::views(hub, *kind, store),
        Key::Sender(name) => same_party::views(hub, LeadKind::SameConsignor, name, store),
        Key::Receiver(name) => same_party::views(hub, LeadKind::SameConsignee, name, store),
        Key::Party(name) => party_changes_role::views(hub, name, store),
        Key::SenderAddress(_) | Key::ReceiverAddress(_) => same_address::views(hub, store),
        Key::Material { mark, .. } => same_material::views(hub, *mark, store),
        Key::Corridor { .. } => same_corridor::views(hub, store),
        Key::Quantity { amount, .. } => possible_duplicate::of_quantity(hub, amount, store),
        Key::OwnReference { .. } => possible_duplicate::of_reference(hub),
        Key::Place(_) => Vec::new(),
    }
}

/// What speaks for one member of a lead, beside the other members.
pub(crate) fn evidence(key: &Key, view: &View, member: &Observation, store: &Store) -> Vec<Evidence> {
    match key {
        Key::Identifier { kind, .. } => shared_identifier::evidence(key, *kind, member),
        Key::Sender(name) | Key::Receiver(name) => same_party::evidence(view, name, member, store),
        Key::Party(name) => party_changes_role::evidence(name, member),
        Key::SenderAddress(_) | Key::ReceiverAddress(_) => same_address::evidence(key, view, member, store),
        Key::Material { mark, .. } => same_material::evidence(key, *mark, member),
        Key::Corridor { .. } => same_corridor::evidence(key, view, member, store),
        Key::Quantity { amount, .. } => possible_duplicate::quantity_evidence(key, amount, view, member, store),
        Key::OwnReference { reference, .. } => possible_duplicate::reference_evidence(reference, member),
        Key::Place(_) => Vec::new(),
    }
}

/// What the members share, in words. Where they write it differently, the most frequent writing stands for all.
pub(crate) fn shared(key: &Key, view: &View, store: &Store) -> String {
    match key {
        Key::Identifier { kind, normal } => format!("{} {normal}", shared_identifier::words(*kind)),
        Key::Sender(name) | Key::Receiver(name) | Key::Party(name) => same_party::shared(view, name, store),
        Key::SenderAddress(_) | Key::ReceiverAddress(_) => same_address::shared(key, view, store),
        Key::Material { mark, text, .. } => format!("{} {text}", mark.words()),
        Key::Corridor { substance, from, to } => format!("{substance} from {} to {}", from.name(), to.name()),
        Key::Quantity { substance, country, .. } => {
            format!("equal quantity of {substance} in {} on {}", country.name(), possible_duplicate::day(view, store))
        }
        Key::OwnReference { originator, reference } => format!("reference {reference} of {originator}"),
        Key::Place(place) => place.clone(),
    }
}

/// What would confirm a link that rests on `key`.
pub(crate) fn confirm_by(key: &Key) -> &'static str {
    match key {
        Key::Identifier { kind, .. } => shared_identifier::confirm_by(*kind),
        Key::SenderAddress(_) | Key::ReceiverAddress(_) => "who is registered at the address, and who collects there",
        Key::Sender(_) => "shipping documents and registration of the consignor; whether its name was misused",
        Key::Receiver(_) => "delivery address, identity of the consignee and who collected earlier shipments",
        Key::Party(_) => "the party's books: what it received, what it sent on, and to whom",
        Key::Material { .. } => "comparison of samples by one laboratory, and the maker's batch records",
        Key::Corridor { .. } => "consignors, packaging and lab profiles of the members",
        Key::Quantity { .. } | Key::OwnReference { .. } => "the case files of both originators",
        Key::Place(_) => "manifests of what left the place in the days after",
    }
}

/// The number of different events among members: incidents in one possible-duplicate lead count once.
fn distinct_events(members: &[Slot], store: &Store) -> usize {
    distinct(members, |slot| store.duplicate_leads(slot).to_vec())
}

/// The number of groups among members, where members that share a tag are in one group, also through others.
fn distinct<T: Ord>(members: &[Slot], tags: impl Fn(Slot) -> Vec<T>) -> usize {
    let mut group: Vec<usize> = (0..members.len()).collect();
    let mut first_with: BTreeMap<T, usize> = BTreeMap::new();
    for (member, slot) in members.iter().enumerate() {
        for tag in tags(*slot) {
            let other = *first_with.entry(tag).or_insert(member);
            let (one, other) = (root(&group, member), root(&group, other));
            group[one.max(other)] = one.min(other);
        }
    }
    (0..members.len()).filter(|member| group[*member] == *member).count()
}

fn root(group: &[usize], member: usize) -> usize {
    let mut root = member;
    while group[root] != root {
        root = group[root];
    }
    root
}

/// The value that most members have; of equally frequent ones the smallest. `None` if none has any.
fn most_frequent<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0_usize) += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(value, _)| value)
}

/// Bits with one decimal: what is published must not depend on the last digit of a sum.
fn rounded(bits: f64) -> f64 {
    (bits * 10.0).round() / 10.0
}
