//! Which incidents bear a word in the name of a party: where traces look for a name that may be misspelt.
//!
//! It follows from the names that are held, so it is not in the snapshot and costs nothing while incidents are taken in:
//! the daemon reads them in its idle moments, and a trace what is left.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::fingerprint::Fingerprint;
use super::index::Slot;
use super::party_name::PartyName;
use super::store::Store;

/// The words, behind a lock: whoever asks may have to read first.
#[derive(Debug, Default)]
pub(crate) struct NameWords(Mutex<Read>);

#[derive(Debug, Default)]
struct Read {
    /// What was read once stays: whoever finds an incident here compares its names as they are now.
    bearers: FxHashMap<Fingerprint, Vec<Slot>>,
    /// Every incident below this was read.
    read_to: Slot,
    /// Incidents that were read and have another revision now.
    stale: Vec<Slot>,
}

impl NameWords {
    /// Notes that an incident has another revision than before.
    pub(crate) fn note_revised(&mut self, slot: Slot) {
        let read = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if slot < read.read_to {
            read.stale.push(slot);
        }
    }

    /// Reads so many incidents at most.
    pub(crate) fn read(&mut self, store: &Store, at_most: usize) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).go_on(store, at_most);
    }

    /// The incidents, ascending, in which a party at either end bears this word as its own.
    pub(crate) fn bearers(&self, word: &str, store: &Store) -> Vec<Slot> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        read.go_on(store, usize::MAX);
        let bearers = read.bearers.get(&Fingerprint::of(word)).into_iter().flatten().copied();
        let mut bearers: Vec<Slot> = bearers.filter(|slot| !store.held(*slot).is_retracted).collect();
        bearers.sort_unstable();
        bearers.dedup();
        bearers
    }
}

impl Read {
    fn go_on(&mut self, store: &Store, at_most: usize) {
        for _ in 0..at_most {
            if let Some(slot) = self.stale.pop() {
                self.enter(store, slot);
            } else if (self.read_to as usize) < store.len() {
                self.enter(store, self.read_to);
                self.read_to += 1;
            } else {
                return;
            }
        }
    }

    fn enter(&mut self, store: &Store, slot: Slot) {
        for party in &store.facts(slot).parties {
            let Some(name) = PartyName::parse(&party.written) else { continue };
            for word in name.proper_words() {
                self.bearers.entry(Fingerprint::of(word)).or_default().push(slot);
            }
        }
    }
}
