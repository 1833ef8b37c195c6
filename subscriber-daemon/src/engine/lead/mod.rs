//! Lead kinds: for each, what makes incidents that meet at a hub one lead, and what speaks for it.
//!
//! Everything here is a function of the incidents in a hub and of nothing else, so that the order in which they came
//! cannot matter. A new lead kind is a new file here, a line in [`Meeting::views`] and one in [`Hearing::evidence`].

mod continuation;
mod near_name;
mod party_changes_role;
mod possible_duplicate;
mod same_address;
mod same_corridor;
mod same_material;
mod same_party;
mod shared_identifier;

use std::cmp::Reverse;

use backtrail_bus::id::{IncidentId, LeadId};
use backtrail_bus::lead::{Evidence, LeadKind};
use smallvec::SmallVec;

use super::day::Day;
use super::facts::{Facts, PartyFacts};
use super::hub::{Hub, Posting};
use super::index::{Index, KeyNumber, Slot};
use super::key::{Key, KeyClass};
use super::model::Model;
use super::observation::Observation;
use super::store::{Reader, Store};

pub(crate) use self::same_material::bits as material_bits;
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

/// A hub with the facts of the incidents that meet there.
#[derive(Clone, Copy)]
pub(crate) struct Meeting<'a> {
    number: KeyNumber,
    hub: &'a Hub,
    index: &'a Index,
    store: &'a Store,
}

impl<'a> Meeting<'a> {
    pub(crate) fn new(number: KeyNumber, index: &'a Index, store: &'a Store) -> Self {
        Self { number, hub: index.hub(number), index, store }
    }

    /// The leads of the hub, which is not hot.
    pub(crate) fn views(self) -> Vec<View> {
        // Nobody meets alone, and most keys have one incident.
        if self.hub.len() < 2 {
            return Vec::new();
        }
        match self.hub.class {
            KeyClass::Identifier(kind) => shared_identifier::views(self, kind),
            KeyClass::Party { name_bits } => {
                let mut views = same_party::views(self, name_bits);
                views.extend(party_changes_role::view(self, name_bits));
                views
            }
            KeyClass::SenderAddress => same_address::views(self, LeadKind::SameConsignor),
            KeyClass::ReceiverAddress => same_address::views(self, LeadKind::SameConsignee),
            KeyClass::NearName => near_name::views(self),
            KeyClass::Material(mark) => same_material::views(self, mark),
            KeyClass::Corridor => same_corridor::views(self),
            KeyClass::Quantity { digits } => possible_duplicate::of_quantity(self, digits),
            KeyClass::OwnReference => possible_duplicate::of_reference(self),
            KeyClass::Place => continuation::views(self),
        }
    }

    /// The hub's key, if this incident has it.
    pub(crate) fn key_of(self, slot: Slot, observation: &Observation<'_>) -> Option<Key> {
        let has_it = self.store.held(slot).keys.contains(&self.number);
        has_it.then(|| observation.carried_key(self.hub.id, self.hub.class))?
    }

    fn postings(self) -> &'a [Posting] {
        self.hub.postings()
    }

    fn facts(self, slot: Slot) -> &'a Facts {
        self.store.facts(slot)
    }

    /// The number of different events that meet.
    fn events(self) -> usize {
        distinct_events(self.postings().iter().map(|posting| posting.slot), self.store)
    }

    /// The parties of an incident that the hub's key is of: one, unless it stands at both ends.
    pub(crate) fn parties(self, slot: Slot) -> impl Iterator<Item = &'a PartyFacts> {
        let held = self.store.held(slot);
        let place = held.keys.iter().position(|key| *key == self.number);
        held.facts.parties.iter().filter(move |party| place.is_some_and(|place| party.has_key_at(place)))
    }

    /// The name of the hub's party as most of these incidents write it.
    fn name_of_most(self, slots: &[Slot]) -> Option<&'a str> {
        let written = slots.iter().filter_map(|slot| Some(&*self.parties(*slot).next()?.written));
        most_frequent(written).map(|(written, _)| written)
    }

    /// The id of the hub's one lead of this kind; of one of several, where `which` tells them apart.
    fn lead_id(self, kind: LeadKind, which: impl std::fmt::Display) -> LeadId {
        LeadId::derive(kind.code(), format_args!("{}{which}", self.hub.id))
    }

    /// The hub's only lead: all its incidents.
    fn view_of_all(self, kind: LeadKind, bits: f64) -> Vec<View> {
        vec![View { lead_id: self.lead_id(kind, ""), kind, members: self.hub.slots(), bits }]
    }
}

