//! Posting lists: for each key, the incidents that carry it.

use smallvec::SmallVec;

use super::day::Day;
use super::facts::Facts;
use super::hub::{Hub, Posting, Spelling};
use super::key::{KeyClass, KeyId};
use super::mark::Mark;
use super::numbered::Numbered;
use super::sharded::ChunkedVec;

/// Number of an incident in the order of its arrival.
pub type Slot = u32;

/// Number of a key in the order of its first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyNumber(u32);

/// Those of one incident.
pub(crate) type KeyNumbers = SmallVec<[KeyNumber; 16]>;

/// All posting lists.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Which number a key has.
    numbers: Numbered,
    /// By number: what came first with one incident lies side by side, and mostly comes together again.
    hubs: ChunkedVec<Hub>,
}

impl Index {
    /// Adds an incident under its keys, each of which stands there once.
    pub(crate) fn add(&mut self, keys: &[(KeyId, KeyClass)], facts: &Facts, slot: Slot) -> KeyNumbers {
        let known = self.bring_near(keys);
        let posting = |place| Posting { day: facts.first_day, slot, mark: Mark::of(facts, keys, place) };
        let numbers = keys.iter().zip(known).enumerate().map(|(place, ((id, class), known))| {
            let number = known.unwrap_or_else(|| self.add_key(*id, *class));
            self.hub_mut(number).add(posting(place));
            number
        });
        numbers.collect()
    }

    /// Looks at what all keys of an incident lead to, step by step for all of them: memory that is far away is waited for
    /// once a step, and not once a step and key. Gives the numbers of those that were used before.
    fn bring_near(&self, keys: &[(KeyId, KeyClass)]) -> SmallVec<[Option<KeyNumber>; 24]> {
        // Two keys of one tag are rare; then the right one is looked for.
        let likely = keys.iter().map(|(id, _)| self.numbers.likely(id.parts()).map(KeyNumber));
        let likely: SmallVec<[Option<KeyNumber>; 24]> = likely.collect();
        let known = keys.iter().zip(likely).map(|((id, _), likely)| {
            let is_it = self.hub(likely?).id == *id;
            if is_it { likely } else { self.find(*id) }
        });
        let known: SmallVec<[Option<KeyNumber>; 24]> = known.collect();
        known.iter().flatten().for_each(|number| self.hub(*number).bring_near());
        known
    }

    /// Notes that a retracted incident carries these keys.
    pub(crate) fn add_retracted(&mut self, keys: &[(KeyId, KeyClass)]) -> KeyNumbers {
        let add = |(id, class): &(KeyId, KeyClass)| {
            let number = self.find(*id).unwrap_or_else(|| self.add_key(*id, *class));
            self.hub_mut(number).add_retracted();
            number
        };
        keys.iter().map(add).collect()
    }

    /// Takes back [`Self::add_retracted`].
    pub(crate) fn remove_retracted(&mut self, number: KeyNumber) {
        self.hub_mut(number).remove_retracted();
    }

    /// Takes an incident out of a hub.
    pub(crate) fn remove(&mut self, number: KeyNumber, day: Day, slot: Slot) {
        self.hub_mut(number).remove(day, slot);
    }

    /// The hub with this number.
    pub(crate) fn hub(&self, number: KeyNumber) -> &Hub {
        &self.hubs[number.0 as usize]
    }

    /// The number of a key, if any incident ever carried it.
    pub(crate) fn find(&self, id: KeyId) -> Option<KeyNumber> {
        self.numbers.find(id.parts(), |number| self.hub(KeyNumber(number)).id == id).map(KeyNumber)
    }

    /// Notes which name an incident brings to a hub where names are compared, as it was added. `spellings_of` gives the
    /// names that an incident has there.
    pub(crate) fn note_spelling(
        &mut self,
        number: KeyNumber,
        own: Spelling,
        spellings_of: impl Fn(Slot) -> SmallVec<[Spelling; 2]>,
    ) {
        self.hub_mut(number).note_spelling(own, spellings_of);
    }

    /// Notes whether any lead is open at a hub.
    pub(crate) fn mark_leads(&mut self, number: KeyNumber, has_leads: bool) {
        self.hub_mut(number).has_leads = has_leads;
    }

    /// Makes a hub for a key that has none.
    fn add_key(&mut self, id: KeyId, class: KeyClass) -> KeyNumber {
        let number = u32::try_from(self.hubs.len()).expect("fewer than four billion keys fit in memory");
        self.numbers.insert(id.parts(), number);
        self.hubs.push(Hub::new(id, class));
        KeyNumber(number)
    }

    fn hub_mut(&mut self, number: KeyNumber) -> &mut Hub {
        &mut self.hubs[number.0 as usize]
    }
}
