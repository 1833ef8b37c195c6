//! What people's questions need beside the keys: of every incident a card of numbers, the words that stand in it, and
//! the names of its parties.
//!
//! It follows from the payloads, so it is not in the snapshot and costs nothing while incidents are taken in: incidents
//! are read for it afterwards, in the idle moments of the daemon or when a question comes. Every reading of an incident
//! makes a new entry, and an entry that a later revision replaced stays as an empty place, so that nothing has to be
//! taken out of a posting list.

mod card;
mod dictionary;
mod postings;
mod spellings;
mod texts;

use backtrail_bus::agency::AgencyId;
use backtrail_bus::incident::Incident;
use backtrail_bus::token::Token;

use self::card::Arenas;
pub(super) use self::card::{Card, LineCard, PartyCard, WayPlace, country_number, handling_bit, standing_number};
pub(super) use self::dictionary::{Dictionary, EXACT, Nearness};
pub(super) use self::spellings::{Called, Spellings};
pub(super) use self::texts::{texts, words_of};
use super::index::Slot;
use super::store::{Reader, Store};
use super::{Engine, sharded::ChunkedVec};

/// Number of an entry, in the order of reading.
pub(super) type EntryNumber = u32;

/// No entry, no slot.
const NONE: u32 = u32::MAX;

/// Everything that is read of the incidents for questions.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) cards: ChunkedVec<Card>,
    pub(super) arenas: Arenas,
    /// Words of all texts, with the entries in which they stand.
    pub(super) words: Dictionary,
    pub(super) spellings: Spellings,
    /// The entry of each incident, or `NONE`.
    entry_of: ChunkedVec<EntryNumber>,
    /// Every incident below this was read at least once.
    read_to: Slot,
    /// Incidents that were read and have another revision now.
    stale: Vec<Slot>,
    live_count: usize,
}

impl Catalogue {
    /// Notes that an incident has another revision than before.
    pub(super) fn note_revised(&mut self, slot: Slot) {
        if self.entry_of(slot).is_some() {
            self.stale.push(slot);
        }
    }

    /// How many incidents have to be read before everything can be found.
    pub(super) fn unread(&self, store: &Store) -> usize {
        store.len() - self.read_to as usize + self.stale.len()
    }

    /// Reads so many incidents at most.
    pub(super) fn read(&mut self, store: &Store, at_most: usize) {
        for _ in 0..at_most {
            if let Some(slot) = self.stale.pop() {
                self.enter(store, slot);
            } else if (self.read_to as usize) < store.len() {
                if self.entry_of(self.read_to).is_none() {
                    self.enter(store, self.read_to);
                }
                self.read_to += 1;
            } else {
                break;
            }
        }
        if self.cards.len() > 2 * self.live_count + 10_000 {
            // Mostly empty places: everything is read anew.
            *self = Self::default();
        }
    }

    /// Reads these incidents, ascending, as far as they were not read before.
    pub(super) fn read_these(&mut self, store: &Store, slots: &[Slot]) {
        // Few are stale at any time: the daemon reads them whenever it is idle.
        let stale: Vec<Slot> = self.stale.iter().copied().filter(|slot| slots.binary_search(slot).is_ok()).collect();
        self.stale.retain(|slot| !stale.contains(slot));
        for slot in slots {
            if self.entry_of(*slot).is_none() || stale.contains(slot) {
                self.enter(store, *slot);
            }
        }
    }

    /// The entry of an incident that was read.
    pub(super) fn entry_of(&self, slot: Slot) -> Option<EntryNumber> {
        let is_known = (slot as usize) < self.entry_of.len();
        is_known.then(|| self.entry_of[slot as usize]).filter(|entry| *entry != NONE)
    }

    /// The entries that are not replaced, with their cards, ascending.
    pub(super) fn live(&self) -> impl Iterator<Item = (EntryNumber, &Card)> {
        (0..).zip(self.cards.iter()).filter(|(_, card)| card.slot != NONE)
    }

    /// The card of an entry, unless it is replaced.
    pub(super) fn card(&self, entry: EntryNumber) -> Option<&Card> {
        Some(&self.cards[entry as usize]).filter(|card| card.slot != NONE)
    }

    /// The number of a family or an entry of the register, if any incident has it.
    pub(super) fn token(&self, token: &Token) -> Option<u32> {
        self.arenas.tokens.find(token)
    }

    /// The number of an originator, if any incident is its.
    pub(super) fn originator(&self, agency: &AgencyId) -> Option<u32> {
        self.arenas.agencies.find(agency)
    }

    /// The memory that all of it takes, in bytes, what the allocator adds not counted.
    fn bytes(&self) -> usize {
        self.cards.len() * size_of::<Card>()
            + self.entry_of.len() * size_of::<EntryNumber>()
            + self.arenas.bytes()
            + self.words.bytes()
            + self.spellings.bytes()
    }

    fn enter(&mut self, store: &Store, slot: Slot) {
        let incident = Reader::new(store).read(slot);
        let entry = EntryNumber::try_from(self.cards.len()).expect("fewer than four billion readings");
        match self.entry_of(slot) {
            Some(before) => self.cards[before as usize].slot = NONE,
            None => self.live_count += 1,
        }
        while self.entry_of.len() <= slot as usize {
            self.entry_of.push(NONE);
        }
        self.entry_of[slot as usize] = entry;
        let card = self.card_of(&incident, slot);
        self.cards.push(card);
        for word in words_of(&incident) {
            self.words.add(&word, entry);
        }
    }

    fn card_of(&mut self, incident: &Incident, slot: Slot) -> Card {
        let spellings = &mut self.spellings;
        self.arenas.enter(incident, slot, |name| spellings.number(name))
    }
}

impl Engine {
    /// How many incidents have to be read before everything can be found.
    pub fn unread(&self) -> usize {
        self.catalogue.unread(&self.store)
    }

    /// The memory that what was read for questions takes, in bytes, what the allocator adds not counted.
    pub fn question_bytes(&self) -> usize {
        self.catalogue.bytes()
    }

    /// Reads so many incidents at most, so that questions find them.
    pub fn read_for_questions(&mut self, at_most: usize) {
        self.catalogue.read(&self.store, at_most);
        self.name_words.read(&self.store, at_most);
    }
}