/// A lead whose members are asked what speaks for them. What the evidence of all refers to is found once, for there may
/// be many.
pub(crate) struct Hearing<'a> {
    meeting: Meeting<'a>,
    view: &'a View,
    /// The hub's key: a text that all members have.
    key: &'a Key,
    reader: Reader<'a>,
    of_all: OfAll<'a>,
}

/// What holds for all members of a lead.
enum OfAll<'a> {
    Episode(Option<same_corridor::Episode>),
    /// What left the place.
    Departure(Option<Slot>),
    Party(same_party::Bearers),
    /// The name that most write.
    Name(Option<&'a str>),
    Reports(possible_duplicate::Agreement),
    Nothing,
}

impl<'a> Hearing<'a> {
    pub(crate) fn new(meeting: Meeting<'a>, view: &'a View, key: &'a Key, reader: Reader<'a>) -> Self {
        let of_all = match meeting.hub.class {
            KeyClass::Corridor => OfAll::Episode(same_corridor::Episode::of(meeting, view)),
            KeyClass::Place => OfAll::Departure(continuation::departure(meeting, view)),
            KeyClass::Party { .. } => OfAll::Party(same_party::Bearers::of(meeting, view.kind)),
            KeyClass::SenderAddress | KeyClass::ReceiverAddress => OfAll::Name(meeting.name_of_most(&view.members)),
            KeyClass::NearName => OfAll::Name(meeting.name_of_most(&meeting.spokesmen(view))),
            KeyClass::Quantity { .. } => OfAll::Reports(possible_duplicate::agreement(meeting, &view.members)),
            KeyClass::Identifier(_) | KeyClass::OwnReference | KeyClass::Material(_) => OfAll::Nothing,
        };
        Self { meeting, view, key, reader, of_all }
    }

    /// What speaks for one member of the lead, beside the other members.
    pub(crate) fn evidence(&self, slot: Slot) -> Vec<Evidence> {
        let Self { meeting, view, key, reader, ref of_all } = *self;
        let member = &*reader.incident(slot);
        match (key, of_all) {
            (Key::Identifier { kind, .. }, _) => shared_identifier::evidence(key, *kind, member),
            (Key::Party(name), _) if view.kind == LeadKind::PartyChangesRole => {
                party_changes_role::evidence(meeting, name, slot)
            }
            (Key::Party(name), OfAll::Party(bearers)) => {
                same_party::evidence(meeting, bearers, view, name, slot, member)
            }
            (Key::SenderAddress(_) | Key::ReceiverAddress(_), OfAll::Name(Some(typical))) => {
                same_address::evidence(meeting, typical, slot, member)
            }
            (Key::NearName(_), OfAll::Name(Some(typical))) => near_name::evidence(meeting, typical, slot),
            (Key::Material { mark, .. }, _) => same_material::evidence(key, *mark, member),
            (Key::Corridor { .. }, OfAll::Episode(Some(episode))) => {
                same_corridor::evidence(episode, key, view, member)
            }
            (Key::Quantity { .. }, OfAll::Reports(agreement)) => {
                possible_duplicate::quantity_evidence(agreement, key, member)
            }
            (Key::OwnReference { reference, .. }, _) => possible_duplicate::reference_evidence(reference, member),
            (Key::Place(place), OfAll::Departure(Some(departure))) => {
                continuation::evidence(meeting, *departure, place, view, slot, member)
            }
            _ => Vec::new(),
        }
    }
}

