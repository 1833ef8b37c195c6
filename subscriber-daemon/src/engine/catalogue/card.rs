//! What is held of an incident for finding it: numbers in rows, so that a million of them are looked through in order.

use std::hash::Hash;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::country::CountryCode;
use backtrail_bus::incident::{Coordinates, HandlingCode, Incident, Measure, Standing};
use backtrail_bus::token::Token;
use rustc_hash::FxHashMap;

use super::super::day::Day;
use super::super::index::Slot;
use super::super::observation::place_coordinates;
use super::NONE;

/// The numbers of one entry.
#[derive(Debug, Clone)]
pub(in super::super) struct Card {
    /// The incident; `u32::MAX` once another entry replaced this one.
    pub slot: Slot,
    pub first_day: Day,
    pub last_day: Day,
    /// Degrees; not a number where it is not known.
    latitude: f32,
    longitude: f32,
    /// Where its lines, places and parties begin in the arenas.
    lines: u32,
    way: u32,
    parties: u32,
    lines_count: u16,
    way_count: u16,
    parties_count: u16,
    pub originator: u32,
    pub country: u16,
    /// A bit for each mode of transport of its legs.
    pub modes: u16,
    pub kind: u8,
    /// A bit for each handling code.
    pub handling: u8,
    pub is_retracted: bool,
}

/// A substance line.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct LineCard {
    /// `u32::MAX` if unknown.
    pub family: u32,
    pub entry: u32,
    /// Not a number where it is not known.
    pub kg: f32,
}

/// A country on the way.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct WayPlace {
    pub country: u16,
    pub is_start: bool,
    pub is_end: bool,
}

/// A party.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct PartyCard {
    pub spelling: u32,
    pub country: u16,
    pub role: u8,
    pub standing: u8,
}

/// Rows that belong to cards, and the texts that stand in them as numbers.
#[derive(Debug, Default)]
pub(in super::super) struct Arenas {
    lines: Vec<LineCard>,
    way: Vec<WayPlace>,
    parties: Vec<PartyCard>,
    /// Families and entries of the register.
    pub tokens: Interned<Token>,
    pub agencies: Interned<AgencyId>,
}

/// Values as numbers, in the order of their first use.
#[derive(Debug)]
pub(in super::super) struct Interned<T> {
    numbers: FxHashMap<T, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Interned<T> {
    pub(in super::super) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.find(value) {
            return number;
        }
        let number = u32::try_from(self.numbers.len()).expect("fewer values than incidents");
        self.numbers.insert(value.clone(), number);
        number
    }
}

/// A country as a number, 0 for none.
pub(in super::super) fn country_number(country: Option<CountryCode>) -> u16 {
    country.map_or(0, |country| {
        let letters = country.as_str().as_bytes();
        u16::from_be_bytes([letters[0], letters[1]])
    })
}

impl Card {
    pub(in super::super) fn coordinates(&self) -> Option<Coordinates> {
        (!self.latitude.is_nan())
            .then(|| Coordinates { latitude: f64::from(self.latitude), longitude: f64::from(self.longitude) })
    }
}

impl Arenas {
    /// Makes the card of an incident; `spelling` numbers the names of parties.
    pub(super) fn enter(&mut self, incident: &Incident, slot: Slot, mut spelling: impl FnMut(&str) -> u32) -> Card {
        let start = |length: usize| u32::try_from(length).expect("fewer than four billion rows");
        let (lines, way, parties) = (start(self.lines.len()), start(self.way.len()), start(self.parties.len()));
        for line in &incident.substances {
            let derived = line.quantity.as_ref().and_then(|quantity| quantity.derived.as_ref());
            let kg =
                derived.filter(|derived| derived.measure == Measure::Kilograms).map(|derived| derived.value as f32);
            let mut number = |token: &Option<Token>| token.as_ref().map_or(NONE, |token| self.tokens.number(token));
            let (family, entry) = (number(&line.family), number(&line.entry));
            self.lines.push(LineCard { family, entry, kg: kg.unwrap_or(f32::NAN) });
        }
        self.way.extend(way_of(incident));
        for party in &incident.parties {
            self.parties.push(PartyCard {
                spelling: spelling(&party.name),
                country: country_number(party.country),
                role: party.role as u8,
                standing: standing_number(party.standing),
            });
        }
        let at = place_coordinates(&incident.place);
        let count =
            |end: usize, start: u32| u16::try_from(end - start as usize).expect("lists have a few hundred members");
        Card {
            slot,
            first_day: incident.occurred_at.first_day().into(),
            last_day: incident.occurred_at.last_day().into(),
            latitude: at.map_or(f32::NAN, |at| at.latitude as f32),
            longitude: at.map_or(f32::NAN, |at| at.longitude as f32),
            lines,
            way,
            parties,
            lines_count: count(self.lines.len(), lines),
            way_count: count(self.way.len(), way),
            parties_count: count(self.parties.len(), parties),
            originator: self.agencies.number(&incident.originator),
            country: country_number(incident.place.country),
            modes: incident.route.iter().filter_map(|leg| leg.mode).fold(0, |modes, mode| modes | 1 << mode as u16),
            kind: incident.kind as u8,
            handling: incident.handling.iter().fold(0, |codes, code| codes | handling_bit(*code)),
            is_retracted: incident.retracted.is_some(),
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<LineCard>()
            + self.way.capacity() * size_of::<WayPlace>()
            + self.parties.capacity() * size_of::<PartyCard>()
    }

    pub(in super::super) fn lines(&self, card: &Card) -> &[LineCard] {
        &self.lines[card.lines as usize..][..usize::from(card.lines_count)]
    }

    /// The countries in the order of travel.
    pub(in super::super) fn way(&self, card: &Card) -> &[WayPlace] {
        &self.way[card.way as usize..][..usize::from(card.way_count)]
    }

    pub(in super::super) fn parties(&self, card: &Card) -> &[PartyCard] {
        &self.parties[card.parties as usize..][..usize::from(card.parties_count)]
    }
}

pub(in super::super) fn handling_bit(code: HandlingCode) -> u8 {
    1 << code as u8
}

pub(in super::super) fn standing_number(standing: Standing) -> u8 {
    standing as u8
}

/// The countries of the legs, with the one where it was found before those where the goods were meant to end, unless it
/// is one of them. Nothing travelled where there is no leg.
fn way_of(incident: &Incident) -> Vec<WayPlace> {
    let legs = incident.route.iter().filter_map(|leg| {
        let country = country_number(Some(leg.place.country?));
        Some(WayPlace { country, is_start: leg.role.is_start(), is_end: leg.role.is_end() })
    });
    let mut way: Vec<WayPlace> = legs.collect();
    let found = country_number(incident.place.country);
    if found != 0 && !way.is_empty() && way.iter().all(|place| place.country != found) {
        let before_ends = way.iter().take_while(|place| !place.is_end).count();
        way.insert(before_ends, WayPlace { country: found, is_start: false, is_end: false });
    }
    way
}
