//! Posting lists: for each key, the incidents that carry it.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::key::Key;

/// Number of an incident in the order of its arrival.
pub type Slot = u32;
/// Number of a key in the order of its first use.
pub(crate) type KeyNumber = u32;

/// All posting lists.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Index {
    numbers: FxHashMap<Key, KeyNumber>,
    hubs: Vec<Hub>,
}

/// One key and the incidents that share it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hub {
    pub key: Key,
    /// Ascending.
    pub slots: Vec<Slot>,
}

impl Hub {
    /// True if so many share it that it says nothing.
    pub(crate) fn is_hot(&self) -> bool {
        self.slots.len() > self.key.hot_above()
    }
}

impl Index {
    /// Adds an incident under `key`.
    pub(crate) fn add(&mut self, key: Key, slot: Slot) -> KeyNumber {
        let next = KeyNumber::try_from(self.hubs.len()).expect("fewer than four billion keys fit in memory");
        let number = *self.numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.hubs.push(Hub { key, slots: Vec::new() });
        }
        let slots = &mut self.hubs[number as usize].slots;
        if let Err(position) = slots.binary_search(&slot) {
            slots.insert(position, slot);
        }
        number
    }

    /// Takes an incident out of a hub.
    pub(crate) fn remove(&mut self, number: KeyNumber, slot: Slot) {
        let slots = &mut self.hubs[number as usize].slots;
        if let Ok(position) = slots.binary_search(&slot) {
            slots.remove(position);
        }
    }

    /// The hub with this number.
    pub(crate) fn hub(&self, number: KeyNumber) -> &Hub {
        &self.hubs[number as usize]
    }

    /// The hub of a key, if any incident ever carried it.
    pub(crate) fn find(&self, key: &Key) -> Option<&Hub> {
        self.numbers.get(key).map(|number| self.hub(*number))
    }
}