/// Bits below which no lead of this kind opens at a key of this class.
pub(crate) fn threshold_bits(kind: LeadKind, class: KeyClass) -> f64 {
    let model = &Model::shipped().lead;
    match (kind, class) {
        (_, KeyClass::SenderAddress | KeyClass::ReceiverAddress) => model.same_address.threshold_bits,
        (_, KeyClass::NearName) => model.near_name.threshold_bits,
        (LeadKind::SharedIdentifier | LeadKind::SplitConsignment, _) => model.identifier.threshold_bits,
        (LeadKind::SameConsignor | LeadKind::SameConsignee, _) => model.same_party.threshold_bits,
        (LeadKind::SameCorridor, _) => model.same_corridor.threshold_bits,
        (LeadKind::PossibleDuplicate, _) => model.possible_duplicate.threshold_bits,
        (LeadKind::PartyChangesRole, _) => model.party_changes_role.threshold_bits,
        (LeadKind::SameMaterial, _) => model.material.threshold_bits,
        (LeadKind::Continuation | LeadKind::PrecursorToProduct, _) => model.continuation.threshold_bits,
    }
}

/// True if a lead still means something without these members: a continuation does not without what left the place.
pub(crate) fn stands_without(meeting: Meeting<'_>, view: &View, members: &[Slot]) -> bool {
    let is_way = matches!(view.kind, LeadKind::Continuation | LeadKind::PrecursorToProduct);
    !is_way || !continuation::departure(meeting, view).is_some_and(|departure| members.contains(&departure))
}

/// How many of the earliest members say what all of them share.
const SPOKESMEN: usize = 3;

impl Meeting<'_> {
    /// The members whose writing stands for what all share: the earliest. With the same ones, the words are the same.
    pub(crate) fn spokesmen(self, view: &View) -> Vec<Slot> {
        // They lie by day; of those of one day the smallest id comes first.
        let mut earliest: Vec<Posting> = Vec::new();
        for posting in self.postings().iter().filter(|posting| view.members.binary_search(&posting.slot).is_ok()) {
            if earliest.get(SPOKESMEN - 1).is_some_and(|last| last.day < posting.day) {
                break;
            }
            earliest.push(*posting);
        }
        earliest.sort_unstable_by_key(|posting| self.order_of_speaking(posting.slot));
        earliest.iter().take(SPOKESMEN).map(|posting| posting.slot).collect()
    }

    /// True if those who spoke for a lead still do, with these members that came or were revised.
    pub(crate) fn speak_before(self, spokesmen: impl ExactSizeIterator<Item = Slot>, changed: &[Slot]) -> bool {
        let are_enough = spokesmen.len() == SPOKESMEN;
        let last = spokesmen.map(|slot| self.order_of_speaking(slot)).max();
        are_enough && changed.iter().all(|slot| Some(self.order_of_speaking(*slot)) > last)
    }

    fn order_of_speaking(self, slot: Slot) -> (Day, IncidentId) {
        let facts = self.facts(slot);
        (facts.first_day, facts.incident_id)
    }
}

/// What the members share, in words; `None` if there are none. Where they write it differently, the most frequent writing
/// of `spokesmen` stands for all.
pub(crate) fn shared(meeting: Meeting<'_>, view: &View, spokesmen: &[Slot], key: &Key) -> Option<String> {
    let name = || meeting.name_of_most(spokesmen);
    match meeting.hub.class {
        KeyClass::Party { .. } => Some(same_party::shared(view.kind, name()?)),
        KeyClass::SenderAddress | KeyClass::ReceiverAddress => Some(same_address::shared(view.kind, name()?)),
        KeyClass::NearName => Some(near_name::shared(view.kind, name()?)),
        _ if spokesmen.is_empty() => None,
        _ => in_words(meeting, view, key),
    }
}

