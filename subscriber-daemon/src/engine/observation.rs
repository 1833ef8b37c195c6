//! An incident as the engine reads it: everything that it compares, with the keys under which it is found.
//!
//! Only `Facts` are held; the rest is read again from the payload where it must be put into words.

use std::borrow::Cow;

use backtrail_bus::country::CountryCode;
use backtrail_bus::fold;
use backtrail_bus::incident::{
    Coordinates, IdentifierKind, Incident, LegRole, Party, PartyRole, Place, Precision, Quantity, RouteLeg,
    SubstanceLine, TransportMode,
};
use backtrail_bus::token::Token;
use compact_str::{CompactString, format_compact};
use smallvec::SmallVec;

use super::day::Day;
use super::facts::PartyFacts;
use super::fingerprint::Fingerprint;
use super::key::{Key, KeyClass, KeyId, Mark};
use super::name::split_at_spaces;
use super::party_name::PartyName;

/// One incident as the engine reads it, beside what it says in its own words.
#[derive(Debug)]
pub(crate) struct Observation<'a> {
    pub incident: &'a Incident,
    pub first_day: Day,
    pub last_day: Day,
    /// Folded name or UN/LOCODE of the place; empty if unknown.
    pub place: CompactString,
    pub coordinates: Option<Coordinates>,
    /// Families of all substance lines.
    pub families: SmallVec<[Token; 2]>,
    pub mode: Option<TransportMode>,
    /// Those at the ends, in the order of the incident: who carries, forwards or declares does so for thousands.
    pub parties: Vec<ObservedParty<'a>>,
    /// Identifiers with their key, as written.
    pub identifiers: Vec<(Key, &'a str)>,
    /// Marks on the goods with their key, as written.
    pub materials: Vec<(Key, &'a str)>,
    /// Keys of places that goods set out from, in the order of travel.
    pub starts: Vec<Key>,
    /// Keys of places that goods came to or were found at.
    pub ends: Vec<Key>,
    /// The edge of the corridor, where both ends are known and differ.
    pub edge: Option<(CountryCode, CountryCode)>,
    /// Keys of reported quantities.
    pub quantities: Vec<Key>,
    pub corridors: Vec<Key>,
}

/// A party at an end of the shipment, as written and as compared.
#[derive(Debug)]
pub(crate) struct ObservedParty<'a> {
    pub role: PartyRole,
    pub written: &'a str,
    pub name: PartyName,
    pub country: Option<CountryCode>,
    /// Folded address, empty if unknown.
    pub address: String,
}

impl ObservedParty<'_> {
    /// The party by its name.
    pub(crate) fn name_key(&self) -> Key {
        Key::Party(self.name.clone())
    }

    /// All keys of the party.
    fn keys(&self) -> impl Iterator<Item = Key> {
        std::iter::once(self.name_key()).chain(self.address_key()).chain(self.near_keys())
    }

    /// Words of its name with its country, where the name has several that are its own: one alone says too little.
    pub(crate) fn near_keys(&self) -> impl Iterator<Item = Key> {
        let words = self.name.proper_words();
        let country = self.country.as_ref().map_or("", CountryCode::as_str);
        let words = words.iter().filter(|_| words.len() > 1).take(MAX_NEAR_KEYS);
        words.map(move |word| Key::NearName(in_country(country, word)))
    }

    /// The address as a key: its numbers and how its street begins. An address without a number says too little.
    pub(crate) fn address_key(&self) -> Option<Key> {
        let address = address_text(&self.address)?;
        Some(if self.role.is_sender() { Key::SenderAddress(address) } else { Key::ReceiverAddress(address) })
    }
}

/// The most words of a name under which near spellings are looked for.
pub(crate) const MAX_NEAR_KEYS: usize = 3;
/// Signs in the numbers of an address that may be a key: "12 High Street" is in every town.
const MIN_ADDRESS_DIGITS: usize = 5;

/// What a folded address comes down to as a key.
pub(crate) fn address_text(address: &str) -> Option<CompactString> {
    let words = || split_at_spaces(address).filter(|word| !word.is_empty());
    let is_number = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit());
    let mut numbers: SmallVec<[&str; 8]> = words().filter(is_number).collect();
    if numbers.iter().map(|number| number.len()).sum::<usize>() < MIN_ADDRESS_DIGITS {
        return None;
    }
    let mut text: CompactString = words().find(|word| !is_number(word))?.chars().take(4).collect();
    numbers.sort_unstable();
    for number in numbers {
        text.push(' ');
        text.push_str(number);
    }
    Some(text)
}

