//! What a posting tells of its incident at one hub: as much as it takes to see that most hubs make no lead, without
//! going to the incidents that meet there.

use super::catalogue::country_number;
use super::facts::{Facts, KeyPlace, PartyFacts};
use super::fingerprint::Fingerprint;
use super::key::{KeyClass, KeyId};

/// What it tells depends on the class of the hub's key. It follows from the incident alone. Two places, families or
/// addresses that differ have one mark once in 2^34 times, two agencies once in 2^11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Mark(u64);

/// Bits of a place's mark.
const STARTS: u64 = 1;
const ENDS: u64 = 2;
const FIRST_FAMILY: u32 = 2;
const FAMILY_BITS: u64 = (u64::BITS - FIRST_FAMILY) as u64;

/// The bit of a report's mark that does not tell whose it is.
const IS_DATED: u64 = 1;

/// Bits of a party's mark: two of its roles, its country, whose report it is, and its address.
const SENDS: u64 = 1;
const RECEIVES: u64 = 2;
const COUNTRY_AT: u32 = 2;
const AGENCY_AT: u32 = COUNTRY_AT + u16::BITS;
const AGENCY_BITS: u32 = 11;
const ADDRESS_AT: u32 = AGENCY_AT + AGENCY_BITS;

impl Mark {
    /// What the key at `place` tells of its incident. `keys` are all keys of the incident.
    pub(crate) fn of(facts: &Facts, keys: &[(KeyId, KeyClass)], place: usize) -> Self {
        match keys[place].1 {
            KeyClass::Corridor => Self::of_event(facts),
            KeyClass::Quantity { .. } => Self::of_report(facts),
            KeyClass::Place => Self::of_place(facts, place),
            KeyClass::Party { .. } => {
                let mut parties = facts.parties.iter().filter(|party| party.has_key_at(place));
                let first = parties.next().map_or(Self::default(), |party| Self::of_party(party, facts.originator));
                Self(parties.fold(first.0, |mark, party| mark | roles(party)))
            }
            KeyClass::SenderAddress | KeyClass::ReceiverAddress => {
                let party = facts.parties.iter().find(|party| party.has_key_at(place));
                Self(party.map_or(0, |party| keys[usize::from(party.name_key)].0.hash()))
            }
            _ => Self::default(),
        }
    }

    /// Where the event of an incident was. At a corridor what was found on one day at one place is one event.
    fn of_event(facts: &Facts) -> Self {
        let place = facts.place.map_or(0, Fingerprint::number);
        Self(place.rotate_left(16) ^ u64::from(country_number(facts.country)))
    }

    /// Whose report it is, and whether its day is known.
    fn of_report(facts: &Facts) -> Self {
        Self(facts.originator.number() & !IS_DATED | if facts.is_dated { IS_DATED } else { 0 })
    }

    /// True if the day of the report is known.
    pub(crate) fn is_dated(self) -> bool {
        self.0 & IS_DATED != 0
    }

    /// A party as one originator reports it: its roles, its country and its address.
    pub(crate) fn of_party(party: &PartyFacts, originator: Fingerprint) -> Self {
        let address = party.address.map_or(0, |address| address.number() | 1);
        let agency = originator.number() & ((1 << AGENCY_BITS) - 1);
        let country = u64::from(country_number(party.country));
        Self(roles(party) | country << COUNTRY_AT | agency << AGENCY_AT | address << ADDRESS_AT)
    }

    fn of_place(facts: &Facts, place: usize) -> Self {
        let stands_in = |places: &[KeyPlace]| places.iter().any(|other| usize::from(*other) == place);
        let starts = if stands_in(&facts.starts) { STARTS } else { 0 };
        let ends = if stands_in(&facts.ends) { ENDS } else { 0 };
        Self(starts | ends | families(&facts.families))
    }

    /// True if goods set out from the place, and did not come there to be found.
    pub(crate) fn begins_here(self) -> bool {
        self.0 & (STARTS | ENDS) == STARTS
    }

    /// True if goods were found or meant to stay at the place, not only to pass it.
    pub(crate) fn ends_here(self) -> bool {
        self.0 & (STARTS | ENDS) == ENDS
    }

    /// False if no family of the goods is among these [`families`].
    pub(crate) fn may_have(self, families: u64) -> bool {
        self.0 & families != 0
    }

    /// The [`families`] of the goods.
    pub(crate) fn families(self) -> u64 {
        self.0 & !(STARTS | ENDS)
    }

    /// True if the party sent it.
    pub(crate) fn is_sender(self) -> bool {
        self.0 & SENDS != 0
    }

    /// True if the party received it.
    pub(crate) fn is_receiver(self) -> bool {
        self.0 & RECEIVES != 0
    }

    /// A number of the party's country, if it is known.
    pub(crate) fn country(self) -> Option<u16> {
        Some((self.0 >> COUNTRY_AT) as u16).filter(|country| *country != 0)
    }

    /// A number of the party's country and of who reported it.
    pub(crate) fn country_and_agency(self) -> u32 {
        (self.0 >> COUNTRY_AT & ((1 << (ADDRESS_AT - COUNTRY_AT)) - 1)) as u32
    }

    /// A number of the party's address, if it is known.
    pub(crate) fn address(self) -> Option<u64> {
        Some(self.0 >> ADDRESS_AT).filter(|address| *address != 0)
    }
}

/// A bit for each family, which a few of them share.
pub(crate) fn families(families: &[Fingerprint]) -> u64 {
    families.iter().fold(0, |bits, family| bits | 1 << (family.number() % FAMILY_BITS) << FIRST_FAMILY)
}

fn roles(party: &PartyFacts) -> u64 {
    if party.role.is_sender() { SENDS } else { RECEIVES }
}