/// A key that is written in one way only.
fn in_words(meeting: Meeting<'_>, view: &View, key: &Key) -> Option<String> {
    Some(match key {
        Key::Identifier { kind, normal } => format!("{} {normal}", shared_identifier::words(*kind)),
        Key::Material { mark, text, .. } => format!("{} {text}", mark.words()),
        Key::Corridor { substance, from, to } => format!("{substance} from {} to {}", from.name(), to.name()),
        Key::Quantity { substance, country, .. } => {
            let day = possible_duplicate::day(meeting, view);
            format!("equal quantity of {substance} in {} on {day}", country.name())
        }
        Key::OwnReference { originator, reference } => format!("reference {reference} of {originator}"),
        Key::Place(place) => continuation::shared(view.kind, place),
        Key::Party(_) | Key::SenderAddress(_) | Key::ReceiverAddress(_) | Key::NearName(_) => return None,
    })
}

/// What would confirm a lead of this kind that rests on a key of this class.
pub(crate) fn confirm_by(kind: LeadKind, class: KeyClass) -> &'static str {
    match class {
        KeyClass::Identifier(kind) => shared_identifier::confirm_by(kind),
        KeyClass::SenderAddress | KeyClass::ReceiverAddress => {
            "who is registered at the address, and who collects there"
        }
        KeyClass::Party { .. } | KeyClass::NearName => match kind {
            LeadKind::SameConsignor => {
                "shipping documents and registration of the consignor; whether its name was misused"
            }
            LeadKind::SameConsignee => {
                "delivery address, identity of the consignee and who collected earlier shipments"
            }
            _ => "the party's books: what it received, what it sent on, and to whom",
        },
        KeyClass::Material(_) => "comparison of samples by one laboratory, and the maker's batch records",
        KeyClass::Corridor => "consignors, packaging and lab profiles of the members",
        KeyClass::Quantity { .. } | KeyClass::OwnReference => "the case files of both originators",
        KeyClass::Place => "manifests of what left the place in the days after",
    }
}

/// The number of different events among members: incidents in one possible-duplicate lead count once.
fn distinct_events(members: impl ExactSizeIterator<Item = Slot>, store: &Store) -> usize {
    let count = members.len();
    let in_leads = members.enumerate().flat_map(|(member, slot)| in_leads(slot, member, store));
    count - joined(count, in_leads.collect())
}

/// The open possible-duplicate leads of an incident, each with the number of the event that it reports.
fn in_leads(slot: Slot, event: usize, store: &Store) -> impl Iterator<Item = (LeadId, usize)> {
    store.duplicate_leads(slot).iter().map(move |lead| (*lead, event))
}

/// How many of `count` events are the same as others, because one possible-duplicate lead has reports of several.
/// Few events were reported by two, so only those are looked at.
fn joined(count: usize, mut in_leads: Vec<(LeadId, usize)>) -> usize {
    if in_leads.len() < 2 {
        return 0;
    }
    in_leads.sort_unstable();
    let mut group: Vec<usize> = (0..count).collect();
    let same_lead = in_leads.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let joins = same_lead.filter(|pair| {
        let (one, other) = (root(&group, pair[0].1), root(&group, pair[1].1));
        group[one.max(other)] = one.min(other);
        one != other
    });
    joins.count()
}

fn root(group: &[usize], member: usize) -> usize {
    let mut root = member;
    while group[root] != root {
        root = group[root];
    }
    root
}

/// The value that most members have; of equally frequent ones the smallest. `None` if none has any.
fn most_frequent<T: Ord>(values: impl Iterator<Item = T>) -> Option<(T, usize)> {
    let mut values: SmallVec<[T; 16]> = values.collect();
    values.sort_unstable();
    let runs = values.chunk_by(|a, b| a == b).map(<[T]>::len).scan(0, |before, length| {
        *before += length;
        Some((*before - length, length))
    });
    let (from, length) = runs.min_by_key(|(_, length)| Reverse(*length))?;
    values.into_iter().nth(from).map(|value| (value, length))
}

/// Bits with one decimal: what is published must not depend on the last digit of a sum.
fn rounded(bits: f64) -> f64 {
    (bits * 10.0).round() / 10.0
}