impl<'a> Observation<'a> {
    /// Reads an incident.
    pub(crate) fn of(incident: &'a Incident) -> Self {
        let edge = edge(incident);
        let mut families: SmallVec<[Token; 2]> =
            incident.substances.iter().filter_map(|line| line.family.clone()).collect();
        families.dedup();
        Self {
            incident,
            first_day: incident.occurred_at.first_day().into(),
            last_day: incident.occurred_at.last_day().into(),
            place: place_text(&incident.place).unwrap_or_default(),
            coordinates: place_coordinates(&incident.place),
            families,
            mode: incident.route.iter().rev().find_map(|leg| leg.mode),
            parties: at_ends(incident).filter_map(observe_party).collect(),
            identifiers: identifiers(incident).collect(),
            materials: materials(incident).collect(),
            starts: place_keys(incident, |leg| !leg.role.is_end()),
            ends: ends(incident),
            edge,
            quantities: quantities(incident).map(|(key, _)| key).collect(),
            corridors: corridors(incident, edge),
        }
    }

    /// All keys of the incident itself; those of its parties are [`ObservedParty::keys`]. Some may stand there twice.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = Cow<'_, Key>> {
        let reference = self.incident.own_reference.iter().map(|reference| Key::OwnReference {
            originator: self.incident.originator.as_str().into(),
            reference: reference.as_str().into(),
        });
        let written = self.identifiers.iter().chain(&self.materials).map(|(key, _)| key);
        let all = written.chain(&self.quantities).chain(&self.corridors).chain(&self.starts).chain(&self.ends);
        all.map(Cow::Borrowed).chain(reference.map(Cow::Owned))
    }

    /// The key with this id and class, if the incident carries it.
    pub(crate) fn key(&self, id: KeyId, class: KeyClass) -> Option<Key> {
        self.keys_like(class).find(|key| key.id() == id).map(Cow::into_owned)
    }

    /// The same where it is known that the incident carries it: if it has one key of the class, that is the one, and no
    /// digest is made.
    pub(crate) fn carried_key(&self, id: KeyId, class: KeyClass) -> Option<Key> {
        let mut keys = self.keys_like(class);
        let first = keys.next()?;
        let only = match keys.next() {
            None => Some(first),
            Some(second) => [first, second].into_iter().chain(keys).find(|key| key.id() == id),
        };
        only.map(Cow::into_owned)
    }

    /// The keys that may be of this class.
    fn keys_like(&self, class: KeyClass) -> impl Iterator<Item = Cow<'_, Key>> {
        let is_of_party = class.is_of_party();
        let parties = self.parties.iter().filter(move |_| is_of_party);
        let of_parties = parties.flat_map(ObservedParty::keys).map(Cow::Owned);
        let own = (!is_of_party).then(|| self.own_keys()).into_iter().flatten();
        of_parties.chain(own).filter(move |key| key.class().may_be(class))
    }
}

/// How an incident writes the number, the mark or the quantity that has this key; empty if it has none.
pub(crate) fn written(incident: &Incident, key: &Key) -> String {
    match key {
        Key::Quantity { .. } => value_of(quantities(incident), key).map(Quantity::to_string),
        Key::Material { .. } => value_of(materials(incident), key).map(str::to_owned),
        _ => value_of(identifiers(incident), key).map(str::to_owned),
    }
    .unwrap_or_default()
}

fn value_of<T>(mut all: impl Iterator<Item = (Key, T)>, key: &Key) -> Option<T> {
    all.find(|(own, _)| own == key).map(|(_, value)| value)
}

/// The register's entry, or what the name folds to.
fn substance_text(line: &SubstanceLine) -> CompactString {
    line.entry.as_ref().map_or_else(|| fold::words(&line.name).into(), |entry| entry.as_str().into())
}

fn at_ends(incident: &Incident) -> impl Iterator<Item = &Party> {
    incident.parties.iter().filter(|party| party.role.is_sender() || party.role.is_receiver())
}

fn observe_party(party: &Party) -> Option<ObservedParty<'_>> {
    Some(ObservedParty {
        role: party.role,
        written: &party.name,
        name: PartyName::parse(&party.name)?,
        country: party.country,
        address: address(party),
    })
}

/// The folded address of a party, empty if unknown.
fn address(party: &Party) -> String {
    party.address.as_deref().map(fold::words).unwrap_or_default()
}

/// The folded address of which these facts have the fingerprint.
pub(crate) fn address_of(incident: &Incident, facts: &PartyFacts) -> String {
    let mut addresses = at_ends(incident).map(address);
    addresses.find(|address| Fingerprint::of_any(address) == facts.address).unwrap_or_default()
}

/// Identifiers, and the phones and e-mails of parties, which link just as well.
fn identifiers(incident: &Incident) -> impl Iterator<Item = (Key, &str)> {
    let of_parties = at_ends(incident).flat_map(|party| {
        let phone = party.phone.iter().map(|phone| (IdentifierKind::Phone, phone));
        phone.chain(party.email.iter().map(|email| (IdentifierKind::Email, email)))
    });
    let own = incident.identifiers.iter().map(|identifier| (identifier.kind, &identifier.value));
    // Lots are marks of the goods, not numbers of a shipment.
    let all = own.chain(of_parties).filter(|(kind, _)| *kind != IdentifierKind::Lot);
    all.map(|(kind, value)| (kind, kind.normal_form(value), value))
        // Three characters or fewer ("1", "N/A") name nothing.
        .filter(|(_, normal, _)| normal.chars().count() > 3)
        .map(|(kind, normal, value)| (Key::Identifier { kind, normal: normal.into() }, value.as_str()))
}

/// Lots, logos and laboratory profiles.
fn materials(incident: &Incident) -> impl Iterator<Item = (Key, &str)> {
    let lots = incident.identifiers.iter().filter(|identifier| identifier.kind == IdentifierKind::Lot);
    let lots = lots.filter_map(|lot| material(Mark::Lot, None, &lot.value));
    let lines = incident.substances.iter().flat_map(|line| {
        let profile = line.lab_profile.as_deref().and_then(|profile| material(Mark::LabProfile, None, profile));
        let logo = line.logo.as_deref().and_then(|logo| material(Mark::Logo, line.family.clone(), logo));
        profile.into_iter().chain(logo)
    });
    lots.chain(lines)
}

fn material(mark: Mark, family: Option<Token>, written: &str) -> Option<(Key, &str)> {
    let text: CompactString = fold::squash(written).into();
    // "1" or "A" marks nothing.
    (text.len() > 2).then(|| (Key::Material { mark, family, text }, written))
}

/// The folded name or the UN/LOCODE of a place; `None` if neither is known.
pub(crate) fn place_text(place: &Place) -> Option<CompactString> {
    if let Some(locode) = place.locode {
        return Some(locode.as_str().into());
    }
    let name = fold::words(place.name.as_deref()?);
    (!name.is_empty()).then(|| name.into())
}

/// A place that is more exact than a country.
pub(crate) fn place_key(place: &Place) -> Option<Key> {
    let text = place_text(place)?;
    Some(Key::Place(match (place.locode, place.country) {
        (None, Some(country)) => in_country(country.as_str(), &text),
        _ => text,
    }))
}

/// What is meant in one country only.
fn in_country(country: &str, text: &str) -> CompactString {
    let mut both = CompactString::from(country);
    both.push(' ');
    both.push_str(text);
    both
}

fn place_keys(incident: &Incident, wanted: impl Fn(&RouteLeg) -> bool) -> Vec<Key> {
    incident.route.iter().filter(|leg| wanted(leg)).filter_map(|leg| place_key(&leg.place)).collect()
}

/// Where goods came to: every place on the way after the start, and where they were found.
fn ends(incident: &Incident) -> Vec<Key> {
    let mut ends = place_keys(incident, |leg| !leg.role.is_start());
    ends.extend(place_key(&incident.place));
    ends
}

/// Departure to destination; the place of the event where no destination is known.
pub(crate) fn edge(incident: &Incident) -> Option<(CountryCode, CountryCode)> {
    let country = |role: LegRole| incident.route.iter().find(|leg| leg.role == role).and_then(|leg| leg.place.country);
    let from = country(LegRole::Departure).or_else(|| country(LegRole::Origin))?;
    let to =
        country(LegRole::UltimateDestination).or_else(|| country(LegRole::Destination)).or(incident.place.country)?;
    (from != to).then_some((from, to))
}

fn corridors(incident: &Incident, edge: Option<(CountryCode, CountryCode)>) -> Vec<Key> {
    // A month or a year cannot be placed in a window of days.
    let is_dated = incident.occurred_at.precision() <= Precision::Day;
    let Some((from, to)) = edge.filter(|_| is_dated) else { return Vec::new() };
    let known = incident.substances.iter().filter(|line| line.entry.is_some() || line.family.is_some());
    known.map(|line| Key::Corridor { substance: substance_text(line), from, to }).collect()
}

fn quantities(incident: &Incident) -> impl Iterator<Item = (Key, &Quantity)> {
    let country = incident.place.country;
    incident.substances.iter().filter_map(move |line| {
        let quantity = line.quantity.as_ref()?;
        let derived = quantity.derived.as_ref()?;
        // Nine significant digits: 0.1 + 0.2 is 0.3.
        let amount = format_compact!("{:.8e} {}", derived.value, derived.measure);
        Some((Key::Quantity { substance: substance_text(line), country: country?, amount }, quantity))
    })
}

/// The reported position, else that of the place in the gazetteer.
pub(super) fn place_coordinates(place: &Place) -> Option<Coordinates> {
    place.coordinates.or_else(|| place.resolved.as_ref().and_then(|resolved| resolved.coordinates))
}
